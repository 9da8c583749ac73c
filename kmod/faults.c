// SPDX-License-Identifier: GPL-2.0
/*
 * Which line of a program's text could not read its memory: each event that is a
 * fault in the ledger is counted once more, under the first line that failed.
 */
#include <linux/kprobes.h>

#include "kpstat.h"

/* A place that has this line, or one that is taken for it; NULL: there is none. */
static local64_t *find_place(struct kps_faults *faults, u32 line)
{
	u32 i, was;

	for (i = 0; i < KPS_FAULT_LINES; i++) {
		was = READ_ONCE(faults->line[i]);
		/* An event that came in between may have taken it. */
		if (!was)
			was = cmpxchg_local(&faults->line[i], 0, line) ?: line;
		if (was == line)
			return &faults->nr[i];
	}
	return NULL;
}

/**
 * kps_fault_count() - the event of this context is a fault
 * @ctx: with the line
 *
 * Context: any, preemption is off.
 */
void __kprobes kps_fault_count(const struct kps_ctx *ctx)
{
	struct kps_faults *faults =
		&ctx->row->faults[ctx->ledger - ctx->row->ledger];
	local64_t *place = NULL;

	if (ctx->fault_line)
		place = find_place(faults, ctx->fault_line);
	local64_inc(place ?: &faults->other);
}
NOKPROBE_SYMBOL(find_place);

/*
 * In the order of their lines; what has no place is that of no line, the first, for
 * which the last place is kept.
 */
static u32 add_line(struct kps_fault_line *lines, u32 nr, u32 line, u64 count)
{
	u32 i, at = 0;

	if (!count)
		return nr;
	while (at < nr && lines[at].line < line)
		at++;
	if (at < nr && lines[at].line == line) {
		lines[at].nr += count;
		return nr;
	}
	if (nr == KPS_MAX_FAULT_LINES ||
	    (nr == KPS_MAX_FAULT_LINES - 1 && line && lines[0].line))
		return add_line(lines, nr, 0, count);
	for (i = nr; i > at; i--)
		lines[i] = lines[i - 1];
	lines[at] = (struct kps_fault_line){ .line = line, .nr = count };
	return nr + 1;
}

/**
 * kps_probe_faults() - add up a probe's faults by line
 * @probe: whose
 * @lines: filled
 *
 * Context: may sleep, program->read_lock held. Return: how many there are.
 */
u32 kps_probe_faults(const struct kps_probe *probe,
		     struct kps_fault_line lines[KPS_MAX_FAULT_LINES])
{
	const struct kps_set *set = kps_program_set(probe->program);
	const struct kps_faults *faults;
	const struct kps_row *row;
	u32 i, nr = 0;
	int cpu;

	kps_for_each_row(row, set, cpu) {
		faults = &row->faults[probe->index];
		nr = add_line(lines, nr, 0, local64_read(&faults->other));
		for (i = 0; i < KPS_FAULT_LINES; i++)
			nr = add_line(lines, nr, faults->line[i],
				      local64_read(&faults->nr[i]));
	}
	return nr;
}
