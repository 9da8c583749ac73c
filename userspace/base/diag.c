// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "diag.h"
#include "fnv.h"
#include "stream.h"
#include "text.h"
#include "xalloc.h"

/* Whose lines are, in spans, those from @first_line on, up to the next one's. */
struct file {
	const char *name;
	const char *text;	/* NULL: lines cannot be shown */
	int first_line;
};

static struct {
	struct file *files;	/* that of the program is the first */
	size_t nr_files;
	unsigned int errors;
	bool hides_warnings;
	bool muted;
	/* Of the warnings so far; a clause of many events warns once. */
	uint64_t warned[64];
	unsigned int nr_warned;
	diag_sink sink;
	void *data;
} state;

void diag_set_sink(diag_sink sink, void *data)
{
	state.sink = sink;
	state.data = data;
}

void diag_start(const char *file, const char *text)
{
	state.nr_files = 0;
	diag_add_file(file ? file : "-e", text, 1);
	state.errors = 0;
	state.muted = false;
	state.nr_warned = 0;
}

void diag_add_file(const char *file, const char *text, int first_line)
{
	struct file *last = APPEND(state.files, state.nr_files);

	*last = (struct file){ file, text, first_line };
}

unsigned int diag_errors(void)
{
	return state.errors;
}

bool diag_mute(bool mute)
{
	bool was = state.muted;

	state.muted = mute;
	return was;
}

bool diag_is_muted(void)
{
	return state.muted;
}

const char *diag_level_name(enum diag_level level)
{
	static const char * const names[] = {
		[DIAG_ERROR] = "error",
		[DIAG_WARNING] = "warning",
		[DIAG_NOTE] = "note",
	};

	return names[level];
}

/* Of a long line what is around the place is shown. */
#define SHOWN 100
#define SHOWN_BEFORE 30

/* The caret stands below the same tabs as the text that it points to. */
static void print_place(const struct diag *diag, FILE *out)
{
	int len = strlen(diag->line);
	int place = diag->at.first_column - 1;
	int width = diag->at.last_column - diag->at.first_column;
	int first = 0, last = len;
	int i;

	if (len > SHOWN) {
		first = place > SHOWN_BEFORE ? place - SHOWN_BEFORE : 0;
		last = first + SHOWN < len ? first + SHOWN : len;
	}
	while (first < place && text_is_inside_char(diag->line[first]))
		first++;
	while (last < len && text_is_inside_char(diag->line[last]))
		last++;
	if (diag->at.last_line != diag->at.first_line || width > last - place)
		width = last - place;
	fprintf(out, "%5d | %s%.*s%s\n", diag->at.first_line,
		first ? "..." : "", last - first, diag->line + first,
		last < len ? "..." : "");
	fprintf(out, "      | %s", first ? "   " : "");
	for (i = first; i < place; i++)
		fputc(diag->line[i] == '\t' ? '\t' : ' ', out);
	stream_colour(out, COLOUR_PLACE);
	fputc('^', out);
	for (i = 1; i < width; i++)
		fputc('~', out);
	stream_colour(out, COLOUR_NONE);
	fputc('\n', out);
}

void diag_print(const struct diag *diag, FILE *out)
{
	static const enum colour colours[] = {
		[DIAG_ERROR] = COLOUR_ERROR,
		[DIAG_WARNING] = COLOUR_WARNING,
		[DIAG_NOTE] = COLOUR_NOTE,
	};

	fprintf(out, "%s:", diag->file);
	if (diag->at.first_line)
		fprintf(out, "%d:%d:", diag->at.first_line,
			diag->at.first_column);
	fputc(' ', out);
	stream_colour(out, colours[diag->level]);
	fprintf(out, "%s:", diag_level_name(diag->level));
	stream_colour(out, COLOUR_NONE);
	fprintf(out, " %s\n", diag->message);
	if (diag->line)
		print_place(diag, out);
	if (diag->hint)
		fprintf(out, "  hint: %s\n", diag->hint);
}

static const struct file *file_of(int line)
{
	size_t i = state.nr_files;

	while (i > 1 && state.files[i - 1].first_line > line)
		i--;
	return i ? &state.files[i - 1] : NULL;
}

static char *copy_line(const char *text, int number)
{
	const char *line = text;

	while (line && --number > 0) {
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	if (!line)
		return NULL;
	return strndup(line, strcspn(line, "\n"));
}

/* Those beyond the room that there is are repeated. */
static bool is_repeated(const struct diag *diag)
{
	uint64_t sum = fnv1a(FNV1A_START, diag->message);
	unsigned int i;

	if (diag->level != DIAG_WARNING)
		return false;
	sum ^= (uint64_t)diag->at.first_line << 32 | diag->at.first_column;
	for (i = 0; i < state.nr_warned; i++)
		if (state.warned[i] == sum)
			return true;
	if (state.nr_warned < ARRAY_SIZE(state.warned))
		state.warned[state.nr_warned++] = sum;
	return false;
}

void diag_hide_warnings(void)
{
	state.hides_warnings = true;
}

static void report(enum diag_level level, const struct span *at,
		   const char *hint, const char *fmt, va_list args)
{
	const struct file *file = file_of(at ? at->first_line : 0);
	struct diag diag = { .level = level, .file = file ? file->name : NULL, .hint = hint };
	char *message, *line = NULL;

	if (state.muted || (level == DIAG_WARNING && state.hides_warnings))
		return;
	message = xvasprintf(fmt, args);
	if (at && at->first_line) {
		diag.at = *at;
		diag.at.first_line -= file->first_line - 1;
		diag.at.last_line -= file->first_line - 1;
		line = copy_line(file->text, diag.at.first_line);
	}
	diag.message = message;
	diag.line = line;
	if (level == DIAG_ERROR)
		state.errors++;
	if (is_repeated(&diag))
		;
	else if (state.sink)
		state.sink(&diag, state.data);
	else
		diag_print(&diag, stderr);
	free(message);
	free(line);
}

#define DEFINE_REPORT(name, level)					\
void name(const struct span *at, const char *hint, const char *fmt, ...) \
{									\
	va_list args;							\
									\
	va_start(args, fmt);						\
	report(level, at, hint, fmt, args);				\
	va_end(args);							\
}

DEFINE_REPORT(diag_error, DIAG_ERROR)
DEFINE_REPORT(diag_warning, DIAG_WARNING)
DEFINE_REPORT(diag_note, DIAG_NOTE)
