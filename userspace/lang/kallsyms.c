// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "host.h"
#include "kallsyms.h"
#include "kallsyms_cache.h"
#include "tracefs.h"

static const char *scan_hex(const char *text, unsigned long long *value)
{
	for (*value = 0; ; text++) {
		unsigned int digit = *text >= 'a' ? *text - 'a' + 10u :
						    *text - '0' + 0u;

		if (digit >= 16)
			return text;
		*value = *value << 4 | digit;
	}
}

static void add_symbol(struct kallsyms *ks, size_t *room,
		       const struct symbol *symbol)
{
	if (ks->nr == *room) {
		*room = *room ? *room * 2 : 65536;
		ks->symbols = xrealloc(ks->symbols, *room,
				       sizeof(*ks->symbols));
	}
	ks->symbols[ks->nr++] = *symbol;
}

/* "ffffffff81000000 T name\t[module]", cut up in place. */
static bool parse_line(char *line, struct symbol *symbol)
{
	const char *type = scan_hex(line, &symbol->addr);
	char *name, *module;

	if (type[0] != ' ' || !type[1] || !strchr("tTwW", type[1]) ||
	    type[2] != ' ')
		return false;
	name = line + (type + 3 - line);
	module = strchr(name, '\t');
	symbol->name = name;
	symbol->module = NULL;
	if (!module)
		return true;
	*module++ = '\0';
	if (*module != '[')
		return true;
	symbol->module = ++module;
	module[strcspn(module, "]")] = '\0';
	return true;
}

static void parse_symbols(struct kallsyms *ks, size_t len)
{
	char *end = ks->text + len;
	char *line = ks->text;
	size_t room = 0;

	while (line < end) {
		char *newline = memchr(line, '\n', end - line);
		struct symbol symbol;

		if (!newline)
			newline = end;
		*newline = '\0';
		if (parse_line(line, &symbol))
			add_symbol(ks, &room, &symbol);
		line = newline + 1;
	}
}

/* "0xffffffff81000000-0xffffffff81000010\tname" */
static void parse_blacklist(struct kallsyms *ks)
{
	char *line = ks->blacklist_text;
	char *save;

	for (line = strtok_r(line, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		char *name = strchr(line, '\t');

		if (name)
			strset_add(&ks->blacklist, name + 1);
	}
}

int kallsyms_load(struct kallsyms *ks)
{
	size_t len;

	if (ks->text)
		return 0;
	ks->text = kallsyms_text(&len);
	if (!ks->text)
		return -errno;
	parse_symbols(ks, len);
	ks->blacklist_text = host_read("/sys/kernel/debug/kprobes/blacklist",
				       NULL);
	if (ks->blacklist_text)
		parse_blacklist(ks);
	return 0;
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
		line[strcspn(line, " \t")] = '\0';
		strset_add(&ks->traceable, line);
	}
}

void kallsyms_free(struct kallsyms *ks)
{
	strset_free(&ks->blacklist);
	strset_free(&ks->traceable);
	free(ks->blacklist_text);
	free(ks->filter_text);
	free(ks->symbols);
	free(ks->text);
	*ks = (struct kallsyms){ 0 };
}

static bool in_module(const struct symbol *symbol, const char *module)
{
	if (!module)
		return true;
	return !strcmp(symbol->module ? symbol->module : "vmlinux", module);
}

const struct symbol *kallsyms_next(const struct kallsyms *ks,
				   const struct symbol *from,
				   const char *module, const char *name)
{
	const struct symbol *symbol = from ? from + 1 : ks->symbols;

	for (; symbol < ks->symbols + ks->nr; symbol++)
		if (!strcmp(symbol->name, name) && in_module(symbol, module))
			return symbol;
	return NULL;
}

unsigned long long kallsyms_size(const struct kallsyms *ks,
				 const struct symbol *symbol)
{
	unsigned long long size = 0;
	size_t i;

	if (!symbol->addr)
		return 0;
	for (i = 0; i < ks->nr; i++) {
		unsigned long long addr = ks->symbols[i].addr;

		if (addr <= symbol->addr)
			continue;
		if (!size || addr - symbol->addr < size)
			size = addr - symbol->addr;
	}
	return size;
}

bool kallsyms_has_module(const struct kallsyms *ks, const char *module)
{
	size_t i;

	for (i = 0; i < ks->nr; i++)
		if (ks->symbols[i].module &&
		    !strcmp(ks->symbols[i].module, module))
			return true;
	return false;
}

bool kallsyms_probeable(const struct kallsyms *ks, const struct symbol *symbol)
{
	if (strset_has(&ks->blacklist, symbol->name))
		return false;
	if (ks->traceable.nr)
		return strset_has(&ks->traceable, symbol->name);
	return !strchr(symbol->name, '.');
}
