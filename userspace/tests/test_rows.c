// SPDX-License-Identifier: GPL-2.0
/* One row says all about a word of the language, and the reference has it. */
#include "fixture.h"
#include "lang/builtins.h"
#include "lang/call/call.h"
#include "lang/provider/provider.h"

static bool makes_code(const struct function *function)
{
	return function->emit || function->emit_at || function->act;
}

/* count() and its like are given to a map by their kind, which none of them lacks. */
static bool is_aggregation(const struct function *function)
{
	return !strncmp(map_kind_name(function->kind), function->name,
			strlen(function->name));
}

static void test_functions(void **state)
{
	const struct function *function;
	size_t n;

	(void)state;
	for (n = 0; (function = function_at(n)); n++) {
		if (!function->check)
			fail_msg("%s() has no .check", function->name);
		if (!function->usage ||
		    strncmp(function->usage, function->name,
			    strlen(function->name)))
			fail_msg("%s()'s .usage does not show it", function->name);
		if (function->max_args < function->min_args)
			fail_msg("%s() takes at least %u and at most %u",
				 function->name, function->min_args,
				 function->max_args);
		if (function->is_constant + makes_code(function) +
		    is_aggregation(function) != 1)
			fail_msg("%s() is not one of: .is_constant, an aggregation, .emit, .emit_at or .act",
				 function->name);
		if (function_find(function->name) != function)
			fail_msg("there is a second %s()", function->name);
	}
}

static void test_providers(void **state)
{
	const struct provider *provider;
	size_t n;

	(void)state;
	for (n = 0; (provider = provider_at(n)); n++) {
		const char *name = provider->name;

		if (!provider->resolve)
			fail_msg("%s has no .resolve", name);
		if (!provider->usage)
			fail_msg("%s has no .usage", name);
		if (!(provider->gives & GIVES_RECORD) != !provider->fields)
			fail_msg("%s has .fields, or gives a record, but not both",
				 name);
		if (!provider->is_word && provider_find(name) != provider)
			fail_msg("there is a second %s", name);
		if (provider->alias && provider_find(provider->alias) != provider)
			fail_msg("'%s' is not %s alone", provider->alias, name);
		if (provider->formerly && provider_find(provider->formerly) != provider)
			fail_msg("'%s' is not %s alone", provider->formerly, name);
		if (refused_provider(name))
			fail_msg("%s is among those that are refused", name);
	}
}

static char *read_reference(void)
{
	static char text[1 << 16];
	FILE *file = fopen(fixture_path("../../docs/language.md"), "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

/* Whether the first cell of that row has `WORD` or `WORD(...)`, and the second no "no". */
static bool row_has(const char *row, const char *word)
{
	const char *second = strstr(row, " | ");
	char quoted[64];
	const char *at;

	if (strncmp(row, "| ", 2) || !second || !strncmp(second, " | no", 5))
		return false;
	snprintf(quoted, sizeof(quoted), "`%s", word);
	for (at = row; (at = strstr(at, quoted)) && at < second; at++)
		if (strchr("`(", at[strlen(quoted)]))
			return true;
	return false;
}

static void has_row(const char *reference, const char *word)
{
	const char *row;

	for (row = reference; row; row = strchr(row + 1, '\n'))
		if (row_has(row + 1, word))
			return;
	fail_msg("docs/language.md has no row for '%s'", word);
}

/* In a row, or where it says what bpftrace has not. */
static void has_word(const char *reference, const char *word)
{
	char quoted[64];
	const char *at;

	snprintf(quoted, sizeof(quoted), "`%s", word);
	for (at = reference; (at = strstr(at, quoted)); at++)
		if (strchr("`:", at[strlen(quoted)]))
			return;
	fail_msg("docs/language.md has no word on '%s'", word);
}

static void test_reference(void **state)
{
	const char *reference = read_reference(), *name;
	const struct function *function;
	const struct provider *provider;
	size_t n;

	(void)state;
	for (n = 0; (provider = provider_at(n)); n++)
		if (!provider->is_word)
			has_word(reference, provider->name);
	for (n = 0; (function = function_at(n)); n++)
		has_row(reference, function->name);
	for (n = 0; (name = builtin_name(n)); n++)
		has_row(reference, name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_providers),
		cmocka_unit_test(test_reference),
	};

	return cmocka_run_group_tests(tests, use_fixture_host, NULL);
}
