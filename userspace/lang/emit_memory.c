// SPDX-License-Identifier: GPL-2.0
/* What lies in memory is read by helpers, which say so where it cannot be. */
#include "emitter.h"

/* Where it is; what is no number has that for its value. */
static void emit_address(struct emitter *em, const struct expr *expr, int dst,
			 unsigned int depth)
{
	const struct expr *address = expr->in_memory ? expr->address : expr;

	code_mov(&em->code, dst, emit_any(em, address, dst, depth));
	if (!expr->in_memory || !expr->offset)
		return;
	if (code_is_imm(expr->offset)) {
		code_alu_imm(&em->code, BPF_ADD, dst, (int32_t)expr->offset);
		return;
	}
	code_mov_imm(&em->code, BPF_REG_5, expr->offset);
	code_alu(&em->code, BPF_ADD, dst, BPF_REG_5);
}

static void emit_read(struct emitter *em, const struct expr *expr, int dst,
		      unsigned int depth)
{
	uint64_t how = expr->type.size ? expr->type.size : 8;

	if (expr->type.is_signed && !expr->bits)
		how |= KPS_SIGNED;
	emit_address(em, expr, BPF_REG_2, depth);
	code_mov_imm(&em->code, BPF_REG_3, how | line_of(expr));
	code_call(&em->code, KPS_FN_READ);
	if (expr->bits)
		emit_bits(em, BPF_REG_0, expr->bit, expr->bits, expr->type.is_signed);
	code_mov(&em->code, dst, BPF_REG_0);
}

void emit_memory(struct emitter *em, const struct expr *expr, int dst,
		 unsigned int depth)
{
	if (type_is_int(&expr->type))
		emit_read(em, expr, dst, depth);
	else
		emit_address(em, expr, dst, depth);
}

void emit_memory_str(struct emitter *em, const struct expr *expr, int off,
		     unsigned int size, unsigned int depth)
{
	const struct ctype *array = expr->type.to;

	emit_address(em, expr, BPF_REG_2, depth);
	code_mov_imm(&em->code, BPF_REG_3, size | line_of(expr));
	code_mov_imm(&em->code, BPF_REG_4, off);
	code_call(&em->code, KPS_FN_STR);
	if (array->nr && array->size < size)
		emit_cut(em, off, array->size, size);
}

void emit_memory_bytes(struct emitter *em, const struct expr *expr,
		       unsigned int len, int off, unsigned int size,
		       unsigned int depth)
{
	emit_address(em, expr, BPF_REG_2, depth);
	code_mov_imm(&em->code, BPF_REG_3, len);
	code_mov_imm(&em->code, BPF_REG_4, size | line_of(expr));
	code_mov_imm(&em->code, BPF_REG_5, off);
	code_call(&em->code, KPS_FN_BYTES);
}
