// SPDX-License-Identifier: GPL-2.0
/*
 * marks WHAT [N]: a program with marks of sys/sdt.h, and with some that are written by
 * hand, for what a compiler does not always make. It says how often it came by.
 *
 *	widths	one mark with arguments of all widths, and one with twelve
 *	places	one whose arguments are in memory, in parts of registers, in no place
 *	twice N	two marks of one name, N times each
 *	counted N  N marks that are only come by when somebody looks
 *	wait	until its input ends, and then as counted 5
 */
#include "load.h"

#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define COUNTER(name)							\
	__extension__ unsigned short lab_##name##_semaphore		\
	__attribute__((unused, section(".probes")))

COUNTER(widths);
COUNTER(twelve);
COUNTER(twice);
COUNTER(counted);

/* What a mark's argument may be named by. */
static volatile int __attribute__((unused)) named = -77;
static volatile uint32_t __attribute__((unused)) words[] = { 10, 11, 12, 13, 14, 15, 16, 17 };

static volatile long passed;

static void widths(void)
{
	volatile int8_t a = -1;
	volatile uint8_t b = 200;
	volatile int16_t c = -300;
	volatile uint16_t d = 60000;
	volatile int32_t e = -70000;
	volatile uint32_t f = 4000000000;
	volatile int64_t g = -5000000000;
	volatile uint64_t h = 10000000000000000000ULL;

	STAP_PROBE8(lab, widths, a, b, c, d, e, f, g, h);
	STAP_PROBE12(lab, twelve, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
	passed += 2;
}

/* As sys/sdt.h does it, with arguments as they are told. */
#define MARK(name, arguments, ...)					\
	asm volatile("990:	nop\n"					\
		     "	.pushsection .note.stapsdt,\"\",\"note\"\n"	\
		     "	.balign 4\n"					\
		     "	.4byte 992f-991f, 994f-993f, 3\n"		\
		     "991:	.asciz \"stapsdt\"\n"			\
		     "992:	.balign 4\n"				\
		     "993:	.8byte 990b, _.stapsdt.base, 0\n"	\
		     "	.asciz \"lab\"\n"				\
		     "	.asciz \"" name "\"\n"				\
		     "	.asciz \"" arguments "\"\n"			\
		     "994:	.balign 4\n"				\
		     "	.popsection\n" : : __VA_ARGS__)

static void places(void)
{
#if defined(__x86_64__)
	MARK("indexed", "4@(%%rbx,%%rcx,4) -4@4(%%rbx,%%rcx,8) 8@8(%%rbx) 2@(%%rbx,%%rcx) 4@-4(,%%rsi,4)",
	     "b"(words), "c"(2L), "S"((long)words / 4 + 2), "m"(words));
	MARK("parts", "1@%%ah -1@%%al 2@%%ax 4@%%r8d", "a"(0x1234fe81L), "m"(named));
	MARK("numbers", "-4@$-5 8@$0x10 1@$255", "m"(named));
	MARK("named", "-4@named(%%rip) 4@4+words(%%rip)", "m"(named));
	MARK("floats", "8@$1 8f@%%xmm0", "m"(named));
	MARK("none", "", "m"(named));
	passed += 6;
#endif
}

static void twice(long n)
{
	long i;

	for (i = 0; i < n; i++) {
		volatile long in_memory = i;

		STAP_PROBE1(lab, twice, 1000000);
		STAP_PROBE1(lab, twice, in_memory);
		passed += 2;
	}
}

static void counted(long n)
{
	while (n--) {
		if (!*(volatile unsigned short *)&lab_counted_semaphore)
			continue;
		STAP_PROBE1(lab, counted, n);
		passed++;
	}
}

static void wait_for_end(void)
{
	char byte;

	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
}

int main(int argc, char **argv)
{
	long n = argc > 2 ? number(argv[2]) : 1;

	if (argc < 2)
		errx(2, "usage: marks WHAT [N]");
	if (!strcmp(argv[1], "widths")) {
		widths();
	} else if (!strcmp(argv[1], "places")) {
		places();
	} else if (!strcmp(argv[1], "twice")) {
		twice(n);
	} else if (!strcmp(argv[1], "counted")) {
		counted(n);
	} else if (!strcmp(argv[1], "wait")) {
		wait_for_end();
		counted(5);
	} else {
		errx(2, "it cannot %s", argv[1]);
	}
	printf("%ld\n", passed);
	return 0;
}
