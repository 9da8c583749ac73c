// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/json.h"
#include "ledger.h"
#include "lib/answer.h"

static void print_row(const unsigned long long *ledger, const char *name)
{
	int i;

	for (i = 0; i < KPS_LEDGER_NR; i++)
		printf("%11llu", ledger[i]);
	printf("  %s\n", name);
}

/* Which lines of the text could not read their memory: " (line 3: 17, line 9: 2)" */
static void print_fault_lines(FILE *to, const struct probe_answer *probe)
{
	const char *before = " (";
	size_t i;

	for (i = 0; i < probe->nr_faults; i++) {
		if (!probe->faults[i].line)
			continue;
		fprintf(to, "%sline %u: %llu", before, probe->faults[i].line,
			(unsigned long long)probe->faults[i].nr);
		before = ", ";
	}
	if (*before == ',')
		fputc(')', to);
}

void ledger_print(const struct program_answer *program)
{
	size_t i;

	for (i = 0; i < KPS_LEDGER_NR; i++)
		printf("%11s", ledger_names[i]);
	printf("  probe\n");
	for (i = 0; i < program->nr_probes; i++)
		print_row(program->probes[i].ledger, program->probes[i].name);
	if (program->nr_probes > 1)
		print_row(program->ledger, "all");
	for (i = 0; i < program->nr_probes; i++) {
		if (!program->probes[i].nr_faults)
			continue;
		printf("fault: %s", program->probes[i].name);
		print_fault_lines(stdout, &program->probes[i]);
		putchar('\n');
	}
}

/* NULL: it is no loss. */
#define COLUMN_LOSS(upper, name, kind, meaning)				\
	[KPS_LEDGER_##upper] = KPS_LEDGER_IS_##kind >= KPS_LEDGER_IS_PART ? \
			       meaning : NULL,
static const char * const loss_meanings[KPS_LEDGER_NR] = {
	KPS_LEDGER_COLUMNS(COLUMN_LOSS)
};

/* What an event is missed for depends on what it is an event of. */
static const struct {
	const char *provider;
	const char *meaning;
} missed_meanings[] = {
	{ "kretprobe:", "more calls at a time than are followed (see --maxactive)" },
	{ "profile:", "interrupts were off for longer than a period" },
	{ "interval:", "interrupts were off for longer than a period" },
};

static const char *meaning(const struct probe_answer *probe, int loss)
{
	size_t i;

	if (loss != KPS_LEDGER_MISSED)
		return loss_meanings[loss];
	for (i = 0; i < ARRAY_SIZE(missed_meanings); i++)
		if (!strncmp(probe->name, missed_meanings[i].provider,
			     strlen(missed_meanings[i].provider)))
			return missed_meanings[i].meaning;
	return loss_meanings[loss];
}

struct json_object *fault_lines_json(const struct probe_answer *probe)
{
	struct json_object *object = json_object_new_object();
	char line[16];
	size_t i;

	for (i = 0; i < probe->nr_faults; i++) {
		snprintf(line, sizeof(line), "%u", probe->faults[i].line);
		json_add_uint(object, line, probe->faults[i].nr);
	}
	return object;
}

/* As bpftrace tells of lost events, with what is known beyond their number. */
static void losses_as_json(const struct probe_answer *probe, int loss)
{
	struct json_object *document = json_object_new_object();
	struct json_object *data = json_object_new_object();

	json_add_string(document, "type", loss == KPS_LEDGER_FAULT ?
			"unread_events" : "lost_events");
	json_add_uint(document, "count", probe->ledger[loss]);
	json_add_uint(data, "events", probe->ledger[loss]);
	json_add_string(data, "probe", probe->name);
	json_add_string(data, "reason", ledger_names[loss]);
	if (loss == KPS_LEDGER_FAULT)
		json_object_object_add(data, "lines", fault_lines_json(probe));
	json_object_object_add(document, "data", data);
	json_print(document);
}

static void losses_as_text(const struct probe_answer *probe, int loss)
{
	/* The event is recorded all the same. */
	fprintf(stderr, "%s: %s: %llu of %llu events: %s",
		loss == KPS_LEDGER_FAULT ? "note" : "lost", probe->name,
		probe->ledger[loss], probe->ledger[KPS_LEDGER_HITS],
		meaning(probe, loss));
	if (loss == KPS_LEDGER_FAULT)
		print_fault_lines(stderr, probe);
	fputc('\n', stderr);
}

static void print_losses_of(const struct probe_answer *probe)
{
	int i;

	for (i = 0; i < KPS_LEDGER_NR; i++) {
		if (!loss_meanings[i] || !probe->ledger[i])
			continue;
		if (json_output)
			losses_as_json(probe, i);
		else
			losses_as_text(probe, i);
	}
}

const char *silence_text(unsigned long long ns, char *text, size_t size)
{
	snprintf(text, size, "%.1f s: kprobes were switched off (sysctl kernel.ftrace_enabled, or debugfs kprobes/enabled)",
		 ns / 1e9);
	return text;
}

static void silence_as_json(unsigned long long ns)
{
	struct json_object *document = json_object_new_object();
	struct json_object *data = json_object_new_object();

	json_add_string(document, "type", "lost_events");
	json_add_uint(data, "ns", ns);
	json_add_string(data, "reason", "silent");
	json_object_object_add(document, "data", data);
	json_print(document);
}

static void print_silence(unsigned long long ns)
{
	char text[SILENCE_MAX];

	if (!ns)
		return;
	if (json_output)
		silence_as_json(ns);
	else
		fprintf(stderr, "lost: all events of %s\n",
			silence_text(ns, text, sizeof(text)));
}

void ledger_print_losses(const struct program_answer *program)
{
	size_t i;

	print_silence(program->silent_ns);
	for (i = 0; i < program->nr_probes; i++)
		print_losses_of(&program->probes[i]);
}

unsigned long long ledger_lost(const unsigned long long *ledger)
{
	unsigned long long sum = 0;
	int i;

	for (i = 0; i < KPS_LEDGER_NR; i++)
		if (loss_meanings[i])
			sum += ledger[i];
	return sum;
}

struct json_object *ledger_json(const unsigned long long *ledger)
{
	struct json_object *object = json_object_new_object();
	int i;

	for (i = 0; i < KPS_LEDGER_NR; i++)
		json_add_uint(object, ledger_names[i], ledger[i]);
	return object;
}
