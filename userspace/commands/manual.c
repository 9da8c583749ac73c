// SPDX-License-Identifier: GPL-2.0
/* The comment at the beginning of a program, and what its parameters say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "command.h"
#include "manual.h"

/* The text of the first comment without its stars; "" if none begins the program. */
static char *first_comment(struct arena *arena, const char *text)
{
	const char *line = strstr(text, "/*\n"), *end = line ? strstr(line, "\n */") : NULL;
	struct text out = { 0 };
	char *comment;

	/* Only what tells the shell who runs it may stand before. */
	if (!end || (line > text && (text[0] != '#' || strchr(text, '\n') + 1 != line)))
		return arena_strdup(arena, "");
	for (line += strlen("/*\n"); line <= end; line = strchr(line, '\n') + 1) {
		line += strspn(line, " ");
		line += *line == '*';
		line += *line == ' ';
		text_add(&out, line, strcspn(line, "\n") + 1);
	}
	comment = arena_strdup(arena, text_string(&out));
	text_free(&out);
	return comment;
}

/* The line that begins so: what stands behind that; or "". */
static const char *line_of(struct arena *arena, const char *comment, const char *begin)
{
	const char *at = strstr(comment, begin);

	if (!at)
		return "";
	at += strlen(begin);
	return arena_strndup(arena, at, strcspn(at, "\n"));
}

/* Of "NAME: question?", the first line. */
static const char *question_of(struct arena *arena, const char *comment)
{
	const char *title = arena_strndup(arena, comment, strcspn(comment, "\n"));
	const char *colon = strstr(title, ": ");

	return colon ? colon + 2 : "";
}

void manual_read(struct manual *manual, struct arena *arena, const char *text)
{
	const char *comment = first_comment(arena, text);
	const char *usage = strstr(comment, "\nUsage:\n");
	const char *rest = strstr(comment, "\nOutput:\n");

	*manual = (struct manual){
		.question = question_of(arena, comment),
		.subject = line_of(arena, comment, "\nSubject: "),
		.usage = "",
		.rest = rest ? rest : "",
	};
	if (usage && rest && usage < rest)
		manual->usage = arena_strndup(arena, usage, rest - usage);
}

static char *parameter_text(const struct named_parameter *parameter)
{
	char *text;

	if (asprintf(&text, "--%s%s%s", parameter->name, parameter->value ? "=" : "",
		     parameter->value ? parameter->value : "") < 0)
		abort();
	return text;
}

static void print_parameter(const struct named_parameter *parameter, void *data)
{
	size_t *nr = data;
	char *text = parameter_text(parameter);

	if (!(*nr)++)
		printf("\nParameters, with what they are where they are not given:\n");
	printf("  %-20s %s\n", text,
	       parameter->description ? parameter->description : "");
	free(text);
}

void print_manual(const struct program_source *source)
{
	struct arena arena = { 0 };
	struct manual manual;
	size_t nr = 0;

	manual_read(&manual, &arena, source->text);
	printf("%s: %s\n%s", source->name ? source->name : "-e",
	       *manual.question ? manual.question : "it says nothing of itself",
	       manual.usage);
	compile_parameters(source->text, &source->options, &arena, print_parameter, &nr);
	printf("%s\nOptions of kpctl run may stand behind the name: -d 10, -i 1, -j (kpctl run --help).\n",
	       manual.rest);
	arena_free(&arena);
}
