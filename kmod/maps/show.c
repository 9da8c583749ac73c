// SPDX-License-Identifier: GPL-2.0
/*
 * Maps as bpftrace prints them, so that cat is enough in debugfs.
 */
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "kpstat.h"
#include "maps/kinds.h"
#include "text.h"

/* "1K", "2M"; of a histogram with bits "1280K", for all of its limits are whole numbers. */
static void power_text(u64 value, u32 bits, char *text, size_t size)
{
	static const char suffix[] = "\0KMGTPE";
	u32 power = value ? __fls(value) : 0;
	u32 unit = power > bits ? (power - bits) / 10 : 0;

	scnprintf(text, size, "%llu%.1s", value >> 10 * unit, suffix + unit);
}

#define LABEL_SIZE 64

typedef void (*label_fn)(const struct kps_map *map, u32 bucket, char *text);

static void hist_label(const struct kps_map *map, u32 bucket, char *text)
{
	char from[24], to[24];
	u64 first, end;

	if (!bucket) {
		strscpy(text, "(..., 0)", LABEL_SIZE);
		return;
	}
	first = kps_hist_from(bucket, map->bits);
	end = kps_hist_from(bucket + 1, map->bits);
	power_text(first, map->bits, from, sizeof(from));
	power_text(end, map->bits, to, sizeof(to));
	if (end == first + 1)
		scnprintf(text, LABEL_SIZE, "[%s]", from);
	else
		scnprintf(text, LABEL_SIZE, "[%s, %s)", from, to);
}

/* Limits of lhist(), as kpctl has them: "1K" only if it is exact. */
static void limit_text(s64 value, char *text, size_t size)
{
	if (value && !(value % (1 << 20)))
		scnprintf(text, size, "%lldM", value / (1 << 20));
	else if (value && !(value % (1 << 10)))
		scnprintf(text, size, "%lldK", value / (1 << 10));
	else
		scnprintf(text, size, "%lld", value);
}

static void lhist_label(const struct kps_map *map, u32 bucket, char *text)
{
	const struct kps_lhist *lhist = &map->lhist;
	u32 last = map->value_size / sizeof(u64) - 1;
	s64 limit = lhist->min + (s64)bucket * lhist->step;
	char from[24], to[24];

	if (bucket == 0) {
		limit_text(lhist->min, to, sizeof(to));
		scnprintf(text, LABEL_SIZE, "(..., %s)", to);
	} else if (bucket == last) {
		limit_text(lhist->max, from, sizeof(from));
		scnprintf(text, LABEL_SIZE, "[%s, ...)", from);
	} else {
		limit_text(limit - lhist->step, from, sizeof(from));
		limit_text(limit, to, sizeof(to));
		scnprintf(text, LABEL_SIZE, "[%s, %s)", from, to);
	}
}

#define BAR_WIDTH 52

static void bar(struct seq_file *m, u64 count, u64 most)
{
	static const char full[] =
		"@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@";
	int width = most ? div64_u64(count * BAR_WIDTH, most) : 0;

	seq_printf(m, "|%.*s%*s|\n", width, full, BAR_WIDTH - width, "");
}

static void bars(struct seq_file *m, const struct kps_map *map, const u64 *buckets,
		 label_fn label)
{
	u32 nr = map->value_size / sizeof(u64);
	u32 i, first = nr, last = 0;
	u64 most = 0;

	for (i = 0; i < nr; i++) {
		if (!buckets[i])
			continue;
		first = min(first, i);
		last = i;
		most = max(most, buckets[i]);
	}
	for (i = first; i <= last && most; i++) {
		char text[LABEL_SIZE];

		label(map, i, text);
		seq_printf(m, "%-16s%8llu ", text, buckets[i]);
		bar(m, buckets[i], most);
	}
}

void kps_show_hist(struct seq_file *m, const struct kps_program *program,
		   const struct kps_map *map, const u64 *value, char *text)
{
	bars(m, map, value, hist_label);
}

void kps_show_lhist(struct seq_file *m, const struct kps_program *program,
		    const struct kps_map *map, const u64 *value, char *text)
{
	bars(m, map, value, lhist_label);
}

void kps_show_number(struct seq_file *m, const struct kps_program *program,
		     const struct kps_map *map, const u64 *value, char *text)
{
	kps_field_text(program, &map->value[0], value, text, KPS_TEXT_MAX);
	seq_puts(m, text);
}

void kps_show_average(struct seq_file *m, const struct kps_program *program,
		      const struct kps_map *map, const u64 *value, char *text)
{
	seq_printf(m, "%lld", kps_average(value));
}

void kps_show_stats(struct seq_file *m, const struct kps_program *program,
		    const struct kps_map *map, const u64 *value, char *text)
{
	seq_printf(m, "{ .count = %llu, .average = %lld, .total = %lld }", value[0],
		   kps_average(value), value[1]);
}

/* Of tuples that begin or end with a field. */
static void brackets(struct seq_file *m, char c, u32 nr)
{
	while (nr--)
		seq_putc(m, c);
}

/* "1", or of a tuple "(1, foo)". */
void kps_show_plain(struct seq_file *m, const struct kps_program *program,
		    const struct kps_map *map, const u64 *value, char *text)
{
	u32 i;

	for (i = 0; i < map->nr_value; i++) {
		kps_field_text(program, &map->value[i], value, text,
			       KPS_TEXT_MAX);
		if (i)
			seq_puts(m, ", ");
		brackets(m, '(', kps_field_opens(map->value[i].flags));
		seq_puts(m, text);
		brackets(m, ')', kps_field_closes(map->value[i].flags));
		value += map->value[i].size / sizeof(u64);
	}
}

static void stack_show(struct seq_file *m, char *text)
{
	char *line;

	seq_putc(m, '\n');
	while ((line = strsep(&text, "\n")))
		seq_printf(m, "    %s\n", line);
}

static void key_show(struct seq_file *m, const struct kps_program *program,
		     const struct kps_map *map, const u64 *key, char *text)
{
	u32 i;

	if (!map->nr_key)
		return;
	seq_putc(m, '[');
	for (i = 0; i < map->nr_key; i++) {
		kps_field_text(program, &map->key[i], key, text, KPS_TEXT_MAX);
		if (i)
			seq_puts(m, map->key[i].type == KPS_T_KSTACK ? "," : ", ");
		brackets(m, '(', kps_field_opens(map->key[i].flags));
		if (map->key[i].type == KPS_T_KSTACK)
			stack_show(m, text);
		else
			seq_puts(m, text);
		brackets(m, ')', kps_field_closes(map->key[i].flags));
		key += map->key[i].size / sizeof(u64);
	}
	seq_putc(m, ']');
}

/** kps_snapshot_show() - a map, as bpftrace prints it. May sleep. */
void kps_snapshot_show(struct seq_file *m, const struct kps_program *program,
		       const struct kps_snapshot *snapshot)
{
	const struct kps_map *map = snapshot->map;
	char *text = kmalloc(KPS_TEXT_MAX, GFP_KERNEL);
	u32 i;

	if (!text) {
		seq_puts(m, "(no memory)\n");
		return;
	}
	/* What does not fit is shown anew, with more room. */
	for (i = 0; i < snapshot->nr && !seq_has_overflowed(m); i++) {
		const u64 *entry = snapshot->sorted[i];
		const u64 *value = kps_entry_value(snapshot, entry);

		seq_puts(m, map->name);
		key_show(m, program, map, entry, text);
		seq_puts(m, kps_map_is_chart(map->kind) ? ":\n" : ": ");
		kps_kinds[map->kind]->show(m, program, map, value, text);
		seq_putc(m, '\n');
		cond_resched();
	}
	if (snapshot->overflow)
		seq_printf(m, "(%llu updates lost: all %u slots of a CPU were taken)\n",
			   snapshot->overflow, map->max_entries);
	kfree(text);
}
