// SPDX-License-Identifier: GPL-2.0
/* Strings in scratch: filled with zeros from their end to that of their room. */
#include <string.h>

#include "call/call.h"

/* comm, in the place that is kept for it. */
int emit_kept_comm(struct emitter *em)
{
	if (!em->has_comm) {
		code_mov_imm(&em->code, BPF_REG_2, em->comm);
		code_call(&em->code, KPS_FN_COMM);
		em->has_comm = !em->branches;
	}
	return em->comm;
}

static void emit_comm_at(struct emitter *em, int off)
{
	if (em->comm < 0) {
		code_mov_imm(&em->code, BPF_REG_2, off);
		code_call(&em->code, KPS_FN_COMM);
		return;
	}
	emit_kept_comm(em);
	load_scratch(em, BPF_REG_0, em->comm);
	store_scratch(em, off, BPF_REG_0);
	load_scratch(em, BPF_REG_0, em->comm + 8);
	store_scratch(em, off + 8, BPF_REG_0);
}

/* Eight bytes of a string, zeros after its end. */
static uint64_t string_word(const char *text, size_t len, size_t off)
{
	uint64_t word = 0;

	if (off < len)
		memcpy(&word, text + off, len - off < 8 ? len - off : 8);
	return word;
}

/* A string, as long as it is or as there is room, at another place. */
void emit_str_copy(struct emitter *em, int to, unsigned int room, int from,
		   unsigned int size)
{
	code_mov_imm(&em->code, BPF_REG_2, size);
	code_mov_imm(&em->code, BPF_REG_3, from);
	code_mov_imm(&em->code, BPF_REG_4, room);
	code_mov_imm(&em->code, BPF_REG_5, to);
	code_call(&em->code, KPS_FN_STRCPY);
}

void emit_literal_at(struct emitter *em, const struct expr *expr, int off)
{
	unsigned int i;

	for (i = 0; i < expr->type.size; i += 8) {
		uint64_t word = string_word(expr->text, expr->len, i);

		if (code_is_imm(word)) {
			code_store_imm(&em->code, BPF_DW,
				       FRAME_SCRATCH + off + i, (int32_t)word);
			continue;
		}
		code_mov_imm(&em->code, BPF_REG_0, word);
		store_scratch(em, off + i, BPF_REG_0);
	}
}

void emit_record_str(struct emitter *em, const struct expr *expr, int off,
		     unsigned int size)
{
	const struct event_field *field = expr->field;
	uint64_t len = field->class == FIELD_DATA_LOC ? KPS_DATA_LOC :
							field->size;

	code_mov_imm(&em->code, BPF_REG_2, field->offset);
	code_mov_imm(&em->code, BPF_REG_3, len);
	code_mov_imm(&em->code, BPF_REG_4, size | line_of(expr));
	code_mov_imm(&em->code, BPF_REG_5, off);
	code_call(&em->code, KPS_FN_RECORD_STR);
}

void emit_cut(struct emitter *em, int off, unsigned int len, unsigned int size)
{
	static const int widths[] = {
		[1] = BPF_B, [2] = BPF_H, [4] = BPF_W, [8] = BPF_DW,
	};

	while (len < size) {
		unsigned int width = len & -len;

		if (!width || width > 8)
			width = 8;
		code_store_imm(&em->code, widths[width],
			       FRAME_SCRATCH + off + len, 0);
		len += width;
	}
}

static void emit_str_choice(struct emitter *em, const struct expr *expr,
			    int off, unsigned int size, unsigned int depth)
{
	int otherwise = code_label(&em->code);
	int end = code_label(&em->code);

	em->branches++;
	emit_branch(em, expr->a, false, otherwise, depth);
	emit_str_at(em, expr->b, off, size, depth);
	code_jump(&em->code, end);
	code_place(&em->code, otherwise);
	emit_str_at(em, expr->c, off, size, depth);
	code_place(&em->code, end);
	em->branches--;
}

/* More words than these are not written one by one. */
#define MANY_BYTES 64

/* What makes itself as long as it is wanted, or of parts that do. */
static bool makes_its_size(const struct expr *expr)
{
	return expr->kind == EXPR_TERNARY || expr->kind == EXPR_BLOCK ||
	       expr->kind == EXPR_VARIABLE || expr->kind == EXPR_MAP || expr->in_copy ||
	       expr->field;
}

/* By way of a place that has its own size. */
static bool takes_detour(const struct expr *expr, unsigned int size)
{
	unsigned int own = expr->type.size;

	if (makes_its_size(expr) || (is_str_call(expr) && own > size))
		return false;
	return own > size || size - own > MANY_BYTES;
}

static void emit_detour(struct emitter *em, const struct expr *expr, int off,
			unsigned int size, unsigned int depth)
{
	unsigned int top = em->top, own = expr->type.size;
	int from = take(em, own);

	emit_str_at(em, expr, from, own, depth);
	emit_str_copy(em, off, size, from, own);
	em->top = top;
}

/* All @size bytes are filled. */
void emit_str_at(struct emitter *em, const struct expr *expr, int off,
		 unsigned int size, unsigned int depth)
{
	if (takes_detour(expr, size)) {
		emit_detour(em, expr, off, size, depth);
		return;
	}
	if (expr->in_memory) {
		emit_memory_str(em, expr, off, expr->type.size, depth);
		store_zeros(em, off + expr->type.size, off + size);
		return;
	}
	if (expr->in_copy) {
		emit_copied_str(em, expr, off, size, depth);
		return;
	}
	switch (expr->kind) {
	case EXPR_NAME:
		emit_comm_at(em, off);
		break;
	case EXPR_STRING:
		emit_literal_at(em, expr, off);
		break;
	case EXPR_FIELD:
		emit_record_str(em, expr, off, size);
		return;
	case EXPR_CALL:
		expr->function->emit_at(em, expr, off,
					&(struct type){ .kind = TYPE_STR, .size = size },
					depth);
		break;
	case EXPR_TERNARY:
		emit_str_choice(em, expr, off, size, depth);
		return;
	case EXPR_VARIABLE:
	case EXPR_MAP:
	case EXPR_BLOCK:
		emit_at(em, expr, off,
			&(struct type){ .kind = TYPE_STR, .size = size },
			depth);
		return;
	default:
		break;
	}
	store_zeros(em, off + expr->type.size, off + size);
}

/* The same, of which no more than @size bytes are looked at. */
static int emit_start(struct emitter *em, const struct expr *expr, unsigned int size,
		      unsigned int depth)
{
	int off;

	if (!is_str_call(expr) || size >= expr->type.size)
		return emit_str(em, expr, depth);
	off = take(em, size);
	emit_str_at(em, expr, off, size, depth);
	return off;
}

int emit_str(struct emitter *em, const struct expr *expr, unsigned int depth)
{
	int off;

	if (is_comm(expr) && em->comm >= 0)
		return emit_kept_comm(em);
	if (has_place(expr))
		return emit_place(em, expr, depth);
	off = take(em, expr->type.size);
	emit_str_at(em, expr, off, expr->type.size, depth);
	return off;
}

static void jump_word(struct emitter *em, int jump, uint64_t word, int label)
{
	if (code_is_imm(word)) {
		code_jump_imm(&em->code, jump, BPF_REG_0, (int32_t)word, label);
		return;
	}
	code_mov_imm(&em->code, BPF_REG_5, word);
	code_jump_reg(&em->code, jump, BPF_REG_0, BPF_REG_5, label);
}

/* Jump if they differ.  A string is zero from its end on: stop at the first. */
static void jump_unless_literal(struct emitter *em, const struct expr *expr,
				const struct expr *literal, int label,
				unsigned int depth)
{
	/* With a byte behind its NUL, lest a longer string that is cut be the same. */
	int off = emit_start(em, expr, (literal->len + 2 + 7) / 8 * 8, depth);
	unsigned int i;

	if (literal->len >= expr->type.size) {
		code_jump(&em->code, label);
		return;
	}
	for (i = 0; i <= literal->len; i += 8) {
		load_scratch(em, BPF_REG_0, off + i);
		jump_word(em, BPF_JNE,
			  string_word(literal->text, literal->len, i), label);
	}
}

static void jump_unless_equal_long(struct emitter *em, const struct expr *expr, int a, int b,
				   int label)
{
	code_mov_imm(&em->code, BPF_REG_2, expr->a->type.size);
	code_mov_imm(&em->code, BPF_REG_3, a);
	code_mov_imm(&em->code, BPF_REG_4, expr->b->type.size);
	code_mov_imm(&em->code, BPF_REG_5, b);
	code_call(&em->code, KPS_FN_STRCMP);
	code_jump_imm(&em->code, BPF_JNE, BPF_REG_0, 0, label);
}

static void jump_unless_equal(struct emitter *em, const struct expr *expr,
			      int label, unsigned int depth)
{
	int a = emit_str(em, expr->a, depth);
	int b = emit_str(em, expr->b, depth);
	unsigned int i, size = expr->a->type.size;

	if (expr->b->type.size < size)
		size = expr->b->type.size;
	if (size > MANY_BYTES) {
		jump_unless_equal_long(em, expr, a, b, label);
		return;
	}
	for (i = 0; i < size; i += 8) {
		load_scratch(em, BPF_REG_0, a + i);
		load_scratch(em, BPF_REG_5, b + i);
		code_jump_reg(&em->code, BPF_JNE, BPF_REG_0, BPF_REG_5, label);
	}
}

static void jump_unless_same(struct emitter *em, const struct expr *expr,
			     int label, unsigned int depth)
{
	unsigned int top = em->top;

	if (expr->b->kind == EXPR_STRING)
		jump_unless_literal(em, expr->a, expr->b, label, depth);
	else if (expr->a->kind == EXPR_STRING)
		jump_unless_literal(em, expr->b, expr->a, label, depth);
	else
		jump_unless_equal(em, expr, label, depth);
	em->top = top;
}

/* Bytes of a word that still count, lowest first, as they are in memory. */
static uint64_t word_mask(uint64_t left)
{
	return left >= 8 ? ~0ULL : (1ULL << left * 8) - 1;
}

static void mask(struct emitter *em, int reg, uint64_t bits)
{
	if (!~bits)
		return;
	code_mov_imm(&em->code, BPF_REG_4, bits);
	code_alu(&em->code, BPF_AND, reg, BPF_REG_4);
}

/* Both have at least this many bytes, zeros from their ends on. */
static uint64_t common_size(const struct expr *a, const struct expr *b)
{
	return a->type.size < b->type.size ? a->type.size : b->type.size;
}

void emit_alike(struct emitter *em, int a, int b, uint64_t len, unsigned int size, int label)
{
	uint64_t i;

	if (len > size)
		len = size;
	for (i = 0; i < len; i += 8) {
		load_scratch(em, BPF_REG_0, a + i);
		load_scratch(em, BPF_REG_5, b + i);
		mask(em, BPF_REG_0, word_mask(len - i));
		mask(em, BPF_REG_5, word_mask(len - i));
		code_jump_reg(&em->code, BPF_JNE, BPF_REG_0, BPF_REG_5, label);
	}
}

void jump_unless_alike(struct emitter *em, const struct expr *call, int label,
		       unsigned int depth)
{
	const struct expr *a = call->list, *b = a->next;
	uint64_t len = b->next->value;
	unsigned int top = em->top;
	int at_a, at_b;

	at_a = emit_str(em, a, depth);
	at_b = emit_str(em, b, depth);
	emit_alike(em, at_a, at_b, len, common_size(a, b), label);
	em->top = top;
}

void emit_str_branch(struct emitter *em, const struct expr *expr, bool sense,
		     int label, unsigned int depth)
{
	bool jump_if_same = (expr->op == OP_EQ) == sense;
	int differ;

	if (!jump_if_same) {
		jump_unless_same(em, expr, label, depth);
		return;
	}
	differ = code_label(&em->code);
	jump_unless_same(em, expr, differ, depth);
	code_jump(&em->code, label);
	code_place(&em->code, differ);
}

