/* SPDX-License-Identifier: GPL-2.0 */
/* Where instructions of this machine begin. */
#ifndef KPCTL_INSTRUCTION_H
#define KPCTL_INSTRUCTION_H

#include <stddef.h>

/* Bytes of the longest one. */
#define INSTRUCTION_MAX 15

/**
 * instruction_length() - of the first one in @code
 * @code: of 64 bits
 * @nr: bytes there
 *
 * Return: its bytes; 0: it is none, or not all of it is there.
 */
size_t instruction_length(const unsigned char *code, size_t nr);

/*
 * Whether the kernel can execute it somewhere else, as it does with what is probed: NULL,
 * or what speaks against it. It says so only when a process has it in memory, and to
 * nobody.
 */
const char *instruction_refuses_probe(const unsigned char *code, size_t nr);

#endif
