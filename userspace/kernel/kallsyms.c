// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/host.h"
#include "base/xalloc.h"
#include "kallsyms.h"
#include "tracefs.h"

unsigned long long symbol_address(const struct symbol *symbol)
{
	return strtoull(symbol->address, NULL, 16);
}

const char *symbol_module(const struct symbol *symbol)
{
	return symbol->module ? symbol->module : "vmlinux";
}

int kallsyms_load(struct kallsyms *ks)
{
	return ks->functions.map ? 0 : functions_open(&ks->functions);
}

static char *next_line(const char *line, const char *end)
{
	return (char *)memchr(line, '\n', end - line) + 1;
}

static size_t count_lines(const char *text, const char *end)
{
	size_t nr = 0;

	for (; text < end; text = next_line(text, end))
		nr++;
	return nr;
}

/* "ffffffff81000000 T name\t[module]", cut up in place. */
static struct symbol parse_symbol(char *line, char *end)
{
	struct symbol symbol = {
		.address = line, .name = symbol_name(line, end),
	};
	char *tab = memchr(symbol.name, '\t', end - symbol.name);

	*end = '\0';
	if (tab && end - tab > 3) {
		*tab = end[-1] = '\0';
		symbol.module = tab + 2;
	}
	return symbol;
}

/* Lines are copied, since they must stay as they are to be searched. */
static struct symbols parse_symbols(struct kallsyms *ks, const char *lines,
				    const char *end)
{
	char *line = arena_strndup(&ks->arena, lines, end - lines);
	struct symbols symbols = { .nr = count_lines(lines, end) };
	char *next, *copy_end = line + (end - lines);
	size_t i;

	symbols.list = arena_alloc(&ks->arena,
				   symbols.nr * sizeof(*symbols.list));
	for (i = 0; i < symbols.nr; i++, line = next) {
		next = next_line(line, copy_end);
		symbols.list[i] = parse_symbol(line, next - 1);
	}
	return symbols;
}

/* The first line whose name is not before @name, by bisection. */
static const char *find_line(const struct functions *functions,
			     const char *name)
{
	const char *low = functions->text, *high = low + functions->len;

	while (low < high) {
		const char *middle = low + (high - low) / 2;
		const char *newline = memrchr(low, '\n', middle - low);
		const char *line = newline ? newline + 1 : low;
		const char *next = next_line(middle, high);

		if (symbol_name_cmp(symbol_name(line, next - 1), name) < 0)
			low = next;
		else
			high = line;
	}
	return low;
}

/* The functions of @module come first, and are all that is left. */
static size_t keep_module(struct symbols *symbols, const char *module)
{
	size_t i, kept = 0;

	for (i = 0; i < symbols->nr; i++)
		if (!strcmp(symbol_module(&symbols->list[i]), module))
			symbols->list[kept++] = symbols->list[i];
	return kept;
}

/* "vfs_read" is the same name, and "vfs_read.isra.0" a form of it. */
static bool is_same(const char *name, const char *wanted)
{
	return !symbol_name_cmp(name, wanted);
}

static bool is_form(const char *name, const char *wanted)
{
	size_t len = strlen(wanted);

	return is_same(name, wanted) ||
	       (!strncmp(name, wanted, len) && name[len] == '.');
}

/* Whatever is wanted stands together: a dot comes before what names are made of. */
static struct symbols find_all(struct kallsyms *ks, const char *module,
			       const char *name,
			       bool (*is_wanted)(const char *name,
						 const char *wanted))
{
	const char *text_end = ks->functions.text + ks->functions.len;
	const char *lines = find_line(&ks->functions, name), *end = lines;
	struct symbols symbols;

	while (end < text_end && is_wanted(symbol_name(end, text_end - 1), name))
		end = next_line(end, text_end);
	symbols = parse_symbols(ks, lines, end);
	if (module)
		symbols.nr = keep_module(&symbols, module);
	return symbols;
}

struct symbols kallsyms_named(struct kallsyms *ks, const char *module,
			      const char *name)
{
	return find_all(ks, module, name, is_same);
}

struct symbols kallsyms_forms(struct kallsyms *ks, const char *module,
			      const char *name)
{
	return find_all(ks, module, name, is_form);
}

const struct symbols *kallsyms_all(struct kallsyms *ks)
{
	if (!ks->all.list)
		ks->all = parse_symbols(ks, ks->functions.text,
					ks->functions.text + ks->functions.len);
	return &ks->all;
}

/* "ffffffff81000000 D name": data is not among the functions, so the file is kept. */
unsigned long long kallsyms_address(struct kallsyms *ks, const char *name)
{
	const char *needle = arena_printf(&ks->arena, " %s\n", name), *found;

	if (!ks->text)
		ks->text = host_read("/proc/kallsyms", NULL);
	found = ks->text ? strstr(ks->text, needle) : NULL;
	if (!found)
		return 0;
	while (found > ks->text && found[-1] != '\n')
		found--;
	return strtoull(found, NULL, 16);
}

/* "0xffffffff81000000-0xffffffff81000010\tname" */
static void load_blacklist(struct kallsyms *ks)
{
	char *line, *save;

	ks->blacklist_text = host_read("/sys/kernel/debug/kprobes/blacklist",
				       NULL);
	if (!ks->blacklist_text)
		ks->blacklist_text = xstrdup("");
	for (line = strtok_r(ks->blacklist_text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		char *name = strchr(line, '\t');

		if (name)
			strset_add(&ks->blacklist, name + 1);
	}
}

bool kallsyms_forbids(struct kallsyms *ks, const char *name)
{
	if (!ks->blacklist_text)
		load_blacklist(ks);
	return strset_has(&ks->blacklist, name);
}

/* "name" or "name [module]" */
void kallsyms_load_traceable(struct kallsyms *ks)
{
	char *line, *save;

	if (ks->filter_text)
		return;
	ks->filter_text = tracefs_read("available_filter_functions");
	if (!ks->filter_text)
		return;
	for (line = strtok_r(ks->filter_text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (strstr(line, " [kpstat]"))
			continue;
		line[strcspn(line, " \t")] = '\0';
		strset_add(&ks->traceable, line);
	}
}

void kallsyms_free(struct kallsyms *ks)
{
	strset_free(&ks->blacklist);
	strset_free(&ks->traceable);
	free(ks->text);
	free(ks->blacklist_text);
	free(ks->filter_text);
	arena_free(&ks->arena);
	functions_close(&ks->functions);
	*ks = (struct kallsyms){ 0 };
}

unsigned long long kallsyms_size(struct kallsyms *ks,
				 const struct symbol *symbol)
{
	unsigned long long start = symbol_address(symbol), size = 0;
	const struct symbols *all = kallsyms_all(ks);
	size_t i;

	if (!start)
		return 0;
	for (i = 0; i < all->nr; i++) {
		unsigned long long addr = symbol_address(&all->list[i]);

		if (addr <= start)
			continue;
		if (!size || addr - start < size)
			size = addr - start;
	}
	return size;
}

bool kallsyms_probeable(struct kallsyms *ks, const struct symbol *symbol)
{
	if (kallsyms_forbids(ks, symbol->name))
		return false;
	if (ks->traceable.nr)
		return strset_has(&ks->traceable, symbol->name);
	return !strchr(symbol->name, '.');
}
