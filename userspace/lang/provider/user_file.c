// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "elf/instruction.h"
#include "elf/library.h"
#include "lang/compile.h"
#include "user_file.h"

/* With a path, or a library, or a program. */
static const char *find_path(struct resolver *resolver, const char *name)
{
	const char *root = resolver->options->root;
	const char *kept;
	char *found;

	if (strchr(name, '/'))
		return *name == '/' && root ?
		       arena_printf(resolver->arena, "%s%s", root, name) : name;
	found = !strncmp(name, "lib", 3) ? library_find(name) : NULL;
	if (!found)
		found = program_find(name);
	if (!found)
		return NULL;
	kept = arena_strdup(resolver->arena, found);
	free(found);
	return kept;
}

/* What is no regular file is not opened: a device does something then. */
static int open_regular(const char *path, struct stat *st)
{
	int fd;

	if (stat(path, st))
		return -1;
	errno = EINVAL;
	if (!S_ISREG(st->st_mode))
		return -1;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || (!fstat(fd, st) && S_ISREG(st->st_mode)))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
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
			   "'%s' is no regular file", path);
	else
		diag_error(&point->at, NULL, "cannot open '%s': %s", path,
			   strerror(errno));
}

static struct user_file *open_file(struct resolver *resolver,
				   const struct attach_point *point, const char *path)
{
	struct user_file *file;
	struct elf_file elf;
	struct stat st;
	int fd = open_regular(path, &st);

	if (fd < 0) {
		refuse(point, path);
		return NULL;
	}
	file = find_open(resolver, &st);
	if (file) {
		close(fd);
		return file;
	}
	if (!elf_file_read(fd, &elf)) {
		diag_error(&point->at, "scripts have no functions that the kernel knows",
			   "'%s' is no ELF file, as programs and libraries are", path);
		close(fd);
		return NULL;
	}
	file = xcalloc(1, sizeof(*file));
	*file = (struct user_file){
		.path = path, .fd = fd, .device = st.st_dev, .inode = st.st_ino,
		.number = -1, .elf = elf, .next = resolver->files,
	};
	resolver->files = file;
	return file;
}

struct user_file *user_file_open(struct resolver *resolver,
				 const struct attach_point *point, const char *name,
				 bool silent)
{
	bool was_muted = diag_mute(silent || diag_is_muted());
	const char *path = find_path(resolver, name);
	struct user_file *file = NULL;

	if (path)
		file = open_file(resolver, point, path);
	else
		diag_error(&point->at, "write its path",
			   "no library and no program in $PATH is called '%s'", name);
	diag_mute(was_muted);
	return file;
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
			return "what is before it are no instructions that are known here";
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
		return "that is no code";
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
