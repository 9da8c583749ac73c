// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/kpstat.h>

#include "base/regular.h"
#include "base/xalloc.h"
#include "import.h"
#include "parse.h"

#define SUFFIX ".bt"

/* Each is a parser within a parser. */
#define MAX_DEPTH 16

static int nr_lines(const char *text)
{
	int nr = 1;

	while ((text = strchr(text, '\n'))) {
		text++;
		nr++;
	}
	return nr;
}

void imports_begin(struct imports *imports, struct arena *arena, const char *file,
		   const char *text)
{
	char real[PATH_MAX];

	if (file && realpath(file, real))
		strset_add(&imports->files, arena_strdup(arena, real));
	text_puts(&imports->source, text);
	imports->lines = nr_lines(text);
}

void imports_free(struct imports *imports)
{
	text_free(&imports->source);
	strset_free(&imports->files);
}

static int fail(const struct span *at, const char *path, const char *why)
{
	diag_error(at, NULL, "cannot import '%s': %s", path, why);
	return -1;
}

/* In the arena; NULL: errno says why. */
static char *read_text(struct arena *arena, const char *path)
{
	struct stat st;
	int fd = regular_open(path, &st);
	ssize_t len = -1;
	char *text = NULL;

	if (fd < 0)
		return NULL;
	if (st.st_size < KPS_SOURCE_MAX) {
		text = arena_alloc(arena, st.st_size + 1);
		len = read(fd, text, st.st_size);
	} else {
		errno = EFBIG;
	}
	close(fd);
	return len < 0 ? NULL : text;
}

/* What the spans of a file mean from now on, and what is kept of the program. */
static int add_source(struct imports *imports, const char *path, const char *text)
{
	int first_line = imports->lines + 1;

	text_char(&imports->source, '\n');
	text_puts(&imports->source, text);
	imports->lines += nr_lines(text);
	diag_add_file(path, text, first_line);
	return first_line;
}

/* @path: its real one, in the arena */
static int import_one(struct parse *parse, const struct span *at, const char *path)
{
	struct imports *imports = parse->imports;
	struct parse inner = {
		.arena = parse->arena, .program = parse->program,
		.typedefs = parse->typedefs, .imports = imports, .file = path,
	};
	const char *text;
	int err;

	if (!strset_add(&imports->files, path))
		return 0;
	if (imports->depth == MAX_DEPTH)
		return fail(at, path, "files import files too deeply");
	text = read_text(parse->arena, path);
	if (!text)
		return fail(at, path, strerror(errno));
	if (imports->source.len + strlen(text) + 1 >= KPS_SOURCE_MAX)
		return fail(at, path, "the program becomes too long");
	inner.first_line = add_source(imports, path, text);
	text = preprocess(text, inner.first_line, parse->arena, &inner.defines);
	if (!text)
		return -1;
	imports->depth++;
	err = parse_file(&inner, text);
	imports->depth--;
	parse->typedefs = inner.typedefs;
	return err;
}

static int is_program(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > strlen(SUFFIX) && !strcmp(entry->d_name + len - strlen(SUFFIX), SUFFIX);
}

static int import_folder(struct parse *parse, const struct span *at, const char *path)
{
	struct dirent **entries;
	int nr = scandir(path, &entries, is_program, alphasort);
	int i, err = 0;

	if (nr < 0)
		return fail(at, path, strerror(errno));
	for (i = 0; i < nr; i++) {
		if (!err)
			err = import_one(parse, at, arena_printf(parse->arena, "%s/%s", path,
								 entries[i]->d_name));
		free(entries[i]);
	}
	free(entries);
	return nr ? err : fail(at, path, "there is no " SUFFIX " file in it");
}

int import_file(struct parse *parse, const struct span *at, const char *path)
{
	const char *slash = parse->file ? strrchr(parse->file, '/') : NULL;
	char real[PATH_MAX];
	struct stat st;

	if (*path != '/' && slash)
		path = arena_printf(parse->arena, "%.*s/%s", (int)(slash - parse->file),
				    parse->file, path);
	if (!realpath(path, real) || stat(real, &st))
		return fail(at, path, strerror(errno));
	path = arena_strdup(parse->arena, real);
	return S_ISDIR(st.st_mode) ? import_folder(parse, at, path) :
				     import_one(parse, at, path);
}
