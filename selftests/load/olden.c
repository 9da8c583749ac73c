// SPDX-License-Identifier: GPL-2.0
/*
 * olden: a program of 32 bits, without a C library: 40 calls of work(), of which each has
 * its argument on the stack, and one of greet(). Where the kernel does not take 32-bit
 * calls it cannot run; nor on other processors, for which it is nothing.
 */
#define PROBED static __attribute__((noipa, used))

PROBED long work(long n)
{
	asm volatile("nop");
	return n * 2;
}

PROBED const char *greet(const char *name, long len)
{
	asm volatile("nop");
	return name + len;
}

static void __attribute__((noreturn)) leave(int status)
{
#if defined(__i386__)
	asm volatile("int $0x80" : : "a" (1), "b" (status));
#else
	(void)status;
#endif
	__builtin_trap();
}

void _start(void)
{
	long i;

	for (i = 0; i < 40; i++)
		work(i);
	greet("hello, world", 7);
	leave(0);
}
