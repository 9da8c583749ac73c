// SPDX-License-Identifier: GPL-2.0
/* Values in scratch: what keys, variables, tuples and records are made of. */
#include "call/call.h"

#define COMM_SIZE 16
/* More are copied by a call. */
#define MANY_BYTES 64

bool is_comm(const struct expr *expr)
{
	return expr->kind == EXPR_NAME && expr->builtin &&
	       expr->builtin->source == FROM_COMM;
}

static void copy_words(struct emitter *em, int to, int from, unsigned int size)
{
	unsigned int i;

	for (i = 0; i < size; i += 8) {
		load_scratch(em, BPF_REG_0, from + i);
		store_scratch(em, to + i, BPF_REG_0);
	}
}

/* Or a string is to be cut, which is done by the same call. */
static bool is_long_copy(unsigned int room, unsigned int size)
{
	return size > MANY_BYTES || room < size || room - size > MANY_BYTES;
}

static void copy_value(struct emitter *em, int to, const struct type *to_type,
		       int from, const struct type *type)
{
	unsigned int i, size = type_size(type), room = type_size(to_type);

	if (to == from)
		return;
	if (type->kind == TYPE_STR && is_long_copy(room, size)) {
		emit_str_copy(em, to, room, from, size);
		return;
	}
	if (type->kind != TYPE_TUPLE) {
		copy_words(em, to, from, size);
		store_zeros(em, to + size, to + room);
		return;
	}
	for (i = 0; i < type->nr_members; i++) {
		unsigned int n = type_counterpart(to_type, type, i);

		copy_value(em, to + type_member_offset(to_type, n),
			   &to_type->members[n],
			   from + type_member_offset(type, i),
			   &type->members[i]);
	}
}

/*
 * Places
 */

bool has_place(const struct expr *expr)
{
	return expr->kind == EXPR_VARIABLE ||
	       (expr->kind == EXPR_MAP && !expr->is_sum) ||
	       (expr->kind == EXPR_FIELD && !expr->field && !expr->in_memory &&
		!expr->in_copy);
}

int emit_map_value(struct emitter *em, const struct expr *map,
		   unsigned int depth)
{
	const struct map_decl *decl = &em->checker->maps[map->map];
	int key = emit_key(em, map, depth);
	int out = take(em, type_size(&decl->value));

	code_mov_imm(&em->code, BPF_REG_2, map->map);
	code_mov_imm(&em->code, BPF_REG_3, key);
	code_mov_imm(&em->code, BPF_REG_4, out);
	code_call(&em->code, KPS_FN_MAP_GET);
	return out;
}

static int emit_tuple(struct emitter *em, const struct expr *expr,
		      unsigned int depth)
{
	int off = take(em, type_size(&expr->type));

	emit_at(em, expr, off, &expr->type, depth);
	return off;
}

int emit_place(struct emitter *em, const struct expr *expr, unsigned int depth)
{
	switch (expr->kind) {
	case EXPR_VARIABLE:
		return expr->variable->slot;
	case EXPR_MAP:
		return emit_map_value(em, expr, depth);
	default:
		break;
	}
	/* A member of a tuple: .value is where it begins. */
	if (has_place(expr->a))
		return emit_place(em, expr->a, depth) + expr->value;
	return emit_tuple(em, expr->a, depth) + expr->value;
}

/*
 * Values without one
 */

void emit_record_bytes(struct emitter *em, const struct event_field *field,
		       int off)
{
	code_mov_imm(&em->code, BPF_REG_2, field->offset);
	code_mov_imm(&em->code, BPF_REG_3, field->size);
	code_mov_imm(&em->code, BPF_REG_4, off);
	code_call(&em->code, KPS_FN_RECORD_BYTES);
}

void emit_user_stack(struct emitter *em, uint64_t frames, int off)
{
	code_mov_imm(&em->code, BPF_REG_2, frames);
	code_mov_imm(&em->code, BPF_REG_3, off);
	code_call(&em->code, KPS_FN_USTACK);
}

static void emit_tuple_at(struct emitter *em, const struct expr *expr, int off,
			  const struct type *to, unsigned int depth)
{
	const struct expr *member = expr->list;
	unsigned int i;

	for (i = 0; member; i++, member = member->next) {
		unsigned int n = type_counterpart(to, &expr->type, i);

		emit_at(em, member, off + type_member_offset(to, n), &to->members[n],
			depth);
	}
}

static void emit_choice_at(struct emitter *em, const struct expr *expr, int off,
			   const struct type *to, unsigned int depth)
{
	int otherwise = code_label(&em->code);
	int end = code_label(&em->code);

	em->branches++;
	emit_branch(em, expr->a, false, otherwise, depth);
	emit_at(em, expr->b, off, to, depth);
	code_jump(&em->code, end);
	code_place(&em->code, otherwise);
	emit_at(em, expr->c, off, to, depth);
	code_place(&em->code, end);
	em->branches--;
}

static void emit_int_at(struct emitter *em, const struct expr *expr, int off,
			unsigned int depth)
{
	if (expr_is_const(expr) && code_is_imm(expr->value))
		code_store_imm(&em->code, BPF_DW, FRAME_SCRATCH + off,
			       (int32_t)expr->value);
	else
		store_scratch(em, off, emit_any(em, expr, BPF_REG_0, depth));
}

static void emit_wide_at(struct emitter *em, const struct expr *expr, int off,
			 const struct type *to, unsigned int depth)
{
	if (expr->kind == EXPR_TERNARY) {
		emit_choice_at(em, expr, off, to, depth);
		return;
	}
	if (expr->kind == EXPR_CALL && expr->function->emit_at) {
		expr->function->emit_at(em, expr, off, to, depth);
		return;
	}
	switch (expr->type.kind) {
	case TYPE_INET:
		emit_record_bytes(em, expr->field, off);
		return;
	case TYPE_USTACK:
		emit_user_stack(em, KPS_MAX_STACK_DEPTH, off);
		return;
	case TYPE_TUPLE:
		emit_tuple_at(em, expr, off, to, depth);
		return;
	default:
		emit_int_at(em, expr, off, depth);
		return;
	}
}

/* What is no copy yet, or a part of one. */
static bool is_copied(const struct expr *expr)
{
	return !expr_is_copy(expr) || expr->in_copy || expr->kind == EXPR_CAST;
}

void emit_at(struct emitter *em, const struct expr *expr, int off,
	     const struct type *to, unsigned int depth)
{
	unsigned int top = em->top;

	if (expr->kind == EXPR_BLOCK)
		emit_block(em, expr, off, to, depth);
	else if (to->is_copy && is_copied(expr))
		emit_copy_at(em, expr, off, to, depth);
	else if (has_place(expr))
		copy_value(em, off, to, emit_place(em, expr, depth),
			   &expr->type);
	else if (expr->type.kind == TYPE_STR)
		emit_str_at(em, expr, off, type_size(to), depth);
	else
		emit_wide_at(em, expr, off, to, depth);
	em->top = top;
}

int emit_key(struct emitter *em, const struct expr *map, unsigned int depth)
{
	const struct map_decl *decl = &em->checker->maps[map->map];
	const struct expr *key = map->list;
	unsigned int i, size = 0;
	int off;

	if (!key)
		return 0;
	if (decl->nr_key == 1 && is_comm(key) && em->comm >= 0 &&
	    decl->key[0].size == COMM_SIZE)
		return emit_kept_comm(em);
	for (i = 0; i < decl->nr_key; i++)
		size += type_size(&decl->key[i]);
	off = take(em, size);
	for (i = 0, size = 0; key; i++, key = key->next) {
		emit_at(em, key, off + size, &decl->key[i], depth);
		size += type_size(&decl->key[i]);
	}
	return off;
}
