/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fields and ledgers as text, for netlink (fields) and debugfs (all).
 */
#ifndef KPS_TEXT_H
#define KPS_TEXT_H

#include <linux/types.h>

struct kps_field;
struct kps_probe;
struct kps_program;
struct seq_file;

/* Room for the longest text of a field: a stack of the greatest depth. */
#define KPS_TEXT_MAX (127 * 80)

bool kps_field_is_int(const struct kps_field *field);
size_t kps_field_text(const struct kps_program *program,
		      const struct kps_field *field, const u64 *data,
		      char *text, size_t size);
void kps_ledger_show(struct seq_file *m, const struct kps_program *program);
void kps_faults_show(struct seq_file *m, const struct kps_program *program);

extern const char * const kps_ledger_names[];

#endif
