/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bpftrace's grammar.  It accepts more than the checker does: what kpstat does
 * not have yet is parsed here and refused there, by name.
 */
%define api.pure full
%define api.location.type { struct span }
%define parse.error custom
%define parse.lac full
%locations
%param { void *scanner }
%parse-param { struct parse *parse }

%code requires {
#include <string.h>

#include "base/array.h"
#include "header.h"
#include "parse.h"
}

%code provides {
int yylex(YYSTYPE *value, struct span *at, void *scanner);
}

%code {
#define ARENA (parse->arena)

static void yyerror(struct span *at, void *scanner, struct parse *parse,
		    const char *message);

/* The deepest of its parts, and itself; false if that is too deep. */
static bool measure(struct expr *expr);

#define CHECK(expr)							\
	do {								\
		if (!measure(expr))					\
			YYABORT;					\
	} while (0)

/* The number that an expression is where types are declared. */
static bool constant(struct parse *parse, const struct expr *expr, uint64_t *value);

#define CONSTANT(expr)							\
	({								\
		uint64_t value_;					\
									\
		if (!constant(parse, expr, &value_))			\
			YYABORT;					\
		value_;							\
	})

static struct expr *binary(struct parse *parse, const struct span *at,
			   enum op op, struct expr *a, struct expr *b)
{
	return expr_op(parse->arena, EXPR_BINARY, at, op, a, b);
}

static struct expr *unary(struct parse *parse, const struct span *at,
			  enum op op, struct expr *a)
{
	return expr_op(parse->arena, EXPR_UNARY, at, op, a, NULL);
}

static struct expr *index_of(struct parse *parse, const struct span *at,
			     struct expr *base, struct expr *list);

static void add_clause(struct program *program, struct clause *clause)
{
	program->clauses = clause_append(program->clauses, clause);
}

static void add_type(struct program *program, struct ctype_decl *decl)
{
	program->types = ctype_decl_append(program->types, decl);
}

static struct ctype_decl *new_type(struct parse *parse, const struct span *at,
				   const char *tag, const char *name)
{
	struct ctype_decl *decl = arena_alloc(parse->arena, sizeof(*decl));

	decl->at = *at;
	decl->tag = tag;
	decl->name = name;
	return decl;
}

static struct member_decl *new_member(struct parse *parse,
				      const struct span *at, const char *name,
				      unsigned int stars,
				      struct dimension *dimensions, int bits)
{
	struct member_decl *member = arena_alloc(parse->arena, sizeof(*member));

	member->at = *at;
	member->name = name;
	member->stars = stars;
	member->dimensions = dimensions;
	member->bits = bits;
	return member;
}

static struct dimension *new_dimension(struct parse *parse, uint64_t nr)
{
	struct dimension *dimension = arena_alloc(parse->arena, sizeof(*dimension));

	dimension->nr = nr;
	return dimension;
}

/* "int a, *b;": what they have in common. */
static struct member_decl *set_base(struct member_decl *list, const char *base,
				    const struct ctype_decl *record)
{
	struct member_decl *member;

	for (member = list; member; member = member->next) {
		member->base = member->is_function ? "void" : base;
		member->record = member->is_function ? NULL : record;
	}
	return list;
}

static struct enumerator_decl *new_enumerator(struct parse *parse, const char *name,
					      int64_t value)
{
	struct enumerator_decl *decl = arena_alloc(parse->arena, sizeof(*decl));

	decl->name = name;
	decl->value = value;
	return decl;
}

/* What the next one is, if nothing is said of it. */
static int64_t value_behind(const struct enumerator_decl *list)
{
	while (list->next)
		list = list->next;
	return (int64_t)((uint64_t)list->value + 1);
}

static void add_typedef(struct parse *parse, const char *name)
{
	struct type_name *type = arena_alloc(parse->arena, sizeof(*type));

	type->name = name;
	type->next = parse->typedefs;
	parse->typedefs = type;
}

static void add_map(struct parse *parse, const struct span *at, const char *name,
		    const char *kind, const struct expr *entries)
{
	struct map_setting *map = arena_alloc(parse->arena, sizeof(*map));

	map->at = *at;
	map->name = name;
	map->kind = kind;
	map->entries = entries;
	map->next = parse->program->maps;
	parse->program->maps = map;
}

static struct parameter *new_parameter(struct parse *parse, const struct span *at,
				       enum expr_kind kind, const char *name)
{
	struct parameter *parameter = arena_alloc(parse->arena, sizeof(*parameter));

	parameter->at = *at;
	parameter->kind = kind;
	parameter->name = name;
	return parameter;
}

static void add_macro(struct parse *parse, const char *name,
		      struct parameter *parameters, struct expr *body)
{
	struct macro *macro = arena_alloc(parse->arena, sizeof(*macro));

	macro->name = name;
	macro->parameters = parameters;
	macro->body = body;
	macro->next = parse->program->macros;
	parse->program->macros = macro;
}

static struct expr *block_of(struct parse *parse, const struct span *at,
			     struct stmt *stmts)
{
	struct expr *expr = expr_new(parse->arena, EXPR_BLOCK, at);

	expr->body = stmts;
	return expr;
}

/* @type: EXPR_TYPE, or an expression that is of that type */
static struct expr *cast_to(struct parse *parse, const struct span *at,
			    struct expr *type, struct expr *value)
{
	struct expr *cast = expr_named(parse->arena, EXPR_CAST, at, type->text);

	cast->a = value;
	if (type->kind != EXPR_TYPE)
		cast->list = type;
	return cast;
}

static struct stmt *new_let(struct parse *parse, const struct span *at,
			    const char *name, struct expr *type, struct expr *value)
{
	struct stmt *stmt = stmt_new(parse->arena, STMT_ASSIGN, at);

	stmt->is_let = true;
	stmt->text = "=";
	stmt->target = expr_named(parse->arena, EXPR_VARIABLE, at, name);
	stmt->value = value;
	if (!type)
		return stmt;
	stmt->is_typed = true;
	stmt->value = cast_to(parse, at, type, value ? value : expr_int(parse->arena, at, 0));
	measure(stmt->value);
	return stmt;
}

/* What an if is that stands for a value; @otherwise is another one, or a block. */
static struct expr *choice(struct parse *parse, const struct span *at, struct expr *condition,
			   struct expr *body, struct expr *otherwise)
{
	struct expr *expr = expr_new(parse->arena, EXPR_TERNARY, at);

	expr->a = condition;
	expr->b = body;
	expr->c = otherwise;
	return expr;
}

static struct stmt *new_for(struct parse *parse, const struct span *at,
			    struct expr *variable, struct expr *range,
			    struct stmt *body)
{
	struct stmt *stmt = stmt_new(parse->arena, STMT_LOOP, at);

	stmt->text = "for";
	stmt->target = variable;
	stmt->value = range;
	stmt->body = body;
	return stmt;
}

static void add_setting(struct parse *parse, const struct span *at,
			const char *name, const struct expr *value)
{
	struct setting *setting = arena_alloc(parse->arena, sizeof(*setting));

	setting->at = *at;
	setting->name = name;
	setting->value = value;
	setting->next = parse->program->settings;
	parse->program->settings = setting;
}
}

%initial-action {
	@$ = (struct span){ parse->first_line, 1, parse->first_line, 1 };
}

%union {
	const char *text;
	uint64_t integer;
	struct string string;
	struct expr *expr;
	struct stmt *stmt;
	struct clause *clause;
	struct attach_point *point;
	struct ctype_decl *type;
	struct member_decl *member;
	struct enumerator_decl *enumerator;
	struct dimension *dimension;
	struct parameter *parameter;
	unsigned int number;
	int bits;
}

%token LBRACE "'{'"
%token VALUE_BRACE "'{' of a value"
%token END_OF_TEXT 0		"end of program"
%token <text> ATTACH_POINT "probe"
%token CONFIG "'config = {'"
%token FILTER_START	"filter"
%token FILTER_END	"'/' and '{'"
%token <text> NAME	"name"
%token <text> MAP	"map"
%token <text> VARIABLE	"variable"
%token <text> POSITIONAL "parameter"
%token <text> TYPE	"type"
%token <text> STRUCT	"'struct'"
%token <text> ENUM	"'enum'"
%token <text> IF	"'if'"
%token <text> ELSE	"'else'"
%token <text> WHILE	"'while'"
%token <text> FOR	"'for'"
%token <text> UNROLL	"'unroll'"
%token <text> JUMP	"'return'"
%token LET	"'let'"
%token TYPEDEF	"'typedef'"
%token TYPEOF	"'typeof'"
%token <text> COMPTIME "'comptime'"
%token MACRO	"'macro'"
%token <text> ATTRIBUTE "'__attribute__'"
%token <integer> BOOLEAN "'true' or 'false'"
%token RANGE	"'..'"
%token <text> ASSIGN	"assignment"
%token <integer> INTEGER "number"
%token <string> STRING	"string"
%token EQ "'=='" NE "'!='" LE "'<='" GE "'>='" SHL "'<<'" SHR "'>>'"
%token LAND "'&&'" LOR "'||'" INC "'++'" DEC "'--'" ARROW "'->'"

%right '?' ':'
%left LOR
%left LAND
%left '|'
%left '^'
%left '&'
%left EQ NE
%left '<' '>' LE GE
%left SHL SHR
%left '+' '-'
%left '*' '/' '%'

%type <clause> clause
%type <point> attach_points attach_point
%type <expr> filter expr unary postfix primary list list_or_none range record_members record_member
%type <expr> value chosen any_type
%type <type> enumeration
%type <integer> attributes
%type <stmt> block stmts simple compound if else loop
%type <text> name cast_type base_type words
%type <parameter> parameters some_parameters parameter
%type <number> stars
%type <type> record
%type <member> members member declarators declarator
%type <enumerator> enumerators
%type <dimension> dimensions
%type <bits> bits

%%

program:
	  %empty
	| program clause	{ add_clause(parse->program, $2); }
	| program CONFIG settings '}'
	| program record semicolon	{ add_type(parse->program, $2); }
	| program enumeration semicolon	{ add_type(parse->program, $2); }
	| program TYPEDEF member ';'	{
		struct ctype_decl *decl = new_type(parse, &@3, "typedef", $3->name);

		decl->members = $3;
		add_type(parse->program, decl);
		add_typedef(parse, $3->name);
	}
	| program TYPEDEF enumeration NAME ';'	{
		struct ctype_decl *decl = new_type(parse, &@4, "typedef", $4);

		if (!$3->name)
			$3->name = arena_printf(ARENA, "(%s)", $4);
		add_type(parse->program, $3);
		decl->members = new_member(parse, &@4, $4, 0, NULL, -1);
		decl->members->base = arena_printf(ARENA, "enum %s", $3->name);
		add_type(parse->program, decl);
		add_typedef(parse, $4);
	}
	| program LET MAP ASSIGN NAME '(' expr ')' ';'	{
		add_map(parse, &@3, $3, $5, $7);
	}
	| program MACRO NAME '(' parameters ')' block	{
		add_macro(parse, $3, $5, block_of(parse, &@7, $7));
	}
	;

semicolon:
	  %empty
	| ';'
	;

record:
	  STRUCT name LBRACE members '}' attributes	{
		$$ = new_type(parse, &@2, $1, $2);
		$$->members = $4;
		$$->is_packed = $6;
	}
	;

enumeration:
	  ENUM name LBRACE enumerators '}'	{
		$$ = new_type(parse, &@2, $1, $2);
		$$->enumerators = $4;
	}
	| ENUM LBRACE enumerators '}'	{
		$$ = new_type(parse, &@1, $1, NULL);
		$$->enumerators = $3;
	}
	;

attributes:
	  %empty			{ $$ = 0; }
	| attributes ATTRIBUTE	{
		if (!strstr($2, "packed")) {
			diag_error(&@2, "there is __attribute__((packed))",
				   "this attribute is not supported");
			YYABORT;
		}
		$$ = 1;
	}
	;

parameters:
	  %empty			{ $$ = NULL; }
	| some_parameters
	;

some_parameters:
	  parameter
	| some_parameters ',' parameter	{ $$ = parameter_append($1, $3); }
	;

parameter:
	  NAME			{ $$ = new_parameter(parse, &@$, EXPR_NAME, $1); }
	| VARIABLE		{ $$ = new_parameter(parse, &@$, EXPR_VARIABLE, $1); }
	| MAP			{ $$ = new_parameter(parse, &@$, EXPR_MAP, $1); }
	;

members:
	  %empty			{ $$ = NULL; }
	| members member ';'	{ $$ = member_decl_append($1, $2); }
	;

member:
	  base_type declarators	{ $$ = set_base($2, $1, NULL); }
	| record declarators	{ $$ = set_base($2, NULL, $1); }
	| STRUCT LBRACE members '}' attributes declarators	{
		struct ctype_decl *decl = new_type(parse, &@1, $1, NULL);

		decl->members = $3;
		decl->is_packed = $5;
		$$ = set_base($6, NULL, decl);
	}
	| STRUCT LBRACE members '}' attributes	{
		struct ctype_decl *decl = new_type(parse, &@1, $1, NULL);

		decl->members = $3;
		decl->is_packed = $5;
		$$ = new_member(parse, &@1, NULL, 0, NULL, -1);
		$$->record = decl;
	}
	;

declarators:
	  declarator
	| declarators ',' declarator	{ $$ = member_decl_append($1, $3); }
	;

declarator:
	  stars NAME dimensions bits	{
		$$ = new_member(parse, &@2, $2, $1, $3, $4);
	}
	| stars '(' '*' NAME ')' '(' prototype ')'	{
		/* Of a pointer to a function no more is known than that. */
		$$ = new_member(parse, &@4, $4, 1, NULL, -1);
		$$->is_function = true;
	}
	| ':' INTEGER	{
		$$ = new_member(parse, &@2, NULL, 0, NULL, $2 > 64 ? 65 : (int)$2);
	}
	;

prototype:
	  %empty
	| argument
	| prototype ',' argument
	;

argument:
	  base_type stars
	| base_type stars NAME
	| RANGE '.'
	;

dimensions:
	  %empty			{ $$ = NULL; }
	| dimensions '[' expr ']'	{ $$ = dimension_append($1, new_dimension(parse, CONSTANT($3))); }
	| dimensions '[' ']'		{ $$ = dimension_append($1, new_dimension(parse, 0)); }
	;

bits:
	  %empty		{ $$ = -1; }
	| ':' INTEGER	{ $$ = $2 > 64 ? 65 : (int)$2; }
	;

enumerators:
	  NAME		{ $$ = new_enumerator(parse, $1, 0); }
	| NAME ASSIGN expr	{ $$ = new_enumerator(parse, $1, CONSTANT($3)); }
	| enumerators ',' NAME	{
		$$ = enumerator_decl_append($1, new_enumerator(parse, $3, value_behind($1)));
	}
	| enumerators ',' NAME ASSIGN expr	{
		$$ = enumerator_decl_append($1, new_enumerator(parse, $3, CONSTANT($5)));
	}
	| enumerators ','
	;

settings:
	  some_settings
	| some_settings setting
	;

some_settings:
	  %empty
	| some_settings setting ';'
	;

setting:
	  NAME ASSIGN expr	{ add_setting(parse, &@1, $1, $3); }
	;

clause:
	  attach_points filter block	{
		$$ = arena_alloc(ARENA, sizeof(*$$));
		$$->at = @$;
		$$->points = $1;
		$$->filter = $2;
		$$->body = $3;
	}
	;

attach_points:
	  attach_point
	| attach_points ',' attach_point { $$ = attach_point_append($1, $3); }
	;

attach_point:
	  ATTACH_POINT	{
		$$ = arena_alloc(ARENA, sizeof(*$$));
		$$->at = @1;
		$$->text = $1;
	}
	;

filter:
	  %empty			{ $$ = NULL; }
	| FILTER_START expr FILTER_END	{ $$ = $2; }
	| ',' FILTER_START expr FILTER_END	{ $$ = $3; }
	;

block:
	  LBRACE stmts '}'			{ $$ = $2; }
	| LBRACE stmts simple '}'		{
		$3->is_last = true;
		$$ = stmt_append($2, $3);
	}
	;

stmts:
	  %empty			{ $$ = NULL; }
	| stmts simple ';'		{ $$ = stmt_append($1, $2); }
	| stmts compound		{ $$ = stmt_append($1, $2); }
	| stmts ';'			{ $$ = $1; }
	;

simple:
	  expr	{
		$$ = stmt_new(ARENA, STMT_EXPR, &@$);
		$$->value = $1;
	}
	| unary ASSIGN value	{
		$$ = stmt_new(ARENA, STMT_ASSIGN, &@$);
		$$->target = $1;
		$$->text = $2;
		$$->value = $3;
	}
	| LET VARIABLE	{
		$$ = new_let(parse, &@2, $2, NULL, NULL);
	}
	| LET VARIABLE ASSIGN value	{
		$$ = new_let(parse, &@2, $2, NULL, $4);
	}
	| LET VARIABLE ':' any_type	{
		$$ = new_let(parse, &@2, $2, $4, NULL);
	}
	| LET VARIABLE ':' any_type ASSIGN value	{
		$$ = new_let(parse, &@2, $2, $4, $6);
	}
	| LET VARIABLE ':' string_type	{
		$$ = new_let(parse, &@2, $2, NULL, expr_named(ARENA, EXPR_STRING, &@2, ""));
	}
	| LET VARIABLE ':' string_type ASSIGN value	{
		$$ = new_let(parse, &@2, $2, NULL, $6);
	}
	| JUMP	{
		$$ = stmt_new(ARENA, STMT_JUMP, &@$);
		$$->text = $1;
	}
	| JUMP expr	{
		/* A clause's value is nobody's. */
		$$ = stmt_new(ARENA, STMT_JUMP, &@$);
		$$->text = $1;
	}
	;

/* As long as what is assigned to it needs. */
string_type:
	  NAME	{
		if (strcmp($1, "string")) {
			diag_error(&@1, NULL, "there is no type '%s'", $1);
			YYABORT;
		}
	}
	| string_type '[' INTEGER ']'
	;

compound:
	  if
	| loop
	| block	{
		$$ = stmt_new(ARENA, STMT_BLOCK, &@1);
		$$->body = $1;
	}
	;

loop:
	  WHILE expr block	{
		$$ = stmt_new(ARENA, STMT_LOOP, &@1);
		$$->text = $1;
		$$->value = $2;
		$$->body = $3;
	}
	| UNROLL expr block	{
		$$ = stmt_new(ARENA, STMT_LOOP, &@1);
		$$->text = $1;
		$$->value = $2;
		$$->body = $3;
	}
	| FOR '(' VARIABLE ':' range ')' block	{
		$$ = new_for(parse, &@1, expr_named(ARENA, EXPR_VARIABLE, &@3, $3), $5, $7);
	}
	| FOR VARIABLE ':' range block	{
		$$ = new_for(parse, &@1, expr_named(ARENA, EXPR_VARIABLE, &@2, $2), $4, $5);
	}
	;

range:
	  expr
	| expr RANGE expr	{
		$$ = expr_new(ARENA, EXPR_RANGE, &@$);
		$$->a = $1;
		$$->b = $3;
		CHECK($$);
	}
	;

if:
	  IF expr block else	{
		$$ = stmt_new(ARENA, STMT_IF, &@1);
		$$->text = $1;
		$$->value = $2;
		$$->body = $3;
		$$->otherwise = $4;
	}
	;

else:
	  %empty			{ $$ = NULL; }
	| ELSE block			{ $$ = $2; }
	| ELSE if			{ $$ = $2; }
	;

value:
	  expr
	| chosen
	;

chosen:
	  IF expr block ELSE block	{
		CHECK($$ = choice(parse, &@1, $2, block_of(parse, &@3, $3), block_of(parse, &@5, $5)));
	}
	| IF expr block ELSE chosen	{
		CHECK($$ = choice(parse, &@1, $2, block_of(parse, &@3, $3), $5));
	}
	;

expr:
	  unary
	| expr '*' expr		{ CHECK($$ = binary(parse, &@$, OP_MUL, $1, $3)); }
	| expr '/' expr		{ CHECK($$ = binary(parse, &@$, OP_DIV, $1, $3)); }
	| expr '%' expr		{ CHECK($$ = binary(parse, &@$, OP_MOD, $1, $3)); }
	| expr '+' expr		{ CHECK($$ = binary(parse, &@$, OP_ADD, $1, $3)); }
	| expr '-' expr		{ CHECK($$ = binary(parse, &@$, OP_SUB, $1, $3)); }
	| expr SHL expr		{ CHECK($$ = binary(parse, &@$, OP_SHL, $1, $3)); }
	| expr SHR expr		{ CHECK($$ = binary(parse, &@$, OP_SHR, $1, $3)); }
	| expr '<' expr		{ CHECK($$ = binary(parse, &@$, OP_LT, $1, $3)); }
	| expr LE expr		{ CHECK($$ = binary(parse, &@$, OP_LE, $1, $3)); }
	| expr '>' expr		{ CHECK($$ = binary(parse, &@$, OP_GT, $1, $3)); }
	| expr GE expr		{ CHECK($$ = binary(parse, &@$, OP_GE, $1, $3)); }
	| expr EQ expr		{ CHECK($$ = binary(parse, &@$, OP_EQ, $1, $3)); }
	| expr NE expr		{ CHECK($$ = binary(parse, &@$, OP_NE, $1, $3)); }
	| expr '&' expr		{ CHECK($$ = binary(parse, &@$, OP_AND, $1, $3)); }
	| expr '^' expr		{ CHECK($$ = binary(parse, &@$, OP_XOR, $1, $3)); }
	| expr '|' expr		{ CHECK($$ = binary(parse, &@$, OP_OR, $1, $3)); }
	| expr LAND expr	{ CHECK($$ = binary(parse, &@$, OP_LAND, $1, $3)); }
	| expr LOR expr		{ CHECK($$ = binary(parse, &@$, OP_LOR, $1, $3)); }
	| expr '?' expr ':' expr	{
		$$ = expr_new(ARENA, EXPR_TERNARY, &@$);
		$$->a = $1;
		$$->b = $3;
		$$->c = $5;
		CHECK($$);
	}
	;

unary:
	  postfix
	| '-' unary		{ CHECK($$ = unary(parse, &@$, OP_NEG, $2)); }
	| '!' unary		{ CHECK($$ = unary(parse, &@$, OP_LNOT, $2)); }
	| '~' unary		{ CHECK($$ = unary(parse, &@$, OP_NOT, $2)); }
	| '*' unary		{ CHECK($$ = unary(parse, &@$, OP_DEREF, $2)); }
	| '&' unary		{
		diag_error(&@$, "use it itself, or keep a pointer that the kernel has",
			   "there are no pointers to what a program keeps");
		YYABORT;
	}
	| INC unary		{ CHECK($$ = unary(parse, &@$, OP_PRE_INC, $2)); }
	| DEC unary		{ CHECK($$ = unary(parse, &@$, OP_PRE_DEC, $2)); }
	| '(' any_type ')' unary	{ CHECK($$ = cast_to(parse, &@$, $2, $4)); }
	| COMPTIME unary	{
		$$ = expr_named(ARENA, EXPR_CALL, &@$, $1);
		$$->list = $2;
		CHECK($$);
	}
	;

any_type:
	  cast_type		{ $$ = expr_named(ARENA, EXPR_TYPE, &@$, $1); }
	| TYPEOF '(' expr ')'	{ $$ = $3; }
	| TYPEOF '(' cast_type ')'	{ $$ = expr_named(ARENA, EXPR_TYPE, &@$, $3); }
	;

cast_type:
	  base_type stars	{
		$$ = arena_printf(ARENA, "%s%s%.*s", $1, $2 ? " " : "",
				  (int)$2, "****************");
	}
	| cast_type '[' INTEGER ']'	{
		$$ = arena_printf(ARENA, "%s[%llu]", $1, (unsigned long long)$3);
	}
	| cast_type '[' ']'	{ $$ = arena_printf(ARENA, "%s[]", $1); }
	;

base_type:
	  words
	| STRUCT name		{ $$ = arena_printf(ARENA, "%s %s", $1, $2); }
	| ENUM name		{ $$ = arena_printf(ARENA, "%s %s", $1, $2); }
	;

words:
	  TYPE
	| words TYPE		{ $$ = arena_printf(ARENA, "%s %s", $1, $2); }
	;

stars:
	  %empty		{ $$ = 0; }
	| stars '*'		{ $$ = $1 < 16 ? $1 + 1 : $1; }
	;

postfix:
	  primary
	| postfix '[' list ']'	{ CHECK($$ = index_of(parse, &@$, $1, $3)); }
	| postfix '.' name	{
		$$ = expr_named(ARENA, EXPR_FIELD, &@$, $3);
		$$->a = $1;
		CHECK($$);
	}
	| postfix ARROW name	{
		$$ = expr_named(ARENA, EXPR_FIELD, &@$, $3);
		$$->a = $1;
		$$->is_arrow = true;
		CHECK($$);
	}
	| postfix '.' INTEGER	{
		$$ = expr_named(ARENA, EXPR_FIELD, &@$,
				arena_printf(ARENA, "%llu",
					     (unsigned long long)$3));
		$$->a = $1;
		CHECK($$);
	}
	| postfix INC		{ CHECK($$ = unary(parse, &@$, OP_POST_INC, $1)); }
	| postfix DEC		{ CHECK($$ = unary(parse, &@$, OP_POST_DEC, $1)); }
	;

primary:
	  INTEGER		{ $$ = expr_int(ARENA, &@$, $1); }
	| STRING		{
		$$ = expr_named(ARENA, EXPR_STRING, &@$, $1.text);
		$$->len = $1.len;
	}
	| NAME			{ $$ = expr_named(ARENA, EXPR_NAME, &@$, $1); }
	| MAP			{ $$ = expr_named(ARENA, EXPR_MAP, &@$, $1); }
	| VARIABLE		{ $$ = expr_named(ARENA, EXPR_VARIABLE, &@$, $1); }
	| POSITIONAL		{ $$ = expr_named(ARENA, EXPR_POSITIONAL, &@$, $1); }
	| NAME '(' list_or_none ')'	{
		$$ = expr_named(ARENA, EXPR_CALL, &@$, $1);
		$$->list = $3;
		CHECK($$);
	}
	| NAME '(' any_type ')'	{
		$$ = expr_named(ARENA, EXPR_CALL, &@$, $1);
		$$->list = $3;
		CHECK($$);
	}
	| NAME '(' any_type ',' list ')'	{
		$$ = expr_named(ARENA, EXPR_CALL, &@$, $1);
		$$->list = expr_append($3, $5);
		CHECK($$);
	}
	| '(' expr ')'		{ $$ = $2; }
	| '(' expr ',' ')'	{
		$$ = expr_new(ARENA, EXPR_TUPLE, &@$);
		$$->list = $2;
		CHECK($$);
	}
	| '(' expr ',' list ')'	{
		$$ = expr_new(ARENA, EXPR_TUPLE, &@$);
		$$->list = expr_append($2, $4);
		CHECK($$);
	}
	| '(' record_members ')'	{
		$$ = expr_new(ARENA, EXPR_TUPLE, &@$);
		$$->list = $2;
		CHECK($$);
	}
	| BOOLEAN		{
		$$ = expr_new(ARENA, EXPR_BOOL, &@$);
		$$->value = $1;
	}
	| VALUE_BRACE stmts '}'	{ CHECK($$ = block_of(parse, &@$, $2)); }
	| VALUE_BRACE stmts simple '}'	{
		$3->is_last = true;
		CHECK($$ = block_of(parse, &@$, stmt_append($2, $3)));
	}
	;

record_members:
	  record_member
	| record_members ',' record_member	{ $$ = expr_append($1, $3); }
	;

record_member:
	  NAME ASSIGN expr	{
		$$ = $3;
		$$->label = $1;
	}
	;

list_or_none:
	  %empty		{ $$ = NULL; }
	| list
	;

list:
	  value
	| list ',' value	{ $$ = expr_append($1, $3); }
	;

name:
	  NAME | TYPE | STRUCT | ENUM | IF | ELSE | WHILE | FOR | UNROLL | JUMP
	;

%%

/* The deepest expression in statements. */
static unsigned int stmts_depth(const struct stmt *stmt)
{
	unsigned int depth = 0, inner;

	for (; stmt; stmt = stmt->next) {
		const struct expr *exprs[] = { stmt->target, stmt->value };
		size_t i;

		for (i = 0; i < ARRAY_SIZE(exprs); i++)
			if (exprs[i] && exprs[i]->depth > depth)
				depth = exprs[i]->depth;
		inner = stmts_depth(stmt->body);
		if (inner >= depth)
			depth = inner + 1;
		inner = stmts_depth(stmt->otherwise);
		if (inner >= depth)
			depth = inner + 1;
	}
	return depth;
}

static bool measure(struct expr *expr)
{
	unsigned int body = stmts_depth(expr->body);
	const struct expr *parts[] = { expr->a, expr->b, expr->c };
	const struct expr *part;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(parts); i++)
		if (parts[i] && parts[i]->depth >= expr->depth)
			expr->depth = parts[i]->depth + 1;
	for (part = expr->list; part; part = part->next)
		if (part->depth >= expr->depth)
			expr->depth = part->depth + 1;
	if (body >= expr->depth)
		expr->depth = body + 1;
	if (expr->depth <= MAX_EXPR_DEPTH)
		return true;
	diag_error(&expr->at, NULL, "this expression nests deeper than %u",
		   MAX_EXPR_DEPTH);
	return false;
}

/* Of an enum that stands before it, or of a header. */
static bool named(struct parse *parse, const char *name, uint64_t *value)
{
	struct ctypes ctypes = { .arena = parse->arena };
	const struct enumerator_decl *enumerator;
	const struct ctype_decl *type;
	int64_t number = 0;
	bool found;

	for (type = parse->program->types; type; type = type->next) {
		for (enumerator = type->enumerators; enumerator; enumerator = enumerator->next) {
			*value = enumerator->value;
			if (!strcmp(enumerator->name, name))
				return true;
		}
	}
	found = name_is_number(&ctypes, name, &number);
	*value = number;
	return found;
}

static bool constant(struct parse *parse, const struct expr *expr, uint64_t *value)
{
	uint64_t a = 0, b = 0;

	if (expr->kind == EXPR_INT) {
		*value = expr->value;
		return true;
	}
	if (expr->kind == EXPR_NAME && named(parse, expr->text, value))
		return true;
	if ((expr->kind == EXPR_UNARY && expr->op < OP_DEREF && constant(parse, expr->a, &a)) ||
	    (expr->kind == EXPR_BINARY && constant(parse, expr->a, &a) &&
	     constant(parse, expr->b, &b))) {
		*value = op_fold(expr->op, a, b, true);
		return true;
	}
	if (expr->kind != EXPR_UNARY && expr->kind != EXPR_BINARY)
		diag_error(&expr->at, "write a number", "this must be a constant");
	return false;
}

static struct expr *index_of(struct parse *parse, const struct span *at,
			     struct expr *base, struct expr *list)
{
	struct expr *expr = base;

	if (base->kind != EXPR_MAP || base->list) {
		expr = expr_new(parse->arena, EXPR_INDEX, at);
		expr->a = base;
	}
	expr->list = list;
	expr->at = *at;
	return expr;
}

#define MAX_EXPECTED 4

/* "a, b or c", or "" if there are too many to be of help. */
static const char *expected_text(const yypcontext_t *context,
				 struct arena *arena)
{
	yysymbol_kind_t expected[MAX_EXPECTED];
	const char *text = "";
	int nr = yypcontext_expected_tokens(context, NULL, 0);
	int i;

	if (nr < 1 || nr > MAX_EXPECTED)
		return text;
	yypcontext_expected_tokens(context, expected, nr);
	for (i = 0; i < nr; i++)
		text = arena_printf(arena, "%s%s%s", text,
				    i == 0 ? ", expected " :
				    i == nr - 1 ? " or " : ", ",
				    yysymbol_name(expected[i]));
	return text;
}

/* Remedies for what people do; the first that fits. */
static const struct {
	yysymbol_kind_t token;
	bool in_filter;
	const char *hint;
} syntax_hints[] = {
	{ YYSYMBOL_YYEOF, true, "close the filter: /filter/ { actions }" },
	{ YYSYMBOL_YYEOF, false, "a clause is PROBE /filter/ { actions }" },
	{ YYSYMBOL_ATTACH_POINT, false, "separate probes by commas; a clause is PROBE /filter/ { actions }" },
	{ YYSYMBOL_ASSIGN, true, "to compare, write ==" },
	{ YYSYMBOL_LBRACE, true, "a filter ends with '/' in front of the '{'" },
	{ YYSYMBOL_MAP, false, "is there a ';' missing in front of it?" },
};

static int yyreport_syntax_error(const yypcontext_t *context, void *scanner,
				 struct parse *parse)
{
	yysymbol_kind_t token = yypcontext_token(context);
	bool in_filter = parse->in_filter;
	const char *hint = NULL;
	size_t i;

	(void)scanner;
	for (i = 0; i < ARRAY_SIZE(syntax_hints); i++) {
		if (syntax_hints[i].token != token ||
		    (syntax_hints[i].in_filter && !in_filter))
			continue;
		hint = syntax_hints[i].hint;
		break;
	}
	diag_error(yypcontext_location(context), hint, "unexpected %s%s",
		   yysymbol_name(token), expected_text(context, parse->arena));
	return 0;
}

/* Only for what bison itself runs into: its stack is full. */
static void yyerror(struct span *at, void *scanner, struct parse *parse,
		    const char *message)
{
	(void)scanner;
	(void)parse;
	diag_error(at, NULL, "%s", message);
}
