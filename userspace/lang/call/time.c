// SPDX-License-Identifier: GPL-2.0
/* Clocks, and how times are written. */
#include <string.h>

#include "base/array.h"
#include "call.h"

/* By bpftrace's names; -1: the one that KPS_FN_NSECS reads. */
static const struct {
	const char *name;
	int clock;
} clocks[] = {
	{ "monotonic", -1 },
	{ "boot", KPS_CLOCK_BOOT },
	{ "tai", KPS_CLOCK_TAI },
	{ "sw_tai", KPS_CLOCK_TAI },
};

static int check_nsecs(struct checker *checker, struct expr *expr)
{
	const struct expr *clock = expr->list;
	size_t i;

	(void)checker;
	set_int(expr, false);
	expr->value = -1;
	if (!clock)
		return 0;
	for (i = 0; i < ARRAY_SIZE(clocks); i++) {
		if (clock->kind != EXPR_NAME ||
		    strcmp(clock->text, clocks[i].name))
			continue;
		expr->value = clocks[i].clock;
		return 0;
	}
	diag_error(&clock->at, "write nsecs(monotonic), nsecs(boot), nsecs(tai) or nsecs(sw_tai)",
		   "there is no such clock");
	return -1;
}

static void emit_nsecs(struct emitter *em, const struct expr *expr, int dst,
		       unsigned int depth)
{
	(void)depth;
	if ((int64_t)expr->value >= 0) {
		emit_helper(em, KPS_FN_CLOCK, expr->value, dst);
		return;
	}
	code_call(&em->code, KPS_FN_NSECS);
	code_mov(&em->code, dst, BPF_REG_0);
}

static int check_strftime(struct checker *checker, struct expr *expr)
{
	struct expr *format = expr->list;

	if (require_literal(format, "strftime()'s format") ||
	    check_expr(checker, format->next) ||
	    require_int(format->next, "strftime()'s time"))
		return -1;
	set_kind(expr, TYPE_TIME);
	expr->type.format = format->text;
	return 0;
}

static int check_time(struct checker *checker, struct expr *expr)
{
	(void)checker;
	set_kind(expr, TYPE_ACTION);
	return expr->list ? require_literal(expr->list, "time()'s format") : 0;
}

static void emit_time(struct emitter *em, const struct expr *call)
{
	struct object_output output = {
		.action = ACTION_TIME,
		.format = call->list ? (char *)call->list->text :
				       (char *)"%H:%M:%S\n",
	};

	emit_record(em, &output, NULL);
}

const struct function time_functions[] = {
	{
		.name = "nsecs", .usage = "nsecs or nsecs(clock)",
		.max_args = 1,
		.check = check_nsecs, .emit = emit_nsecs,
		.is_simple = true,
	}, {
		.name = "strftime", .usage = "strftime(format, nsecs)",
		.min_args = 2, .max_args = 2,
		.check = check_strftime, .emit = emit_argument,
		.is_simple = true,
	}, {
		.name = "time", .usage = "time() or time(format)",
		.max_args = 1, .action = ACTION_TIME,
		.check = check_time, .act = emit_time,
	},
	{ }
};
