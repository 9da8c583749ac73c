// SPDX-License-Identifier: GPL-2.0
/* What user space does when the record comes. */
#include <string.h>

#include "call.h"
#include "lang/compile.h"

/* Return: 0, or -1 after it was said that it is not to be done here. */
static int check_allowed(const struct compile_options *options, const struct expr *expr)
{
	const enum action action = expr->function->action;

	if (options->stays && (action == ACTION_CAT || action == ACTION_SYSTEM)) {
		diag_error(&expr->at, "use kpctl run",
			   "%s() needs a process that does it, and a program that is loaded has none",
			   expr->function->name);
		return -1;
	}
	if (action == ACTION_SYSTEM && !options->allow_unsafe) {
		diag_error(&expr->at, "kpctl run --unsafe allows it",
			   "system() runs commands");
		return -1;
	}
	return 0;
}

static int check_printf(struct checker *checker, struct expr *expr)
{
	set_kind(expr, TYPE_ACTION);
	if (check_allowed(checker->options, expr))
		return -1;
	if (require_literal(expr->list,
			    arena_printf(checker->arena, "%s()'s format",
					 expr->function->name)) ||
	    check_list(checker, expr->list))
		return -1;
	return check_format(checker, expr);
}

static void emit_printf(struct emitter *em, const struct expr *call)
{
	struct object_output output = {
		.action = call->function->action,
		.format = (char *)call->list->text,
	};

	emit_record(em, &output, call->list->next);
}

static void emit_errorf(struct emitter *em, const struct expr *call)
{
	const enum action action = call->function->action;
	struct object_output output = {
		.action = action,
		.format = format_at(em, &call->at, action == ACTION_ERRORF ?
				    "ERROR" : "WARNING", call->list->text),
	};

	emit_record(em, &output, call->list->next);
}

/* Where it is checked it is reached: an if of constants is decided before. */
static int check_fail(struct checker *checker, struct expr *expr)
{
	const char *format = expr->list->text, *percent;
	const struct expr *value = expr->list->next;
	const char *text = "";

	if (require_literal(expr->list, "fail()'s format") || check_list(checker, expr->list))
		return -1;
	for (; (percent = strchr(format, '%')) && percent[1] && value; value = value->next) {
		text = arena_printf(checker->arena, "%s%.*s", text, (int)(percent - format),
				    format);
		text = value->kind == EXPR_STRING ?
			arena_printf(checker->arena, "%s%s", text, value->text) :
			arena_printf(checker->arena, "%s%lld", text, (long long)value->value);
		format = percent + 2;
	}
	set_int(expr, true);
	if (diag_is_muted())
		return 0;
	diag_error(&expr->at, NULL, "%s%s", text, format);
	return -1;
}

static int check_static_assert(struct checker *checker, struct expr *expr)
{
	struct expr *condition = expr->list;

	if (check_list(checker, condition) ||
	    require_const(condition, "static_assert()'s condition") ||
	    require_literal(condition->next, "static_assert()'s message"))
		return -1;
	if (!condition->value) {
		diag_error(&expr->at, NULL, "%s", condition->next->text);
		return -1;
	}
	become_int(expr, 1, true);
	return 0;
}

static int check_join(struct checker *checker, struct expr *expr)
{
	struct expr *separator = expr->list->next;

	set_kind(expr, TYPE_ACTION);
	if (check_expr(checker, expr->list) ||
	    require_int(expr->list, "join()'s address"))
		return -1;
	if (!separator)
		return 0;
	if (require_literal(separator, "join()'s separator") ||
	    check_expr(checker, separator))
		return -1;
	if (separator->len <= 8)
		return 0;
	diag_error(&separator->at, NULL,
		   "join()'s separator has at most 8 bytes");
	return -1;
}

static void emit_join(struct emitter *em, const struct expr *call)
{
	const struct expr *separator = call->list->next;
	const char *text = separator ? separator->text : " ";
	struct kps_field field = { .type = KPS_T_JOIN, .size = 8 };
	struct object_output output = {
		.action = ACTION_JOIN,
		.format = (char *)text,
		.fields = &field,
		.nr_fields = 1,
	};
	uint64_t word = 0;

	memcpy(&word, text, strlen(text));
	code_mov(&em->code, BPF_REG_4,
		 emit_any(em, call->list, BPF_REG_4, 0));
	code_mov_imm(&em->code, BPF_REG_2, add_output(em, &output));
	code_mov_imm(&em->code, BPF_REG_3, 0);
	code_mov_imm(&em->code, BPF_REG_5, word);
	code_call(&em->code, KPS_FN_JOIN);
}

static int check_exit(struct checker *checker, struct expr *expr)
{
	set_kind(expr, TYPE_ACTION);
	if (!expr->list)
		return 0;
	return check_expr(checker, expr->list) ||
	       require_int(expr->list, "exit()'s status") ? -1 : 0;
}

/* Nothing of the clause is done behind it. */
static void emit_exit(struct emitter *em, const struct expr *call)
{
	struct object_output output = { .action = ACTION_EXIT };

	emit_record(em, &output, call->list);
	code_jump(&em->code, em->end);
}

#define FORMATTED(word, what, emit)					\
	{								\
		.name = word, .usage = word "(format, values ...)",	\
		.min_args = 1, .max_args = 1 + KPS_MAX_OUTPUT_FIELDS,	\
		.action = what,						\
		.check = check_printf, .act = emit,			\
	}

const struct function action_functions[] = {
	FORMATTED("printf", ACTION_PRINTF, emit_printf),
	FORMATTED("cat", ACTION_CAT, emit_printf),
	FORMATTED("system", ACTION_SYSTEM, emit_printf),
	FORMATTED("errorf", ACTION_ERRORF, emit_errorf),
	FORMATTED("warnf", ACTION_WARNF, emit_errorf),
	{
		.name = "fail", .usage = "fail(format, numbers and literals ...)",
		.min_args = 1, .max_args = 1 + KPS_MAX_OUTPUT_FIELDS,
		.check = check_fail, .is_constant = true,
	}, {
		.name = "static_assert", .usage = "static_assert(condition, \"message\")",
		.min_args = 2, .max_args = 2,
		.check = check_static_assert, .is_constant = true,
	},
	{
		.name = "join", .usage = "join(argv) or join(argv, separator)",
		.min_args = 1, .max_args = 2, .action = ACTION_JOIN,
		.check = check_join, .act = emit_join,
	}, {
		.name = "exit", .usage = "exit() or exit(status)",
		.max_args = 1, .action = ACTION_EXIT,
		.check = check_exit, .act = emit_exit,
	},
	{ }
};
