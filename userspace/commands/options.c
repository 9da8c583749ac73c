// SPDX-License-Identifier: GPL-2.0
/* Options: their values, those that commands share, and what is wrong. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/near.h"
#include "base/stream.h"
#include "command.h"
#include "print/folded.h"

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

/* The word of the command line that getopt_long() did not know. */
int unknown_option(const char *word, const struct option *options)
{
	struct near near = { .word = word };
	struct arena arena = { 0 };
	const char *hint;

	for (; options->name; options++)
		near_offer(&near, arena_printf(&arena, "--%s", options->name));
	hint = near_hint(&arena, &near);
	if (hint)
		error("there is no option %s; %s", word, hint);
	else
		wrong_use("there is no option %s", word);
	arena_free(&arena);
	return WRONG_USE;
}

static int refuse_option(char **argv, const char *letters,
			 const struct option *options)
{
	char letter[] = "-?";
	/* A known letter here means a long option with a value too many. */
	bool is_letter = optopt && optopt < OPT_NAME && !strchr(letters, optopt);

	letter[1] = optopt;
	unknown_option(is_letter ? letter : argv[optind - 1], options);
	return '?';
}

/* Return: '?' if it is unknown, which nobody has said yet. */
static int take_option(int argc, char **argv, const char *letters,
		       const struct option *options)
{
	int option;

	opterr = 0;
	option = getopt_long(argc, argv, letters, options, NULL);
	if (option == ':')
		wrong_use("%s needs a value", argv[optind - 1]);
	return option;
}

int next_option(int argc, char **argv, const char *letters,
		const struct option *options)
{
	int option = take_option(argc, argv, letters, options);

	if (option == '?')
		return refuse_option(argv, letters, options);
	return option == ':' ? '?' : option;
}

int next_program_option(int argc, char **argv, const char *letters,
			const struct option *options, struct program_source *source)
{
	int option = take_option(argc, argv, letters, options);

	if (option == 'h')
		source->wants_help = true;
	if (option != '?')
		return option == ':' ? '?' : option;
	if (optopt || strncmp(argv[optind - 1], "--", 2))
		return refuse_option(argv, letters, options);
	source_parameter(source, argv[optind - 1]);
	return OPT_PARAMETER;
}

int command_usage(void)
{
	printf("kpctl %s - %s\n\n%s", this_command->name,
	       this_command->summary, this_command->help);
	return DONE;
}

bool choose_colour(const char *when, int *status)
{
	if (stream_choose_colour(when))
		return true;
	*status = wrong_use("--color takes auto, always or never, not \"%s\"", when);
	return false;
}

bool choose_format(const char *format)
{
	bool is_json = !strcmp(format, "json");

	if (!is_json && strcmp(format, "text") && strcmp(format, "folded")) {
		wrong_use("-f takes text, json or folded, not \"%s\"", format);
		return false;
	}
	json_output = json_as_bpftrace = is_json;
	folded_output = !strcmp(format, "folded");
	return true;
}

bool common_option(int option, int *status)
{
	switch (option) {
	case 'h':
		*status = command_usage();
		return false;
	case 'j':
		json_output = true;
		folded_output = false;
		return true;
	case OPT_COLOUR:
		return choose_colour(optarg, status);
	default:
		/* next_option() has said what is wrong. */
		*status = WRONG_USE;
		return false;
	}
}

bool flag_options(int argc, char **argv, struct option flag_row, bool *flag, int *status)
{
	const struct option options[] = { OPTIONS_OF_ALL, flag_row, { 0 } };
	const char letters[] = { ':', 'h', 'j', flag_row.val, '\0' };
	int option;

	while ((option = next_option(argc, argv, letters, options)) != -1) {
		if (option == flag_row.val)
			*flag = true;
		else if (!common_option(option, status))
			return false;
	}
	return true;
}

bool plain_options(int argc, char **argv, int *status)
{
	return flag_options(argc, argv, (struct option){ 0 }, NULL, status);
}

bool parse_count(const char *option, const char *text, unsigned long min,
		 unsigned long max, unsigned int *value)
{
	unsigned long number;
	char *end;

	errno = 0;
	number = strtoul(text, &end, 0);
	if (errno || *end || end == text || *text == '-' ||
	    number < min || number > max) {
		wrong_use("%s takes a whole number from %lu to %lu, not \"%s\"",
			  option, min, max, text);
		return false;
	}
	*value = number;
	return true;
}

/* "90", "1.5m", "200ms": the first number of @text. Return: what is behind it, or NULL. */
static const char *take_seconds(const char *text, double *seconds)
{
	static const struct {
		const char *name;
		double seconds;
	} units[] = {
		{ "", 1 }, { "s", 1 }, { "ms", 0.001 }, { "m", 60 },
		{ "min", 60 }, { "h", 3600 }, { "d", 86400 },
	};
	char *unit;
	size_t len, i;

	*seconds = strtod(text, &unit);
	if (unit == text || !(*seconds >= 0))
		return NULL;
	len = strspn(unit, "abcdefghijklmnopqrstuvwxyz");
	for (i = 0; i < ARRAY_SIZE(units); i++) {
		if (strlen(units[i].name) != len || strncmp(unit, units[i].name, len))
			continue;
		*seconds *= units[i].seconds;
		return unit + len;
	}
	return NULL;
}

bool parse_seconds(const char *option, const char *text, double *seconds)
{
	const char *rest = text;
	double part;

	*seconds = 0;
	do {
		rest = take_seconds(rest, &part);
		*seconds += part;
	} while (rest && *rest);
	if (rest && *seconds > 0 && *seconds <= 1e8)
		return true;
	wrong_use("%s takes seconds, or numbers with ms, s, m, h or d (1m30s), not \"%s\"",
		  option, text);
	return false;
}

static bool parse_attach(const char *text, unsigned int *flags)
{
	static const struct {
		const char *name;
		unsigned int flags;
	} ways[] = {
		{ "auto", 0 },
		{ "kprobe", KPS_PROBE_F_KPROBE },
		{ "perf", KPS_PROBE_F_PERF },
	};
	size_t i;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(text, ways[i].name))
			continue;
		*flags = ways[i].flags;
		return true;
	}
	wrong_use("--attach takes auto, kprobe or perf, not \"%s\"", text);
	return false;
}

bool compile_option(int option, struct program_source *source, int *status)
{
	struct compile_options *options = &source->options;
	bool good;

	switch (option) {
	case 'h':
	case OPT_PARAMETER:
		return true;
	case 'e':
		good = !source->expression;
		if (!good)
			wrong_use("-e stands twice; write all clauses in one");
		source->expression = optarg;
		break;
	case OPT_MAX_KEYS:
		good = parse_count("--max-keys", optarg, 1, KPS_MAX_ENTRIES,
				   &options->max_keys);
		break;
	case OPT_MAX_STACKS:
		good = parse_count("--max-stacks", optarg, 1,
				   KPS_MAX_STACK_ENTRIES, &options->max_stacks);
		break;
	case OPT_MAX_PROBES:
		good = parse_count("--max-probes", optarg, 1, KPS_MAX_SITES,
				   &options->max_probes);
		break;
	case OPT_MAXACTIVE:
		good = parse_count("--maxactive", optarg, 1, 16384,
				   &options->maxactive);
		break;
	case OPT_CPU_BUDGET:
		good = parse_count("--cpu-budget", optarg, 0, 100,
				   &source->load.cpu_budget);
		source->load.has_cpu_budget = true;
		break;
	case OPT_ATTACH:
		good = parse_attach(optarg, &source->load.probe_flags);
		break;
	default:
		return common_option(option, status);
	}
	if (!good)
		*status = WRONG_USE;
	return good;
}
