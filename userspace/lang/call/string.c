// SPDX-License-Identifier: GPL-2.0
/* Strings and bytes. */
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "kernel/disks.h"
#include "lang/compile.h"

/*
 * str()
 */

/* A parameter of the command line, as text. */
static int check_str_positional(struct checker *checker, struct expr *expr)
{
	const struct compile_options *options = checker->options;
	size_t number = strtoul(expr->list->text + 1, NULL, 10);
	const char *text = "";

	if (!strcmp(expr->list->text, "$#"))
		text = arena_printf(checker->arena, "%zu", options->nr_params);
	else if (number && number <= options->nr_params)
		text = options->params[number - 1];
	if (strlen(text) >= KPS_MAX_STR) {
		diag_error(&expr->at, NULL,
			   "a string has at most %u bytes, this parameter %zu",
			   KPS_MAX_STR - 1, strlen(text));
		return -1;
	}
	become_str(expr, text);
	return 0;
}

/* What is read at most without a length, its NUL counted. */
static unsigned int max_strlen(const struct checker *checker)
{
	return checker->options->max_strlen ?: DEFAULT_STR;
}

/* The length counts the NUL, but where the string stands in the text, as in bpftrace. */
static int check_str_length(struct checker *checker, struct expr *expr)
{
	struct expr *len = expr->list->next;
	unsigned int most = max_strlen(checker);

	if (require_const(len, "str()'s length"))
		return -1;
	if ((int64_t)len->value < 0) {
		diag_error(&len->at, NULL, "str()'s length is 0 or more, not %lld",
			   (long long)len->value);
		return -1;
	}
	if (len->value > most) {
		if (!checker->quiet && !checker->learning)
			diag_warning(&len->at, "set more: config = { max_strlen = 2048 }",
				     "a string has at most %u bytes, not %llu", most,
				     (unsigned long long)len->value);
		len->value = most;
	}
	expr->value = len->value && expr->list->kind != EXPR_STRING ? len->value - 1 : len->value;
	set_str(expr, round_up8(expr->value + 1));
	return 0;
}

/* Of what is read from an address it may be any number. */
static bool has_variable_length(const struct expr *expr)
{
	const struct expr *address = expr->list, *len = address->next;

	return len && !expr_is_const(len) && type_is_int(&address->type);
}

static int check_str(struct checker *checker, struct expr *expr)
{
	struct expr *address = expr->list, *len = address->next;

	if (address->kind == EXPR_POSITIONAL)
		return check_str_positional(checker, expr);
	if (check_list(checker, expr->list))
		return -1;
	if (type_is_int(&address->type) || address->type.kind == TYPE_NONE) {
		set_open_str(checker, expr);
		expr->value = open_str_longest(checker);
		if (has_variable_length(expr))
			return require_int(len, "str()'s length");
	} else if (address->type.kind == TYPE_STR) {
		expr->type = type_copy(checker, &address->type);
		expr->value = expr->type.size - 1;
	} else if (address->type.kind == TYPE_ARRAY && expr_is_place(address)) {
		set_str(expr, string_size(address->type.to));
		expr->value = expr->type.size - 1;
	} else {
		return require_int(address, "what str() reads");
	}
	if (len && check_str_length(checker, expr))
		return -1;
	if (address->kind == EXPR_STRING || address->type.kind != TYPE_STR ||
	    address->field || address->in_memory)
		return 0;
	diag_error(&address->at, "leave str() out", "this is a string already");
	return -1;
}

/* What is at an address, as far as the number behind it says: by KPS_FN_STRN or _BYTES. */
static void emit_sized_read(struct emitter *em, const struct expr *expr, int off,
			    unsigned int size, unsigned int depth, int fn)
{
	const struct expr *address = expr->list;
	int spill = take(em, 8);

	store_scratch(em, spill, emit_any(em, address, BPF_REG_0, depth));
	code_mov(&em->code, BPF_REG_3, emit_any(em, address->next, BPF_REG_3, depth));
	load_scratch(em, BPF_REG_2, spill);
	code_mov_imm(&em->code, BPF_REG_4, size | line_of(expr));
	code_mov_imm(&em->code, BPF_REG_5, off);
	code_call(&em->code, fn);
}

static void emit_read_str(struct emitter *em, const struct expr *expr, int off,
			  const struct type *to, unsigned int depth)
{
	const struct expr *address = expr->list;
	unsigned int size = to->size < expr->type.size ? to->size : expr->type.size;
	int reg;

	if (has_variable_length(expr)) {
		emit_sized_read(em, expr, off, size, depth, KPS_FN_STRN);
	} else if (address->kind == EXPR_STRING) {
		unsigned int len = address->len < size ? address->len : size;
		struct expr literal = *address;

		literal.len = len;
		literal.type.size = size;
		emit_literal_at(em, &literal, off);
	} else if (address->field && address->type.kind == TYPE_STR) {
		emit_record_str(em, address, off, size);
	} else if (address->type.kind != TYPE_INT && address->type.to) {
		emit_memory_str(em, address, off, size, depth);
	} else {
		reg = emit_any(em, address, BPF_REG_2, depth);
		code_mov(&em->code, BPF_REG_2, reg);
		code_mov_imm(&em->code, BPF_REG_3, size | line_of(expr));
		code_mov_imm(&em->code, BPF_REG_4, off);
		code_call(&em->code, KPS_FN_STR);
	}
	if (expr->value < size)
		emit_cut(em, off, expr->value, size);
}

/* What it reads at most, without the NUL that ends it. */
unsigned int str_longest(const struct expr *expr)
{
	return is_str_call(expr) ? expr->value : expr->type.size - 1;
}

bool is_str_call(const struct expr *expr)
{
	return expr->kind == EXPR_CALL && expr->function->check == check_str;
}

/*
 * buf()
 */

#define MAX_BUF (KPS_MAX_STR - 8)

static unsigned int buf_length(const struct expr *expr)
{
	const struct expr *data = expr->list, *len = data->next;

	if (len && expr_is_const(len))
		return len->value < KPS_MAX_STR ? len->value : KPS_MAX_STR;
	/* What a __data_loc tells of may be as long as it likes. */
	if (expr_is_in_record(data) && !data->type.size)
		return len ? DEFAULT_ROOM : MAX_BUF;
	return type_is_bytes(&data->type) ? data->type.size : DEFAULT_ROOM;
}

/* So many of the bytes of a string. */
static int check_str_buf(struct expr *expr)
{
	struct expr *len = expr->list->next;

	if (!len) {
		diag_error(&expr->at, "write buf(string, length)",
			   "buf() needs a length here");
		return -1;
	}
	if (require_const(len, "buf()'s length of a string"))
		return -1;
	if (len->value > MAX_BUF || !len->value) {
		diag_error(&len->at, NULL, "buf()'s length is 1 to %u", MAX_BUF);
		return -1;
	}
	set_kind(expr, TYPE_BUF);
	expr->type.size = 8 + round_up8(len->value);
	return 0;
}

static void emit_str_buf(struct emitter *em, const struct expr *expr, int off,
			 unsigned int depth)
{
	const struct expr *string = expr->list;
	unsigned int len = string->next->value, room = round_up8(len), i;
	int from = emit_str(em, string, depth);

	for (i = 0; i < room && i < string->type.size; i += 8) {
		load_scratch(em, BPF_REG_0, from + i);
		store_scratch(em, off + 8 + i, BPF_REG_0);
	}
	store_zeros(em, off + 8 + i, off + 8 + room);
	emit_cut(em, off + 8, len, room);
	code_store_imm(&em->code, BPF_DW, FRAME_SCRATCH + off, len);
}

/* A length that is not known until then may take as much as a string. */
static int check_buf(struct checker *checker, struct expr *expr)
{
	struct expr *data = expr->list, *len = data->next;
	unsigned int bytes;

	data->as_bytes = data->kind == EXPR_FIELD;
	if (check_list(checker, expr->list))
		return -1;
	if (data->type.kind == TYPE_STR && data->in_memory)
		become_array(data);
	if (data->type.kind == TYPE_STR)
		return check_str_buf(expr);
	if (!type_is_bytes(&data->type) && require_int(data, "what buf() reads"))
		return -1;
	if (len && require_int(len, "buf()'s length"))
		return -1;
	if (!len && !type_is_bytes(&data->type)) {
		diag_error(&expr->at, "write buf(address, length)",
			   "buf() needs a length here");
		return -1;
	}
	bytes = buf_length(expr);
	if (bytes > MAX_BUF) {
		diag_error(len ? &len->at : &data->at,
			   "say how many: buf(data, 16)",
			   "buf()'s length is at most %u", MAX_BUF);
		return -1;
	}
	set_kind(expr, TYPE_BUF);
	expr->type.size = 8 + round_up8(bytes ? bytes : 1);
	return 0;
}

/* A word as __data_loc has it: where in the record it is, and how many bytes. */
static void emit_loc(struct emitter *em, const struct expr *data)
{
	const struct event_field *field = data->field;

	if (!data->as_bytes || !event_field_is_loc(field)) {
		code_mov_imm(&em->code, BPF_REG_0,
			     field->offset | (uint64_t)field->size << 16);
		return;
	}
	code_mov_imm(&em->code, BPF_REG_2, field->offset);
	code_mov_imm(&em->code, BPF_REG_3, 4 | line_of(data));
	code_call(&em->code, KPS_FN_RECORD);
	if (field->class == FIELD_REL_LOC)
		code_alu_imm(&em->code, BPF_ADD, BPF_REG_0, field->offset + 4);
}

/* From the record: as many bytes as it has, or are wanted. */
static void emit_record_buf(struct emitter *em, const struct expr *expr,
			    int off, unsigned int depth)
{
	const struct expr *data = expr->list, *len = data->next;
	int spill = take(em, 8);

	emit_loc(em, data);
	store_scratch(em, spill, BPF_REG_0);
	if (len)
		code_mov(&em->code, BPF_REG_3,
			 emit_any(em, len, BPF_REG_3, depth));
	else
		code_mov_imm(&em->code, BPF_REG_3, KPS_MAX_STR);
	load_scratch(em, BPF_REG_2, spill);
	code_mov_imm(&em->code, BPF_REG_4, expr->type.size | line_of(expr));
	code_mov_imm(&em->code, BPF_REG_5, off);
	code_call(&em->code, KPS_FN_RECORD_BUF);
}

static void emit_filled(struct emitter *em, const struct expr *expr, int off,
			unsigned int depth)
{
	const struct expr *data = expr->list;

	if (data->type.kind == TYPE_STR) {
		emit_str_buf(em, expr, off, depth);
		return;
	}
	if (expr_is_copy(data) && !data->next) {
		emit_at(em, data, off, &data->type, depth);
		return;
	}
	if (expr_is_in_record(data)) {
		emit_record_buf(em, expr, off, depth);
		return;
	}
	if (!data->next) {
		emit_memory_bytes(em, data, data->type.size, off,
				  expr->type.size, depth);
		return;
	}
	emit_sized_read(em, expr, off, expr->type.size, depth, KPS_FN_BYTES);
}

static void emit_buf(struct emitter *em, const struct expr *expr, int off,
		     const struct type *to, unsigned int depth)
{
	emit_filled(em, expr, off, depth);
	store_zeros(em, off + expr->type.size, off + to->size);
}

/*
 * strncmp()
 */

/* What is compared of the text is no longer than the length says. */
static void warn_strncmp(const struct checker *checker, const struct expr *expr,
			 const struct expr *a, const struct expr *b,
			 uint64_t len)
{
	struct expr part;

	if (a->kind != EXPR_STRING) {
		const struct expr *other = a;

		a = b;
		b = other;
	}
	if (a->kind != EXPR_STRING || b->kind == EXPR_STRING)
		return;
	part = *a;
	if (part.len > len)
		part.len = len;
	warn_too_long(checker, expr, &part, b, "strncmp() is never 0");
}

static int check_strncmp(struct checker *checker, struct expr *expr)
{
	struct expr *a = expr->list, *b = a->next, *len = b->next;

	if (check_list(checker, expr->list))
		return -1;
	if (require_const(len, "strncmp()'s length"))
		return -1;
	if (a->type.kind == TYPE_NONE || b->type.kind == TYPE_NONE) {
		set_int(expr, false);
		return 0;
	}
	if (a->type.kind != TYPE_STR || b->type.kind != TYPE_STR) {
		diag_error(&expr->at, "read a string from an address with str()",
			   "strncmp() compares strings, not %s and %s",
			   type_name(&a->type), type_name(&b->type));
		return -1;
	}
	set_int(expr, false);
	warn_strncmp(checker, expr, a, b, len->value);
	return 0;
}

static void emit_strncmp(struct emitter *em, const struct expr *expr, int dst,
			 unsigned int depth)
{
	int differ = code_label(&em->code);

	em->branches++;
	jump_unless_alike(em, expr, differ, depth);
	emit_bit(em, dst, 0, differ);
	em->branches--;
}

/*
 * strlen(), strstr(), strcontains()
 */

static int require_str(const struct expr *expr, const char *what)
{
	if (expr->type.kind == TYPE_STR || expr->type.kind == TYPE_NONE)
		return 0;
	diag_error(&expr->at, "read a string from an address with str()",
		   "%s must be a string, not %s", what, type_name(&expr->type));
	return -1;
}

static int check_strings(struct checker *checker, struct expr *expr)
{
	const struct expr *arg;

	if (check_list(checker, expr->list))
		return -1;
	for (arg = expr->list; arg; arg = arg->next)
		if (require_str(arg, arena_printf(checker->arena, "what %s() looks at",
						  expr->function->name)))
			return -1;
	return 0;
}

static int check_strlen(struct checker *checker, struct expr *expr)
{
	if (check_strings(checker, expr))
		return -1;
	set_int(expr, false);
	if (expr->list->kind == EXPR_STRING)
		become_int(expr, expr->list->len, false);
	return 0;
}

/* Size and place of a string, as helpers take them. */
static void emit_string_arg(struct emitter *em, const struct expr *string, int off,
			    int reg)
{
	code_mov_imm(&em->code, reg, string->type.size);
	code_mov_imm(&em->code, reg + 1, off);
}

static void emit_strlen(struct emitter *em, const struct expr *expr, int dst,
			unsigned int depth)
{
	int off = emit_str(em, expr->list, depth);

	emit_string_arg(em, expr->list, off, BPF_REG_2);
	code_call(&em->code, KPS_FN_STRLEN);
	code_mov(&em->code, dst, BPF_REG_0);
}

static int check_strstr(struct checker *checker, struct expr *expr)
{
	if (check_strings(checker, expr))
		return -1;
	set_int(expr, true);
	return 0;
}

static int check_strcontains(struct checker *checker, struct expr *expr)
{
	if (check_strings(checker, expr))
		return -1;
	set_bool(expr);
	return 0;
}

static void emit_strstr(struct emitter *em, const struct expr *expr, int dst,
			unsigned int depth)
{
	const struct expr *text = expr->list, *wanted = text->next;
	int at = emit_str(em, text, depth);
	int wanted_at = emit_str(em, wanted, depth);

	emit_string_arg(em, text, at, BPF_REG_2);
	emit_string_arg(em, wanted, wanted_at, BPF_REG_4);
	code_call(&em->code, KPS_FN_STRSTR);
	code_mov(&em->code, dst, BPF_REG_0);
}

/* It is somewhere, if where is not less than 0. */
static void emit_strcontains(struct emitter *em, const struct expr *expr, int dst,
			     unsigned int depth)
{
	emit_strstr(em, expr, dst, depth);
	code_alu_imm(&em->code, BPF_RSH, dst, 63);
	code_alu_imm(&em->code, BPF_XOR, dst, 1);
}

/*
 * strerror()
 */

static int check_named(struct checker *checker, struct expr *expr,
		       const struct enum_table *names)
{
	if (check_expr(checker, expr->list) ||
	    require_int(expr->list, arena_printf(checker->arena, "%s()'s number",
						 expr->function->name)))
		return -1;
	set_kind(expr, TYPE_ENUM);
	expr->type.names = names;
	return 0;
}

static int check_strerror(struct checker *checker, struct expr *expr)
{
	return check_named(checker, expr, errno_texts());
}

static int check_signal_name(struct checker *checker, struct expr *expr)
{
	return check_named(checker, expr, signal_texts());
}

static int check_syscall_name(struct checker *checker, struct expr *expr)
{
	return check_named(checker, expr, syscall_names());
}

static int check_disk_name(struct checker *checker, struct expr *expr)
{
	return check_named(checker, expr, disk_names());
}

/*
 * memcmp()
 */

/* Bytes of what is compared, from the first on. */
static unsigned int compared_size(const struct expr *expr)
{
	return expr->type.size;
}

static int check_compared(struct checker *checker, struct expr *expr)
{
	if (expr->type.kind == TYPE_STR || expr->type.kind == TYPE_NONE)
		return 0;
	if (type_is_bytes(&expr->type))
		return require_copied(checker, expr, "compared");
	diag_error(&expr->at, "read a string from an address with str()",
		   "memcmp() compares strings and arrays, not %s", type_name(&expr->type));
	return -1;
}

static int check_memcmp(struct checker *checker, struct expr *expr)
{
	struct expr *a = expr->list, *b = a->next, *nr = b->next;

	if (check_list(checker, expr->list) || check_compared(checker, a) ||
	    check_compared(checker, b) || require_const(nr, "memcmp()'s number of bytes"))
		return -1;
	set_int(expr, true);
	return 0;
}

static int emit_compared(struct emitter *em, const struct expr *expr, unsigned int depth)
{
	int off;

	if (expr->type.kind == TYPE_STR)
		return emit_str(em, expr, depth);
	off = take(em, type_size(&expr->type));
	emit_at(em, expr, off, &expr->type, depth);
	return off + COPY_HEAD;
}

/* Of two words that differ: what the first bytes differ by that do. */
static void emit_difference(struct emitter *em, int dst, int end)
{
	unsigned int i;

	for (i = 0; i < 8; i++) {
		code_mov(&em->code, BPF_REG_3, BPF_REG_0);
		code_mov(&em->code, BPF_REG_4, BPF_REG_5);
		code_alu_imm(&em->code, BPF_RSH, BPF_REG_3, 8 * i);
		code_alu_imm(&em->code, BPF_RSH, BPF_REG_4, 8 * i);
		code_alu_imm(&em->code, BPF_AND, BPF_REG_3, 255);
		code_alu_imm(&em->code, BPF_AND, BPF_REG_4, 255);
		code_alu(&em->code, BPF_SUB, BPF_REG_3, BPF_REG_4);
		code_mov(&em->code, dst, BPF_REG_3);
		code_jump_imm(&em->code, BPF_JNE, BPF_REG_3, 0, end);
	}
}

static void emit_memcmp(struct emitter *em, const struct expr *expr, int dst,
			unsigned int depth)
{
	const struct expr *a = expr->list, *b = a->next;
	int at_a = emit_compared(em, a, depth), at_b = emit_compared(em, b, depth);
	int differ = code_label(&em->code), end = code_label(&em->code);

	emit_alike(em, at_a, at_b, b->next->value, compared_size(a) < compared_size(b) ?
		   compared_size(a) : compared_size(b), differ);
	code_mov_imm(&em->code, dst, 0);
	code_jump(&em->code, end);
	code_place(&em->code, differ);
	emit_difference(em, dst, end);
	code_place(&em->code, end);
}

/*
 * What is known of a string before it is read
 */

static int check_strcap(struct checker *checker, struct expr *expr)
{
	const struct expr *string = expr->list;

	if (check_strings(checker, expr))
		return -1;
	become_int(expr, string->kind == EXPR_STRING ? string->len + 1 : string->type.size,
		   true);
	return 0;
}

static int check_assert_str(struct checker *checker, struct expr *expr)
{
	if (check_strings(checker, expr))
		return -1;
	become_int(expr, 1, true);
	return 0;
}

static int check_default_length(struct checker *checker, struct expr *expr)
{
	become_int(expr, max_strlen(checker), true);
	return 0;
}

const struct function string_functions[] = {
	{
		.name = "str", .usage = "str(address) or str(address, length)",
		.min_args = 1, .max_args = 2,
		.check = check_str, .emit_at = emit_read_str,
	}, {
		.name = "buf", .usage = "buf(address, length)",
		.min_args = 1, .max_args = 2,
		.check = check_buf, .emit_at = emit_buf,
	}, {
		.name = "strncmp", .usage = "strncmp(a, b, length)",
		.min_args = 3, .max_args = 3,
		.check = check_strncmp, .emit = emit_strncmp,
	}, {
		.name = "strlen", .usage = "strlen(string)",
		.min_args = 1, .max_args = 1,
		.check = check_strlen, .emit = emit_strlen,
	}, {
		.name = "strstr", .usage = "strstr(string, wanted)",
		.min_args = 2, .max_args = 2,
		.check = check_strstr, .emit = emit_strstr,
	}, {
		.name = "strcontains", .usage = "strcontains(string, wanted)",
		.min_args = 2, .max_args = 2,
		.check = check_strcontains, .emit = emit_strcontains,
	}, {
		.name = "strerror", .usage = "strerror(errno)",
		.min_args = 1, .max_args = 1,
		.check = check_strerror, .emit = emit_argument,
		.is_simple = true,
	}, {
		.name = "signal_name", .usage = "signal_name(number)",
		.min_args = 1, .max_args = 1,
		.check = check_signal_name, .emit = emit_argument,
		.is_simple = true,
	}, {
		.name = "syscall_name", .usage = "syscall_name(number)",
		.min_args = 1, .max_args = 1,
		.check = check_syscall_name, .emit = emit_argument,
		.is_simple = true,
	}, {
		.name = "disk_name", .usage = "disk_name(device)",
		.min_args = 1, .max_args = 1,
		.check = check_disk_name, .emit = emit_argument,
		.is_simple = true,
	}, {
		.name = "memcmp", .usage = "memcmp(a, b, bytes)",
		.min_args = 3, .max_args = 3,
		.check = check_memcmp, .emit = emit_memcmp,
	}, {
		.name = "strcap", .usage = "strcap(string)",
		.min_args = 1, .max_args = 1,
		.check = check_strcap, .is_constant = true,
	}, {
		.name = "assert_str", .usage = "assert_str(string)",
		.min_args = 1, .max_args = 1,
		.check = check_assert_str, .is_constant = true,
	}, {
		.name = "default_str_length", .usage = "default_str_length()",
		.check = check_default_length, .is_constant = true,
	},
	{ }
};
