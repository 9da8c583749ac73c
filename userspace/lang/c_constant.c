// SPDX-License-Identifier: GPL-2.0
/*
 * Integer constant expressions as C11 6.6 has them, with its types: "~0U >> 1" is not
 * what the language's own integers of 64 bits would make of it.
 */
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/diag.h"
#include "c_constant.h"

/* Deeper than any header's, shallower than the stack. */
#define MAX_DEPTH 200
#define MAX_TYPE 128

struct value {
	uint64_t bits;		/* extended to 64 by its sign */
	uint64_t size;		/* bytes of its type */
	bool is_signed;
	bool known;		/* or only parsed: it must not be needed */
};

struct reader {
	const char *at;
	struct ctypes *ctypes;
	unsigned int depth;
	bool failed;
};

static struct value unknown(void)
{
	return (struct value){ .size = 4, .is_signed = true };
}

static struct value fail(struct reader *reader)
{
	reader->failed = true;
	return unknown();
}

/* As its type holds it. */
static struct value fitted(struct value value)
{
	unsigned int spare = 64 - 8 * value.size;

	if (!spare)
		return value;
	value.bits <<= spare;
	value.bits = value.is_signed ? (uint64_t)((int64_t)value.bits >> spare) :
				       value.bits >> spare;
	return value;
}

static struct value int_of(int64_t number)
{
	return (struct value){
		.bits = number, .size = 4, .is_signed = true, .known = true,
	};
}

/* 6.3.1.1: what is smaller than an int becomes one. */
static struct value promoted(struct value value)
{
	if (value.size < 4) {
		value.size = 4;
		value.is_signed = true;
	}
	return value;
}

static void skip_blanks(struct reader *reader)
{
	reader->at += strspn(reader->at, " \t");
}

/* One of C's tokens that are no words; not the beginning of a longer one. */
static bool take(struct reader *reader, const char *token)
{
	size_t len = strlen(token);

	skip_blanks(reader);
	if (strncmp(reader->at, token, len))
		return false;
	reader->at += len;
	return true;
}

static bool is_word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static size_t word_len(const char *text)
{
	size_t len = 0;

	while (is_word_char(text[len]))
		len++;
	return isdigit((unsigned char)*text) ? 0 : len;
}

static bool take_word(struct reader *reader, const char *word)
{
	skip_blanks(reader);
	if (strlen(word) != word_len(reader->at) ||
	    strncmp(reader->at, word, strlen(word)))
		return false;
	reader->at += strlen(word);
	return true;
}

static const struct ctype *read_type(struct reader *reader);
static struct value read_choice(struct reader *reader);
static struct value read_unary(struct reader *reader);

static struct value read_in_brackets(struct reader *reader)
{
	struct value value = read_choice(reader);

	return take(reader, ")") ? value : fail(reader);
}

/* 6.4.4.1: the first type that holds it, of those that its form allows. */
static struct value typed_number(uint64_t bits, bool decimal, bool u, bool l)
{
	struct value value = { .bits = bits, .size = 4, .known = true };

	value.is_signed = !u;
	if (l || bits > UINT_MAX || (bits > INT_MAX && !u && decimal))
		value.size = 8;
	if (!u && !decimal && bits > (value.size == 4 ? INT_MAX : LONG_MAX))
		value.is_signed = false;
	return value;
}

static struct value read_number(struct reader *reader)
{
	bool decimal = *reader->at != '0', u = false;
	unsigned int l = 0;
	uint64_t bits;
	char *end;

	bits = strtoull(reader->at, &end, 0);
	for (; *end && strchr("uUlL", *end); end++) {
		u |= *end == 'u' || *end == 'U';
		l += *end == 'l' || *end == 'L';
	}
	reader->at = end;
	if (l > 2 || is_word_char(*end) || *end == '.')
		return fail(reader);
	return typed_number(bits, decimal, u, l);
}

/* Behind a backslash. */
static int read_escape(struct reader *reader)
{
	static const char from[] = "ntrabfv\\'\"?";
	static const char to[] = "\n\t\r\a\b\f\v\\'\"?";
	const char *found;
	char *end;
	int c;

	if (*reader->at == 'x' || isdigit((unsigned char)*reader->at)) {
		c = *reader->at == 'x' ? (int)strtoul(reader->at + 1, &end, 16) :
					 (int)strtoul(reader->at, &end, 8);
		reader->at = end;
		return (signed char)c;
	}
	found = *reader->at ? strchr(from, *reader->at) : NULL;
	if (!found) {
		reader->failed = true;
		return 0;
	}
	reader->at++;
	return to[found - from];
}

/* Behind the first quote. */
static struct value read_char(struct reader *reader)
{
	int c = (signed char)*reader->at;

	if (!c || c == '\'')
		return fail(reader);
	reader->at++;
	if (c == '\\')
		c = read_escape(reader);
	return take(reader, "'") ? int_of(c) : fail(reader);
}

/* What a function or a builtin of the compiler's is given. */
static bool skip_arguments(struct reader *reader)
{
	unsigned int depth = 1;

	for (; *reader->at && depth; reader->at++) {
		depth += *reader->at == '(';
		depth -= *reader->at == ')';
	}
	return !depth;
}

/*
 * Names that are called, and mean something in a constant.  BUILD_BUG_ON_ZERO() is written
 * with a struct's bit field: it does not compile, or is 0.
 */
static const char * const zeros[] = { "BUILD_BUG_ON_ZERO", "BUILD_BUG_ON_ZERO_MSG" };

/* Behind "__builtin_offsetof(": "struct sock, sk_mark)" */
static struct value read_offsetof(struct reader *reader)
{
	const struct ctype *type = read_type(reader);
	struct cmember member;
	const char *name;
	size_t len;

	if (!type || !take(reader, ","))
		return skip_arguments(reader) ? unknown() : fail(reader);
	skip_blanks(reader);
	len = word_len(reader->at);
	name = arena_strndup(reader->ctypes->arena, reader->at, len);
	reader->at += len;
	if (!take(reader, ")"))
		return skip_arguments(reader) ? unknown() : fail(reader);
	if (!ctype_is_record(type) || !ctype_member(reader->ctypes, type, name, &member) ||
	    member.bit_size)
		return unknown();
	return (struct value){ .bits = member.bit_offset / 8, .size = 8, .known = true };
}

/* Behind its "(". */
static struct value read_call(struct reader *reader, const char *name)
{
	size_t i;

	if (!strcmp(name, "__builtin_offsetof"))
		return read_offsetof(reader);
	if (!skip_arguments(reader))
		return fail(reader);
	for (i = 0; i < ARRAY_SIZE(zeros); i++)
		if (!strcmp(name, zeros[i]))
			return int_of(0);
	return unknown();
}

static struct value read_name(struct reader *reader)
{
	size_t len = word_len(reader->at);
	const struct enum_table *names;
	const char *name;
	int64_t number;

	name = arena_strndup(reader->ctypes->arena, reader->at, len);
	reader->at += len;
	if (take(reader, "("))
		return read_call(reader, name);
	if (!ctype_constant(reader->ctypes, name, &number, &names))
		return unknown();
	if (number == (int32_t)number)
		return int_of(number);
	return (struct value){
		.bits = number, .size = 8, .is_signed = true, .known = true,
	};
}

static struct value read_primary(struct reader *reader)
{
	if (take(reader, "("))
		return read_in_brackets(reader);
	if (take(reader, "'"))
		return read_char(reader);
	if (isdigit((unsigned char)*reader->at))
		return read_number(reader);
	if (word_len(reader->at))
		return read_name(reader);
	return fail(reader);
}

/* "const", and the like, say nothing of a value. */
static void skip_qualifiers(struct reader *reader)
{
	while (take_word(reader, "const") || take_word(reader, "volatile"))
		;
}

/*
 * "unsigned long *", "struct sock"; NULL, and nothing is taken, if what stands there is
 * no type.
 */
static const struct ctype *read_type(struct reader *reader)
{
	const struct span nowhere = { 0 };
	const char *begin = reader->at;
	const struct ctype *type;
	char text[MAX_TYPE] = "";
	bool was_muted;
	size_t len, used = 0;

	for (;;) {
		skip_qualifiers(reader);
		skip_blanks(reader);
		len = *reader->at == '*' && used ? 1 : word_len(reader->at);
		if (!len || used + len + 2 > sizeof(text))
			break;
		memcpy(text + used, reader->at, len);
		used += len;
		text[used++] = ' ';
		reader->at += len;
	}
	text[used ? used - 1 : 0] = '\0';
	was_muted = diag_mute(true);
	type = used ? ctype_find(reader->ctypes, &nowhere, text) : NULL;
	diag_mute(was_muted);
	if (!type)
		reader->at = begin;
	return type;
}

/* Behind "(" and a type: "[2]", and ")". */
static struct value read_sizeof(struct reader *reader, const struct ctype *type)
{
	struct value size = { .bits = type->size, .is_signed = false, .known = true };

	size.size = 8;
	while (take(reader, "[")) {
		struct value nr = read_choice(reader);

		size.bits *= nr.bits;
		size.known &= nr.known;
		if (!take(reader, "]"))
			return fail(reader);
	}
	size.known &= type->size != 0;
	return take(reader, ")") ? size : fail(reader);
}

static bool is_bool(const struct ctype *type)
{
	return type->kind == KTYPE_INT && type->name &&
	       (!strcmp(type->name, "bool") || !strcmp(type->name, "_Bool"));
}

static struct value cast(struct value value, const struct ctype *type)
{
	bool is_int = type->kind == KTYPE_INT || type->kind == KTYPE_ENUM ||
		      type->kind == KTYPE_POINTER;

	if (!is_int || !type->size || type->size > 8)
		return unknown();
	if (is_bool(type))
		value.bits = !!value.bits;
	value.size = type->size;
	value.is_signed = type->kind == KTYPE_INT && type->is_signed;
	return fitted(value);
}

/* What stands in brackets: a type, or an expression. */
static struct value read_bracket(struct reader *reader, bool sized)
{
	const struct ctype *type = read_type(reader);
	struct value value;

	if (type && sized)
		return read_sizeof(reader, type);
	if (type)
		return take(reader, ")") ? cast(read_unary(reader), type) : fail(reader);
	value = read_in_brackets(reader);
	if (sized)
		return (struct value){ .bits = value.size, .size = 8, .known = value.known };
	return value;
}

static struct value read_operand(struct reader *reader)
{
	struct value value;

	if (take_word(reader, "sizeof"))
		return take(reader, "(") ? read_bracket(reader, true) : fail(reader);
	if (take(reader, "("))
		return read_bracket(reader, false);
	if (take(reader, "!")) {
		value = read_unary(reader);
		return value.known ? int_of(!value.bits) : value;
	}
	if (take(reader, "-")) {
		value = promoted(read_unary(reader));
		value.bits = -value.bits;
		return fitted(value);
	}
	if (take(reader, "~")) {
		value = promoted(read_unary(reader));
		value.bits = ~value.bits;
		return fitted(value);
	}
	if (take(reader, "+"))
		return promoted(read_unary(reader));
	return read_primary(reader);
}

static struct value read_unary(struct reader *reader)
{
	struct value value;

	if (reader->failed || reader->depth == MAX_DEPTH)
		return fail(reader);
	reader->depth++;
	value = read_operand(reader);
	reader->depth--;
	return value;
}

/*
 * Operators with two operands.  @a and @b have one type by then (6.3.1.8), but for those
 * of a shift.
 */
enum binary {
	BY_MUL, BY_DIV, BY_MOD, BY_ADD, BY_SUB, BY_SHL, BY_SHR, BY_LE, BY_GE, BY_LT, BY_GT,
	BY_EQ, BY_NE, BY_AND, BY_XOR, BY_OR, BY_LAND, BY_LOR,
};

static const struct binary_row {
	const char *token;
	enum binary op;
	unsigned int binds;	/* the tighter, the more */
	const char *not_before;	/* or else it is another token */
} operators[] = {
	{ "*", BY_MUL, 10, "" }, { "/", BY_DIV, 10, "" }, { "%", BY_MOD, 10, "" },
	{ "+", BY_ADD, 9, "" }, { "-", BY_SUB, 9, ">" },
	{ "<<", BY_SHL, 8, "" }, { ">>", BY_SHR, 8, "" },
	{ "<=", BY_LE, 7, "" }, { ">=", BY_GE, 7, "" },
	{ "<", BY_LT, 7, "<" }, { ">", BY_GT, 7, ">" },
	{ "==", BY_EQ, 6, "" }, { "!=", BY_NE, 6, "" },
	{ "&&", BY_LAND, 2, "" }, { "||", BY_LOR, 1, "" },
	{ "&", BY_AND, 5, "&" }, { "^", BY_XOR, 4, "" }, { "|", BY_OR, 3, "|" },
};

static const struct binary_row *take_operator(struct reader *reader, unsigned int least)
{
	const struct binary_row *row;
	size_t i, len;

	skip_blanks(reader);
	for (i = 0; i < ARRAY_SIZE(operators); i++) {
		row = &operators[i];
		len = strlen(row->token);
		if (row->binds < least || strncmp(reader->at, row->token, len) ||
		    (*row->not_before && reader->at[len] == *row->not_before))
			continue;
		reader->at += len;
		return row;
	}
	return NULL;
}

static struct value divide(enum binary op, struct value a, struct value b)
{
	int64_t x = a.bits, y = b.bits;

	if (!y || (a.is_signed && y == -1 && x == INT64_MIN))
		return unknown();
	if (a.is_signed)
		a.bits = op == BY_DIV ? x / y : x % y;
	else
		a.bits = op == BY_DIV ? a.bits / b.bits : a.bits % b.bits;
	return fitted(a);
}

static struct value shift(enum binary op, struct value a, struct value b)
{
	a = promoted(a);
	if (b.bits >= 8 * a.size)
		return unknown();
	if (op == BY_SHL)
		a.bits <<= b.bits;
	else if (a.is_signed)
		a.bits = (int64_t)a.bits >> b.bits;
	else
		a.bits >>= b.bits;
	return fitted(a);
}

static bool is_less(struct value a, struct value b)
{
	return a.is_signed ? (int64_t)a.bits < (int64_t)b.bits : a.bits < b.bits;
}

static struct value arithmetic(enum binary op, struct value a, struct value b)
{
	switch (op) {
	case BY_MUL:
		a.bits *= b.bits;
		return fitted(a);
	case BY_ADD:
		a.bits += b.bits;
		return fitted(a);
	case BY_SUB:
		a.bits -= b.bits;
		return fitted(a);
	case BY_AND:
		a.bits &= b.bits;
		return a;
	case BY_XOR:
		a.bits ^= b.bits;
		return fitted(a);
	case BY_OR:
		a.bits |= b.bits;
		return a;
	case BY_LT:
		return int_of(is_less(a, b));
	case BY_GT:
		return int_of(is_less(b, a));
	case BY_LE:
		return int_of(!is_less(b, a));
	case BY_GE:
		return int_of(!is_less(a, b));
	case BY_EQ:
		return int_of(a.bits == b.bits);
	case BY_NE:
		return int_of(a.bits != b.bits);
	default:
		return divide(op, a, b);
	}
}

/* 6.3.1.8: the common type of two. */
static void convert(struct value *a, struct value *b)
{
	struct value type;

	*a = promoted(*a);
	*b = promoted(*b);
	type = a->size > b->size || (a->size == b->size && !a->is_signed) ? *a : *b;
	a->size = b->size = type.size;
	a->is_signed = b->is_signed = type.is_signed;
	*a = fitted(*a);
	*b = fitted(*b);
}

/* The left side alone may say what comes out. */
static struct value logical(enum binary op, struct value a, struct value b)
{
	bool decides = a.known && (op == BY_LAND ? !a.bits : !!a.bits);

	if (decides)
		return int_of(op == BY_LOR);
	return a.known && b.known ? int_of(!!b.bits) : unknown();
}

static struct value combine(enum binary op, struct value a, struct value b)
{
	if (op == BY_LAND || op == BY_LOR)
		return logical(op, a, b);
	if (!a.known || !b.known)
		return unknown();
	if (op == BY_SHL || op == BY_SHR)
		return shift(op, a, b);
	convert(&a, &b);
	return arithmetic(op, a, b);
}

static struct value read_binary(struct reader *reader, unsigned int least)
{
	struct value value = read_unary(reader);
	const struct binary_row *row;

	while (!reader->failed) {
		row = take_operator(reader, least);
		if (!row)
			break;
		value = combine(row->op, value, read_binary(reader, row->binds + 1));
	}
	return value;
}

static struct value choose(struct value condition, struct value yes, struct value no)
{
	if (!condition.known)
		return unknown();
	if (yes.known && no.known)
		convert(&yes, &no);
	return condition.bits ? yes : no;
}

static struct value read_choice(struct reader *reader)
{
	struct value condition, yes, no;

	condition = read_binary(reader, 1);
	if (reader->failed || !take(reader, "?"))
		return condition;
	if (reader->depth == MAX_DEPTH)
		return fail(reader);
	reader->depth++;
	yes = read_choice(reader);
	if (!take(reader, ":"))
		return fail(reader);
	no = read_choice(reader);
	reader->depth--;
	return choose(condition, yes, no);
}

bool c_constant_read(struct ctypes *ctypes, const char *text, struct c_constant *constant)
{
	struct reader reader = { .at = text, .ctypes = ctypes };
	struct value value = read_choice(&reader);

	skip_blanks(&reader);
	if (reader.failed || *reader.at || !value.known)
		return false;
	constant->value = value.bits;
	constant->is_signed = value.is_signed;
	return true;
}
