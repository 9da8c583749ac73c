// SPDX-License-Identifier: GPL-2.0
/* Parameters of the command line that have names: -- --size=5 --verbose */
#include <string.h>

#include "base/array.h"
#include "call.h"
#include "lang/compile.h"

/* "5" of "--size=5", "" of "--verbose"; NULL if it was not given. */
static const char *given(struct checker *checker, const char *name)
{
	const struct compile_options *options = checker->options;
	size_t i, len = strlen(name);

	for (i = 0; i < options->nr_named; i++) {
		const char *text = options->named[i] + 2;

		if (strncmp(text, name, len) || (text[len] && text[len] != '='))
			continue;
		options->named_used[i] = true;
		return text + len + (text[len] == '=');
	}
	return NULL;
}

static int refuse_parameter(const struct expr *expr, const char *text, const char *what)
{
	diag_error(&expr->at, *text ? NULL : "give the value behind a '=': --NAME=VALUE",
		   "parameter --%s is \"%s\", which is not %s",
		   expr->list->text, text, what);
	return -1;
}

static int become_flag(struct expr *expr, const char *text)
{
	static const struct {
		const char *text;
		bool value;
	} words[] = {
		{ "", true }, { "true", true }, { "1", true },
		{ "false", false }, { "0", false },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(text, words[i].text))
			continue;
		become_bool(expr, words[i].value);
		return 0;
	}
	return refuse_parameter(expr, text, "true or false");
}

static int become_number(struct expr *expr, const char *text)
{
	int64_t value;

	if (!text_to_int(text, &value))
		return refuse_parameter(expr, text, "a number");
	become_int(expr, value, true);
	return 0;
}

static int become_text(struct expr *expr, const char *text)
{
	if (strlen(text) >= KPS_MAX_STR) {
		diag_error(&expr->at, NULL, "a string has at most %u bytes, parameter --%s %zu",
			   KPS_MAX_STR - 1, expr->list->text, strlen(text));
		return -1;
	}
	become_str(expr, text);
	return 0;
}

/* What it is where it was not given says its type. */
static int check_getopt(struct checker *checker, struct expr *expr)
{
	struct expr *name = expr->list, *value = name->next;
	const char *text;

	if (require_literal(name, "getopt()'s name") || check_list(checker, name) ||
	    (value && value->next && require_literal(value->next, "getopt()'s description")))
		return -1;
	text = given(checker, name->text);
	if (!value || type_is_bool(&value->type)) {
		if (text)
			return become_flag(expr, text);
		become_bool(expr, value && value->value);
		return 0;
	}
	if (value->kind == EXPR_STRING)
		return become_text(expr, text ? text : value->text);
	if (require_const(value, "what getopt() gives by itself"))
		return -1;
	if (text)
		return become_number(expr, text);
	become_int(expr, value->value, true);
	return 0;
}

const struct function parameter_functions[] = {
	{
		.name = "getopt",
		.usage = "getopt(\"name\"), getopt(\"name\", value) or getopt(\"name\", value, \"description\")",
		.min_args = 1, .max_args = 3,
		.check = check_getopt, .is_constant = true,
	},
	{ }
};
