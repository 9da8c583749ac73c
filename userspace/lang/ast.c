// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "ast.h"
#include "base/array.h"

enum stmt_word stmt_word(const struct stmt *stmt)
{
	static const char * const words[] = {
		[WORD_WHILE] = "while", [WORD_FOR] = "for",
		[WORD_UNROLL] = "unroll", [WORD_RETURN] = "return",
		[WORD_BREAK] = "break", [WORD_CONTINUE] = "continue",
	};
	enum stmt_word word;

	if (stmt->kind != STMT_LOOP && stmt->kind != STMT_JUMP)
		return WORD_NONE;
	for (word = WORD_WHILE; word < ARRAY_SIZE(words); word++)
		if (!strcmp(stmt->text, words[word]))
			return word;
	return WORD_NONE;
}

struct expr *expr_new(struct arena *arena, enum expr_kind kind,
		      const struct span *at)
{
	struct expr *expr = arena_alloc(arena, sizeof(*expr));

	expr->kind = kind;
	expr->at = *at;
	expr->depth = 1;
	return expr;
}

/* What bpftrace gives it: as few bytes as hold it, and a bit for the sign. */
static unsigned int bytes_of_number(int64_t value)
{
	if (value == (int8_t)value)
		return 1;
	if (value == (int16_t)value)
		return 2;
	return value == (int32_t)value ? 4 : 8;
}

struct type type_of_number(uint64_t value, bool is_signed)
{
	return (struct type){
		.kind = TYPE_INT, .is_signed = is_signed,
		.is_free = value <= INT64_MAX,
		.size = is_signed ? bytes_of_number(value) : 0,
	};
}

struct expr *expr_int(struct arena *arena, const struct span *at,
		      uint64_t value)
{
	struct expr *expr = expr_new(arena, EXPR_INT, at);

	expr->value = value;
	expr->type = type_of_number(value, value <= INT64_MAX);
	return expr;
}

struct expr *expr_named(struct arena *arena, enum expr_kind kind,
			const struct span *at, const char *text)
{
	struct expr *expr = expr_new(arena, kind, at);

	expr->text = text;
	return expr;
}

struct expr *expr_op(struct arena *arena, enum expr_kind kind,
		     const struct span *at, enum op op, struct expr *a,
		     struct expr *b)
{
	struct expr *expr = expr_new(arena, kind, at);

	expr->op = op;
	expr->a = a;
	expr->b = b;
	return expr;
}

/* Lists are as long as a line: walking to their end costs nothing. */
#define DEFINE_APPEND(type)						\
struct type *type##_append(struct type *list, struct type *last)	\
{									\
	struct type **end = &list;					\
									\
	while (*end)							\
		end = &(*end)->next;					\
	*end = last;							\
	return list;							\
}

DEFINE_APPEND(expr)
DEFINE_APPEND(stmt)
DEFINE_APPEND(attach_point)
DEFINE_APPEND(clause)
DEFINE_APPEND(ctype_decl)
DEFINE_APPEND(member_decl)
DEFINE_APPEND(dimension)
DEFINE_APPEND(enumerator_decl)
DEFINE_APPEND(parameter)
DEFINE_APPEND(macro)

#define DEFINE_LIST_LEN(type)						\
unsigned int type##_list_len(const struct type *list)			\
{									\
	unsigned int nr = 0;						\
									\
	for (; list; list = list->next)					\
		nr++;							\
	return nr;							\
}

DEFINE_LIST_LEN(expr)
DEFINE_LIST_LEN(member_decl)
DEFINE_LIST_LEN(enumerator_decl)
DEFINE_LIST_LEN(parameter)

struct stmt *stmt_new(struct arena *arena, enum stmt_kind kind,
		      const struct span *at)
{
	struct stmt *stmt = arena_alloc(arena, sizeof(*stmt));

	stmt->kind = kind;
	stmt->at = *at;
	return stmt;
}

/* A block's .a is in its body, too. */
static unsigned int count_below(const struct tree_question *question,
				const struct expr *expr)
{
	const struct expr *item;
	unsigned int nr = 0;

	if (expr->kind == EXPR_BLOCK)
		return tree_count(question, expr->body);
	for (item = expr->list; item; item = item->next)
		nr += tree_count_expr(question, item);
	return nr + tree_count_expr(question, expr->a) +
	       tree_count_expr(question, expr->b) +
	       tree_count_expr(question, expr->c);
}

unsigned int tree_count_expr(const struct tree_question *question,
			     const struct expr *expr)
{
	if (!expr)
		return 0;
	return (question->expr && question->expr(expr, question->about)) +
	       count_below(question, expr);
}

unsigned int tree_count_stmt(const struct tree_question *question,
			     const struct stmt *stmt)
{
	return (question->stmt && question->stmt(stmt, question->about)) +
	       tree_count_expr(question, stmt->target) +
	       tree_count_expr(question, stmt->value) +
	       tree_count(question, stmt->body) +
	       tree_count(question, stmt->otherwise);
}

unsigned int tree_count(const struct tree_question *question,
			const struct stmt *list)
{
	unsigned int nr = 0;

	for (; list; list = list->next)
		nr += tree_count_stmt(question, list);
	return nr;
}

const char *op_text(enum op op)
{
	static const char * const texts[OP_NR] = {
		[OP_MUL] = "*", [OP_DIV] = "/", [OP_MOD] = "%",
		[OP_ADD] = "+", [OP_SUB] = "-", [OP_SHL] = "<<",
		[OP_SHR] = ">>", [OP_LT] = "<", [OP_LE] = "<=",
		[OP_GT] = ">", [OP_GE] = ">=", [OP_EQ] = "==",
		[OP_NE] = "!=", [OP_AND] = "&", [OP_XOR] = "^",
		[OP_OR] = "|", [OP_LAND] = "&&", [OP_LOR] = "||",
		[OP_NEG] = "-", [OP_NOT] = "~", [OP_LNOT] = "!",
		[OP_DEREF] = "*", [OP_PRE_INC] = "++", [OP_PRE_DEC] = "--",
		[OP_POST_INC] = "++", [OP_POST_DEC] = "--",
	};

	return texts[op];
}

uint64_t op_fold(enum op op, uint64_t a, uint64_t b, bool is_signed)
{
	int64_t sa = a, sb = b;

	switch (op) {
	case OP_MUL:
		return a * b;
	case OP_DIV:
		if (is_signed && sb == -1)
			return -a;
		return !b ? 0 : is_signed ? (uint64_t)(sa / sb) : a / b;
	case OP_MOD:
		if (is_signed && sb == -1)
			return 0;
		return !b ? a : is_signed ? (uint64_t)(sa % sb) : a % b;
	case OP_ADD:
		return a + b;
	case OP_SUB:
		return a - b;
	case OP_SHL:
		return a << (b & 63);
	case OP_SHR:
		return a >> (b & 63);
	case OP_LT:
		return is_signed ? sa < sb : a < b;
	case OP_LE:
		return is_signed ? sa <= sb : a <= b;
	case OP_GT:
		return is_signed ? sa > sb : a > b;
	case OP_GE:
		return is_signed ? sa >= sb : a >= b;
	case OP_EQ:
		return a == b;
	case OP_NE:
		return a != b;
	case OP_AND:
		return a & b;
	case OP_XOR:
		return a ^ b;
	case OP_OR:
		return a | b;
	case OP_LAND:
		return a && b;
	case OP_LOR:
		return a || b;
	case OP_NEG:
		return -a;
	case OP_NOT:
		return ~a;
	case OP_LNOT:
		return !a;
	default:
		return 0;
	}
}

struct expr *tree_copy_expr(struct tree_copy *copy, const struct expr *expr)
{
	struct expr *node = arena_alloc(copy->arena, sizeof(*node));
	const struct expr *part;

	*node = *expr;
	if (copy->at)
		node->at = *copy->at;
	node->next = NULL;
	node->a = expr->a ? copy->expr(copy, expr->a) : NULL;
	node->b = expr->b ? copy->expr(copy, expr->b) : NULL;
	node->c = expr->c ? copy->expr(copy, expr->c) : NULL;
	node->list = NULL;
	for (part = expr->list; part; part = part->next)
		node->list = expr_append(node->list, copy->expr(copy, part));
	node->body = tree_copy_stmts(copy, expr->body);
	return node;
}

struct stmt *tree_copy_stmts(struct tree_copy *copy, const struct stmt *stmt)
{
	struct stmt *list = NULL, **end = &list;

	for (; stmt; stmt = stmt->next) {
		struct stmt *node = arena_alloc(copy->arena, sizeof(*node));

		*node = *stmt;
		if (copy->at)
			node->at = *copy->at;
		node->next = NULL;
		node->target = stmt->target ? copy->expr(copy, stmt->target) : NULL;
		node->value = stmt->value ? copy->expr(copy, stmt->value) : NULL;
		node->body = tree_copy_stmts(copy, stmt->body);
		node->otherwise = tree_copy_stmts(copy, stmt->otherwise);
		*end = node;
		end = &node->next;
	}
	return list;
}

struct clause *clause_copy(struct arena *arena, const struct clause *clause)
{
	struct tree_copy copy = { .arena = arena, .expr = tree_copy_expr };
	struct clause *node = arena_alloc(arena, sizeof(*node));

	*node = *clause;
	node->next = NULL;
	node->filter = clause->filter ? tree_copy_expr(&copy, clause->filter) : NULL;
	node->body = tree_copy_stmts(&copy, clause->body);
	return node;
}
