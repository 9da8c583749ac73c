// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/regular.h"
#include "base/xalloc.h"
#include "elf/instruction.h"
#include "elf/library.h"
#include "lang/compile.h"
#include "user_file.h"

/* With a path, or a library, or a program. */
static const char *find_path(struct resolver *resolver, const char *name)
{
	unsigned int process = resolver->options->process;
	const char *kept;
	char *found;

	if (strchr(name, '/'))
		return *name == '/' && process ?
		       arena_printf(resolver->arena, "/proc/%u/root%s", process, name) : name;
	found = !strncmp(name, "lib", 3) ? library_find(name) : NULL;
	if (!found)
		found = program_find(name);
	if (!found)
		return NULL;
	kept = arena_strdup(resolver->arena, found);
	free(found);
	return kept;
}

static struct user_file *find_open(const struct resolver *resolver,
				   const struct stat *st)
{
	struct user_file *file = resolver->files;

	while (file && (file->device != st->st_dev || file->inode != st->st_ino))
		file = file->next;
	return file;
}

static void refuse(const struct attach_point *point, const char *path)
{
	if (errno == EINVAL)
		diag_error(&point->at, "name a program or a library",
			   "'%s' is not a regular file", path);
	else
		diag_error(&point->at, NULL, "cannot open '%s': %s", path,
			   strerror(errno));
}

/* @shown: what it is called where it is used */
static struct user_file *open_file(struct resolver *resolver,
				   const struct attach_point *point, const char *path,
				   const char *shown)
{
	struct user_file *file;
	struct elf_file elf;
	struct stat st;
	int fd = regular_open(path, &st);

	if (fd < 0) {
		refuse(point, shown);
		return NULL;
	}
	file = find_open(resolver, &st);
	if (file) {
		close(fd);
		return file;
	}
	if (!elf_file_read(fd, &elf)) {
		diag_error(&point->at, "scripts have no functions that the kernel knows",
			   "'%s' is not an ELF file, as programs and libraries are", shown);
		close(fd);
		return NULL;
	}
	file = xcalloc(1, sizeof(*file));
	*file = (struct user_file){
		.path = shown, .fd = fd, .device = st.st_dev, .inode = st.st_ino,
		.number = -1, .elf = elf, .next = resolver->files,
	};
	resolver->files = file;
	return file;
}

/* What a process runs: a line of /proc/PID/maps. */
struct mapped {
	const char *path;
	char range[40];		/* as in /proc/PID/map_files */
};

#define DELETED " (deleted)"

/* Return: false: it is no code of a file. */
static bool parse_mapped(struct arena *arena, const char *line, struct mapped *mapped)
{
	size_t len = strcspn(line, "\n"), end = strlen(DELETED);
	char flags[8];
	int at = 0;

	if (sscanf(line, "%39s %7s %*s %*s %*s %n", mapped->range, flags, &at) < 2 ||
	    !at || line[at] != '/' || !strchr(flags, 'x'))
		return false;
	if (len > end && !strncmp(line + len - end, DELETED, end))
		len -= end;
	mapped->path = arena_strndup(arena, line + at, len - at);
	return true;
}

static struct user_file *open_mapped(struct resolver *resolver,
				     const struct attach_point *point,
				     const struct mapped *mapped)
{
	return open_file(resolver, point,
			 arena_printf(resolver->arena, "/proc/%u/map_files/%s",
				      resolver->options->process, mapped->range),
			 mapped->path);
}

static bool is_meant(const struct mapped *mapped, const char *name)
{
	const char *file = strrchr(mapped->path, '/') + 1;

	if (strchr(name, '/'))
		return !strcmp(mapped->path, name);
	return !strncmp(name, "lib", 3) && library_is_called(file, name);
}

/*
 * Files of which the process that is meant runs code: all, or the one of that name, which
 * may have been replaced since. Ends when @visit does not return 0, and returns that.
 */
static int each_mapped(struct resolver *resolver, const struct attach_point *point,
		       const char *name, user_file_visit visit, void *data)
{
	char path[32], *line = NULL;
	struct mapped mapped;
	size_t size = 0;
	FILE *maps;
	int ret = 0;

	snprintf(path, sizeof(path), "/proc/%u/maps", resolver->options->process);
	maps = fopen(path, "re");
	while (maps && !ret && getline(&line, &size, maps) > 0) {
		struct user_file *file;

		if (!parse_mapped(resolver->arena, line, &mapped) ||
		    (name && !is_meant(&mapped, name)))
			continue;
		file = open_mapped(resolver, point, &mapped);
		ret = file ? visit(file, data) : 0;
	}
	free(line);
	if (maps)
		fclose(maps);
	return ret;
}

static int keep_first(struct user_file *file, void *data)
{
	*(struct user_file **)data = file;
	return 1;
}

static struct user_file *open_named(struct resolver *resolver,
				    const struct attach_point *point, const char *name)
{
	struct user_file *file = NULL;
	const char *path;

	if (resolver->options->process &&
	    each_mapped(resolver, point, name, keep_first, &file))
		return file;
	path = find_path(resolver, name);
	if (path)
		return open_file(resolver, point, path, path);
	diag_error(&point->at, "write its path",
		   "no library and no program in $PATH is called '%s'", name);
	return NULL;
}

struct user_file *user_file_open(struct resolver *resolver,
				 const struct attach_point *point, const char *name,
				 bool silent)
{
	bool was_muted = diag_mute(silent || diag_is_muted());
	struct user_file *file = open_named(resolver, point, name);

	diag_mute(was_muted);
	return file;
}

struct user_file *user_file_alone(struct arena *arena, const char *name)
{
	struct resolver resolver = {
		.arena = arena, .options = &(const struct compile_options){ 0 },
	};
	const struct attach_point nowhere = { .text = "" };

	return user_file_open(&resolver, &nowhere, name, true);
}

static int each_matching(struct resolver *resolver, const struct attach_point *point,
			 const char *pattern, user_file_visit visit, void *data)
{
	glob_t found;
	size_t i;
	int ret = 0;

	if (glob(pattern, 0, NULL, &found))
		found.gl_pathc = 0;
	for (i = 0; i < found.gl_pathc && !ret; i++) {
		struct user_file *file = user_file_open(resolver, point,
				arena_strdup(resolver->arena, found.gl_pathv[i]), true);

		ret = file ? visit(file, data) : 0;
	}
	globfree(&found);
	return ret;
}

int user_files_each(struct resolver *resolver, const struct attach_point *point,
		    const char *name, user_file_visit visit, void *data)
{
	const struct compile_options *options = resolver->options;
	struct user_file *file;
	bool was_muted;
	int ret;

	if (!strcmp(name, "*") && options->process) {
		was_muted = diag_mute(true);
		ret = each_mapped(resolver, point, NULL, visit, data);
		diag_mute(was_muted);
		return ret;
	}
	if (!strcmp(name, "*") && !options->program) {
		diag_error(&point->at, "name a file, or a process with -p or -c",
			   "'*' stands for all that a process runs, and no process is given");
		return -1;
	}
	/* Nothing else is there before it begins. */
	if (!strcmp(name, "*"))
		name = options->program;
	else if (is_glob(name))
		return each_matching(resolver, point, name, visit, data);
	file = user_file_open(resolver, point, name, false);
	return file ? visit(file, data) : -1;
}

/* Behind the beginning of a function; a megabyte is read soon. */
#define FAR (1 << 20)

/* Instructions from the function's beginning lead to @offset. NULL: they do. */
static const char *check_way(const unsigned char *code, size_t nr, size_t offset)
{
	size_t at = 0;

	while (at < offset) {
		size_t len = at < nr ? instruction_length(code + at, nr - at) : 0;

		if (!len)
			return "kpctl does not know the instructions before it";
		at += len;
	}
	return at == offset ? NULL : "that is in the middle of an instruction";
}

const char *user_file_refuses(const struct user_file *file,
			      const struct elf_symbol *symbol,
			      unsigned long long offset)
{
	unsigned long long start, size = offset + INSTRUCTION_MAX;
	unsigned char *code;
	const char *why;
	ssize_t nr;

	if (!elf_to_offset(&file->elf, symbol->start, &start))
		return "no code is there";
	if (offset > FAR)
		return "it is too far from where an instruction is known to begin";
	code = xcalloc(1, size);
	nr = pread(file->fd, code, size, start);
	if (nr < 0)
		nr = 0;
	why = check_way(code, nr, offset);
	if (!why && (size_t)nr > offset)
		why = instruction_refuses_probe(code + offset, nr - offset);
	free(code);
	return why;
}

void add_place(struct arena *arena, struct event *event, const struct place *place,
	       const char *target)
{
	struct place *grown;

	if (!(event->nr_targets & (event->nr_targets - 1))) {
		grown = arena_alloc(arena, (2 * event->nr_targets + 1) * sizeof(*grown));
		if (event->nr_targets)
			memcpy(grown, event->places,
			       event->nr_targets * sizeof(*grown));
		event->places = grown;
	}
	event->places[event->nr_targets] = *place;
	add_target(arena, event, target);
}

const char *without_quotes(struct arena *arena, const char *text)
{
	size_t len = strlen(text);

	if (len < 2 || text[0] != '"' || text[len - 1] != '"')
		return text;
	return arena_strndup(arena, text + 1, len - 2);
}

void user_files_free(struct user_file *files)
{
	while (files) {
		struct user_file *next = files->next;

		close(files->fd);
		elf_file_free(&files->elf);
		free(files);
		files = next;
	}
}
