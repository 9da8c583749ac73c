// SPDX-License-Identifier: GPL-2.0
/*
 * stdout is flushed by who reads the records, once for many of them; here only
 * before somebody else writes to it or to stderr.
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
#include <time.h>
#include <unistd.h>

#include "actions.h"
#include "base/error.h"
#include "base/json.h"
#include "base/signals.h"
#include "base/xalloc.h"
#include "lib/client.h"
#include "map.h"
#include "printf.h"
#include "shape.h"

extern char **environ;

/* What cat() shows of a file, as in bpftrace. */
#define CAT_MAX 10240

static void print_document(struct actions *actions, const char *type)
{
	struct text *json = &actions->json;

	text_clear(json);
	text_printf(json, "{\"type\": \"%s\", \"data\": ", type);
	text_json(json, actions->text.data ? actions->text.data : "",
		  actions->text.len);
	text_puts(json, "}\n");
	fwrite(json->data, 1, json->len, stdout);
}

/* What stands in actions->text. */
static void print_text(struct actions *actions, const char *type)
{
	if (json_output)
		print_document(actions, type);
	else if (actions->text.len)
		fwrite(actions->text.data, 1, actions->text.len, stdout);
}

static void format_text(struct actions *actions,
			const struct object_output *output,
			const struct record *record)
{
	format_write(&actions->text,
		     actions->formats[output - actions->object->outputs],
		     output, record);
}

static void do_printf(struct actions *actions,
		      const struct object_output *output,
		      const struct record *record)
{
	format_text(actions, output, record);
	print_text(actions, "printf");
}

static void do_print_value(struct actions *actions,
			   const struct object_output *output,
			   const struct record *record)
{
	const struct values values = values_of_record(output, record);
	struct text *text = &actions->text;

	if (json_output) {
		text_puts(text, "{\"type\": \"value\", \"data\": ");
		values_json(text, &values);
		text_char(text, '}');
	} else {
		values_write(text, &values);
	}
	text_char(text, '\n');
	fwrite(text->data, 1, text->len, stdout);
}

static void do_join(struct actions *actions, const struct object_output *output,
		    const struct record *record)
{
	if (record->nr_fields && output->nr_fields)
		value_write(&actions->text, &output->fields[0],
			    &record->fields[0], INDENT_VALUE);
	if (!json_output)
		text_char(&actions->text, '\n');
	print_text(actions, "join");
}

static void do_cat(struct actions *actions, const struct object_output *output,
		   const struct record *record)
{
	struct text *text = &actions->text;
	unsigned int max = actions->object->max_cat_bytes ?: CAT_MAX;
	size_t len;
	char *buffer;
	FILE *file;

	format_text(actions, output, record);
	file = fopen(text_string(text), "re");
	if (!file) {
		error("cat(\"%s\"): %s", text_string(text), strerror(errno));
		return;
	}
	buffer = xcalloc(1, max);
	len = fread(buffer, 1, max, file);
	fclose(file);
	text_clear(text);
	text_lines(text, buffer, len);
	free(buffer);
	print_text(actions, "cat");
}

/* The command gets signals as if no one had blocked them. */
static int spawn_shell(const char *command, posix_spawn_file_actions_t *files,
		       pid_t *pid)
{
	const char *argv[4] = { "sh", "-c", command, NULL };
	posix_spawnattr_t attr;
	sigset_t none;
	int err;

	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	err = posix_spawn(pid, "/bin/sh", files, &attr,
			  (char **)argv, environ);
	posix_spawnattr_destroy(&attr);
	if (err)
		error("system(\"%s\"): %s", command, strerror(err));
	return err;
}

/* How long a command may take to go, ms. */
#define COMMAND_PATIENCE 1000

/*
 * Until the command has ended, and has closed @fd, which its output is read from;
 * -1: it is not.  A signal that ends the run ends the command, too, unless it is
 * one of END's.
 */
static void attend(pid_t pid, int fd, struct text *out)
{
	bool at_end = signals_have_ended(), told = false;
	char buffer[4096];
	ssize_t len;

	while (fd >= 0 || !waitpid(pid, NULL, WNOHANG)) {
		struct pollfd fds[] = {
			{ .fd = fd, .events = POLLIN },
			{ .fd = signals_fd(), .events = POLLIN },
		};
		/* Without signals nobody says that it has ended. */
		int ms = fds[1].fd < 0 ? 10 : -1;

		if (!told && !at_end && signals_have_ended()) {
			kill(pid, SIGTERM);
			told = true;
		}
		if (!poll(fds, 2, told ? COMMAND_PATIENCE : ms) && told)
			break;
		if (fds[1].revents)
			signals_clear();
		if (!fds[0].revents)
			continue;
		len = read(fd, buffer, sizeof(buffer));
		if (len > 0)
			text_add(out, buffer, len);
		else
			fd = -1;
	}
}

/* JSON has what the command wrote as one document. */
static void system_as_json(struct actions *actions, const char *command)
{
	posix_spawn_file_actions_t files;
	int err, pipe_fds[2];
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC)) {
		error("system(): %s", strerror(errno));
		return;
	}
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, pipe_fds[1], STDOUT_FILENO);
	err = spawn_shell(command, &files, &pid);
	posix_spawn_file_actions_destroy(&files);
	close(pipe_fds[1]);
	text_clear(&actions->text);
	if (!err) {
		attend(pid, pipe_fds[0], &actions->text);
		print_text(actions, "syscall");
	}
	close(pipe_fds[0]);
}

static void do_system(struct actions *actions,
		      const struct object_output *output,
		      const struct record *record)
{
	const char *command;
	pid_t pid;

	if (signals_have_ended() && !output->at_end) {
		actions->skipped++;
		return;
	}
	format_text(actions, output, record);
	command = text_string(&actions->text);
	fflush(stdout);
	if (json_output)
		system_as_json(actions, command);
	else if (!spawn_shell(command, NULL, &pid))
		attend(pid, -1, NULL);
}

void actions_tell_skipped(const struct actions *actions)
{
	if (actions->skipped)
		warning("system(): the run was ended, and %zu commands were not run",
			actions->skipped);
}

static void do_time(struct actions *actions, const struct object_output *output,
		    const struct record *record)
{
	time_write(&actions->text, output->format, record->time);
	print_text(actions, "time");
}

static const char *map_name(const struct actions *actions,
			    const struct object_output *output)
{
	return actions->object->maps[output->map].name;
}

static void print_map(struct actions *actions,
		      const struct object_output *output, unsigned int take)
{
	struct maps_answer maps;

	if (!maps_get(actions->client, actions->program,
		      map_name(actions, output), take, &maps) && maps.nr)
		map_print(&maps.maps[0], output->top, output->div);
	maps_free(&maps);
}

static void do_print_map(struct actions *actions,
			 const struct object_output *output,
			 const struct record *record)
{
	(void)record;
	print_map(actions, output, output->take);
}

static void do_clear(struct actions *actions,
		     const struct object_output *output,
		     const struct record *record)
{
	(void)record;
	client_reset_map(actions->client, actions->program,
			 map_name(actions, output), 0);
}

static void do_zero(struct actions *actions, const struct object_output *output,
		    const struct record *record)
{
	(void)record;
	client_reset_map(actions->client, actions->program,
			 map_name(actions, output), KPS_F_ZERO);
}

/*
 * The text is FILE:LINE:COLUMN-END: LEVEL: MESSAGE, see format_at(). Return: whether it
 * was told apart.
 */
static bool report_as_json(struct actions *actions, const char *type, const char *level)
{
	const char *text = text_string(&actions->text);
	const char *end = strstr(text, level), *message, *line;
	struct json_object *document;
	int column;

	if (!end)
		return false;
	message = end + strlen(level);
	line = memrchr(text, ':', end - text);
	line = line ? memrchr(text, ':', line - text) : NULL;
	if (!line || sscanf(line, ":%*d:%d", &column) != 1)
		return false;
	document = json_object_new_object();
	json_add_string(document, "type", type);
	json_add_string(document, "msg", message);
	json_object_object_add(document, "filename",
			       json_object_new_string_len(text, line - text));
	json_add_int(document, "line", atoi(line + 1));
	json_add_int(document, "col", column);
	json_print(document);
	return true;
}

/* In its place among what stdout gets. */
static void report(struct actions *actions, const struct object_output *output,
		   const struct record *record, const char *type, const char *level)
{
	format_text(actions, output, record);
	if (json_output && report_as_json(actions, type, level))
		return;
	text_char(&actions->text, '\n');
	fflush(stdout);
	fwrite(actions->text.data, 1, actions->text.len, stderr);
}

static void do_errorf(struct actions *actions, const struct object_output *output,
		      const struct record *record)
{
	report(actions, output, record, "errorf", ": ERROR: ");
}

static void do_warnf(struct actions *actions, const struct object_output *output,
		     const struct record *record)
{
	report(actions, output, record, "warnf", ": WARNING: ");
}

static void do_runtime(struct actions *actions, const struct object_output *output,
		       const struct record *record)
{
	report(actions, output, record, "runtime_error", ": WARNING: ");
}

static void do_exit(struct actions *actions, const struct object_output *output,
		    const struct record *record)
{
	(void)output;
	if (actions->has_exited)
		return;
	actions->has_exited = true;
	actions->status = record->nr_fields ? record->fields[0].number & 0xff : 0;
	actions->exit_time = record->time;
}

static void (* const doers[])(struct actions *actions,
			      const struct object_output *output,
			      const struct record *record) = {
	[ACTION_PRINTF]		= do_printf,
	[ACTION_PRINT_VALUE]	= do_print_value,
	[ACTION_JOIN]		= do_join,
	[ACTION_CAT]		= do_cat,
	[ACTION_SYSTEM]		= do_system,
	[ACTION_TIME]		= do_time,
	[ACTION_PRINT_MAP]	= do_print_map,
	[ACTION_CLEAR]		= do_clear,
	[ACTION_ZERO]		= do_zero,
	[ACTION_EXIT]		= do_exit,
	[ACTION_ERRORF]		= do_errorf,
	[ACTION_WARNF]		= do_warnf,
	[ACTION_RUNTIME]	= do_runtime,
};

unsigned long long actions_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static bool is_late(const struct actions *actions, const struct record *record)
{
	return actions->has_exited && record->time > actions->exit_time &&
	       (!actions->end_time || record->time < actions->end_time);
}

/*
 * What a map counts between a print() of it and a clear() would be lost. Where the one
 * may follow the other (from another clause, or below a condition) the print() waits,
 * with all that comes behind it, until it is known: then both are one reading that
 * empties the map, or it is a print() and no more.
 */

static bool empties(const struct object_output *output)
{
	return output->action == ACTION_CLEAR || output->action == ACTION_ZERO;
}

/* END's comes when nothing is counted any more. */
static bool may_be_emptied(const struct actions *actions, unsigned int map)
{
	const struct object *object = actions->object;
	size_t i;

	for (i = 0; i < object->nr_outputs; i++)
		if (empties(&object->outputs[i]) && !object->outputs[i].at_end &&
		    object->outputs[i].map == map)
			return true;
	return false;
}

static void do_record(const struct record *record, void *data)
{
	struct actions *actions = data;
	const struct object_output *output =
		&actions->object->outputs[record->output];

	if (output->action == ACTION_PRINT_MAP && !output->take &&
	    may_be_emptied(actions, output->map)) {
		actions->held.print = output;
		actions->held.time = record->time;
		return;
	}
	text_clear(&actions->text);
	doers[output->action](actions, output, record);
}

static void visit_record(const struct record *record, void *data);

static void release(struct actions *actions, unsigned int take)
{
	const struct object_output *print = actions->held.print;

	text_clear(&actions->text);
	print_map(actions, print, take);
	held_release(&actions->held, visit_record, actions);
}

/* Return: whether that is all there is to do of it. */
static bool follows_print(struct actions *actions, const struct record *record)
{
	const struct object_output *output =
		&actions->object->outputs[record->output];
	bool same_map = output->map == actions->held.print->map;
	unsigned int take = same_map ? object_take(&actions->object->maps[output->map],
						   output->action) : 0;

	if (take) {
		release(actions, take);
		return true;
	}
	return !(same_map && (empties(output) ||
			      output->action == ACTION_PRINT_MAP)) &&
	       output->action != ACTION_EXIT &&
	       held_add(&actions->held, record);
}

static void visit_record(const struct record *record, void *data)
{
	struct actions *actions = data;

	/* Behind one that waits another may. */
	while (actions->held.print) {
		if (follows_print(actions, record))
			return;
		release(actions, 0);
	}
	do_record(record, actions);
}

void actions_do(const struct record *record, void *data)
{
	struct actions *actions = data;

	if (record->output < actions->object->nr_outputs &&
	    !is_late(actions, record))
		visit_record(record, actions);
}

void actions_settle(struct actions *actions)
{
	while (actions->held.print)
		release(actions, 0);
}

/*
 * Two clauses of one event are some microseconds apart; of two timers, as far as it
 * took to start the second.
 */
#define FOLLOWS_NS 50000000ULL

void actions_settle_before(struct actions *actions, unsigned long long time)
{
	while (actions->held.print && time > FOLLOWS_NS &&
	       actions->held.time < time - FOLLOWS_NS)
		release(actions, 0);
}

void actions_let_end(struct actions *actions)
{
	actions->end_time = actions_now();
}

static bool has_format(const struct object_output *output)
{
	return output->action == ACTION_PRINTF ||
	       output->action == ACTION_ERRORF || output->action == ACTION_WARNF ||
	       output->action == ACTION_RUNTIME ||
	       output->action == ACTION_CAT || output->action == ACTION_SYSTEM;
}

void actions_open(struct actions *actions, const struct object *object,
		  const char *program, struct client *client)
{
	size_t i;

	*actions = (struct actions){
		.object = object,
		.program = program,
		.client = client,
		.formats = xcalloc(object->nr_outputs,
				   sizeof(struct format *)),
	};
	for (i = 0; i < object->nr_outputs; i++)
		if (has_format(&object->outputs[i]))
			actions->formats[i] =
				format_parse(object->outputs[i].format);
}

static void forget(const struct record *record, void *data)
{
	(void)record;
	(void)data;
}

void actions_close(struct actions *actions)
{
	size_t i;

	for (i = 0; actions->formats && i < actions->object->nr_outputs; i++)
		format_free(actions->formats[i]);
	free(actions->formats);
	held_release(&actions->held, forget, NULL);
	text_free(&actions->text);
	text_free(&actions->json);
	actions->formats = NULL;
}
