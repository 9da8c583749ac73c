// SPDX-License-Identifier: GPL-2.0
/*
 * narrow NAME COUNT: getppid() from 32-bit code, three functions deep, in a process
 * that is a 64-bit one otherwise; then it waits to be killed, and its names can be
 * looked up. Where the kernel does not take 32-bit calls it ends at once, with 1; the
 * fault is taken, so that the kernel's log says nothing of it.
 */
#include "load.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#if defined(__x86_64__)
/* Linked without PIE: all of it is below 4 GiB. */
static char stack[65536] __attribute__((aligned(16)));

static struct {
	unsigned int ip;
	unsigned short cs;
} __attribute__((packed)) entry;

asm(".text\n"
	".code32\n"
	".type narrow_top, @function\n"
	"narrow_top: push %ebp; mov %esp, %ebp; call narrow_middle; pop %ebp; lret\n"
	".size narrow_top, . - narrow_top\n"
	".type narrow_middle, @function\n"
	"narrow_middle: push %ebp; mov %esp, %ebp; call narrow_bottom; pop %ebp; ret\n"
	".size narrow_middle, . - narrow_middle\n"
	".type narrow_bottom, @function\n"
	"narrow_bottom: push %ebp; mov %esp, %ebp; mov $64, %eax; int $0x80; pop %ebp; ret\n"
	".size narrow_bottom, . - narrow_bottom\n"
	".code64\n");

static void __attribute__((noinline)) call_narrow(void)
{
	asm volatile("push %%rbp; push %%rbx; mov %%rsp, %%r12\n"
		     "mov %0, %%rsp; xor %%ebp, %%ebp\n"
		     "lcall *%1\n"
		     "mov %%r12, %%rsp; pop %%rbx; pop %%rbp"
		     : : "r" (stack + sizeof(stack) - 64), "m" (entry)
		     : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10",
		       "r11", "r12", "memory", "cc");
}

static void refused(int number)
{
	(void)number;
	_exit(1);
}

int main(int argc, char **argv)
{
	int i;

	if (argc != 3)
		errx(2, "usage: narrow NAME COUNT");
	become(argv[1]);
	signal(SIGSEGV, refused);
	asm("movl $narrow_top, %0" : "=m" (entry.ip));
	entry.cs = 0x23;	/* __USER32_CS */
	for (i = 0; i < atoi(argv[2]); i++)
		call_narrow();
	pause();
	return 0;
}
#else
int main(void)
{
	return 1;
}
#endif
