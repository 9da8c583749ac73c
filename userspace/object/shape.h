/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shapes: what the fields of a key, a value or a record are together, where that is more
 * than each by itself.  The module has numbers, texts and bytes; what a record's members
 * are called, or what a struct's bytes are, is said by a text that the compiler makes
 * (lang/shape.c) and print/shape.c goes by:
 *
 *	list   = value { "," value }
 *	value  = "."				a field, by its own type
 *	       | "'" TEXT "'"			nanoseconds, by that format of strftime()'s
 *	       | "(" list ")"			a tuple
 *	       | "{" NAME "=" value { "," NAME "=" value } "}"	a record
 *	       | "<" bytes ">"			a KPS_T_BUF, of these bytes
 *	bytes  = ( "i" | "u" ) SIZE		an integer, with a sign or without
 *	       | "b"				true or false
 *	       | "p"				a pointer
 *	       | "s" SIZE			text
 *	       | "a" NR "*" SIZE bytes		an array, and the size of each element
 *	       | "{" [ member { "," member } ] "}"	a struct or a union
 *	       | "?"				what cannot be shown
 *	member = NAME "@" BIT [ ":" BITS ] bytes	from the start of the struct
 *
 * In TEXT a quote is written twice.  An absent shape is a list of fields.
 */
#ifndef KPCTL_SHAPE_H
#define KPCTL_SHAPE_H
#endif
