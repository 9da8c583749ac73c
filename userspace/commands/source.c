// SPDX-License-Identifier: GPL-2.0
/* The program that a command line names: found, read, compiled. */
#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/near.h"
#include "base/strset.h"
#include "base/xalloc.h"
#include "command.h"

#ifndef PROGRAMS_DIR
#define PROGRAMS_DIR "/usr/local/share/kpstat/programs"
#endif

/* The directory of this binary, from malloc(), or NULL. */
static char *own_dir(void)
{
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len <= 0)
		return NULL;
	self[len] = '\0';
	return strdup(dirname(self));
}

/*
 * Where short names are looked for, first to last; NULL ends it.  What stands
 * relative to the binary works in a build tree and after a move.
 */
static char **program_dirs(void)
{
	static char *dirs[6];
	size_t nr = 0;
	char *own;

	if (dirs[0])
		return dirs;
	own = own_dir();
	if (getenv("KPSTAT_PROGRAMS"))
		dirs[nr++] = getenv("KPSTAT_PROGRAMS");
	dirs[nr++] = "/etc/kpstat/programs";
	if (own && asprintf(&dirs[nr], "%s/programs", own) >= 0)
		nr++;
	dirs[nr++] = PROGRAMS_DIR;
	if (own && asprintf(&dirs[nr], "%s/../share/kpstat/programs", own) >= 0)
		nr++;
	dirs[nr] = NULL;
	free(own);
	return dirs;
}

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

static char *find_short_name(const char *name)
{
	char **dir, *path;

	for (dir = program_dirs(); *dir; dir++) {
		if (asprintf(&path, "%s/%s.bt", *dir, name) < 0)
			return NULL;
		if (!access(path, R_OK))
			return path;
		free(path);
	}
	return NULL;
}

static int is_program(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 3 && !strcmp(entry->d_name + len - 3, ".bt");
}

/* All short names there are, each once. */
struct names {
	struct arena arena;
	struct strset set;
	struct near near;
	char *list;		/* "conntrack, drops, fork" */
};

static void add_name(struct names *names, const char *file, FILE *out)
{
	char *name = arena_strndup(&names->arena, file, strlen(file) - 3);

	if (!strset_add(&names->set, name))
		return;
	near_offer(&names->near, name);
	fprintf(out, "%s%s", names->set.nr > 1 ? ", " : "", name);
}

static void collect_names(struct names *names)
{
	struct dirent **entries;
	size_t size;
	FILE *out = open_memstream(&names->list, &size);
	char **dir;
	int i, nr;

	if (!out)
		return;
	for (dir = program_dirs(); *dir; dir++) {
		nr = scandir(*dir, &entries, is_program, alphasort);
		for (i = 0; i < nr; i++) {
			add_name(names, entries[i]->d_name, out);
			free(entries[i]);
		}
		if (nr >= 0)
			free(entries);
	}
	fclose(out);
}

static int no_program(const char *argument)
{
	struct names names = { .near.word = argument };
	const char *hint;

	collect_names(&names);
	hint = near_hint(&names.arena, &names.near);
	if (hint)
		error("there is no program \"%s\"; %s", argument, hint);
	else
		error("there is no program \"%s\"; there are: %s. A file is named with its path or .bt, text follows -e",
		      argument, names.list && *names.list ? names.list : "none");
	strset_free(&names.set);
	arena_free(&names.arena);
	free(names.list);
	return FAILED;
}

static int find_program(struct program_source *source, const char *argument)
{
	source->path = is_file_name(argument) ? strdup(argument) :
						find_short_name(argument);
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

/* Those with a name for getopt(), the others for $1 and so on. */
static void take_parameters(struct program_source *source, char **arguments, size_t nr)
{
	const char **params = xcalloc(nr + 1, sizeof(*params));
	const char **named = xcalloc(nr + 1, sizeof(*named));
	struct compile_options *options = &source->options;
	bool may_end = true;
	size_t i;

	for (i = 0; i < nr; i++) {
		bool has_dashes = !strncmp(arguments[i], "--", 2);

		if (has_dashes && arguments[i][2])
			named[options->nr_named++] = arguments[i];
		else if (has_dashes && may_end)
			may_end = false;
		else
			params[options->nr_params++] = arguments[i];
	}
	options->params = params;
	options->named = named;
	options->named_used = xcalloc(nr + 1, sizeof(*options->named_used));
}

const char *source_arguments(struct program_source *source, int argc,
			     char **argv)
{
	const char *argument = source->expression ? NULL : argv[optind];

	if (argument)
		optind++;
	take_parameters(source, argv + optind, argc - optind);
	return argument;
}

int source_open(struct program_source *source, const char *argument)
{
	int status;

	error_take_diagnostics();
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

int source_compile(const struct program_source *source, struct object *object)
{
	const struct compile_options *options = &source->options;
	size_t i;

	if (compile(source->text, options, object))
		return FAILED;
	for (i = 0; i < options->nr_named; i++) {
		if (options->named_used[i])
			continue;
		error("the program has no parameter %.*s: it asks for none by getopt(\"%.*s\")",
		      (int)strcspn(options->named[i], "="), options->named[i],
		      (int)strcspn(options->named[i] + 2, "="), options->named[i] + 2);
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
	free((void *)source->options.named);
	free(source->options.named_used);
}
