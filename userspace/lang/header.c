// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "base/diag.h"
#include "builtins.h"
#include "header.h"
#include "ktypes/ktypes.h"

static void look_up(struct defines *defines, const char *name)
{
	struct define *define;
	struct kmacro macro;

	if (!ktypes_macro(name, &macro))
		return;
	define = arena_alloc(defines->arena, sizeof(*define));
	*define = (struct define){
		.name = name, .params = macro.params, .text = macro.text,
		.next = defines->list,
	};
	defines->list = define;
}

/* Its text, with all other macros in it replaced; NULL if there is none. */
static const char *text_of(struct arena *arena, const char *name)
{
	struct defines defines = { .look_up = look_up, .arena = arena };
	const struct span nowhere = { 0 };
	const char *text;
	bool was_muted;

	look_up(&defines, name);
	if (!defines.list || defines.list->params)
		return NULL;
	was_muted = diag_mute(true);
	text = define_text(arena, &defines, defines.list, NULL, &nowhere);
	diag_mute(was_muted);
	return text;
}

struct define *header_macro(struct defines *defines, const char *name)
{
	defines->look_up = look_up;
	look_up(defines, name);
	return defines->list && defines->list->params ? defines->list : NULL;
}

/* One literal, and no more.  Return: NULL if it is something else. */
static const char *string_of(struct arena *arena, const char *text)
{
	const char *end;

	text += strspn(text, " ");
	if (*text++ != '"')
		return NULL;
	end = text + strcspn(text, "\"\\");
	if (*end != '"' || end[1 + strspn(end + 1, " ")])
		return NULL;
	return arena_strndup(arena, text, end - text);
}

bool header_constant(struct ctypes *ctypes, const char *name,
		     struct header_constant *constant)
{
	const char *text = text_of(ctypes->arena, name);

	if (!text)
		return false;
	constant->string = string_of(ctypes->arena, text);
	return constant->string || c_constant_read(ctypes, text, &constant->number);
}

bool name_is_number(struct ctypes *ctypes, const char *name, int64_t *value)
{
	const struct constant *constant = constant_find(name);
	struct header_constant defined;
	const struct enum_table *names;

	if (constant)
		*value = constant->value;
	if (constant || ctype_constant(ctypes, name, value, &names))
		return true;
	if (!header_constant(ctypes, name, &defined) || defined.string)
		return false;
	*value = defined.number.value;
	return true;
}
