// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

#include "array.h"
#include "signals.h"
#include "stream.h"

static atomic_bool has_ended, wants_maps;
static int wake[2] = { -1, -1 };

static void wake_up(void)
{
	int err = errno;

	/* If it is full, somebody will wake up as it is. */
	if (write(wake[1], "", 1) < 0)
		errno = err;
}

static void on_end(int number)
{
	if (wake[1] >= 0 && !has_ended) {
		has_ended = true;
		wake_up();
		return;
	}
	stream_say_unwritten();
	/* It kills when this returns. */
	signal(number, SIG_DFL);
	raise(number);
}

static void on_maps(int number)
{
	(void)number;
	wants_maps = true;
	wake_up();
}

static void on_child(int number)
{
	(void)number;
	wake_up();
}

static bool is_ignored(int number)
{
	struct sigaction action;

	return !sigaction(number, NULL, &action) &&
	       action.sa_handler == SIG_IGN;
}

/* Nothing is interrupted half way. */
static void handle(int number, void (*handler)(int number))
{
	struct sigaction action = { .sa_handler = handler,
				    .sa_flags = SA_RESTART };

	sigemptyset(&action.sa_mask);
	sigaction(number, &action, NULL);
}

void signals_open(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		if (!is_ignored(numbers[i]))
			handle(numbers[i], on_end);
}

void signals_keep(void)
{
	if (pipe2(wake, O_CLOEXEC | O_NONBLOCK))
		return;
	/* A shell without job control has INT ignored by what runs behind it. */
	handle(SIGINT, on_end);
	handle(SIGTERM, on_end);
	handle(SIGUSR1, on_maps);
	handle(SIGCHLD, on_child);
}

void signals_forget(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGCHLD };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		if (!is_ignored(numbers[i]))
			signal(numbers[i], SIG_DFL);
}

bool signals_have_ended(void)
{
	return has_ended;
}

bool signals_want_maps(void)
{
	return atomic_exchange(&wants_maps, false);
}

int signals_fd(void)
{
	return wake[0];
}

void signals_clear(void)
{
	char bytes[64];

	while (read(wake[0], bytes, sizeof(bytes)) > 0)
		;
}
