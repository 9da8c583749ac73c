/* SPDX-License-Identifier: GPL-2.0 */
/* Where every event went. */
#ifndef KPCTL_LEDGER_H
#define KPCTL_LEDGER_H

#include <json-c/json.h>
#include <stddef.h>

struct probe_answer;
struct program_answer;

/* A table with a row per probe and the sum. */
void ledger_print(const struct program_answer *program);

/* A sentence per probe that lost events; nothing if none did. */
void ledger_print_losses(const struct program_answer *program);

/* What it means that kprobes were switched off for @ns; in @text, of SILENCE_MAX. */
#define SILENCE_MAX 128
const char *silence_text(unsigned long long ns, char *text, size_t size);

/* Events that are lost, in whatever way: the sum of these columns. */
unsigned long long ledger_lost(const unsigned long long *ledger);

struct json_object *ledger_json(const unsigned long long *ledger);

/* Events that are faults, by line of the text. */
struct json_object *fault_lines_json(const struct probe_answer *probe);

#endif
