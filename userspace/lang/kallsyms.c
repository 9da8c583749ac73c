// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "host.h"
#include "kallsyms.h"
#include "kallsyms_cache.h"
#include "tracefs.h"

unsigned long long symbol_address(const struct symbol *symbol)
{
	return strtoull(symbol->address, NULL, 16);
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

bool kallsyms_is_function(const char *type)
{
	return type[0] == ' ' && type[1] && strchr("tTwW", type[1]) &&
	       type[2] == ' ';
}

/*
 * Lines of "ffffffff81000000 T name\t[module]", cut up in place; all addresses
 * have as many digits. There are a hundred thousand: each letter is looked at once.
 */
static void parse_symbols(struct kallsyms *ks, size_t len)
{
	char *end = ks->text + len, *line = ks->text, *at;
	size_t digits = strcspn(ks->text, " "), room = 0;

	for (; line < end; line = at + 1) {
		bool kept = end - line > (ptrdiff_t)digits + 3 &&
			    kallsyms_is_function(line + digits);
		struct symbol symbol = { .address = line };

		if (kept)
			symbol.name = line + digits + 3;
		for (at = line; at < end && *at != '\n'; at++)
			if (*at == '[' || *at == ']' || *at == '\t') {
				if (*at == '[')
					symbol.module = at + 1;
				*at = '\0';
			}
		*at = '\0';
		if (kept)
			add_symbol(ks, &room, &symbol);
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
	unsigned long long start = symbol_address(symbol), size = 0;
	size_t i;

	if (!start)
		return 0;
	for (i = 0; i < ks->nr; i++) {
		unsigned long long addr = symbol_address(&ks->symbols[i]);

		if (addr <= start)
			continue;
		if (!size || addr - start < size)
			size = addr - start;
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
