/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel's headers define, by name: O_DSYNC, GFP_ATOMIC, TTY_DRIVER_MAGIC. */
#ifndef KPCTL_HEADER_H
#define KPCTL_HEADER_H

#include "c_constant.h"
#include "preprocess.h"

struct header_constant {
	const char *string;	/* NULL: it is a number */
	struct c_constant number;
};

/**
 * header_constant() - a macro of the kernel's headers that is a constant
 * @ctypes: of the compilation; their arena has what is found
 * @name: the macro's
 * @constant: filled if there is one
 *
 * The types object has them (kmod/types), with #include and without.
 *
 * Return: whether there is one of that name, without parameters, whose text is an
 * integer constant expression or a string.
 */
bool header_constant(struct ctypes *ctypes, const char *name,
		     struct header_constant *constant);

/**
 * header_macro() - a macro of the kernel's headers that takes arguments
 * @defines: .arena is given; becomes what define_text() wants
 * @name: the macro's
 *
 * Return: NULL if there is none.
 */
struct define *header_macro(struct defines *defines, const char *name);

/**
 * name_is_number() - the number that a name is in any header
 * @ctypes: as above
 * @value: set if there is one
 *
 * Constants of C's headers, enumerators, and macros of the kernel's.
 *
 * Return: whether there is one.
 */
bool name_is_number(struct ctypes *ctypes, const char *name, int64_t *value);

#endif
