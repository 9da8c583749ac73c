// SPDX-License-Identifier: GPL-2.0
/*
 * elf_fuzz TURNS FILE: all that kpctl looks for in a program's file, in FILE with bytes
 * changed and cut short in as many ways. Whatever it finds, it must not crash, and end.
 */
#include <elf.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "damage.h"
#include "elf/demangle.h"
#include "lang/provider/operand.h"

#define HEADERS 1024	/* at the file's beginning, and at its end */

/* Most of a file is code, which nobody looks at. */
static size_t somewhere(size_t size)
{
	switch (next(3)) {
	case 0:
		return next(HEADERS);
	case 1:
		return size - 1 - next(3 * HEADERS);
	default:
		return next(size);
	}
}

static const uint64_t edges[] = {
	0, 1, 0x7fffffff, 0xffffffff, 0x7fffffffffffffff, ~0ULL, 1ULL << 63, 1 << 20,
	sizeof(Elf64_Sym) << 32,
};

#define NR_EDGES (sizeof(edges) / sizeof(edges[0]))

static void scatter(size_t size, unsigned int nr)
{
	while (nr--) {
		size_t at = somewhere(size);
		size_t len = next(2) ? 1 : 1 << next(4);
		uint64_t value = next(2) ? next(256) : edges[next(NR_EDGES)];

		memcpy(bad + at, &value, len <= size - at ? len : 1);
	}
}

#define FIELD(name) { offsetof(Elf64_Shdr, name), sizeof(((Elf64_Shdr *)0)->name) }

/* A section says of itself what another one does, so that they overlap, or too much. */
static void aim(size_t size, unsigned int nr)
{
	static const struct {
		size_t at, size;
	} fields[] = {
		FIELD(sh_name), FIELD(sh_type), FIELD(sh_offset), FIELD(sh_size),
		FIELD(sh_link), FIELD(sh_entsize),
	};
	Elf64_Ehdr head;

	memcpy(&head, good, sizeof(head));
	if (!head.e_shnum || head.e_shoff > size ||
	    size - head.e_shoff < head.e_shnum * sizeof(Elf64_Shdr))
		return;
	while (nr--) {
		size_t field = next(sizeof(fields) / sizeof(fields[0]));
		size_t to = next(head.e_shnum) * sizeof(Elf64_Shdr) + fields[field].at;
		size_t from = next(head.e_shnum) * sizeof(Elf64_Shdr) + fields[field].at;
		const void *value = next(4) ? (const void *)(good + head.e_shoff + from) :
					      &edges[next(NR_EDGES)];

		memcpy(bad + head.e_shoff + to, value, fields[field].size);
	}
}

static size_t damage(size_t size, unsigned int turn)
{
	unsigned int nr = begin_turn(size, turn);

	if (turn % 3)
		scatter(size, nr);
	else
		aim(size, nr);
	return end_turn(size, turn);
}

/* Return: how many functions and marks there are. */
static size_t look(int fd)
{
	struct user_file file = { .fd = fd };
	struct operand operands[MAX_OPERANDS];
	struct arena arena = { 0 };
	unsigned long long address;
	struct elf_marks marks;
	size_t i, nr;

	if (!elf_file_read(fd, &file.elf))
		return 0;
	elf_marks_read(fd, &marks);
	for (i = 0; i < file.elf.nr_symbols; i++) {
		const struct elf_symbol *symbol = &file.elf.symbols[i];

		user_file_refuses(&file, symbol, next(64));
		free(demangle(symbol->name));
		elf_symbol_at(&file.elf, symbol->start);
		elf_to_address(&file.elf, symbol->start, &address);
	}
	for (i = 0; i < marks.nr; i++)
		operands_parse(&arena, &file, &marks.marks[i], operands);
	nr = file.elf.nr_symbols + marks.nr;
	elf_marks_free(&marks);
	elf_file_free(&file.elf);
	arena_free(&arena);
	return nr;
}

int main(int argc, char **argv)
{
	unsigned int turns = argc == 3 ? atoi(argv[1]) : 0, turn, with_some = 0;
	size_t size = turns ? read_good(argv[2]) : 0, found, all = 0;
	int fd = memfd_create("elf", 0);

	/* Its headers are gone through as parts of it. */
	if (size <= 4 * HEADERS)
		turns = 0;
	/* The first is the file as it is. */
	for (turn = 0; turn < turns; turn++) {
		size_t len = damage(size, turn);

		alarm(20);
		if (ftruncate(fd, 0) || pwrite(fd, bad, len, 0) != (ssize_t)len)
			return 2;
		found = look(fd);
		with_some += found > 0;
		if (!turn)
			all = found;
	}
	printf("%s 1 - elf: %u files with wrong bytes, %u of them with functions or marks; all there are: %zu\n",
	       all ? "ok" : "not ok", turns, with_some, all);
	return !all;
}
