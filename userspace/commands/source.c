// SPDX-License-Identifier: GPL-2.0
/* The program that a command line names: found, read, compiled. */
#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "out/error.h"

#ifndef PROGRAMS_DIR
#define PROGRAMS_DIR "/usr/local/share/kpstat/programs"
#endif

int wrong_use(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	error("%s; see kpctl %s --help", text ? text : fmt, this_command->name);
	free(text);
	return WRONG_USE;
}

bool common_option(int option, int *status)
{
	switch (option) {
	case 'h':
		printf("kpctl %s - %s\n\n%s", this_command->name,
		       this_command->summary, this_command->help);
		*status = DONE;
		return false;
	case 'j':
		json_output = true;
		return true;
	default:
		/* getopt_long() has said what is wrong. */
		fprintf(stderr, "see kpctl %s --help\n", this_command->name);
		*status = WRONG_USE;
		return false;
	}
}

bool parse_count(const char *option, const char *text, unsigned long max,
		 unsigned int *value)
{
	unsigned long number;
	char *end;

	errno = 0;
	number = strtoul(text, &end, 0);
	if (errno || *end || end == text || *text == '-' || !number ||
	    number > max) {
		wrong_use("%s takes a whole number from 1 to %lu, not \"%s\"",
			  option, max, text);
		return false;
	}
	*value = number;
	return true;
}

bool parse_seconds(const char *option, const char *text, double *seconds)
{
	char *end;

	*seconds = strtod(text, &end);
	if (end == text || *end || !(*seconds > 0) || *seconds > 1e8) {
		wrong_use("%s takes a number of seconds, not \"%s\"", option,
			  text);
		return false;
	}
	return true;
}

bool compile_option(int option, struct program_source *source, int *status)
{
	struct compile_options *options = &source->options;
	bool good;

	switch (option) {
	case 'e':
		source->expression = optarg;
		return true;
	case OPT_MAX_KEYS:
		good = parse_count("--max-keys", optarg, KPS_MAX_ENTRIES,
				   &options->max_keys);
		break;
	case OPT_MAX_PROBES:
		good = parse_count("--max-probes", optarg, KPS_MAX_SITES,
				   &options->max_probes);
		break;
	case OPT_MAXACTIVE:
		good = parse_count("--maxactive", optarg, 16384,
				   &options->maxactive);
		break;
	default:
		return common_option(option, status);
	}
	if (!good)
		*status = WRONG_USE;
	return good;
}

/* Where short names are looked for, first to last; NULL ends it. */
static char **program_dirs(void)
{
	static char beside[PATH_MAX + 16];
	static char *dirs[5];
	char self[PATH_MAX];
	size_t nr = 0;
	ssize_t len;

	if (getenv("KPSTAT_PROGRAMS"))
		dirs[nr++] = getenv("KPSTAT_PROGRAMS");
	dirs[nr++] = "/etc/kpstat/programs";
	dirs[nr++] = PROGRAMS_DIR;
	len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len > 0) {
		self[len] = '\0';
		snprintf(beside, sizeof(beside), "%s/programs", dirname(self));
		dirs[nr++] = beside;
	}
	dirs[nr] = NULL;
	return dirs;
}

static bool is_file_name(const char *argument)
{
	size_t len = strlen(argument);

	return strchr(argument, '/') ||
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

/* "conntrack, drops, fork", from the first directory that has any. */
static char *known_names(void)
{
	struct dirent **entries;
	char **dir, *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int i, nr;

	for (dir = program_dirs(); *dir; dir++) {
		nr = scandir(*dir, &entries, is_program, alphasort);
		for (i = 0; i < nr; i++) {
			fprintf(out, "%s%.*s", i ? ", " : "",
				(int)strlen(entries[i]->d_name) - 3,
				entries[i]->d_name);
			free(entries[i]);
		}
		if (nr >= 0)
			free(entries);
		if (nr > 0)
			break;
	}
	fclose(out);
	return text;
}

static int find_program(struct program_source *source, const char *argument)
{
	char *names;

	source->path = is_file_name(argument) ? strdup(argument) :
						find_short_name(argument);
	if (source->path)
		return DONE;
	names = known_names();
	error("there is no program \"%s\"; there are: %s. A file is named with its path or .bt, text follows -e",
	      argument, names && *names ? names : "none");
	free(names);
	return FAILED;
}

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
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
	if (file)
		fclose(file);
	return text;
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

static int read_program(struct program_source *source, const char *argument)
{
	if (source->expression) {
		source->options.file = "-e";
		source->text = strdup(source->expression);
		return DONE;
	}
	if (find_program(source, argument))
		return FAILED;
	source->options.file = source->path;
	source->name = name_from_path(source->path);
	source->text = read_file(source->path);
	return source->text ? DONE : FAILED;
}

int source_compile(struct program_source *source, const char *argument,
		   struct object *object)
{
	error_take_diagnostics();
	if (!argument == !source->expression)
		return wrong_use("one program is needed: a short name, a file, or -e TEXT");
	if (read_program(source, argument))
		return FAILED;
	if (strlen(source->text) > KPS_SOURCE_MAX) {
		error("%s: a program of %zu bytes, at most %d are possible",
		      source->options.file, strlen(source->text),
		      KPS_SOURCE_MAX);
		return FAILED;
	}
	return compile(source->text, &source->options, object) ? FAILED : DONE;
}

void source_free(struct program_source *source)
{
	free(source->name);
	free(source->path);
	free(source->text);
}
