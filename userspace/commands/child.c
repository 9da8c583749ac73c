// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wordexp.h>

#include "base/error.h"
#include "base/signals.h"
#include "base/xalloc.h"
#include "child.h"

/* In the child: wait for the word, and become the command. */
static void __attribute__((noreturn)) become(char **argv, int go, int failure,
					     bool to_stderr)
{
	sigset_t none;
	char word;
	int err;

	/* Should kpctl be killed, nobody else would end it. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (to_stderr)
		dup2(STDERR_FILENO, STDOUT_FILENO);
	signals_forget();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (read(go, &word, 1) != 1)
		_exit(1);
	execvp(argv[0], argv);
	err = errno;
	if (write(failure, &err, sizeof(err)) < 0)
		_exit(126);
	_exit(127);
}

static int fork_words(struct child *child, char **argv, bool to_stderr)
{
	int go[2], failure[2];

	if (pipe2(go, O_CLOEXEC))
		return -1;
	if (pipe2(failure, O_CLOEXEC)) {
		close(go[0]);
		close(go[1]);
		return -1;
	}
	child->pid = fork();
	if (!child->pid) {
		close(go[1]);
		become(argv, go[0], failure[1], to_stderr);
	}
	close(go[0]);
	close(failure[1]);
	child->go = go[1];
	child->failure = failure[0];
	if (child->pid > 0)
		return 0;
	child->pid = 0;
	close(child->go);
	close(child->failure);
	return -1;
}

static int start_words(struct child *child, const char *command, char **words,
		       bool to_stderr)
{
	int err = *words ? fork_words(child, words, to_stderr) : -1;

	if (err)
		error("-c \"%s\": %s", command, *words ? strerror(errno) : "no command");
	else
		child->program = xstrdup(*words);
	return err;
}

int child_start(struct child *child, const char *command, char **words,
		bool to_stderr)
{
	wordexp_t split;
	int err;

	if (words)
		return start_words(child, command, words, to_stderr);
	if (wordexp(command, &split, WRDE_NOCMD)) {
		error("-c \"%s\": not a list of words; a pipe or several commands go into -c \"sh -c '...'\"",
		      command);
		return -1;
	}
	err = start_words(child, command, split.we_wordv, to_stderr);
	wordfree(&split);
	return err;
}

int child_go(struct child *child, const char *command)
{
	int err = 0;

	if (write(child->go, "", 1) != 1 ||
	    /* The pipe closes, and nothing comes, when it has begun. */
	    read(child->failure, &err, sizeof(err)) == sizeof(err)) {
		error("-c \"%s\": %s", command, strerror(err ? err : errno));
		return -1;
	}
	return 0;
}

bool child_has_ended(struct child *child)
{
	if (!child->pid || !waitpid(child->pid, &child->status, WNOHANG))
		return false;
	child->pid = 0;
	return true;
}

int child_report(const struct child *child, const char *command)
{
	int status = child->status;

	if (WIFSIGNALED(status)) {
		warning("-c \"%s\": killed by signal %d (%s)", command,
			WTERMSIG(status), strsignal(WTERMSIG(status)));
		return 128 + WTERMSIG(status);
	}
	if (WEXITSTATUS(status))
		warning("-c \"%s\": exit status %d", command,
			WEXITSTATUS(status));
	return WEXITSTATUS(status);
}

void child_stop(struct child *child)
{
	free(child->program);
	child->program = NULL;
	if (!child->pid)
		return;
	kill(child->pid, SIGTERM);
	waitpid(child->pid, NULL, 0);
	child->pid = 0;
}
