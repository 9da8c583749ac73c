// SPDX-License-Identifier: GPL-2.0
/*
 * types_fuzz TURNS FILE RELEASE: the reader of types objects, on FILE with bytes
 * changed and cut short in as many ways.  Whatever it makes of that, it must not
 * crash, and say what is wrong in one line.
 */
#include <stdlib.h>
#include <sys/wait.h>

#include "damage.h"
#include "ktypes/build/build.h"

/* What the sanitizers find is not a file that was refused. */
const char *__asan_default_options(void)
{
	return "exitcode=99:detect_leaks=0";
}

const char *__ubsan_default_options(void)
{
	return "exitcode=99";
}

static size_t damage(size_t size, unsigned int turn)
{
	unsigned int nr = begin_turn(size, turn);

	while (nr--)
		bad[next(size)] = next(256);
	return end_turn(size, turn);
}

/* In a process of its own. Return: its exit status: 0, 1, or what is wrong. */
static int try(const char *path, const char *release)
{
	struct build *build = build_new();
	const char *why = read_object(build, path, release);
	FILE *out = tmpfile();

	if (!why)
		why = build_write(build, "key", out);
	if (why && (!*why || strchr(why, '\n')))
		return 3;
	return why ? 1 : 0;
}

static int run(const char *path, const char *release)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		alarm(20);
		_exit(try(path, release));
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static bool write_bad(const char *path, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	bool all = write(fd, bad, size) == (ssize_t)size;

	close(fd);
	return all;
}

int main(int argc, char **argv)
{
	unsigned int turns = argc == 4 ? atoi(argv[1]) : 0, turn, accepted = 0;
	size_t size = turns ? read_good(argv[2]) : 0;
	char path[] = "/tmp/types_fuzz.XXXXXX";
	int status = size ? 0 : 2;

	close(mkstemp(path));
	for (turn = 0; turn < turns && status < 2; turn++) {
		if (!write_bad(path, damage(size, turn)))
			return 2;
		status = run(path, argv[3]);
		accepted += !status;
		if (!turn && status)
			status = 2;
	}
	unlink(path);
	printf("%s 1 - types: %u files with wrong bytes, %u of them read, turn %u ended with %d\n",
	       status < 2 && size ? "ok" : "not ok", turn, accepted, turn - 1, status);
	return status >= 2;
}
