// SPDX-License-Identifier: GPL-2.0
/* The program that a command line names: found, read, compiled. */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/near.h"
#include "base/xalloc.h"
#include "command.h"

static bool is_stdin(const char *argument)
{
	return !strcmp(argument, "-");
}

static bool is_file_name(const char *argument)
{
	size_t len = strlen(argument);

	return is_stdin(argument) || strchr(argument, '/') ||
	       (len > 3 && !strcmp(argument + len - 3, ".bt"));
}

static int find_program(struct program_source *source, const char *argument)
{
	source->path = is_file_name(argument) ? strdup(argument) :
						program_path(argument);
	return source->path ? DONE : no_program(argument);
}

static char *read_file(const char *path)
{
	FILE *file = is_stdin(path) ? stdin : fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (!file || getdelim(&text, &size, '\0', file) < 0) {
		if (file && !ferror(file) && feof(file)) {
			free(text);
			text = strdup("");
		} else {
			error("%s: %s", path, strerror(errno));
			free(text);
			text = NULL;
		}
	}
	if (file && file != stdin)
		fclose(file);
	return text;
}

/* Some editors begin a file with it. */
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

static int check_encoding(const char *path, char *text)
{
	size_t len = strlen(BYTE_ORDER_MARK);

	if (!strncmp(text, BYTE_ORDER_MARK, len))
		memmove(text, text + len, strlen(text + len) + 1);
	if (strncmp(text, "\xff\xfe", 2) && strncmp(text, "\xfe\xff", 2))
		return DONE;
	error("%s: this is UTF-16; save it as UTF-8", path);
	return FAILED;
}

static char *name_from_path(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name = strdup(slash ? slash + 1 : path);
	size_t len = strlen(name);

	if (len > 3 && !strcmp(name + len - 3, ".bt"))
		name[len - 3] = '\0';
	return name;
}

static void say_nothing(const struct diag *diag, void *unused)
{
	(void)diag;
	(void)unused;
}

/* Whether this kernel has all that the text names. */
static bool compiles(const struct program_source *source)
{
	struct object object;
	bool good;

	diag_set_sink(say_nothing, NULL);
	good = !compile(source->text, &source->options, &object);
	if (good)
		object_free(&object);
	error_take_diagnostics();
	return good;
}

/*
 * Events differ between kernels: beside a program there may be another one for
 * older kernels, which is taken if only that one compiles.
 */
static void prefer_older(struct program_source *source)
{
	struct program_source older = { .options = source->options };
	char *dir = strdup(source->path);

	if (asprintf(&older.path, "%s/older/%s.bt", dirname(dir),
		     source->name) < 0)
		older.path = NULL;
	free(dir);
	if (!older.path || access(older.path, R_OK) || compiles(source)) {
		free(older.path);
		return;
	}
	older.text = read_file(older.path);
	if (older.text && compiles(&older)) {
		free(source->path);
		free(source->text);
		source->path = older.path;
		source->text = older.text;
		source->options.file = source->path;
		return;
	}
	free(older.text);
	free(older.path);
}

static int read_program(struct program_source *source, const char *argument)
{
	if (source->expression) {
		source->options.file = "-e";
		source->text = strdup(source->expression);
		return DONE;
	}
	if (find_program(source, argument))
		return FAILED;
	source->options.file = is_stdin(argument) ? "stdin" : source->path;
	source->name = name_from_path(source->options.file);
	source->text = read_file(source->path);
	if (!source->text || check_encoding(source->options.file, source->text))
		return FAILED;
	if (!is_file_name(argument))
		prefer_older(source);
	return DONE;
}

void source_parameter(struct program_source *source, const char *word)
{
	const char **named = APPEND(source->named, source->nr_named);

	*named = word;
}

static bool is_named(const char *word)
{
	return !strncmp(word, "--", 2) && word[2];
}

/* Those with a name for getopt(), the others for $1 and so on. */
static void take_parameters(struct program_source *source, char **arguments, size_t nr)
{
	const char **params = xcalloc(nr + 1, sizeof(*params));
	struct compile_options *options = &source->options;
	bool may_end = true;
	size_t i;

	for (i = 0; i < nr; i++) {
		if (is_named(arguments[i]))
			source_parameter(source, arguments[i]);
		else if (!strcmp(arguments[i], "--") && may_end)
			may_end = false;
		else
			params[options->nr_params++] = arguments[i];
	}
	options->params = params;
	if (source->process)
		source_parameter(source, source->process);
	options->named = source->named;
	options->nr_named = source->nr_named;
	options->named_used = xcalloc(source->nr_named + 1, sizeof(*options->named_used));
	if (source->process)
		options->asks_process = &options->named_used[source->nr_named - 1];
}

const char *source_arguments(struct program_source *source, int argc,
			     char **argv)
{
	const char *argument = source->expression || optind >= argc ? NULL : argv[optind];

	if (argument)
		optind++;
	take_parameters(source, argv + optind, argc - optind);
	return argument;
}

int source_open(struct program_source *source, const char *argument)
{
	int status;

	error_take_diagnostics();
	if (!argument && !source->expression && source->nr_named)
		return wrong_use("there is no option %s", source->named[0]);
	if (!argument == !source->expression)
		return wrong_use("one program is needed: a short name, a file, - for standard input, or -e TEXT");
	status = source_environment(source);
	if (status)
		return status;
	if (read_program(source, argument))
		return FAILED;
	if (strlen(source->text) > KPS_SOURCE_MAX) {
		error("%s: a program of %zu bytes, at most %d are possible",
		      source->options.file, strlen(source->text),
		      KPS_SOURCE_MAX);
		return FAILED;
	}
	return DONE;
}

int source_help(struct program_source *source, int argc, char **argv)
{
	int status;

	if (!source->expression && !argv[optind])
		return command_usage();
	status = source_open(source, source_arguments(source, argc, argv));
	if (!status)
		print_manual(source);
	source_free(source);
	return status;
}

static void offer_parameter(const struct named_parameter *parameter, void *data)
{
	struct near *near = data;

	near_offer(near, parameter->name);
}

/* A word that neither the command nor the program knows. */
static void refuse_parameter(const struct program_source *source, const char *given)
{
	int len = strcspn(given, "=");
	struct arena arena = { 0 };
	struct near near = { .word = arena_strndup(&arena, given + 2, len - 2) };
	const char *hint;

	compile_parameters(source->text, &source->options, &arena, offer_parameter, &near);
	hint = near_hint(&arena, &near);
	error("there is no option %.*s, and the program has no such parameter: it asks for none by getopt(\"%s\")%s%s",
	      len, given, near.word, hint ? "; " : "", hint ? hint : "");
	arena_free(&arena);
}

int source_compile(const struct program_source *source, struct object *object)
{
	const struct compile_options *options = &source->options;
	size_t i;

	if (compile(source->text, options, object))
		return FAILED;
	for (i = 0; i < options->nr_named; i++) {
		if (options->named_used[i] || options->named[i] == source->process)
			continue;
		refuse_parameter(source, options->named[i]);
		object_free(object);
		return FAILED;
	}
	return DONE;
}

int source_dump(const struct program_source *source, const char *pass)
{
	return compile_dump(source->text, &source->options, pass, stdout) ?
	       FAILED : DONE;
}

void source_free(struct program_source *source)
{
	free(source->name);
	free(source->path);
	free(source->text);
	free((void *)source->options.params);
	free(source->named);
	free(source->options.named_used);
}
