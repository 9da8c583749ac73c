// SPDX-License-Identifier: GPL-2.0
/* Where an event happened: stacks, registers, cgroups. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "call.h"
#include "kernel/registers.h"
#include "lang/compile.h"

int check_stack_mode(const struct expr *mode, unsigned int *flags)
{
	static const struct {
		const char *name;
		unsigned int flags;
	} modes[] = {
		{ "bpftrace", 0 }, { "perf", KPS_FIELD_PERF }, { "raw", KPS_FIELD_RAW },
		{ "build_id", KPS_FIELD_BUILD_ID },
	};
	bool is_word = mode->kind == EXPR_NAME || mode->kind == EXPR_STRING;
	size_t i;

	for (i = 0; is_word && i < ARRAY_SIZE(modes); i++)
		if (!strcmp(mode->text, modes[i].name)) {
			*flags = modes[i].flags;
			return 0;
		}
	diag_error(&mode->at, "write bpftrace, perf, raw or build_id",
		   "there is no such format of stacks");
	return -1;
}

int set_stack_flags(struct expr *stack, unsigned int flags)
{
	stack->type.stack_flags = flags;
	if (stack->type.kind != TYPE_KSTACK || !(flags & KPS_FIELD_BUILD_ID))
		return 0;
	diag_error(&stack->at, "take ustack, or another format",
		   "only files of user space have a build id");
	return -1;
}

static int check_stack(struct checker *checker, struct expr *expr)
{
	unsigned int flags = checker->options->stack_flags;
	struct expr *depth = expr->list;

	expr->value = KPS_MAX_STACK_DEPTH;
	set_kind(expr, expr->function->type);
	if (depth && depth->kind == EXPR_NAME && !constant_find(depth->text)) {
		if (check_stack_mode(depth, &flags))
			return -1;
		depth = depth->next;
	}
	if (set_stack_flags(expr, flags))
		return -1;
	if (!depth)
		return 0;
	if (check_expr(checker, depth) ||
	    require_const(depth, "the number of frames"))
		return -1;
	if (depth->value < 1 || depth->value > KPS_MAX_STACK_DEPTH) {
		diag_error(&depth->at, NULL,
			   "%s() takes 1 to %u frames, not %lld",
			   expr->function->name, KPS_MAX_STACK_DEPTH,
			   (long long)depth->value);
		return -1;
	}
	expr->value = depth->value;
	return 0;
}

static void emit_kstack(struct emitter *em, const struct expr *expr, int dst,
			unsigned int depth)
{
	(void)depth;
	emit_helper(em, KPS_FN_KSTACK, expr->value, dst);
}

static void emit_ustack(struct emitter *em, const struct expr *expr, int off,
			const struct type *to, unsigned int depth)
{
	(void)to;
	(void)depth;
	emit_user_stack(em, expr->value, off);
}

static int check_reg(struct checker *checker, struct expr *expr)
{
	int offset;

	if (require_literal(expr->list, "reg()'s name"))
		return -1;
	offset = register_offset(expr->list->text);
	if (offset < 0) {
		diag_error(&expr->list->at,
			   arena_printf(checker->arena, "there are %s",
					register_names()),
			   "there is no register '%s'", expr->list->text);
		return -1;
	}
	expr->value = offset;
	set_int(expr, false);
	return 0;
}

static void emit_reg(struct emitter *em, const struct expr *expr, int dst,
		     unsigned int depth)
{
	(void)depth;
	emit_helper(em, KPS_FN_REG, expr->value, dst);
}

static int check_cgroupid(struct checker *checker, struct expr *expr)
{
	const char *path = expr->list->text;
	struct stat st;

	(void)checker;
	if (require_literal(expr->list, "cgroupid()'s path"))
		return -1;
	/* A cgroup's id is the number of its inode, where that has 64 bits. */
	if (stat(path, &st)) {
		diag_error(&expr->list->at, NULL, "cannot find the cgroup '%s': %s",
			   path, strerror(errno));
		return -1;
	}
	become_int(expr, st.st_ino, false);
	return 0;
}

static int check_cgroup_path(struct checker *checker, struct expr *expr)
{
	if (check_expr(checker, expr->list) ||
	    require_int(expr->list, "cgroup_path()'s cgroup"))
		return -1;
	set_kind(expr, TYPE_CGROUP);
	return 0;
}

/* include/linux/proc_ns.h: what the initial pid namespace is called by */
#define INITIAL_PID_NAMESPACE 0xEFFFFFFCu

static bool is_namespaced(void)
{
	struct stat st;

	return !stat("/proc/self/ns/pid", &st) && st.st_ino != INITIAL_PID_NAMESPACE;
}

/* pid is the initial namespace's number; where kpctl is in it, that is both. */
static int check_pid(struct checker *checker, struct expr *expr)
{
	const struct expr *whose = expr->list;
	const char *word = whose && whose->kind == EXPR_NAME ? whose->text : "";

	if (whose && strcmp(word, "init") && strcmp(word, "curr_ns")) {
		diag_error(&whose->at, arena_printf(checker->arena, "write %s(init) or %s(curr_ns)",
						    expr->text, expr->text),
			   "%s() takes a pid namespace", expr->text);
		return -1;
	}
	if (!strcmp(word, "curr_ns") && is_namespaced()) {
		diag_error(&whose->at, arena_printf(checker->arena, "write %s(init), the number that the kernel has",
						    expr->text),
			   "kpctl is in a pid namespace of its own, and its numbers are not known to programs");
		return -1;
	}
	expr->kind = EXPR_NAME;
	expr->list = NULL;
	return check_expr(checker, expr);
}

#define PID(word)							\
	{								\
		.name = word, .usage = word " or " word "(init)",	\
		.max_args = 1, .check = check_pid, .is_constant = true,	\
	}

const struct function context_functions[] = {
	PID("pid"), PID("tid"),
	{
		.name = "kstack", .usage = "kstack or kstack(mode, frames)",
		.max_args = 2, .type = TYPE_KSTACK,
		.check = check_stack, .emit = emit_kstack,
		.is_simple = true,
	}, {
		.name = "ustack", .usage = "ustack or ustack(mode, frames)",
		.max_args = 2, .type = TYPE_USTACK,
		.check = check_stack, .emit_at = emit_ustack,
	}, {
		.name = "reg", .usage = "reg(\"name\")",
		.min_args = 1, .max_args = 1,
		.check = check_reg, .emit = emit_reg,
		.is_simple = true,
	}, {
		.name = "cgroupid", .usage = "cgroupid(\"path\")",
		.min_args = 1, .max_args = 1,
		.check = check_cgroupid, .is_constant = true,
	}, {
		.name = "cgroup_path", .usage = "cgroup_path(cgroup)",
		.min_args = 1, .max_args = 2,
		.check = check_cgroup_path, .emit = emit_argument,
		.is_simple = true,
	},
	{ }
};
