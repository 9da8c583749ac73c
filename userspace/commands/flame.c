// SPDX-License-Identifier: GPL-2.0
/*
 * flame: where the time goes, as a picture. The stacks are counted by a program in the
 * language, which another kpctl runs: --print shows it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/signals.h"
#include "command.h"
#include "print/flame.h"

extern char **environ;

const char flame_help[] =
	"usage: kpctl flame [options] -o PICTURE.svg\n"
	"       kpctl flame [options] -o PICTURE.svg FILE\n"
	"       kpctl flame [options] -o PICTURE.svg --diff BEFORE AFTER\n"
	"\n"
	"Draws what the CPUs do as a flame graph, one SVG that any browser shows: a click\n"
	"widens a frame, / searches, Escape resets. Frames of the kernel are orange, those of\n"
	"user space green. FILE holds folded stacks, as kpctl run -f folded writes them; - is\n"
	"standard input.\n"
	"\n"
	"  -F, --frequency N  looks a second at each CPU (49)\n"
	"  -d, --duration S   for so long (10), or until Ctrl-C\n"
	"  -p, --pid PID      that process alone\n"
	"      --offcpu       where tasks stand while they do not run, in microseconds\n"
	"      --diff         what has changed from one file to another: red takes a\n"
	"                     larger share than before, blue a smaller one\n"
	"  -o, --output FILE  the picture; else standard output\n"
	"      --title TEXT   above it\n"
	"      --print        show the program that counts, and end\n"
	"\n"
	"examples:\n"
	"  kpctl flame -d 5 -o cpu.svg\n"
	"  kpctl flame --offcpu -p 1234 -o waits.svg\n"
	"  kpctl flame --diff monday.folded tuesday.folded -o change.svg\n";

struct view {
	unsigned int frequency;
	double duration;
	unsigned int pid;
	bool is_offcpu;
	bool compares;
	bool prints;
	const char *file;
	const char *title;
};

/* What counts the stacks. */
static void write_program(const struct view *view, char *text, size_t size)
{
	char filter[64] = "pid";

	if (view->pid)
		snprintf(filter, sizeof(filter), "pid == %u", view->pid);
	if (view->is_offcpu)
		snprintf(text, size,
			 "tracepoint:sched:sched_switch /%s/ { @since[args.prev_pid] = nsecs; }\n"
			 "kprobe:finish_task_switch /@since[tid]/ {\n"
			 "\t@usecs[kstack, ustack, comm] = sum((nsecs - @since[tid]) / 1000);\n"
			 "\tdelete(@since, tid);\n}\n"
			 "END { clear(@since); }\n", filter);
	else
		snprintf(text, size,
			 "profile:hz:%u /%s/ { @samples[kstack, ustack, comm] = count(); }\n",
			 view->frequency, filter);
}

/* Return: false after an error was reported. */
static bool add_lines(struct flame *flame, FILE *in, const char *name, enum flame_side side)
{
	char *line = NULL;
	size_t size = 0, nr = 0;
	bool good = true;
	ssize_t len;

	while (good && (len = getline(&line, &size, in)) > 0) {
		nr++;
		if (line[len - 1] == '\n')
			line[--len] = '\0';
		if (!len || flame_add(flame, line, side))
			continue;
		error("%s:%zu: no folded stack: a line is \"main;read 5\"", name, nr);
		good = false;
	}
	free(line);
	return good;
}

static bool add_file(struct flame *flame, const char *name, enum flame_side side)
{
	bool is_stdin = !strcmp(name, "-"), good;
	FILE *in = is_stdin ? stdin : fopen(name, "re");

	if (!in) {
		error("%s: %s", name, strerror(errno));
		return false;
	}
	good = add_lines(flame, in, name, side);
	if (!is_stdin)
		fclose(in);
	return good;
}

/* Another kpctl. A terminal's Ctrl-C is for us alone: to a second signal it says nothing. */
static pid_t start_run(const struct view *view, int out)
{
	char program[512], duration[32];
	const char *words[10] = { "kpctl", "run", "-q", "-f", "folded", "-d", duration, "-e",
				program, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	pid_t pid;
	int err;

	write_program(view, program, sizeof(program));
	snprintf(duration, sizeof(duration), "%g", view->duration);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP);
	err = posix_spawn(&pid, "/proc/self/exe", &files, &attr, (char **)words, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	if (!err)
		return pid;
	error("kpctl run: %s", strerror(err));
	return -1;
}

/* Until it says something, which is all that it has; Ctrl-C has it do so at once. */
static void attend(pid_t pid, int in)
{
	struct pollfd fds[] = {
		{ .fd = in, .events = POLLIN },
		{ .fd = signals_fd(), .events = POLLIN },
	};
	bool told = false;

	while (poll(fds, told ? 1 : 2, -1) < 0 || !fds[0].revents) {
		if (!signals_have_ended()) {
			signals_clear();
			continue;
		}
		kill(pid, SIGINT);
		told = true;
	}
}

/* Return: an exit status. */
static int add_run(struct flame *flame, const struct view *view)
{
	int fds[2], status;
	bool good;
	FILE *in;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC)) {
		error("pipe: %s", strerror(errno));
		return FAILED;
	}
	pid = start_run(view, fds[1]);
	close(fds[1]);
	if (pid > 0)
		attend(pid, fds[0]);
	in = fdopen(fds[0], "r");
	good = pid > 0 && add_lines(flame, in, "kpctl run", FLAME_AFTER);
	fclose(in);
	if (pid < 0)
		return FAILED;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!good)
		return FAILED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int collect(struct flame *flame, const struct view *view, char **files)
{
	if (view->compares)
		return add_file(flame, files[0], FLAME_BEFORE) &&
		       add_file(flame, files[1], FLAME_AFTER) ? DONE : FAILED;
	if (files[0])
		return add_file(flame, files[0], FLAME_AFTER) ? DONE : FAILED;
	signals_keep();
	return add_run(flame, view);
}

static int write_picture(struct flame *flame, const struct view *view, bool is_file)
{
	const char *unit = view->is_offcpu && !is_file ? "us" : "samples";
	const char *title = view->title ? view->title :
			    view->compares ? "What has changed" :
			    is_file ? "Stacks" :
			    view->is_offcpu ? "Where tasks wait" : "What the CPUs do";
	FILE *out = stdout;
	bool good;

	if (!flame_total(flame, FLAME_AFTER)) {
		error("there is no sample: nothing has run, or there is nothing of that process");
		return FAILED;
	}
	if (view->file)
		out = fopen(view->file, "we");
	if (!out) {
		error("%s: %s", view->file, strerror(errno));
		return FAILED;
	}
	flame_write(flame, out, title, unit);
	if (!view->file)
		return DONE;
	good = !ferror(out);
	if (fclose(out))
		good = false;
	if (good)
		return DONE;
	error("%s: %s", view->file, strerror(errno));
	return FAILED;
}

static int draw(const struct view *view, char **files)
{
	struct flame *flame = flame_new();
	int status = collect(flame, view, files);

	if (!status)
		status = write_picture(flame, view, files[0]);
	flame_free(flame);
	return status;
}

/* Return: whether to go on; else @status says how it ends. */
static bool take(struct view *view, int option, int *status)
{
	*status = WRONG_USE;
	switch (option) {
	case 'F':
		return parse_count("-F", optarg, 1, 100000, &view->frequency);
	case 'd':
		return parse_seconds("-d", optarg, &view->duration);
	case 'p':
		return parse_count("-p", optarg, 1, 1 << 22, &view->pid);
	case 'o':
		view->file = optarg;
		return true;
	case OPT_OFFCPU:
		view->is_offcpu = true;
		return true;
	case OPT_DIFF:
		view->compares = true;
		return true;
	case OPT_TITLE:
		view->title = optarg;
		return true;
	case OPT_PRINT:
		view->prints = true;
		return true;
	default:
		return common_option(option, status);
	}
}

int command_flame(int argc, char **argv)
{
	static const struct option options[] = {
		OPTIONS_OF_ALL,
		{ "frequency", required_argument, NULL, 'F' },
		{ "duration", required_argument, NULL, 'd' },
		{ "pid", required_argument, NULL, 'p' },
		{ "output", required_argument, NULL, 'o' },
		{ "offcpu", no_argument, NULL, OPT_OFFCPU },
		{ "diff", no_argument, NULL, OPT_DIFF },
		{ "title", required_argument, NULL, OPT_TITLE },
		{ "print", no_argument, NULL, OPT_PRINT },
		{ 0 }
	};
	struct view view = { .frequency = 49, .duration = 10 };
	char program[512];
	int option, status;

	while ((option = next_option(argc, argv, ":hjF:d:p:o:", options)) != -1)
		if (!take(&view, option, &status))
			return status;
	if (json_output)
		return wrong_use("it makes a picture: leave --json out");
	if (argc - optind > (view.compares ? 2 : 1) || (view.compares && argc - optind != 2))
		return wrong_use(view.compares ? "--diff takes two files" : "it takes one file");
	if (!view.prints)
		return draw(&view, argv + optind);
	write_program(&view, program, sizeof(program));
	fputs(program, stdout);
	return DONE;
}
