/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kinds of map: all that count() and hist() differ in, but for how an event is added.
 */
#ifndef KPS_KINDS_H
#define KPS_KINDS_H

#include <linux/types.h>

struct kps_error;
struct kps_map;
struct kps_program;
struct seq_file;

/**
 * struct kps_kind - what a map of one kind does with its values
 * @words: u64 that a value has, for a map whose definition is complete; or a negative
 *	errno, and the reason
 * @nothing: first word of a value before its first event; the others are 0
 * @merge: adds one CPU's value, which events may be changing, to the sum of the others'.
 *	NULL: all CPUs share the value
 * @weight: what a value is sorted by
 * @show: writes a value, as bpftrace prints it; @text has room for KPS_TEXT_MAX
 *
 * The event path calls none of these: it adds by kps_table_update(), whose switch names
 * each kind.
 */
struct kps_kind {
	int (*words)(const struct kps_map *map, struct kps_error *error);
	u64 nothing;
	void (*merge)(const struct kps_map *map, u64 *into, const u64 *from);
	s64 (*weight)(const struct kps_map *map, const u64 *value);
	void (*show)(struct seq_file *m, const struct kps_program *program,
		     const struct kps_map *map, const u64 *value, char *text);
};

extern const struct kps_kind * const kps_kinds[];

/* show.c */
void kps_show_number(struct seq_file *m, const struct kps_program *program,
		     const struct kps_map *map, const u64 *value, char *text);
void kps_show_average(struct seq_file *m, const struct kps_program *program,
		      const struct kps_map *map, const u64 *value, char *text);
void kps_show_stats(struct seq_file *m, const struct kps_program *program,
		    const struct kps_map *map, const u64 *value, char *text);
void kps_show_hist(struct seq_file *m, const struct kps_program *program,
		   const struct kps_map *map, const u64 *value, char *text);
void kps_show_lhist(struct seq_file *m, const struct kps_program *program,
		    const struct kps_map *map, const u64 *value, char *text);
void kps_show_plain(struct seq_file *m, const struct kps_program *program,
		    const struct kps_map *map, const u64 *value, char *text);

#endif
