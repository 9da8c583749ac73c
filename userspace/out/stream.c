// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "stream.h"

/* Big enough that records take few writes. */
#define BUFFER_SIZE (1 << 16)

/* Where stdout or stderr goes. */
struct sink {
	int fd;
	const char *name;	/* for a sentence; NULL: there is nobody to tell */
};

static struct sink output = { STDOUT_FILENO, "standard output" };
static struct sink errors = { STDERR_FILENO, NULL };

/*
 * Nothing that comes later mends it, and a program that belongs to this kpctl
 * goes with it.
 */
static void give_up(const struct sink *sink)
{
	int err = errno;

	if (!sink->name)
		return;
	/* JSON, too, goes to stdout. */
	json_output = false;
	fprintf(stderr, "kpctl: %s: %s\n", sink->name, strerror(err));
	fflush(stderr);
	_exit(1);
}

static ssize_t write_sink(void *cookie, const char *bytes, size_t size)
{
	const struct sink *sink = cookie;
	size_t done = 0;

	while (done < size) {
		ssize_t len = write(sink->fd, bytes + done, size - done);

		if (len >= 0) {
			done += len;
		} else if (errno != EINTR) {
			give_up(sink);
			break;
		}
	}
	/* stdio is not to try again. */
	return size;
}

static FILE *open_sink(struct sink *sink, char *buffer, int mode)
{
	static const cookie_io_functions_t functions = { .write = write_sink };
	FILE *file = fopencookie(sink, "w", functions);

	if (file)
		setvbuf(file, buffer, mode, BUFFER_SIZE);
	return file;
}

/*
 * Who closed them meant that nothing is to be read or written there; a file that
 * is opened later must not take their place.
 */
static void hold_place(int fd)
{
	if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
		/* The other way round: whoever uses it gets EBADF, as before. */
		open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

static void let_sigpipe_kill(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

void streams_open(void)
{
	static char buffers[2][BUFFER_SIZE];
	FILE *file;
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		hold_place(fd);
	let_sigpipe_kill();
	file = open_sink(&errors, buffers[0], _IOLBF);
	if (file)
		stderr = file;
	file = open_sink(&output, buffers[1], _IOFBF);
	if (file)
		stdout = file;
}

bool stream_to_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	char *name;

	if (fd < 0 || asprintf(&name, "-o %s", path) < 0) {
		error("-o %s: %s", path, strerror(errno));
		return false;
	}
	fflush(stdout);
	output = (struct sink){ fd, name };
	return true;
}

int streams_close(int status)
{
	fflush(stdout);
	/* A full quota or a network's disk may say so only now. */
	if (close(output.fd) && errno != EBADF && errno != EINTR)
		give_up(&output);
	fflush(stderr);
	return status;
}
