// SPDX-License-Identifier: GPL-2.0
/*
 * The types object: what this kernel's headers declare, as debug information, and what
 * they define, for kpctl, which reads the file.  No code, and no use in the kernel.
 */
#include <linux/module.h>
#include "headers.inc"

/* What the headers define, as text. */
asm(".pushsection .kpstat_macros, \"\", @progbits\n"
	".incbin \"" KPS_MACROS "\"\n"
	".popsection");

static int __init types_init(void)
{
	pr_info("kpstat_types: kpctl reads it where it lies; there is nothing to load\n");
	return -ENODEV;
}
module_init(types_init);

MODULE_DESCRIPTION("kpstat: the kernel's types, to be read and not loaded");
MODULE_LICENSE("GPL");
