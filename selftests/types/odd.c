// SPDX-License-Identifier: GPL-2.0
/*
 * A types object that no kernel has: its debug information is read, and it says
 * itself, when it is run, what is in it.
 */
#include <stdio.h>
#include <string.h>

#include "odd.h"

/* The test writes the kernel's release there. */
__attribute__((section(".modinfo"), used))
static const char vermagic[] = "vermagic=@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@ SMP";

#define IN(s, f) \
	printf("%s %s offset %zu size %zu\n", #s, #f, offsetof(struct s, f), \
	       sizeof(((struct s *)0)->f))
#define SIZE(s) printf("%s size %zu\n", #s, sizeof(struct s))

static void say_bits(const char *what, const unsigned char *set, size_t size)
{
	size_t i, nr = 0, first = 0;

	for (i = 0; i < size * 8; i++)
		if (set[i / 8] & (1 << i % 8) && !nr++)
			first = i;
	printf("%s bit %zu of %zu\n", what, first, nr);
}

#define BITS(f) do {							\
	struct odd_bits bits;						\
									\
	memset(&bits, 0, sizeof(bits));					\
	bits.f = -1;							\
	say_bits("odd_bits " #f, (void *)&bits, sizeof(bits));		\
} while (0)

static void each_bit_field(void)
{
	BITS(a);
	BITS(b);
	BITS(c);
	BITS(d);
	BITS(e);
	BITS(f);
	BITS(g);
	BITS(h);
	BITS(lo);
	BITS(hi);
	BITS(i);
}

int main(void)
{
	each_bit_field();
	IN(odd_self, next);
	IN(odd_self, all);
	IN(odd_self, clone);
	IN(odd_self, tree);
	IN(odd_self, later);
	IN(odd_self, call);
	SIZE(odd_self);
	IN(odd_later, by_value);
	IN(odd_later, tail);
	SIZE(odd_later);
	IN(odd_bits, both);
	SIZE(odd_bits);
	IN(odd_arrays, matrix);
	IN(odd_arrays, name);
	IN(odd_arrays, names);
	IN(odd_arrays, pointer);
	IN(odd_arrays, deep);
	IN(odd_arrays, nest);
	IN(odd_arrays, never);
	IN(odd_arrays, none);
	SIZE(odd_arrays);
	IN(odd_huge, before);
	IN(odd_huge, room);
	IN(odd_huge, after);
	SIZE(odd_huge);
	IN(odd_many, fx000);
	IN(odd_many, fx999);
	SIZE(odd_many);
	IN(odd_deep, c1);
	IN(odd_deep, c6);
	IN(odd_deep, bottom);
	SIZE(odd_deep);
	return 0;
}
