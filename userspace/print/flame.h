/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Flame graphs, as Brendan Gregg has them: a frame is as wide as its share of all samples,
 * and stands on the one that called it. One SVG that needs nothing else: the browser that
 * shows it searches, zooms and resets.
 */
#ifndef KPCTL_PRINT_FLAME_H
#define KPCTL_PRINT_FLAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct flame;

struct flame *flame_new(void);
void flame_free(struct flame *flame);

/* Which profile a line is of: all are drawn by FLAME_AFTER's. */
enum flame_side { FLAME_AFTER, FLAME_BEFORE, FLAME_SIDES };

/**
 * flame_add() - a folded line
 * @line: "comm;main;read;vfs_read_[k] 5", without its newline; changed
 *
 * Return: false if there is no number at its end.
 */
bool flame_add(struct flame *flame, char *line, enum flame_side side);

/* What all lines of a side add up to. */
unsigned long long flame_total(const struct flame *flame, enum flame_side side);

/**
 * flame_write() - the picture
 * @title: above it
 * @unit: of the numbers: "samples", "us"
 *
 * With lines of FLAME_BEFORE colours say what has changed: red takes a larger share than
 * before, blue a smaller one. The same lines in any order give the same bytes.
 */
void flame_write(struct flame *flame, FILE *out, const char *title, const char *unit);

#endif
