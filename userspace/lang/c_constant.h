/* SPDX-License-Identifier: GPL-2.0 */
/* Constant expressions of C: what macros of the kernel's headers are. */
#ifndef KPCTL_C_CONSTANT_H
#define KPCTL_C_CONSTANT_H

#include "ctype.h"

struct c_constant {
	uint64_t value;		/* of 64 bits, extended by its sign */
	bool is_signed;
};

/**
 * c_constant_read() - the value of an integer constant expression
 * @ctypes: for casts, sizeof and enumerators
 * @text: with no macros left in it
 * @constant: set to the value, which has the width and the sign that C gives it on a
 *	      machine whose int has 32 bits and whose long has 64
 *
 * What is not evaluated, as behind "0 &&", need not be known.
 *
 * Return: whether @text is such an expression, and nothing else.
 */
bool c_constant_read(struct ctypes *ctypes, const char *text, struct c_constant *constant);

#endif
