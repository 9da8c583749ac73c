// SPDX-License-Identifier: GPL-2.0
/* Statements and clauses. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "call/call.h"
#include "compile.h"
#include "provider/provider.h"

#define COMM_SIZE 16


/*
 * Assignments
 */

static void emit_number(struct emitter *em, const struct expr *value)
{
	if (is_simple(value))
		emit_to(em, value, BPF_REG_4, 0);
	else
		code_mov(&em->code, BPF_REG_4,
			 emit_any(em, value, BPF_REG_4, 0));
}

static void emit_update(struct emitter *em, const struct stmt *stmt)
{
	const struct expr *call = stmt->value;
	int key = emit_key(em, stmt->target, 0);

	if (call->list)
		emit_number(em, call->list);
	else
		code_mov_imm(&em->code, BPF_REG_4, 1);
	code_mov_imm(&em->code, BPF_REG_3, key);
	code_mov_imm(&em->code, BPF_REG_2, stmt->target->map);
	code_call(&em->code, em->checker->maps[stmt->target->map].forgets ?
		  KPS_FN_TABLES_ADD : KPS_FN_MAP_UPDATE);
}

/* "@x += n": no other CPU can come in between. */
static bool is_addition(const struct stmt *stmt)
{
	const struct expr *value = stmt->value;

	return value->kind == EXPR_BINARY && !value->step &&
	       (value->op == OP_ADD || value->op == OP_SUB) &&
	       value->a->kind == EXPR_MAP &&
	       value->a->map == stmt->target->map &&
	       value->a->list == stmt->target->list;
}

static void emit_addition(struct emitter *em, const struct stmt *stmt)
{
	int key = emit_key(em, stmt->target, 0);

	emit_number(em, stmt->value->b);
	if (stmt->value->op == OP_SUB)
		code_alu_imm(&em->code, BPF_NEG, BPF_REG_4, 0);
	code_mov_imm(&em->code, BPF_REG_3, key);
	code_mov_imm(&em->code, BPF_REG_2, stmt->target->map);
	code_call(&em->code, KPS_FN_MAP_ADD);
}

static void emit_map_set(struct emitter *em, const struct stmt *stmt)
{
	const struct map_decl *decl = &em->checker->maps[stmt->target->map];
	int key = emit_key(em, stmt->target, 0);
	int value = take(em, type_size(&decl->value));

	emit_at(em, stmt->value, value, &decl->value, 0);
	code_mov_imm(&em->code, BPF_REG_2, stmt->target->map);
	code_mov_imm(&em->code, BPF_REG_3, key);
	code_mov_imm(&em->code, BPF_REG_4, value);
	code_call(&em->code, KPS_FN_MAP_SET);
}

static void emit_variable(struct emitter *em, const struct stmt *stmt)
{
	const struct variable *variable = stmt->target->variable;
	struct expr copy = { .kind = EXPR_VARIABLE };
	struct variable place;

	if (variable->type.kind != TYPE_TUPLE) {
		emit_at(em, stmt->value, variable->slot, &variable->type, 0);
		return;
	}
	/* $t = ($t.1, $t.0) reads what it writes. */
	place = *variable;
	place.slot = take(em, type_size(&variable->type));
	emit_at(em, stmt->value, place.slot, &variable->type, 0);
	copy.type = variable->type;
	copy.variable = &place;
	emit_at(em, &copy, variable->slot, &variable->type, 0);
}

/* For what it does besides. */
static void emit_unused(struct emitter *em, const struct expr *expr)
{
	if (type_is_int(&expr->type))
		emit_any(em, expr, BPF_REG_0, 0);
	else
		emit_at(em, expr, take(em, type_size(&expr->type)), &expr->type, 0);
}

static void emit_assign(struct emitter *em, const struct stmt *stmt)
{
	const struct variable *variable = stmt->target->variable;

	if (!stmt->value)
		store_zeros(em, variable->slot,
			    variable->slot + type_size(&variable->type));
	else if (stmt->target->kind == EXPR_NAME)
		emit_unused(em, stmt->value);
	else if (stmt->target->kind == EXPR_VARIABLE)
		emit_variable(em, stmt);
	else if (stmt->value->type.kind == TYPE_AGGREGATE)
		emit_update(em, stmt);
	else if (is_addition(stmt))
		emit_addition(em, stmt);
	else
		emit_map_set(em, stmt);
}

/*
 * Control
 */

static void emit_stmts(struct emitter *em, const struct stmt *stmt);

static void emit_if(struct emitter *em, const struct stmt *stmt)
{
	int otherwise = code_label(&em->code);
	int end = code_label(&em->code);

	if (expr_is_const(stmt->value)) {
		emit_stmts(em, stmt->value->value ? stmt->body : stmt->otherwise);
		return;
	}
	emit_branch(em, stmt->value, false, otherwise, 0);
	em->branches++;
	emit_stmts(em, stmt->body);
	code_jump(&em->code, end);
	code_place(&em->code, otherwise);
	emit_stmts(em, stmt->otherwise);
	code_place(&em->code, end);
	em->branches--;
}

/* Loops in loops grow fast: what the module will not take need not be made. */
static bool is_too_long(struct emitter *em)
{
	if (em->code.nr > 2 * KPS_MAX_INSNS ||
	    em->code.nr_labels > 4 * KPS_MAX_INSNS)
		em->too_long = true;
	return em->too_long;
}

/* What the variable of a for loop is in its @n-th round. */
static void emit_counter(struct emitter *em, const struct stmt *stmt, unsigned int n)
{
	code_mov_imm(&em->code, BPF_REG_0, stmt->value->a->value + n);
	store_scratch(em, stmt->target->variable->slot, BPF_REG_0);
}

/* All rounds one behind the other: no jump goes back. */
static void emit_rounds(struct emitter *em, const struct stmt *stmt)
{
	int outer_end = em->loop_end, outer_next = em->loop_next;
	bool is_while = stmt_word(stmt) == WORD_WHILE;
	unsigned int i;

	em->loop_end = code_label(&em->code);
	em->branches++;
	for (i = 0; i < stmt->rounds && !is_too_long(em); i++) {
		em->loop_next = code_label(&em->code);
		if (is_while)
			emit_branch(em, stmt->value, false, em->loop_end, 0);
		else if (stmt->target)
			emit_counter(em, stmt, i);
		emit_stmts(em, stmt->body);
		code_place(&em->code, em->loop_next);
	}
	em->branches--;
	code_place(&em->code, em->loop_end);
	em->loop_end = outer_end;
	em->loop_next = outer_next;
}

/* Nothing may be saved that was never written: see save_temps() and emit_any(). */
static void clear_temps(struct emitter *em)
{
	unsigned int i;

	for (i = 0; em->clears_temps && i < NR_TEMPS; i++)
		code_mov_imm(&em->code, BPF_REG_7 + i, 0);
}

/* What is around a block while its code is made, and the block's number. */
struct around {
	struct code code;
	int end, loop_end, loop_next;
	size_t block;
};

/* Those that it contains have higher numbers. */
static struct around begin_block(struct emitter *em)
{
	struct object *object = em->object;
	struct around around = {
		.code = em->code, .end = em->end, .loop_end = em->loop_end,
		.loop_next = em->loop_next, .block = object->nr_blocks,
	};

	APPEND(object->blocks, object->nr_blocks);
	em->code = (struct code){ 0 };
	em->end = code_label(&em->code);
	em->loop_end = code_label(&em->code);
	em->loop_next = code_label(&em->code);
	em->branches++;
	code_mov(&em->code, CODE_CTX, BPF_REG_1);
	clear_temps(em);
	return around;
}

static void emit_end(struct emitter *em, int label, enum kps_block_end end)
{
	code_place(&em->code, label);
	code_mov_imm(&em->code, BPF_REG_0, end);
	code_exit(&em->code);
}

static void end_block(struct emitter *em, const struct around *around)
{
	struct object_block *block = &em->object->blocks[around->block];

	emit_end(em, em->loop_next, KPS_BLOCK_NEXT);
	emit_end(em, em->loop_end, KPS_BLOCK_BREAK);
	emit_end(em, em->end, KPS_BLOCK_LEAVE);
	block->insns = code_finish(&em->code, &block->nr_insns);
	if (block->nr_insns > KPS_MAX_INSNS)
		em->too_long = true;
	if (em->object->nr_blocks > KPS_MAX_BLOCKS)
		em->too_many_blocks = true;
	em->code = around->code;
	em->end = around->end;
	em->loop_end = around->loop_end;
	em->loop_next = around->loop_next;
	em->branches--;
}

/* R2 and others are set. A block that has left the clause has left this one, too. */
static void call_block(struct emitter *em, int fn, int reg, const struct around *around)
{
	code_mov_imm(&em->code, reg, around->block);
	code_call(&em->code, fn);
	code_jump_imm(&em->code, BPF_JNE, BPF_REG_0, 0, em->end);
}

static void repeat_while(struct emitter *em, const struct stmt *stmt)
{
	struct around around = begin_block(em);

	emit_branch(em, stmt->value, false, em->loop_end, 0);
	emit_stmts(em, stmt->body);
	end_block(em, &around);
	call_block(em, KPS_FN_LOOP, BPF_REG_2, &around);
}

/*
 * So often. Where it begins and ends is known before the first round, whatever the body
 * does to the variable: the count is not in there.
 */
static void repeat_range(struct emitter *em, const struct stmt *stmt, int count, int to)
{
	struct around around = begin_block(em);

	load_scratch(em, BPF_REG_0, count);
	load_scratch(em, BPF_REG_2, to);
	code_jump_reg(&em->code, BPF_JSGE, BPF_REG_0, BPF_REG_2, em->loop_end);
	if (stmt->target)
		store_scratch(em, stmt->target->variable->slot, BPF_REG_0);
	code_alu_imm(&em->code, BPF_ADD, BPF_REG_0, 1);
	store_scratch(em, count, BPF_REG_0);
	emit_stmts(em, stmt->body);
	end_block(em, &around);
	call_block(em, KPS_FN_LOOP, BPF_REG_2, &around);
}

static void repeat_for(struct emitter *em, const struct stmt *stmt)
{
	int count = take(em, 8), to = take(em, 8);

	emit_at(em, stmt->value->a, count, &stmt->value->a->type, 0);
	emit_at(em, stmt->value->b, to, &stmt->value->b->type, 0);
	repeat_range(em, stmt, count, to);
}

static void repeat_unroll(struct emitter *em, const struct stmt *stmt)
{
	int count = take(em, 8), to = take(em, 8);

	store_zeros(em, count, count + 8);
	code_store_imm(&em->code, BPF_DW, FRAME_SCRATCH + to, stmt->rounds);
	repeat_range(em, stmt, count, to);
}

/* Key and value lie one behind the other, as the tuple has them. */
static void repeat_each(struct emitter *em, const struct stmt *stmt)
{
	const struct variable *entry = stmt->target->variable;
	struct around around = begin_block(em);

	emit_stmts(em, stmt->body);
	end_block(em, &around);
	code_mov_imm(&em->code, BPF_REG_2, stmt->value->map);
	code_mov_imm(&em->code, BPF_REG_3, entry->slot);
	code_mov_imm(&em->code, BPF_REG_4,
		     entry->slot + type_member_offset(&entry->type, 1));
	call_block(em, KPS_FN_EACH, BPF_REG_5, &around);
}

static void emit_loop(struct emitter *em, const struct stmt *stmt)
{
	if (stmt->is_counted && !em->repeats)
		emit_rounds(em, stmt);
	else if (stmt_word(stmt) == WORD_WHILE)
		repeat_while(em, stmt);
	else if (stmt_word(stmt) == WORD_UNROLL)
		repeat_unroll(em, stmt);
	else if (stmt->value->kind == EXPR_RANGE)
		repeat_for(em, stmt);
	else
		repeat_each(em, stmt);
}

static void emit_jump(struct emitter *em, const struct stmt *stmt)
{
	switch (stmt_word(stmt)) {
	case WORD_BREAK:
		code_jump(&em->code, em->loop_end);
		break;
	case WORD_CONTINUE:
		code_jump(&em->code, em->loop_next);
		break;
	default:
		code_jump(&em->code, em->end);
	}
}

static void emit_expr_stmt(struct emitter *em, const struct stmt *stmt)
{
	if (stmt->value->kind == EXPR_CALL && stmt->value->function->act)
		stmt->value->function->act(em, stmt->value);
	else
		emit_unused(em, stmt->value);
}

static void emit_stmt(struct emitter *em, const struct stmt *stmt)
{
	switch (stmt->kind) {
	case STMT_ASSIGN:
		emit_assign(em, stmt);
		return;
	case STMT_EXPR:
		emit_expr_stmt(em, stmt);
		return;
	case STMT_IF:
		emit_if(em, stmt);
		return;
	case STMT_LOOP:
		emit_loop(em, stmt);
		return;
	case STMT_JUMP:
		emit_jump(em, stmt);
		return;
	case STMT_BLOCK:
		emit_stmts(em, stmt->body);
		return;
	}
}

/* All, or those in front of @end. */
static void emit_until(struct emitter *em, const struct stmt *stmt,
		       const struct stmt *end)
{
	for (; stmt != end; stmt = stmt->next) {
		unsigned int top = em->top;

		emit_stmt(em, stmt);
		em->top = top;
	}
}

static void emit_stmts(struct emitter *em, const struct stmt *stmt)
{
	emit_until(em, stmt, NULL);
}

/* What an expression keeps in registers while the statements inside of it run. */
static int save_temps(struct emitter *em, unsigned int depth)
{
	int off = take(em, 8 * depth);
	unsigned int i;

	em->saves_temps |= depth > 0;
	for (i = 0; i < depth; i++)
		store_scratch(em, off + 8 * i, BPF_REG_7 + i);
	return off;
}

static void restore_temps(struct emitter *em, unsigned int depth, int off)
{
	unsigned int i;

	for (i = 0; i < depth; i++)
		load_scratch(em, BPF_REG_7 + i, off + 8 * i);
}

void emit_block(struct emitter *em, const struct expr *expr, int off,
		const struct type *to, unsigned int depth)
{
	const unsigned int used = depth < NR_TEMPS ? depth : NR_TEMPS;
	const struct stmt *last = expr->body;
	unsigned int top = em->top;
	int saved = save_temps(em, used);

	while (last->value != expr->a)
		last = last->next;
	emit_until(em, expr->body, last);
	emit_at(em, expr->a, off, to, 0);
	restore_temps(em, used, saved);
	em->top = top;
}

/*
 * Clauses
 */

static bool fetches_comm(const struct expr *expr, void *about)
{
	(void)about;
	return is_comm(expr);
}

/* comm that is used more than once is fetched once and kept. */
static void keep_comm(struct emitter *em, const struct clause *clause)
{
	const struct tree_question question = { .expr = fetches_comm };
	unsigned int nr = tree_count_expr(&question, clause->filter) +
			  tree_count(&question, clause->body);

	em->comm = nr > 1 ? take(em, COMM_SIZE) : -1;
}

static void place_variables(struct emitter *em, const struct clause *clause)
{
	struct variable *variable;

	for (variable = clause->variables; variable; variable = variable->next)
		variable->slot = take(em, type_size(&variable->type));
}

static void zero_variables(struct emitter *em, const struct clause *clause)
{
	const struct variable *variable;

	for (variable = clause->variables; variable; variable = variable->next) {
		const struct type *type = &variable->type;
		unsigned int room = type_size(type);

		if (!variable->needs_zero)
			continue;
		/* Of a long string a NUL is copied: the rest is its room. */
		store_zeros(em, variable->slot, variable->slot +
			    (type->kind == TYPE_STR ? 8 : room));
		if (type->kind == TYPE_STR)
			emit_str_copy(em, variable->slot, room, variable->slot, 8);
	}
}

/*
 * Events of kpctl's own process are filtered before all else. Not those that have no
 * task: what interrupts kpctl, or runs in it because it must run somewhere.
 */
static void emit_no_self(struct emitter *em, int reject)
{
	const unsigned int self = em->checker->options->self;

	if (!self || !(em->checker->event->provider->gives & GIVES_TASK))
		return;
	code_call(&em->code, KPS_FN_PID_TGID);
	code_alu_imm(&em->code, BPF_RSH, BPF_REG_0, 32);
	code_jump_imm(&em->code, BPF_JEQ, BPF_REG_0, self, reject);
}

/*
 * With -p all that tasks do, but for a program that has a parameter pid: that says itself
 * what of it is meant. With -c only what programs and libraries do.
 */
static bool is_of_one_process(const struct checker *checker)
{
	const struct compile_options *options = checker->options;
	const struct event *event = checker->event;

	if (event->provider->gives & GIVES_PLACE || event->is_of_process)
		return true;
	return options->process && event->provider->gives & GIVES_TASK &&
	       !(options->asks_process && *options->asks_process);
}

static void emit_only_pid(struct emitter *em, int reject)
{
	const unsigned int pid = em->checker->options->pid;

	if (!pid || !is_of_one_process(em->checker))
		return;
	code_call(&em->code, KPS_FN_PID_TGID);
	code_alu_imm(&em->code, BPF_RSH, BPF_REG_0, 32);
	code_jump_imm(&em->code, BPF_JNE, BPF_REG_0, pid, reject);
}

static void emit_body(struct emitter *em, const struct clause *clause)
{
	int reject = code_label(&em->code);

	em->end = code_label(&em->code);
	code_mov(&em->code, CODE_CTX, BPF_REG_1);
	clear_temps(em);
	emit_no_self(em, reject);
	emit_only_pid(em, reject);
	if (clause->filter)
		emit_branch(em, clause->filter, false, reject, 0);
	zero_variables(em, clause);
	emit_stmts(em, clause->body);
	code_place(&em->code, em->end);
	code_mov_imm(&em->code, BPF_REG_0, 1);
	code_exit(&em->code);
	code_place(&em->code, reject);
	code_mov_imm(&em->code, BPF_REG_0, 0);
	code_exit(&em->code);
}

static struct bpf_insn *emit_once(struct emitter *em, const struct clause *clause,
				  size_t *nr)
{
	struct bpf_insn *insns;

	keep_comm(em, clause);
	place_variables(em, clause);
	emit_body(em, clause);
	insns = code_finish(&em->code, nr);
	if (*nr > KPS_MAX_INSNS)
		em->too_long = true;
	return insns;
}

struct bpf_insn *emit_clause(const struct checker *checker,
			     const struct clause *clause,
			     struct object *object, size_t *nr)
{
	bool repeats = checker->options->repeats_loops, clears_temps = false;
	const size_t nr_blocks = object->nr_blocks;
	struct bpf_insn *insns;
	struct emitter em;

	/* Loops that are too long to be written out are repeated. */
	for (;;) {
		em = (struct emitter){ .checker = checker, .object = object,
				       .repeats = repeats, .clears_temps = clears_temps };
		insns = emit_once(&em, clause, nr);
		if (repeats >= em.too_long && clears_temps >= em.saves_temps)
			break;
		repeats |= em.too_long;
		clears_temps |= em.saves_temps;
		free(insns);
		object_drop_blocks(object, nr_blocks);
	}
	if (em.missing)
		diag_error(&clause->at, NULL,
			   "no code is made for %s(): a fault of kpctl's",
			   em.missing->name);
	else if (em.full)
		diag_error(&clause->at, "use fewer or shorter strings: str(x, n)",
			   "this clause needs more than %u bytes for keys, variables and strings",
			   KPS_SCRATCH_SIZE);
	else if (em.too_many_outputs)
		diag_error(&clause->at, "split the program",
			   "a program has at most %u different outputs",
			   KPS_MAX_OUTPUTS);
	else if (em.too_large)
		diag_error(em.too_large, "say it in several statements, or less of it",
			   "one record has at most %u bytes, and this takes more",
			   KPS_MAX_RECORD);
	else if (em.too_many_blocks)
		diag_error(&clause->at, "split the program, or narrow its patterns",
			   "a program has at most %u loops that are not written out",
			   KPS_MAX_BLOCKS);
	else if (em.too_long)
		diag_error(&clause->at, "split it into several clauses",
			   "this clause takes more than %u instructions",
			   KPS_MAX_INSNS);
	else
		return insns;
	free(insns);
	return NULL;
}
