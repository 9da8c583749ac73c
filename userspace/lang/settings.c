// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "call/call.h"
#include "compile.h"
#include "settings.h"

/* Of a file that cat() shows, in memory as a whole. */
#define MAX_CAT (1 << 20)

/* Settings of bpftrace's that mean something here. */
static const struct {
	const char *name;
	size_t offset;		/* of an unsigned int in the options */
	unsigned int max;
} numbers[] = {
	{ "max_cat_bytes", offsetof(struct compile_options, max_cat_bytes), MAX_CAT },
	{ "max_map_keys", offsetof(struct compile_options, max_keys),
	  KPS_MAX_ENTRIES },
	{ "max_probes", offsetof(struct compile_options, max_probes),
	  KPS_MAX_SITES },
	{ "max_strlen", offsetof(struct compile_options, max_strlen),
	  KPS_MAX_STR },
};

static const struct {
	const char *name;
	size_t offset;		/* of a bool in the options, which is the contrary */
} switches[] = {
	{ "cpp_demangle", offsetof(struct compile_options, keeps_mangled) },
	{ "print_maps_on_exit", offsetof(struct compile_options, hides_maps) },
};

/* Those that change nothing here: how bpftrace itself goes to work. */
static const char * const ignored[] = {
	"cache_user_symbols", "lazy_symbolication",
	"license", "log_size", "max_ast_nodes", "max_bpf_progs",
	"max_type_res_iterations", "on_stack_limit", "perf_rb_pages", "show_debug_info",
	"unstable_addr", "unstable_import", "unstable_macro", "unstable_map_decl",
	"unstable_tseries", "use_blazesym",
};

/* Scripts ask for more than there is: they get what there is, and are told. */
static int apply_number(const struct setting *setting, unsigned int max,
			unsigned int *option)
{
	const struct expr *value = setting->value;

	if (value->kind != EXPR_INT || !value->value) {
		diag_error(&value->at, NULL, "%s is a number from 1 to %u",
			   setting->name, max);
		return -1;
	}
	if (value->value > max)
		diag_warning(&value->at, NULL, "%s is at most %u here", setting->name,
			     max);
	if (!*option)
		*option = value->value < max ? value->value : max;
	return 0;
}

static int apply_switch(const struct setting *setting, bool *is_off)
{
	const struct expr *value = setting->value;

	if (value->kind != EXPR_BOOL && value->kind != EXPR_INT) {
		diag_error(&value->at, NULL, "%s is true or false", setting->name);
		return -1;
	}
	*is_off = !value->value;
	return 0;
}

static int apply_stack_mode(const struct setting *setting, struct compile_options *options)
{
	return check_stack_mode(setting->value, &options->stack_flags);
}

static int apply_trailer(const struct setting *setting, struct compile_options *options)
{
	if (setting->value->kind != EXPR_STRING) {
		diag_error(&setting->value->at, "write it in quotes", "%s is a text",
			   setting->name);
		return -1;
	}
	options->cut_trailer = setting->value->text;
	options->hides_cuts = !*options->cut_trailer;
	return 0;
}

static int apply_missing(const struct setting *setting, struct compile_options *options)
{
	static const struct {
		const char *name;
		enum missing_probes means;
	} words[] = {
		{ "error", MISSING_ERROR }, { "warn", MISSING_WARN },
		{ "ignore", MISSING_IGNORE },
	};
	const struct expr *value = setting->value;
	size_t i;

	for (i = 0; value->text && i < ARRAY_SIZE(words); i++)
		if (!strcmp(value->text, words[i].name)) {
			options->missing_probes = words[i].means;
			return 0;
		}
	diag_error(&value->at, NULL, "%s is error, warn or ignore", setting->name);
	return -1;
}

/* Those that are neither a number nor a switch. */
static const struct {
	const char *name;
	int (*apply)(const struct setting *setting, struct compile_options *options);
} others[] = {
	{ "missing_probes", apply_missing },
	{ "stack_mode", apply_stack_mode },
	{ "str_trunc_trailer", apply_trailer },
};

/* BPFTRACE_STACK_MODE, STACK_MODE and stack_mode are one. */
static bool is_named(const char *text, const char *name)
{
	static const char prefix[] = "BPFTRACE_";

	if (!strncasecmp(text, prefix, strlen(prefix)))
		text += strlen(prefix);
	return !strcasecmp(text, name);
}

/* Whoever set it may rely on it. */
static void say_ignored(const struct setting *setting)
{
	diag_warning(&setting->at, NULL, "'%s' is ignored: it changes nothing here",
		     setting->name);
}

static int apply(const struct setting *setting, struct compile_options *options)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		if (is_named(setting->name, numbers[i].name))
			return apply_number(setting, numbers[i].max,
					    (void *)((char *)options +
						     numbers[i].offset));
	for (i = 0; i < ARRAY_SIZE(switches); i++)
		if (is_named(setting->name, switches[i].name))
			return apply_switch(setting,
					    (void *)((char *)options + switches[i].offset));
	for (i = 0; i < ARRAY_SIZE(ignored); i++)
		if (is_named(setting->name, ignored[i])) {
			say_ignored(setting);
			return 0;
		}
	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (is_named(setting->name, others[i].name))
			return others[i].apply(setting, options);
	diag_error(&setting->at, "there are cpp_demangle, max_cat_bytes, max_map_keys, max_probes, max_strlen, missing_probes, print_maps_on_exit, stack_mode and str_trunc_trailer",
		   "'%s' cannot be set", setting->name);
	return -1;
}

int apply_settings(const struct setting *setting,
		   struct compile_options *options)
{
	int err = 0;

	for (; setting; setting = setting->next)
		if (apply(setting, options))
			err = -1;
	return err;
}

void dump_settings(FILE *out, const struct compile_options *options)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		fprintf(out, "%s = %u\n", numbers[i].name,
			*(const unsigned int *)((const char *)options +
						numbers[i].offset));
}
