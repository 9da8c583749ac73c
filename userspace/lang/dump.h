/* SPDX-License-Identifier: GPL-2.0 */
/* What the compiler's passes give, as text for people: kpctl check --dump. */
#ifndef KPCTL_DUMP_H
#define KPCTL_DUMP_H

#include <stdio.h>

#include "check.h"

/* Each node on a line: its place in the text, what it is, and its type once it has one. */
void dump_program(FILE *out, const struct program *program);
void dump_clause(FILE *out, const struct clause *clause);

/* Structs, unions and enums that the program's text declares, laid out. */
void dump_types(FILE *out, struct ctypes *ctypes);

/* An event, and where it is. */
void dump_event(FILE *out, const struct event *event);

/* What maps hold, as far as it is known. */
void dump_maps(FILE *out, const struct checker *checker);

#endif
