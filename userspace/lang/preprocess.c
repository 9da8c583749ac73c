// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kpstat.h>

#include "base/array.h"
#include "base/host.h"
#include "base/text.h"
#include "preprocess.h"

#define MAX_NESTING 32

/*
 * Scripts ask for this before they declare types of their own, private ones of the
 * kernel's among them: those only its BTF has, the types object has not.
 */
#define HAVE_BTF "BPFTRACE_HAVE_BTF"
#define BTF "/sys/kernel/btf/vmlinux"

struct condition {
	struct span at;
	bool outer;		/* what stands around it is taken */
	bool taken;		/* this part of it is */
	bool done;		/* some part of it was */
};

struct preprocessor {
	struct arena *arena;
	struct define *defines;
	struct condition conditions[MAX_NESTING];
	unsigned int depth;
	struct span at;		/* the directive */
};

static struct define *find(struct define *defines, const char *name, size_t len)
{
	while (defines &&
	       (strlen(defines->name) != len || strncmp(defines->name, name, len)))
		defines = defines->next;
	return defines;
}

struct define *define_find(struct define *defines, const char *name)
{
	return find(defines, name, strlen(name));
}

static bool is_defined(const struct preprocessor *pp, const char *name)
{
	if (!strcmp(name, HAVE_BTF) && host_exists(BTF))
		return true;
	return define_find(pp->defines, name);
}

static bool is_taken(const struct preprocessor *pp)
{
	return !pp->depth || pp->conditions[pp->depth - 1].taken;
}

/* The next word of a directive; @rest is moved behind it. */
static const char *next_word(struct preprocessor *pp, const char **rest)
{
	const char *begin = *rest + strspn(*rest, " \t");
	size_t len = strcspn(begin, " \t\r(<\"");

	*rest = begin + len;
	return arena_strndup(pp->arena, begin, len);
}

/* What is left of a line, without comments and blanks around it. */
static const char *rest_of(struct preprocessor *pp, const char *rest)
{
	const char *comment = strstr(rest, "//");
	const char *other = strstr(rest, "/*");
	size_t len;

	if (!comment || (other && other < comment))
		comment = other;
	rest += strspn(rest, " \t");
	len = comment && comment > rest ? (size_t)(comment - rest) :
	      comment ? 0 : strlen(rest);
	while (len && isspace((unsigned char)rest[len - 1]))
		len--;
	return arena_strndup(pp->arena, rest, len);
}

/* "(a, b)" right behind the name; false if it does not end. */
static bool take_params(struct preprocessor *pp, struct define *define,
			const char **rest)
{
	const char *end;

	if (**rest != '(')
		return true;
	end = strchr(*rest, ')');
	if (!end)
		return false;
	define->params = arena_strndup(pp->arena, *rest, end + 1 - *rest);
	*rest = end + 1;
	return true;
}

static int do_define(struct preprocessor *pp, const char *rest)
{
	struct define *define = arena_alloc(pp->arena, sizeof(*define));

	define->name = next_word(pp, &rest);
	if (!*define->name || !take_params(pp, define, &rest)) {
		diag_error(&pp->at, "write #define NAME TEXT, or #define NAME(A, B) TEXT",
			   "this defines nothing");
		return -1;
	}
	define->text = rest_of(pp, rest);
	define->next = pp->defines;
	pp->defines = define;
	return 0;
}

static int begin_condition(struct preprocessor *pp, bool holds)
{
	struct condition *condition = &pp->conditions[pp->depth];

	if (pp->depth == MAX_NESTING) {
		diag_error(&pp->at, NULL, "conditions nest deeper than %d",
			   MAX_NESTING);
		return -1;
	}
	condition->at = pp->at;
	condition->outer = is_taken(pp);
	condition->taken = condition->outer && holds;
	condition->done = holds;
	pp->depth++;
	return 0;
}

static int do_ifdef(struct preprocessor *pp, const char *rest)
{
	return begin_condition(pp, is_defined(pp, next_word(pp, &rest)));
}

static int do_ifndef(struct preprocessor *pp, const char *rest)
{
	return begin_condition(pp, !is_defined(pp, next_word(pp, &rest)));
}

static int do_if(struct preprocessor *pp, const char *rest)
{
	const char *condition = rest_of(pp, rest);
	char *end;
	unsigned long value = strtoul(condition, &end, 0);

	if (!*condition || *end) {
		diag_error(&pp->at, "use #ifdef NAME, or #if 0",
			   "the condition of #if must be a number");
		return -1;
	}
	return begin_condition(pp, value);
}

static int check_open(struct preprocessor *pp, const char *directive)
{
	if (pp->depth)
		return 0;
	diag_error(&pp->at, NULL, "#%s without #if", directive);
	return -1;
}

static int do_else(struct preprocessor *pp, const char *rest)
{
	struct condition *condition;

	(void)rest;
	if (check_open(pp, "else"))
		return -1;
	condition = &pp->conditions[pp->depth - 1];
	condition->taken = condition->outer && !condition->done;
	condition->done = true;
	return 0;
}

static int do_endif(struct preprocessor *pp, const char *rest)
{
	(void)rest;
	if (check_open(pp, "endif"))
		return -1;
	pp->depth--;
	return 0;
}

static int do_undef(struct preprocessor *pp, const char *rest)
{
	const char *name = next_word(pp, &rest);
	struct define **define = &pp->defines;

	while (*define && strcmp((*define)->name, name))
		define = &(*define)->next;
	if (*define)
		*define = (*define)->next;
	return 0;
}

static int do_nothing(struct preprocessor *pp, const char *rest)
{
	(void)pp;
	(void)rest;
	return 0;
}

static const struct directive {
	const char *name;
	int (*run)(struct preprocessor *pp, const char *rest);
	bool always;		/* also in a part that is left out */
} directives[] = {
	{ "define", do_define, false },
	{ "undef", do_undef, false },
	{ "ifdef", do_ifdef, true },
	{ "ifndef", do_ifndef, true },
	{ "if", do_if, true },
	{ "else", do_else, true },
	{ "endif", do_endif, true },
	/* All that they have is known without. */
	{ "include", do_nothing, false },
	{ "pragma", do_nothing, false },
};

static int run_directive(struct preprocessor *pp, const char *line)
{
	const char *rest = line + strspn(line, " \t#");
	const char *name = next_word(pp, &rest);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(directives); i++) {
		if (strcmp(name, directives[i].name))
			continue;
		if (!is_taken(pp) && !directives[i].always)
			return 0;
		return directives[i].run(pp, rest);
	}
	if (!is_taken(pp))
		return 0;
	diag_error(&pp->at, "there are #define, #ifdef, #ifndef, #else, #endif and #include",
		   "the preprocessor's '#%s' is not supported", name);
	return -1;
}

/* Does this line begin inside of a comment that the lines before left open? */
static bool comment_goes_on(const char *line, size_t len, bool open)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (open) {
			if (line[i] == '*' && line[i + 1] == '/') {
				open = false;
				i++;
			}
			continue;
		}
		if (line[i] == '"')
			for (i++; i < len && line[i] != '"'; i++)
				i += line[i] == '\\';
		else if (line[i] == '/' && line[i + 1] == '/')
			return false;
		else if (line[i] == '/' && line[i + 1] == '*')
			open = true;
	}
	return open;
}

/* "#!" is left to the lexer. */
static bool is_directive(const char *line)
{
	const char *hash = line + strspn(line, " \t");

	return *hash == '#' && hash[1] != '!';
}

static void blank(char *line, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (line[i] != '\t' && line[i] != '\n')
			line[i] = ' ';
}

/* A directive's line goes on behind a backslash at its end. */
static size_t line_len(const char *line)
{
	size_t len = strcspn(line, "\n");

	while (is_directive(line) && len && line[len - 1] == '\\' && line[len])
		len += 1 + strcspn(line + len + 1, "\n");
	return len;
}

static char *joined(struct preprocessor *pp, const char *line, size_t len)
{
	char *copy = arena_strndup(pp->arena, line, len);
	char *at;

	while ((at = strstr(copy, "\\\n")))
		at[0] = at[1] = ' ';
	return copy;
}

static int process_line(struct preprocessor *pp, char *line, size_t len,
			int number)
{
	if (is_directive(line)) {
		int indent = strspn(line, " \t");

		pp->at = (struct span){ number, indent + 1, number,
					(int)len + 1 };
		if (run_directive(pp, joined(pp, line, len)))
			return -1;
		blank(line, len);
	} else if (!is_taken(pp)) {
		blank(line, len);
	}
	return 0;
}

static int nr_lines(const char *text, size_t len)
{
	int nr = 1;

	while (len--)
		nr += *text++ == '\n';
	return nr;
}

char *preprocess(const char *text, int number, struct arena *arena,
		 struct define **defines)
{
	struct preprocessor pp = { .arena = arena };
	char *copy = arena_strdup(arena, text);
	bool in_comment = false;
	char *line;
	size_t len;

	for (line = copy; *line; line += len + (line[len] == '\n')) {
		bool goes_on;

		len = in_comment ? strcspn(line, "\n") : line_len(line);
		goes_on = comment_goes_on(line, len, in_comment);
		if (!in_comment && process_line(&pp, line, len, number))
			return NULL;
		in_comment = goes_on;
		number += nr_lines(line, len);
	}
	if (pp.depth) {
		diag_error(&pp.conditions[pp.depth - 1].at, "close it with #endif",
			   "this condition never ends");
		return NULL;
	}
	*defines = pp.defines;
	return copy;
}

/*
 * What macros stand for
 */

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* How long the argument is that stands here: up to a ',' or ')' that is not inside. */
static size_t argument_len(const char *text)
{
	unsigned int depth = 0;
	bool quoted = false;
	size_t len;

	for (len = 0; text[len]; len++) {
		char c = text[len];

		if (quoted && c == '\\' && text[len + 1])
			len++;
		else if (c == '"')
			quoted = !quoted;
		if (quoted)
			continue;
		if (!depth && (c == ',' || c == ')'))
			break;
		depth += c == '(';
		depth -= c == ')';
	}
	return len;
}

static const char *trimmed(struct arena *arena, const char *text, size_t len)
{
	while (len && isspace((unsigned char)*text)) {
		text++;
		len--;
	}
	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	return arena_strndup(arena, text, len);
}

/* The parts of "(a, b)"; returns how many there are, of which @max are kept. */
static unsigned int split(struct arena *arena, const char *list,
			  const char **parts, unsigned int max)
{
	unsigned int nr = 0;

	list++;
	for (;;) {
		size_t len = argument_len(list);
		const char *part = trimmed(arena, list, len);

		if (!nr && !*part && list[len] == ')')
			return 0;
		if (nr < max)
			parts[nr] = part;
		nr++;
		if (list[len] != ',')
			return nr;
		list += len + 1;
	}
}

#define MAX_PARAMS 16

struct arguments {
	unsigned int nr;
	const char *params[MAX_PARAMS];
	const char *values[MAX_PARAMS];		/* with the macros in them replaced */
	const char *as_written[MAX_PARAMS];
};

static int argument_of(const struct arguments *arguments, const char *word, size_t len)
{
	unsigned int i;

	for (i = 0; i < arguments->nr; i++)
		if (strlen(arguments->params[i]) == len &&
		    !strncmp(arguments->params[i], word, len))
			return i;
	return -1;
}

static size_t word_len(const char *text)
{
	size_t len = 0;

	if (*text == '"') {
		for (len = 1; text[len] && text[len] != '"'; len++)
			len += text[len] == '\\' && text[len + 1];
		return len + !!text[len];
	}
	while (is_name_char(text[len]))
		len++;
	return len ? len : 1;
}

/* The "##" that stands there, with the blanks around it; 0: there is none. */
static size_t paste_len(const char *text)
{
	size_t len = strspn(text, " \t");

	if (strncmp(text + len, "##", 2))
		return 0;
	len += 2;
	return len + strspn(text + len, " \t");
}

static const char *substitute(struct arena *arena, const char *text,
			      const struct arguments *arguments)
{
	size_t len, paste, joined = 0;
	struct text out = { 0 };
	const char *copy;
	int argument;

	for (; *text; text += len + paste, joined = paste) {
		len = word_len(text);
		paste = paste_len(text + len);
		argument = argument_of(arguments, text, len);
		if (argument < 0)
			text_add(&out, text, len);
		else if (joined || paste)
			text_puts(&out, arguments->as_written[argument]);
		else
			text_puts(&out, arguments->values[argument]);
	}
	copy = arena_strdup(arena, text_string(&out));
	text_free(&out);
	return copy;
}

/* A text in which macros are replaced. */
struct expansion {
	struct arena *arena;
	struct defines *defines;
	const struct span *at;		/* where the first of them is used */
	unsigned int uses;
	unsigned int depth;		/* of macros in macros and in their arguments */
	bool failed;			/* and an error says why */
};

#define MAX_USES 4096
#define MAX_DEPTH 64

static const char *expand(struct expansion *it, const char *text);

/* What stands in brackets there, "(a, f(b))", and how long that is; 0: nothing does. */
static size_t brackets_len(const char *text)
{
	size_t len = strspn(text, " \t\r\n\f");

	if (text[len] != '(')
		return 0;
	for (len++; text[len] && text[len] != ')'; len += text[len] == ',')
		len += argument_len(text + len);
	return text[len] ? len + 1 : 0;
}

static const char *fail(struct expansion *it, const struct define *define,
			const char *hint, const char *what)
{
	if (!it->failed)
		diag_error(it->at, hint, "macro '%s' %s", define->name, what);
	it->failed = true;
	return "";
}

/* A macro's text; arguments are replaced in themselves before they are put there. */
static const char *body_of(struct expansion *it, const struct define *define,
			   const char *arguments)
{
	struct arguments found = { 0 };
	unsigned int given, i;

	if (!define->params)
		return substitute(it->arena, define->text, &found);
	found.nr = split(it->arena, define->params, found.params, MAX_PARAMS);
	given = split(it->arena, arguments, found.as_written, MAX_PARAMS);
	if (given != found.nr || given > MAX_PARAMS)
		return fail(it, define,
			    arena_printf(it->arena, "it is #define %s%s", define->name,
					 define->params),
			    arena_printf(it->arena, "takes %u argument%s, not %u",
					 found.nr, found.nr == 1 ? "" : "s", given));
	for (i = 0; i < given; i++)
		found.values[i] = expand(it, found.as_written[i]);
	return substitute(it->arena, define->text, &found);
}

/* In its own text its name is but a name. */
static const char *use(struct expansion *it, struct define *define,
		       const char *arguments)
{
	const char *text;

	if (it->uses++ == MAX_USES)
		return fail(it, define, NULL, "becomes too long here");
	if (it->depth == MAX_DEPTH)
		return fail(it, define, NULL, "nests too deeply here");
	it->depth++;
	text = body_of(it, define, arguments);
	define->used = true;
	text = expand(it, text);
	define->used = false;
	it->depth--;
	if (strlen(text) >= KPS_SOURCE_MAX)
		return fail(it, define, NULL, "becomes too long here");
	return text;
}

/* None in its own text: there its name stands for itself. */
static struct define *usable(const struct expansion *it, const char *text, size_t len)
{
	struct defines *defines = it->defines;
	struct define *define = find(defines->list, text, len);

	if (!define && defines->look_up && is_name_char(*text)) {
		defines->look_up(defines, arena_strndup(it->arena, text, len));
		define = find(defines->list, text, len);
	}
	return define && !define->used ? define : NULL;
}

static const char *expand(struct expansion *it, const char *text)
{
	struct text out = { 0 };
	const char *copy;

	while (*text && !it->failed) {
		size_t len = word_len(text), more = 0;
		struct define *define = usable(it, text, len);

		if (define && define->params)
			more = brackets_len(text + len);
		if (define && (more || !define->params))
			text_puts(&out, use(it, define, text + len + strcspn(text + len, "(")));
		else
			text_add(&out, text, len);
		text += len + more;
	}
	copy = arena_strdup(it->arena, text_string(&out));
	text_free(&out);
	return copy;
}

const char *define_text(struct arena *arena, struct defines *defines,
			struct define *define, const char *arguments,
			const struct span *at)
{
	struct expansion it = { .arena = arena, .defines = defines, .at = at };
	const char *text = use(&it, define, arguments);

	return it.failed ? NULL : text;
}
