/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of the kernel as the verifier and the headers it includes ask for.
 * What allocates is the C library's, so that its sanitizers watch; no header of
 * its is included, since names of helpers are names of functions there.
 */
#ifndef SHIM_KERNEL_H
#define SHIM_KERNEL_H

#include <linux/types.h>
#include <asm/ptrace.h>

#include <asm/errno.h>

#define TASK_COMM_LEN 16
#define MODULE_NAME_LEN 56
#define U16_MAX ((u16)~0U)

#define __rcu
#define __printf(a, b) __attribute__((format(printf, a, b)))

#define BITS_PER_LONG 64
#define BIT(nr) (1UL << (nr))
#define DECLARE_BITMAP(name, bits) \
	unsigned long name[((bits) + BITS_PER_LONG - 1) / BITS_PER_LONG]
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define round_up(x, y) ((((x) - 1) | ((__typeof__(x))((y) - 1))) + 1)
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))

#define rcu_dereference_protected(pointer, condition) (pointer)

#define GFP_KERNEL 0
#define kzalloc(size, flags) __builtin_calloc(1, size)
#define kvcalloc(nr, size, flags) __builtin_calloc(nr, size)
#define kfree(pointer) __builtin_free(pointer)
#define kvfree(pointer) __builtin_free(pointer)

struct shim_uid {
	unsigned int val;
};

#define kuid_t struct shim_uid

struct kref {
	int count;
};

struct list_head {
	struct list_head *next, *prev;
};

struct mutex {
	int owner;
};

struct irq_work {
	int unused;
};

struct work_struct {
	int unused;
};

#define atomic_t struct shim_atomic

struct shim_atomic {
	int counter;
};

#define atomic_read(v) ((v)->counter)
#define __percpu

#define local64_t long
#define atomic64_t long

static inline void *kmemdup(const void *from, size_t size, int flags)
{
	void *to = __builtin_malloc(size);

	(void)flags;
	return to ? __builtin_memcpy(to, from, size) : NULL;
}

static inline bool test_bit(unsigned long nr, const unsigned long *map)
{
	return map[nr / BITS_PER_LONG] >> nr % BITS_PER_LONG & 1;
}

static inline void bitmap_set(unsigned long *map, unsigned int start,
			      unsigned int nr)
{
	for (; nr; nr--, start++)
		map[start / BITS_PER_LONG] |= BIT(start % BITS_PER_LONG);
}

static inline void bitmap_and(unsigned long *to, const unsigned long *a,
			      const unsigned long *b, unsigned int bits)
{
	unsigned int i;

	for (i = 0; i < bits / BITS_PER_LONG; i++)
		to[i] = a[i] & b[i];
}

static inline void bitmap_or(unsigned long *to, const unsigned long *a,
			     const unsigned long *b, unsigned int bits)
{
	unsigned int i;

	for (i = 0; i < bits / BITS_PER_LONG; i++)
		to[i] = a[i] | b[i];
}

static inline void bitmap_copy(unsigned long *to, const unsigned long *from,
			       unsigned int bits)
{
	__builtin_memcpy(to, from, bits / 8);
}

static inline unsigned long find_next_zero_bit(const unsigned long *map,
					       unsigned long size,
					       unsigned long at)
{
	while (at < size && test_bit(at, map))
		at++;
	return at < size ? at : size;
}

#endif
