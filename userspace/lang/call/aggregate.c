// SPDX-License-Identifier: GPL-2.0
/* What is only assigned to a map, one kind of map each. */
#include "call.h"

static int check_lhist(const struct expr *expr)
{
	const struct expr *min = expr->list->next;
	const struct expr *max = min->next;
	const struct expr *step = max->next;
	struct kps_lhist lhist;
	uint64_t steps;

	if (require_const(min, "lhist()'s min") ||
	    require_const(max, "lhist()'s max") ||
	    require_const(step, "lhist()'s step"))
		return -1;
	lhist = (struct kps_lhist){ min->value, max->value, step->value };
	if (lhist.step < 1) {
		diag_error(&step->at, NULL,
			   "lhist()'s step must be at least 1, not %lld",
			   (long long)lhist.step);
		return -1;
	}
	if (lhist.max <= lhist.min) {
		diag_error(&max->at, "write lhist(n, min, max, step)",
			   "lhist()'s max must be greater than its min");
		return -1;
	}
	steps = kps_lhist_steps(&lhist);
	if (steps > KPS_MAX_LHIST_BUCKETS) {
		diag_error(&step->at, "make the step larger or the range smaller",
			   "lhist() has at most %u buckets, this would be %llu",
			   KPS_MAX_LHIST_BUCKETS, (unsigned long long)steps);
		return -1;
	}
	return 0;
}

static int check_hist(const struct expr *expr)
{
	const struct expr *bits = expr->list->next;

	if (!bits)
		return 0;
	if (require_const(bits, "hist()'s bits"))
		return -1;
	if (bits->value <= KPS_MAX_HIST_BITS)
		return 0;
	diag_error(&bits->at, NULL, "hist()'s bits are 0 to %u, not %lld",
		   KPS_MAX_HIST_BITS, (long long)bits->value);
	return -1;
}

static int check_aggregate(struct checker *checker, struct expr *expr)
{
	set_kind(expr, TYPE_AGGREGATE);
	if (check_list(checker, expr->list))
		return -1;
	if (expr->list &&
	    require_int(expr->list, "what is aggregated"))
		return -1;
	switch (expr->function->kind) {
	case KPS_MAP_LHIST:
		return check_lhist(expr);
	case KPS_MAP_HIST:
		return check_hist(expr);
	default:
		return 0;
	}
}

#define AGGREGATE(word, map_kind, least, most, text)			\
	{								\
		.name = word, .usage = text,				\
		.min_args = least, .max_args = most,			\
		.kind = KPS_MAP_##map_kind, .check = check_aggregate,	\
	}

const struct function aggregate_functions[] = {
	AGGREGATE("count", COUNT, 0, 0, "count()"),
	AGGREGATE("sum", SUM, 1, 1, "sum(n)"),
	AGGREGATE("avg", AVG, 1, 1, "avg(n)"),
	AGGREGATE("min", MIN, 1, 1, "min(n)"),
	AGGREGATE("max", MAX, 1, 1, "max(n)"),
	AGGREGATE("stats", STATS, 1, 1, "stats(n)"),
	AGGREGATE("hist", HIST, 1, 2, "hist(n) or hist(n, bits)"),
	AGGREGATE("lhist", LHIST, 4, 4, "lhist(n, min, max, step)"),
	{ }
};
