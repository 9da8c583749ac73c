// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <inttypes.h>

#include "builtins.h"
#include "dump.h"
#include "provider/provider.h"

/*
 * Types
 */

static void dump_type(FILE *out, const struct type *type)
{
	unsigned int i;

	fputs(type_name(type), out);
	if (type->size)
		fprintf(out, " of %u bytes", type->size);
	if (type->is_signed)
		fputs(", signed", out);
	if (type->to && type->kind == TYPE_INT)
		fprintf(out, ", a pointer to %s",
			type->to->name ? type->to->name : "what has no name");
	for (i = 0; i < type->nr_members; i++) {
		fputs(i ? "; " : " (", out);
		dump_type(out, &type->members[i]);
	}
	if (type->nr_members)
		fputc(')', out);
}

void dump_types(FILE *out, struct ctypes *ctypes)
{
	const struct ctype *type;
	uint32_t i;

	for (type = ctypes->declared; type; type = type->next) {
		fprintf(out, "%s, %" PRIu64 " bytes\n", ctype_text(ctypes, type),
			type->size);
		for (i = 0; ctype_is_record(type) && i < type->nr; i++) {
			struct cmember member = ctype_nth_member(ctypes, type, i);

			fprintf(out, "  %4" PRIu64, member.bit_offset / 8);
			if (member.bit_size)
				fprintf(out, " bit %" PRIu64 " of %u",
					member.bit_offset % 8, member.bit_size);
			fprintf(out, "  %s %s\n", ctype_text(ctypes, member.type),
				member.name ? member.name : "");
		}
	}
}

void dump_maps(FILE *out, const struct checker *checker)
{
	const struct map_decl *map;
	unsigned int i;

	for (map = checker->maps; map < checker->maps + checker->nr_maps; map++) {
		fprintf(out, "map %s: ", map->name);
		if (map->kind != KPS_MAP_VALUE)
			fputs(map_kind_name(map->kind), out);
		else
			dump_type(out, &map->value);
		for (i = 0; i < map->nr_key; i++) {
			fputs(i ? "; " : ", by ", out);
			dump_type(out, &map->key[i]);
		}
		fputc('\n', out);
	}
}

/*
 * The tree
 */

static void begin_line(FILE *out, const struct span *at, unsigned int indent)
{
	char place[32];

	snprintf(place, sizeof(place), "%d:%d", at->first_line, at->first_column);
	fprintf(out, "%-8s%*s", place, 2 * (int)indent, "");
}

static void dump_string(FILE *out, const char *text, unsigned int len)
{
	unsigned int i;

	fputc('"', out);
	for (i = 0; i < len; i++) {
		unsigned char c = text[i];

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (isprint(c))
			fputc(c, out);
		else
			fprintf(out, "\\x%02x", c);
	}
	fputc('"', out);
}

/* A kind that is forgotten here does not build. */
static void dump_what(FILE *out, const struct expr *expr)
{
	const char *text = expr->text ? expr->text : "";

	switch (expr->kind) {
	case EXPR_INT:
		fprintf(out, "number %" PRId64, (int64_t)expr->value);
		return;
	case EXPR_STRING:
		fputs("string ", out);
		dump_string(out, text, expr->len);
		return;
	case EXPR_NAME:
		fprintf(out, "name %s", text);
		return;
	case EXPR_FIELD:
		fprintf(out, "field %s%s", expr->is_arrow ? "->" : ".", text);
		return;
	case EXPR_INDEX:
		fputs("index", out);
		return;
	case EXPR_CALL:
		fprintf(out, "call %s()", text);
		return;
	case EXPR_UNARY:
		fprintf(out, "unary %s%s", op_text(expr->op),
			expr->op == OP_POST_INC || expr->op == OP_POST_DEC ?
			" behind" : "");
		return;
	case EXPR_BINARY:
		fprintf(out, "binary %s", op_text(expr->op));
		return;
	case EXPR_TERNARY:
		fputs("choice ?:", out);
		return;
	case EXPR_CAST:
		fprintf(out, "cast (%s)", text);
		return;
	case EXPR_MAP:
		fprintf(out, "map %s", text);
		return;
	case EXPR_VARIABLE:
		fprintf(out, "variable %s", text);
		return;
	case EXPR_POSITIONAL:
		fprintf(out, "parameter %s", text);
		return;
	case EXPR_TUPLE:
		fputs("tuple", out);
		return;
	case EXPR_TYPE:
		fprintf(out, "type %s", text);
		return;
	case EXPR_BOOL:
		fputs(expr->value ? "true" : "false", out);
		return;
	case EXPR_BLOCK:
		fputs("block", out);
		return;
	case EXPR_RANGE:
		fputs("range ..", out);
		return;
	}
}

static void dump_stmts(FILE *out, const struct stmt *stmt, unsigned int indent);

static void dump_expr(FILE *out, const struct expr *expr, unsigned int indent)
{
	const struct expr *item;

	if (!expr)
		return;
	begin_line(out, &expr->at, indent);
	dump_what(out, expr);
	if (expr->type.kind != TYPE_NONE) {
		fputs(": ", out);
		dump_type(out, &expr->type);
	}
	if (expr->in_copy)
		fputs(", of a copy", out);
	if (expr->in_memory)
		fprintf(out, ", in memory at +%" PRIu64, expr->offset);
	fputc('\n', out);
	if (expr->kind == EXPR_BLOCK) {
		/* Its value, .a, is the last of them. */
		dump_stmts(out, expr->body, indent + 1);
		return;
	}
	dump_expr(out, expr->a, indent + 1);
	dump_expr(out, expr->b, indent + 1);
	dump_expr(out, expr->c, indent + 1);
	for (item = expr->list; item; item = item->next)
		dump_expr(out, item, indent + 1);
}

static void dump_stmts(FILE *out, const struct stmt *stmt, unsigned int indent)
{
	for (; stmt; stmt = stmt->next) {
		if (stmt->kind == STMT_EXPR) {
			dump_expr(out, stmt->value, indent);
			continue;
		}
		begin_line(out, &stmt->at, indent);
		fputs(stmt->kind == STMT_IF ? "if" :
		      stmt->kind == STMT_BLOCK ? "block" : stmt->text, out);
		if (stmt->is_counted)
			fprintf(out, ", %u times", stmt->rounds);
		fputc('\n', out);
		dump_expr(out, stmt->target, indent + 1);
		dump_expr(out, stmt->value, indent + 1);
		dump_stmts(out, stmt->body, indent + 2);
		if (stmt->otherwise) {
			begin_line(out, &stmt->otherwise->at, indent);
			fputs("else\n", out);
			dump_stmts(out, stmt->otherwise, indent + 2);
		}
	}
}

void dump_clause(FILE *out, const struct clause *clause)
{
	const struct attach_point *point;

	for (point = clause->points; point; point = point->next) {
		begin_line(out, &point->at, 0);
		fprintf(out, "probe %s\n", point->text);
	}
	if (clause->filter) {
		begin_line(out, &clause->filter->at, 1);
		fputs("filter\n", out);
		dump_expr(out, clause->filter, 2);
	}
	dump_stmts(out, clause->body, 1);
}

void dump_program(FILE *out, const struct program *program)
{
	const struct setting *setting;
	const struct ctype_decl *type;
	const struct clause *clause;

	for (setting = program->settings; setting; setting = setting->next) {
		begin_line(out, &setting->at, 0);
		fprintf(out, "setting %s\n", setting->name);
		dump_expr(out, setting->value, 1);
	}
	for (type = program->types; type; type = type->next) {
		begin_line(out, &type->at, 0);
		fprintf(out, "%s %s\n", type->tag, type->name);
	}
	for (clause = program->clauses; clause; clause = clause->next)
		dump_clause(out, clause);
}

void dump_event(FILE *out, const struct event *event)
{
	size_t i;

	fprintf(out, "%s: %s\n", event->provider->name,
		event->name ? event->name : event->point->text);
	for (i = 0; i < event->nr_targets; i++)
		fprintf(out, "  at %s\n", event->targets[i]);
}
