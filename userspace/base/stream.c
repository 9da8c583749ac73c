// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "signals.h"
#include "stream.h"
#include "text.h"

/* Big enough that records take few writes. */
#define BUFFER_SIZE (1 << 16)
/* How long, after a signal, a reader may be slow: ms without a byte read. */
#define PATIENCE 1000

/* Where stdout or stderr goes. */
struct sink {
	int fd;
	const char *name;	/* for a sentence; NULL: there is nobody to tell */
	enum { WRITES, WAITS, SENDS } how;
	bool stuck;		/* nobody reads it */
	atomic_size_t unwritten;	/* bytes that it was given */
	bool is_terminal;
	bool is_trusted;
	bool has_colour;
	struct text shown;	/* what a terminal gets */
	char tail[4];		/* a character that is not complete */
	size_t nr_tail;
};

static struct sink output = { .fd = STDOUT_FILENO, .name = "standard output" };
static struct sink errors = { .fd = STDERR_FILENO };

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

/* Return: false if it is not worth while any more. */
static bool wait_for_room(const struct sink *sink)
{
	struct pollfd fds[] = {
		{ .fd = sink->fd, .events = POLLOUT },
		{ .fd = signals_fd(), .events = POLLIN },
	};
	bool ends = signals_have_ended();

	if (!poll(fds, ends ? 1 : 2, ends ? PATIENCE : -1))
		return false;
	if (!ends && fds[1].revents)
		signals_clear();
	return true;
}

static ssize_t write_some(const struct sink *sink, const char *bytes,
			  size_t size)
{
	if (sink->how == SENDS)
		return send(sink->fd, bytes, size, MSG_DONTWAIT);
	/* Where poll() sees room there is as much, should the file block. */
	if (sink->how == WAITS && size > PIPE_BUF)
		size = PIPE_BUF;
	return write(sink->fd, bytes, size);
}

static void write_all(struct sink *sink, const char *bytes, size_t size)
{
	size_t done = 0;

	sink->unwritten += size;
	while (done < size && !sink->stuck) {
		ssize_t len;

		if (sink->how == WAITS && !wait_for_room(sink)) {
			sink->stuck = true;
			break;
		}
		len = write_some(sink, bytes + done, size - done);
		if (len >= 0) {
			done += len;
			sink->unwritten -= len;
		} else if (errno == EAGAIN) {
			sink->stuck = !wait_for_room(sink);
		} else if (errno != EINTR) {
			give_up(sink);
			break;
		}
	}
}

/* @more: this is not the end. */
static void write_shown(struct sink *sink, const char *bytes, size_t size,
			bool more)
{
	struct text given = { 0 };
	size_t taken;

	text_add(&given, sink->tail, sink->nr_tail);
	text_add(&given, bytes, size);
	text_clear(&sink->shown);
	taken = text_show(&sink->shown, given.data, given.len, more);
	sink->nr_tail = given.len - taken;
	memcpy(sink->tail, given.data + taken, sink->nr_tail);
	text_free(&given);
	write_all(sink, sink->shown.data, sink->shown.len);
}

static ssize_t write_sink(void *cookie, const char *bytes, size_t size)
{
	struct sink *sink = cookie;

	if (sink->is_terminal && !sink->is_trusted)
		write_shown(sink, bytes, size, true);
	else
		write_all(sink, bytes, size);
	/* stdio is not to try again. */
	return size;
}

static bool terminal_has_colour(const struct sink *sink)
{
	const char *forbidden = getenv("NO_COLOR"), *term = getenv("TERM");

	return sink->is_terminal && !(forbidden && *forbidden) && term && strcmp(term, "dumb");
}

bool stream_choose_colour(const char *when)
{
	if (!strcmp(when, "auto"))
		errors.has_colour = terminal_has_colour(&errors);
	else if (!strcmp(when, "always") || !strcmp(when, "never"))
		errors.has_colour = *when == 'a';
	else
		return false;
	return true;
}

/* Past what makes the text of others harmless. */
void stream_colour(FILE *file, enum colour colour)
{
	static const char * const codes[] = {
		[COLOUR_NONE] = "\033[0m",
		[COLOUR_ERROR] = "\033[1;31m",
		[COLOUR_WARNING] = "\033[1;35m",
		[COLOUR_NOTE] = "\033[1;36m",
		[COLOUR_PLACE] = "\033[1;32m",
	};

	if (file != stderr || !errors.has_colour)
		return;
	fflush(file);
	write_all(&errors, codes[colour], strlen(codes[colour]));
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
	errors.is_terminal = isatty(errors.fd);
	output.is_terminal = text_is_for_terminal = isatty(output.fd);
	stream_choose_colour("auto");
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
	output.fd = fd;
	output.name = name;
	output.is_terminal = text_is_for_terminal = isatty(fd);
	return true;
}

void stream_trust_output(void)
{
	output.is_trusted = true;
}

/*
 * Others that have it open must not find it changed, so it is opened once more,
 * where that can be done.
 */
static void obey(struct sink *sink)
{
	struct stat st;
	char path[32];
	int fd;

	/* What cannot be written to, as hold_place() leaves it, stays like that. */
	if (fstat(sink->fd, &st) ||
	    (fcntl(sink->fd, F_GETFL) & O_ACCMODE) == O_RDONLY)
		return;
	if (S_ISSOCK(st.st_mode))
		sink->how = SENDS;
	if (!S_ISFIFO(st.st_mode) && !S_ISCHR(st.st_mode))
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", sink->fd);
	fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0)
		sink->fd = fd;
	else
		sink->how = WAITS;
}

void streams_obey_signals(void)
{
	obey(&output);
	obey(&errors);
}

/* The sentence's parts; snprintf() is not for handlers. */
void stream_say_unwritten(void)
{
	static const char before[] = "kpctl: ", behind[] = " bytes of output were not written\n";
	struct pollfd room = { .fd = errors.fd, .events = POLLOUT };
	size_t nr = output.unwritten + __fpending(stdout);
	char text[sizeof(before) + 20 + sizeof(behind)];
	char *at = text + sizeof(text) - sizeof(behind);

	if (!nr || poll(&room, 1, 0) <= 0 || !(room.revents & POLLOUT))
		return;
	memcpy(at, behind, sizeof(behind));
	for (; nr; nr /= 10)
		*--at = '0' + nr % 10;
	at -= sizeof(before) - 1;
	memcpy(at, before, sizeof(before) - 1);
	if (write(errors.fd, at, text + sizeof(text) - 1 - at) < 0)
		return;
}

int streams_close(int status)
{
	fflush(stdout);
	if (output.nr_tail)
		write_shown(&output, "", 0, false);
	/* A full quota or a network's disk may say so only now. */
	if (close(output.fd) && errno != EBADF && errno != EINTR)
		give_up(&output);
	if (output.stuck) {
		fprintf(stderr, "kpctl: %zu bytes of output were not written: nobody reads them\n",
			output.unwritten);
		status = 1;
	}
	fflush(stderr);
	return status;
}
