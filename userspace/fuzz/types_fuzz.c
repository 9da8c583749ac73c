// SPDX-License-Identifier: GPL-2.0
/*
 * types_fuzz TURNS WHAT FILE MORE: a reader of kpctl-types, with MORE as it takes it, on
 * FILE with bytes changed and cut short in as many ways.  Whatever it makes of that, it
 * must not crash, and say what is wrong in one line.
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

typedef const char *(*reader)(struct build *build, const char *path, const char *more);

static const struct {
	const char *name;
	reader read;
} readers[] = {
	{ "object", read_object },
	{ "function", read_function },
	{ "variable", read_variable },
	{ NULL, NULL }
};

static reader find_reader(const char *name)
{
	size_t i = 0;

	while (readers[i].name && strcmp(readers[i].name, name))
		i++;
	return readers[i].read;
}

/* In a process of its own. Return: its exit status: 0, 1, or what is wrong. */
static int try(reader read, const char *path, const char *more)
{
	struct build *build = build_new();
	const char *why = read(build, path, more);
	FILE *out = tmpfile();

	if (!why)
		why = build_write(build, "key", out);
	if (why && (!*why || strchr(why, '\n')))
		return 3;
	return why ? 1 : 0;
}

static int run(reader read, const char *path, const char *more)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		alarm(20);
		_exit(try(read, path, more));
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
	unsigned int turns = argc == 5 ? atoi(argv[1]) : 0, turn, accepted = 0;
	reader read = turns ? find_reader(argv[2]) : NULL;
	size_t size = read ? read_good(argv[3]) : 0;
	char path[] = "/tmp/types_fuzz.XXXXXX";
	int status = size ? 0 : 2;

	close(mkstemp(path));
	for (turn = 0; turn < turns && status < 2; turn++) {
		if (!write_bad(path, damage(size, turn)))
			return 2;
		status = run(read, path, argv[4]);
		accepted += !status;
		if (!turn && status)
			status = 2;
	}
	unlink(path);
	printf("%s 1 - types of %s: %u files with wrong bytes, %u of them read, turn %u ended with %d\n",
	       status < 2 && size ? "ok" : "not ok", size ? argv[2] : "nothing", turn, accepted,
	       turn - 1, status);
	return status >= 2;
}
