// SPDX-License-Identifier: GPL-2.0
/* Each entry is 8 bytes; the order is that of the kernel's struct pt_regs. */
#include <stddef.h>
#include <string.h>

#include "base/array.h"
#include "registers.h"

static const char * const registers[] = {
#if defined(__x86_64__)
	/* arch/x86/include/asm/ptrace.h */
	"r15", "r14", "r13", "r12", "bp", "bx", "r11", "r10", "r9", "r8", "ax",
	"cx", "dx", "si", "di", "orig_rax", "ip", "cs", "flags", "sp", "ss",
#define WORDS_BEFORE 1
#define NAMES "r15 r14 r13 r12 bp bx r11 r10 r9 r8 ax cx dx si di orig_rax ip cs flags sp ss"
#elif defined(__aarch64__)
	/* arch/arm64/include/uapi/asm/ptrace.h */
	"r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10",
	"r11", "r12", "r13", "r14", "r15", "r16", "r17", "r18", "r19", "r20",
	"r21", "r22", "r23", "r24", "r25", "r26", "r27", "r28", "r29", "r30",
	"sp", "pc", "pstate",
#define WORDS_BEFORE 0
#define NAMES "r0 to r30 sp pc pstate"
#else
	NULL,
#define WORDS_BEFORE 0
#define NAMES "none on this machine"
#endif
};

int register_offset(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(registers); i++)
		if (registers[i] && !strcmp(name, registers[i]))
			return i * 8;
	return -1;
}

unsigned int words_before_arguments(void)
{
	return WORDS_BEFORE;
}

const char *register_names(void)
{
	return NAMES;
}
