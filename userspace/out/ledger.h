/* SPDX-License-Identifier: GPL-2.0 */
/* Where every event went. */
#ifndef KPCTL_LEDGER_H
#define KPCTL_LEDGER_H

#include <json-c/json.h>

struct program_answer;

/* A table with a row per probe and the sum. */
void ledger_print(const struct program_answer *program);

/* A sentence per probe that lost events; nothing if none did. */
void ledger_print_losses(const struct program_answer *program);

struct json_object *ledger_json(const unsigned long long *ledger);

#endif
