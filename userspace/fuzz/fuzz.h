/* SPDX-License-Identifier: GPL-2.0 */
/* What libFuzzer calls, and replay.c in its place. */
#ifndef KPCTL_FUZZ_H
#define KPCTL_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
