// SPDX-License-Identifier: GPL-2.0
/*
 * "SIZE@OPERAND", as gcc and clang write it in x86's own syntax: SIZE is negative for
 * signed numbers; OPERAND is $NUMBER, %REGISTER, or memory: NUMBER(%BASE,%INDEX,SCALE),
 * of which each may be missing, or SYMBOL+NUMBER(%rip).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "kernel/registers.h"
#include "operand.h"

/* By their oldest names, as struct pt_regs has them; "ah" is the second byte of "ax". */
static const struct {
	const char *reg;
	const char *names[5];
} families[] = {
	{ "ax", { "rax", "eax", "ax", "al", "ah" } },
	{ "bx", { "rbx", "ebx", "bx", "bl", "bh" } },
	{ "cx", { "rcx", "ecx", "cx", "cl", "ch" } },
	{ "dx", { "rdx", "edx", "dx", "dl", "dh" } },
	{ "si", { "rsi", "esi", "si", "sil" } },
	{ "di", { "rdi", "edi", "di", "dil" } },
	{ "bp", { "rbp", "ebp", "bp", "bpl" } },
	{ "sp", { "rsp", "esp", "sp", "spl" } },
	{ "ip", { "rip" } },
	{ "r8", { "r8", "r8d", "r8w", "r8b" } },
	{ "r9", { "r9", "r9d", "r9w", "r9b" } },
	{ "r10", { "r10", "r10d", "r10w", "r10b" } },
	{ "r11", { "r11", "r11d", "r11w", "r11b" } },
	{ "r12", { "r12", "r12d", "r12w", "r12b" } },
	{ "r13", { "r13", "r13d", "r13w", "r13b" } },
	{ "r14", { "r14", "r14d", "r14w", "r14b" } },
	{ "r15", { "r15", "r15d", "r15w", "r15b" } },
};

#define SECOND_BYTE 4

/* "%rbp": moves @text behind it. Return: false: there is none. */
static bool read_register(const char **text, int *offset, bool *is_second)
{
	size_t i, j, len;

	if (**text != '%')
		return false;
	len = strcspn(*text + 1, " ,)");
	for (i = 0; i < ARRAY_SIZE(families); i++)
		for (j = 0; j < ARRAY_SIZE(families[i].names); j++) {
			const char *name = families[i].names[j];

			if (!name || strlen(name) != len || strncmp(name, *text + 1, len))
				continue;
			*offset = register_offset(families[i].reg);
			*is_second = j == SECOND_BYTE;
			*text += 1 + len;
			return *offset >= 0;
		}
	return false;
}

static bool read_number(const char **text, int64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoll(*text, &end, 0);
	if (end == *text || errno == ERANGE)
		return false;
	*text = end;
	return true;
}

/* "counter+8(%rip)", "8+counter(%rip)": as far from the mark in memory as in the file. */
static bool read_symbol(struct arena *arena, const struct user_file *file,
			const struct elf_mark *mark, const char **text,
			struct operand *operand)
{
	unsigned long long address, size;
	const char *name;
	int64_t more = 0;
	size_t len;

	if (read_number(text, &operand->number) && *(*text)++ != '+')
		return false;
	len = strcspn(*text, "+-(@ ");
	name = arena_strndup(arena, *text, len);
	*text += len;
	if ((**text == '+' || **text == '-') && !read_number(text, &more))
		return false;
	if (strcmp(*text, "(%rip)") || !elf_symbol_address(file->fd, name, &address, &size))
		return false;
	operand->base = register_offset("ip");
	operand->number += more + (int64_t)(address - mark->address);
	return operand->base >= 0;
}

/* Behind the '(' */
static bool read_address(const char *text, struct operand *operand)
{
	bool is_second = false;
	int64_t scale = 1;

	if (*text == '%' && !read_register(&text, &operand->base, &is_second))
		return false;
	if (*text == ',') {
		text++;
		if (!read_register(&text, &operand->index, &is_second))
			return false;
		if (*text == ',' && (text++, !read_number(&text, &scale)))
			return false;
	}
	if (is_second || strcmp(text, ")") || scale < 1 || scale > 8 ||
	    (scale & (scale - 1)))
		return false;
	operand->shift = __builtin_ctz(scale);
	return operand->base >= 0 || operand->index >= 0;
}

static bool read_memory(struct arena *arena, const struct user_file *file,
			const struct elf_mark *mark, const char *text,
			struct operand *operand)
{
	const char *rest = text;

	operand->kind = OPERAND_MEMORY;
	if (strstr(text, "(%rip)"))
		return read_symbol(arena, file, mark, &rest, operand);
	if (*rest != '(' && !read_number(&rest, &operand->number))
		return false;
	return *rest == '(' && read_address(rest + 1, operand);
}

static bool read_operand(struct arena *arena, const struct user_file *file,
			 const struct elf_mark *mark, const char *text,
			 struct operand *operand)
{
	bool is_second = false;
	int64_t size;

	if (!read_number(&text, &size) || *text++ != '@')
		return false;
	operand->is_signed = size < 0;
	operand->size = size < 0 ? -size : size;
	if (operand->size > 8 || !operand->size || operand->size & (operand->size - 1))
		return false;
	if (*text == '$') {
		text++;
		operand->kind = OPERAND_NUMBER;
		return read_number(&text, &operand->number) && !*text;
	}
	if (*text != '%')
		return read_memory(arena, file, mark, text, operand);
	operand->kind = OPERAND_REGISTER;
	if (!read_register(&text, &operand->base, &is_second) || *text)
		return false;
	operand->shift = is_second ? 8 : 0;
	return true;
}

unsigned int operands_parse(struct arena *arena, const struct user_file *file,
			    const struct elf_mark *mark,
			    struct operand operands[MAX_OPERANDS])
{
	const char *text = mark->arguments;
	unsigned int nr = 0;

	for (text += strspn(text, " "); *text && nr < MAX_OPERANDS;
	     text += strspn(text, " ")) {
		size_t len = strcspn(text, " ");
		struct operand *operand = &operands[nr++];

		*operand = (struct operand){
			.text = arena_strndup(arena, text, len), .base = -1, .index = -1,
		};
		if (!read_operand(arena, file, mark, operand->text, operand))
			operand->kind = OPERAND_UNKNOWN;
		text += len;
	}
	return nr;
}
