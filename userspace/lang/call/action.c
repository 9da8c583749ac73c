// SPDX-License-Identifier: GPL-2.0
/* What user space does when the record comes. */
#include <string.h>

#include "call.h"
#include "lang/compile.h"

static int check_printf(struct checker *checker, struct expr *expr)
{
	set_kind(expr, TYPE_ACTION);
	if (expr->function->action == ACTION_SYSTEM && !checker->options->allow_unsafe) {
		diag_error(&expr->at, "kpctl run --unsafe allows it",
			   "system() runs commands");
		return -1;
	}
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
	struct object_field field = {
		.wire = { .type = KPS_T_JOIN, .size = 8 },
	};
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
	(void)checker;
	set_kind(expr, TYPE_ACTION);
	return 0;
}

/* Nothing of the clause is done behind it. */
static void emit_exit(struct emitter *em, const struct expr *call)
{
	struct object_output output = { .action = ACTION_EXIT };

	(void)call;
	emit_record(em, &output, NULL);
	code_jump(&em->code, em->end);
}

#define FORMATTED(word, what)						\
	{								\
		.name = word, .usage = word "(format, values ...)",	\
		.min_args = 1, .max_args = 1 + KPS_MAX_OUTPUT_FIELDS,	\
		.action = what,						\
		.check = check_printf, .act = emit_printf,		\
	}

const struct function action_functions[] = {
	FORMATTED("printf", ACTION_PRINTF),
	FORMATTED("cat", ACTION_CAT),
	FORMATTED("system", ACTION_SYSTEM),
	{
		.name = "join", .usage = "join(argv) or join(argv, separator)",
		.min_args = 1, .max_args = 2, .action = ACTION_JOIN,
		.check = check_join, .act = emit_join,
	}, {
		.name = "exit", .usage = "exit()", .action = ACTION_EXIT,
		.check = check_exit, .act = emit_exit,
	},
	{ }
};
