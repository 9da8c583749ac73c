// SPDX-License-Identifier: GPL-2.0
/*
 * Copies of arrays and structs: their bytes in scratch, behind the number of them.  What
 * they are made of, what is read from them, and values that are compared word by word.
 */
#include "call/call.h"

/* At most: each byte of a string in a struct is looked at. */
#define MAX_TEXT 128

static void set_length(struct emitter *em, int off, unsigned int len)
{
	code_store_imm(&em->code, BPF_DW, FRAME_SCRATCH + off, len);
}

/* As wide as one can be at @off, of @left bytes. */
static unsigned int width_at(unsigned int off, unsigned int left)
{
	unsigned int width = 8;

	while (width > left || off % width)
		width /= 2;
	return width;
}

static int width_code(unsigned int width)
{
	static const int codes[] = {
		[1] = BPF_B, [2] = BPF_H, [4] = BPF_W, [8] = BPF_DW,
	};

	return codes[width];
}

/* Bytes that may begin anywhere, in pieces that lie as the words do. */
static void copy_bytes(struct emitter *em, int to, int from, unsigned int len)
{
	unsigned int done, width, other;

	for (done = 0; done < len; done += width) {
		width = width_at(from + done, len - done);
		other = width_at(to + done, len - done);
		if (other < width)
			width = other;
		code_load(&em->code, width_code(width), BPF_REG_0, FRAME_SCRATCH + from + done);
		code_store(&em->code, width_code(width), FRAME_SCRATCH + to + done, BPF_REG_0);
	}
}

/* Where the bytes are that are read from. */
static int emit_copied(struct emitter *em, const struct expr *copy, unsigned int depth)
{
	int off;

	if (has_place(copy))
		return emit_place(em, copy, depth) + COPY_HEAD;
	off = take(em, type_size(&copy->type));
	emit_at(em, copy, off, &copy->type, depth);
	return off + COPY_HEAD;
}

static int emit_part(struct emitter *em, const struct expr *expr, unsigned int depth)
{
	return emit_copied(em, expr->address, depth) + (int)expr->offset;
}

/*
 * Numbers
 */

/* Of a packed struct it may lie across words. */
static void load_pieces(struct emitter *em, int dst, int off, unsigned int size)
{
	unsigned int done, width;

	code_mov_imm(&em->code, dst, 0);
	for (done = 0; done < size; done += width) {
		width = width_at(off + done, size - done);
		code_load(&em->code, width_code(width), BPF_REG_5, FRAME_SCRATCH + off + done);
		code_alu_imm(&em->code, BPF_LSH, BPF_REG_5, 8 * done);
		code_alu(&em->code, BPF_OR, dst, BPF_REG_5);
	}
}

static void load_number(struct emitter *em, int dst, int off, unsigned int size)
{
	if (width_at(off, size) == size)
		code_load(&em->code, width_code(size), dst, FRAME_SCRATCH + off);
	else
		load_pieces(em, dst, off, size);
}

static void load_typed(struct emitter *em, const struct expr *expr, int dst, int off)
{
	unsigned int size = expr->type.size ? expr->type.size : 8;
	unsigned int bits = expr->bits ? expr->bits : 8 * size;

	load_number(em, dst, off, size);
	if (expr->bits || expr->type.is_signed)
		emit_bits(em, dst, expr->bit, bits, expr->type.is_signed);
}

void emit_choice_of(struct emitter *em, const struct expr *expr, int dst, int off,
		    unsigned int nr, unsigned int depth)
{
	int index = emit_any(em, expr->list, BPF_REG_4, depth);
	int end = code_label(&em->code);
	unsigned int i;

	/* What is compared with must outlive what is loaded. */
	if (index != BPF_REG_4)
		code_mov(&em->code, BPF_REG_4, index);
	for (i = 0; i < nr; i++) {
		int next = code_label(&em->code);

		code_jump_imm(&em->code, BPF_JNE, BPF_REG_4, i, next);
		load_typed(em, expr, dst, off + i * (int)expr->step);
		code_jump(&em->code, end);
		code_place(&em->code, next);
	}
	code_mov_imm(&em->code, dst, 0);
	code_place(&em->code, end);
}

void emit_from_copy(struct emitter *em, const struct expr *expr, int dst,
		    unsigned int depth)
{
	int off = emit_part(em, expr, depth);

	if (expr->kind == EXPR_INDEX && !expr_is_const(expr->list))
		emit_choice_of(em, expr, dst, off, expr->a->type.to->nr, depth);
	else
		load_typed(em, expr, dst, off);
}

/*
 * Text
 */

/* Up to its NUL, or to the end of the array; zeros from there on. */
void emit_copied_str(struct emitter *em, const struct expr *expr, int off,
		     unsigned int size, unsigned int depth)
{
	unsigned int len = expr->type.to->size, i;
	int from = emit_part(em, expr, depth);
	int end = code_label(&em->code);

	if (len > MAX_TEXT)
		len = MAX_TEXT;
	if (len >= size)
		len = size - 1;
	store_zeros(em, off, off + size);
	for (i = 0; i < len; i++) {
		code_load(&em->code, BPF_B, BPF_REG_0, FRAME_SCRATCH + from + i);
		code_jump_imm(&em->code, BPF_JEQ, BPF_REG_0, 0, end);
		code_store(&em->code, BPF_B, FRAME_SCRATCH + off + i, BPF_REG_0);
	}
	code_place(&em->code, end);
}

/*
 * Whole copies
 */

static void emit_array_cast(struct emitter *em, const struct expr *expr, int off,
			    unsigned int depth)
{
	unsigned int size = expr->type.size, room = round_up8(size);
	int from, reg;

	if (expr->a->type.kind == TYPE_STR) {
		from = emit_str(em, expr->a, depth);
		copy_bytes(em, off + COPY_HEAD, from, room);
		emit_cut(em, off + COPY_HEAD, size, room);
		return;
	}
	reg = emit_any(em, expr->a, BPF_REG_0, depth);
	if (size < 8) {
		code_mov(&em->code, BPF_REG_0, reg);
		emit_bits(em, BPF_REG_0, 0, 8 * size, false);
		reg = BPF_REG_0;
	}
	store_scratch(em, off + COPY_HEAD, reg);
}

static void emit_whole(struct emitter *em, const struct expr *expr, int off,
		       unsigned int depth)
{
	unsigned int size = expr->type.size, room = round_up8(size);

	if (expr->kind == EXPR_CAST && !expr->in_copy) {
		emit_array_cast(em, expr, off, depth);
	} else {
		store_zeros(em, off + COPY_HEAD + room - 8, off + COPY_HEAD + room);
		copy_bytes(em, off + COPY_HEAD, emit_part(em, expr, depth), size);
	}
	set_length(em, off, size);
}

void emit_copy_at(struct emitter *em, const struct expr *expr, int off,
		  const struct type *to, unsigned int depth)
{
	const struct type *type = &expr->type;

	if (expr->field) {
		emit_record_bytes(em, expr->field, off + COPY_HEAD);
		set_length(em, off, type->size);
	} else if (expr_is_copy(expr)) {
		emit_whole(em, expr, off, depth);
	} else {
		emit_memory_bytes(em, expr, to->size, off, type_size(to), depth);
	}
}

/*
 * Comparisons
 */

static int emit_wide(struct emitter *em, const struct expr *expr, const struct type *as,
		     unsigned int depth)
{
	int off = take(em, type_size(as));

	emit_at(em, expr, off, as, depth);
	return off;
}

void emit_value_branch(struct emitter *em, const struct expr *expr, bool sense, int label,
		       unsigned int depth)
{
	bool jump_if_same = (expr->op == OP_EQ) == sense;
	int differ = jump_if_same ? code_label(&em->code) : label;
	unsigned int top = em->top, i;
	const struct type *as = expr->compared_as;
	int a = emit_wide(em, expr->a, as, depth);
	int b = emit_wide(em, expr->b, as, depth);

	for (i = 0; i < type_size(as); i += 8) {
		load_scratch(em, BPF_REG_0, a + i);
		load_scratch(em, BPF_REG_5, b + i);
		code_jump_reg(&em->code, BPF_JNE, BPF_REG_0, BPF_REG_5, differ);
	}
	em->top = top;
	if (!jump_if_same)
		return;
	code_jump(&em->code, label);
	code_place(&em->code, differ);
}
