/* SPDX-License-Identifier: GPL-2.0 */
/* What the check*.c files share; for nobody else. */
#ifndef KPCTL_CHECK_PARTS_H
#define KPCTL_CHECK_PARTS_H

#include "check.h"

/* Bytes of what has no length of its own; of a string in a map, see type_kept(). */
#define DEFAULT_ROOM 64
/* Of a string without a length, if nobody sets max_strlen; its NUL counted. */
#define DEFAULT_STR 1024

static inline unsigned int round_up8(unsigned int n)
{
	return (n + 7) & ~7u;
}

/* All report what is wrong and return -1. */

/* check_tools.c */
int require_int(const struct expr *expr, const char *where);
int require_const(const struct expr *expr, const char *what);
int require_value(const struct expr *expr, const char *what);
/* The same; of a struct or an array in memory a copy is wanted from now on. */
int require_copied(struct checker *checker, struct expr *expr, const char *what);
void set_int(struct expr *expr, bool is_signed);
void set_bool(struct expr *expr);
void set_str(struct expr *expr, unsigned int size);
/* A string that is as long as it is. */
void set_open_str(const struct checker *checker, struct expr *expr);
/* Bytes of such a one, without its NUL. */
unsigned int open_str_longest(const struct checker *checker);
/* An expression, as an integer of so many bytes; to be checked. */
struct expr *cast_to_int(struct checker *checker, struct expr *expr, unsigned int size,
			 bool is_signed);
void set_kind(struct expr *expr, enum type_kind kind);
/* A constant expression becomes its value. */
/* So many bits of a number, the last of which is its sign or not. */
uint64_t cut_to(uint64_t value, unsigned int bits, bool is_signed);

void become_int(struct expr *expr, uint64_t value, bool is_signed);
void become_bool(struct expr *expr, bool value);
void become_str(struct expr *expr, const char *text);
struct type type_copy(struct checker *checker, const struct type *type);
/*
 * The same, as a map keeps it: there is room for each key from the beginning, and so a
 * string has no more than DEFAULT_ROOM unless somebody says how much.
 */
struct type type_kept(struct checker *checker, const struct type *type);
int refuse(const struct expr *expr, const char *hint, const char *what);
/* All of a text is a number, as C writes them. */
bool text_to_int(const char *text, int64_t *value);

/* check_expr.c */
int check_expr(struct checker *checker, struct expr *expr);
int check_list(struct checker *checker, struct expr *list);
/* A string and a literal that is longer than it can be: @always is what follows. */
void warn_too_long(const struct checker *checker, const struct expr *expr,
		   const struct expr *a, const struct expr *b,
		   const char *always);

/* check.c: statements that an expression is made of */
int check_block(struct checker *checker, struct expr *expr);

/* check_memory.c: what lies in memory, by C's types */

/* The type of what is read by this type, from memory or out of a register. */
int set_type(struct checker *checker, struct expr *expr, const struct ctype *type);
/* Member, element or target of a pointer; .a has been checked. */
int check_memory_field(struct checker *checker, struct expr *expr);
int check_index(struct checker *checker, struct expr *expr);
int check_deref(struct checker *checker, struct expr *expr);
int check_cast(struct checker *checker, struct expr *expr);
/* A type by itself, for sizeof(): .value is its size. */
int check_type(struct checker *checker, struct expr *expr);
int check_offsetof(struct checker *checker, struct expr *expr);
/* What a pointer and a number make; both have been checked. */
int check_pointer_operands(struct checker *checker, struct expr *expr);
/* The expression is a pointer to @to, or a plain number: .step of "one more". */
void set_step(struct checker *checker, struct expr *expr,
	      const struct ctype *to);
/* What a field of the record points to, if it is a pointer. */
const struct ctype *pointee_of_field(struct checker *checker,
				     const struct event_field *field);
/* An array in the record as C has it, by what the event says of it; NULL: of no numbers. */
const struct ctype *array_of_field(struct checker *checker,
				   const struct event_field *field);
/*
 * What a string takes that is read from that array: one byte more, for the array
 * need not end with a NUL.
 */
unsigned int string_size(const struct ctype *array);
/* A string in memory becomes the array that it is. */
void become_array(struct expr *expr);
/* Nothing of the last check is left: an expression is checked for each event. */
void forget_memory(struct expr *expr);

/* check_name.c */
int refuse_name(struct checker *checker, const struct expr *expr,
		const char *kind);
int check_name(struct checker *checker, struct expr *expr);
int check_positional(struct checker *checker, struct expr *expr);
/* args.FIELD, or a member of what lies in memory */
int check_field(struct checker *checker, struct expr *expr);

/* call/call.c */
int check_call(struct checker *checker, struct expr *expr);

/* check_format.c */
int check_format(struct checker *checker, struct expr *call);

/* check_map.c: a map with its keys as it is used, by whom it is */
int check_map_target(struct checker *checker, struct expr *map,
		     struct map_decl **decl);
int check_map_aggregate(struct checker *checker, struct expr *map,
			const struct expr *call);
int check_map_assign(struct checker *checker, struct expr *map,
		     const struct type *type);
int check_map_read(struct checker *checker, struct expr *map);
/* A map as a whole: print(@x), clear(@x). */
int check_map_name(struct checker *checker, struct expr *map);
/* for ($kv : @x): what $kv is, (key, value); TYPE_NONE: that is not known yet. */
int check_map_each(struct checker *checker, struct expr *map, struct type *entry);

/* check_failed.c: one cause, one error */

/* Whether nothing was reported yet that says why @name has no value: now it will be. */
bool is_first_failure(struct checker *checker, const char *name);
/* An error was reported in that statement: what it assigns has no value. */
void fail_targets(struct checker *checker, const struct stmt *stmt);

/* check_loop.c: how often a while loop runs at most, if that is known and not too often */
bool count_rounds(const struct stmt *loop, unsigned int *rounds);
/* What variables hold is not known any more: control flow meets here. */
void forget_values(struct checker *checker);

/* check_variable.c */
/* The one that an assignment is to; NULL: it is a new one. */
struct variable *variable_of(const struct checker *checker, const struct expr *expr);
int check_variable_read(struct checker *checker, struct expr *expr);
int check_variable_assign(struct checker *checker, struct expr *expr,
			  const struct type *type);
/* let $x */
int declare_variable(struct checker *checker, struct expr *expr);
/* Variables that were first assigned in a block end with it. */
void enter_scope(struct checker *checker);
void leave_scope(struct checker *checker);

#endif
