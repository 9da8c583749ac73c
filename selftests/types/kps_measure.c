// SPDX-License-Identifier: GPL-2.0
/* /proc/kps_measure: where the compiler has put each field of the list. */
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

#include "headers.inc"

#define ROOM (64 << 10)
static u8 room[ROOM];

static void say_bits(struct seq_file *out, const char *what, bool is_signed)
{
	int first = -1, nr = 0, i;

	for (i = 0; i < ROOM * 8; i++) {
		if (!(room[i / 8] & (1 << i % 8)))
			continue;
		if (first < 0)
			first = i;
		nr++;
	}
	seq_printf(out, "%s bit %d of %d signed %d\n", what, first, nr, is_signed);
}

/* Of anything that is not an integer: 0. */
#define IS_SIGNED(x) _Generic((x), char: (char)-1 < 0, signed char: 1, short: 1, \
			      int: 1, long: 1, long long: 1, default: 0)
#define MEMBER(s, f) (((struct s *)0)->f)

#define SAY(s, f, size, sign)						\
	seq_printf(out, #s " " #f " offset %zu size %zu signed %d\n",	\
		   offsetof(struct s, f), (size_t)(size), sign);
#define FIELD(s, f) SAY(s, f, sizeof(MEMBER(s, f)), IS_SIGNED(MEMBER(s, f)))
#define OPEN(s, f) SAY(s, f, 0, 0)
#define BITS(s, f) {							\
	struct s *set = (void *)room;					\
									\
	BUILD_BUG_ON(sizeof(*set) > ROOM);				\
	memset(room, 0, ROOM);						\
	set->f = ~0;							\
	say_bits(out, #s " " #f, set->f < 0);				\
}

static int measure_show(struct seq_file *out, void *data)
{
#include "fields.inc"
	return 0;
}

static int __init measure_init(void)
{
	return proc_create_single("kps_measure", 0, NULL, measure_show) ? 0 : -ENOMEM;
}

static void __exit measure_exit(void)
{
	remove_proc_entry("kps_measure", NULL);
}

module_init(measure_init);
module_exit(measure_exit);
MODULE_DESCRIPTION("kpstat's tests: where fields are");
MODULE_LICENSE("GPL");
