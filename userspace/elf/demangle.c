// SPDX-License-Identifier: GPL-2.0
#include <libiberty/demangle.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "demangle.h"

/* Short names may stand for long ones, each part for two of the one before. */
#define NAME_MAX_LENGTH 8192

struct demangled {
	struct text text;
	jmp_buf too_long;
};

/* There is no other way to make the library end. It has taken no memory by then. */
static void add(const char *part, size_t len, void *data)
{
	struct demangled *name = data;

	if (name->text.len + len > NAME_MAX_LENGTH)
		longjmp(name->too_long, 1);
	text_add(&name->text, part, len);
}

static bool write(struct demangled *demangled, const char *name)
{
	return !setjmp(demangled->too_long) &&
	       cplus_demangle_v3_callback(name, DMGL_PARAMS | DMGL_ANSI, add, demangled);
}

char *demangle(const char *name)
{
	struct demangled demangled = { 0 };

	if (strncmp(name, "_Z", 2) || strlen(name) > NAME_MAX_LENGTH)
		return NULL;
	if (write(&demangled, name)) {
		text_string(&demangled.text);
		return demangled.text.data;
	}
	text_free(&demangled.text);
	return NULL;
}

int demangled_stem(const char *name)
{
	const char *at = strrchr(name, ')');
	int open = 0;

	for (; at && at > name; at--) {
		open += *at == ')';
		open -= *at == '(';
		if (!open)
			return at - name;
	}
	return strlen(name);
}
