// SPDX-License-Identifier: GPL-2.0
/* What is done to a map, or asked of it. */
#include "call.h"

static int require_map(const struct expr *expr, const struct function *function)
{
	if (expr->kind == EXPR_MAP)
		return 0;
	diag_error(&expr->at, NULL, "%s takes a map: write %s", function->name,
		   function->usage);
	return -1;
}

/* The keys of delete(@map, key) stand where those of delete(@map[key]) do. */
static void move_keys(struct expr *map, struct expr *keys)
{
	if (keys->kind == EXPR_TUPLE && !keys->list->label)
		keys = keys->list;
	map->list = keys;
	map->next = NULL;
}

static int check_keyed(struct checker *checker, struct expr *expr,
		       struct map_decl **decl)
{
	struct expr *map = expr->list;

	if (require_map(map, expr->function))
		return -1;
	if (map->next && !map->list)
		move_keys(map, map->next);
	return check_map_target(checker, map, decl);
}

/* Tables of all CPUs, and not one that they share. */
static bool is_aggregation(const struct emitter *em, const struct expr *map)
{
	return em->checker->maps[map->map].kind != KPS_MAP_VALUE;
}

static void emit_with_key(struct emitter *em, const struct expr *map, int fn,
			  unsigned int depth)
{
	int key = emit_key(em, map, depth);

	code_mov_imm(&em->code, BPF_REG_2, map->map);
	code_mov_imm(&em->code, BPF_REG_3, key);
	code_call(&em->code, fn);
}

static int check_has_key(struct checker *checker, struct expr *expr)
{
	struct map_decl *decl;

	set_bool(expr);
	return check_keyed(checker, expr, &decl);
}

/* Whoever adds to an aggregation has to know that keys of it are deleted. */
static int check_delete(struct checker *checker, struct expr *expr)
{
	struct map_decl *decl;

	set_bool(expr);
	if (check_keyed(checker, expr, &decl))
		return -1;
	if (decl->kind != KPS_MAP_VALUE && !decl->forgets) {
		decl->forgets = true;
		checker->changed = true;
	}
	return 0;
}

/* The value does not matter, only whether there is one. */
static void emit_has_key(struct emitter *em, const struct expr *expr, int dst,
			 unsigned int depth)
{
	if (is_aggregation(em, expr->list))
		emit_with_key(em, expr->list, KPS_FN_TABLES_HAVE, depth);
	else
		emit_map_value(em, expr->list, depth);
	code_mov(&em->code, dst, BPF_REG_0);
}

static int check_map_len(struct checker *checker, struct expr *expr)
{
	return check_map_name(checker, expr->list);
}

static int check_len(struct checker *checker, struct expr *expr)
{
	struct expr *what = expr->list;

	set_int(expr, false);
	if (what->kind == EXPR_MAP && !what->list)
		return check_map_len(checker, expr);
	if (check_expr(checker, what))
		return -1;
	if (what->type.kind == TYPE_KSTACK || what->type.kind == TYPE_USTACK ||
	    what->type.kind == TYPE_NONE)
		return 0;
	diag_error(&what->at, "write len(@map) or len(kstack)",
		   "%s has no length", type_name(&what->type));
	return -1;
}

/* A stack's number is the first word of its value. */
static void emit_len(struct emitter *em, const struct expr *expr, int dst,
		     unsigned int depth)
{
	const struct expr *what = expr->list;
	bool is_map = what->kind == EXPR_MAP && !what->list &&
		      what->type.kind == TYPE_NONE;
	int off;

	if (is_map) {
		code_mov_imm(&em->code, BPF_REG_2, what->map);
		code_call(&em->code, is_aggregation(em, what) ? KPS_FN_TABLES_LEN :
								KPS_FN_MAP_LEN);
		code_mov(&em->code, dst, BPF_REG_0);
		return;
	}
	type_to_fields(em->object, &what->type, NULL, 0);
	off = take(em, type_size(&what->type));
	emit_at(em, what, off, &what->type, depth);
	load_scratch(em, BPF_REG_2, off);
	code_call(&em->code, KPS_FN_STACK_LEN);
	code_mov(&em->code, dst, BPF_REG_0);
}

/* Whether there was one. */
static void emit_deleted(struct emitter *em, const struct expr *call, int dst,
			 unsigned int depth)
{
	emit_with_key(em, call->list, is_aggregation(em, call->list) ?
		      KPS_FN_TABLES_DELETE : KPS_FN_MAP_DELETE, depth);
	/* Less than 0 is neither. */
	code_mov(&em->code, dst, BPF_REG_0);
	code_alu_imm(&em->code, BPF_AND, dst, 1);
}

static void emit_delete(struct emitter *em, const struct expr *call)
{
	emit_deleted(em, call, BPF_REG_0, 0);
}

static int check_whole_map(struct checker *checker, struct expr *expr)
{
	set_kind(expr, TYPE_ACTION);
	if (require_map(expr->list, expr->function))
		return -1;
	if (expr->list->list) {
		diag_error(&expr->list->at, "delete(@map[key]) forgets one key",
			   "%s() takes a map without a key",
			   expr->function->name);
		return -1;
	}
	return check_map_name(checker, expr->list);
}

static void emit_map_action(struct emitter *em, const struct expr *call)
{
	struct object_output output = {
		.action = call->function->action,
		.map = call->list->map,
	};

	if (!call->is_taken)
		emit_record(em, &output, NULL);
}

static int check_print_limits(struct checker *checker, struct expr *list)
{
	for (; list; list = list->next) {
		if (check_expr(checker, list) ||
		    require_const(list, "print()'s top and divisor"))
			return -1;
		if ((int64_t)list->value >= 0)
			continue;
		diag_error(&list->at, NULL,
			   "print()'s top and divisor cannot be negative");
		return -1;
	}
	return 0;
}

static int check_print(struct checker *checker, struct expr *expr)
{
	struct expr *what = expr->list;

	set_kind(expr, TYPE_ACTION);
	if (check_print_limits(checker, what->next))
		return -1;
	if (what->kind == EXPR_MAP && !what->list) {
		/* Without a key it is the map, unless that is one value. */
		return check_map_name(checker, what);
	}
	if (what->next) {
		diag_error(&what->next->at, "print(@map, top, divisor)",
			   "only a map takes top and divisor");
		return -1;
	}
	return check_expr(checker, what) ? -1 : require_copied(checker, what, "printed");
}

static void emit_print(struct emitter *em, const struct expr *call)
{
	struct expr what = *call->list;
	const struct expr *top = what.next;
	struct object_output output = {
		.action = ACTION_PRINT_VALUE,
	};

	what.next = NULL;
	if (what.kind != EXPR_MAP || what.list) {
		emit_record(em, &output, &what);
		return;
	}
	output = (struct object_output){
		.action = ACTION_PRINT_MAP,
		.map = what.map,
		.top = top ? top->value : 0,
		.div = top && top->next ? top->next->value : 0,
		.take = call->take,
	};
	emit_record(em, &output, NULL);
}

const struct function map_functions[] = {
	{
		.name = "has_key", .usage = "has_key(@map, key)",
		.min_args = 1, .max_args = 2,
		.check = check_has_key, .emit = emit_has_key,
	}, {
		.name = "len", .usage = "len(@map) or len(kstack)",
		.min_args = 1, .max_args = 1,
		.check = check_len, .emit = emit_len,
	}, {
		.name = "print",
		.usage = "print(value) or print(@map, top, divisor)",
		.min_args = 1, .max_args = 3, .action = ACTION_PRINT_MAP,
		.check = check_print, .act = emit_print,
	}, {
		.name = "clear", .usage = "clear(@map)",
		.min_args = 1, .max_args = 1, .action = ACTION_CLEAR,
		.check = check_whole_map, .act = emit_map_action,
	}, {
		.name = "zero", .usage = "zero(@map)",
		.min_args = 1, .max_args = 1, .action = ACTION_ZERO,
		.check = check_whole_map, .act = emit_map_action,
	}, {
		.name = "delete", .usage = "delete(@map[key])",
		.min_args = 1, .max_args = 2,
		.check = check_delete, .emit = emit_deleted, .act = emit_delete,
	},
	{ }
};
