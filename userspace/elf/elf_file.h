/* SPDX-License-Identifier: GPL-2.0 */
/* The functions of a program or a library, and where their code lies in the file. */
#ifndef KPCTL_ELF_FILE_H
#define KPCTL_ELF_FILE_H

#include <stdbool.h>
#include <stddef.h>

struct elf_symbol {
	unsigned long long start;	/* address */
	unsigned long long end;
	char *name;
	bool chooses;		/* among its forms, once in each process (STT_GNU_IFUNC) */
};

/* A part of the file that is loaded. */
struct elf_segment {
	unsigned long long offset;	/* in the file */
	unsigned long long size;
	unsigned long long address;	/* that symbols count from */
	bool is_code;
};

struct elf_file {
	size_t nr_segments;
	struct elf_segment *segments;
	size_t nr_symbols;
	struct elf_symbol *symbols;	/* functions, sorted by .start */
	char *build_id;			/* in hex; or NULL */
	bool is_32bit;
};

/* A place that the program's author has marked (SystemTap's sys/sdt.h). */
struct elf_mark {
	unsigned long long address;
	unsigned long long counter;	/* address; 0: none */
	char *provider;
	char *name;
	char *arguments;	/* "-4@%eax 8@-8(%rbp)" */
};

struct elf_marks {
	size_t nr;
	struct elf_mark *marks;
};

/* Of a file that elf_file_read() takes, in the order of the file. */
void elf_marks_read(int fd, struct elf_marks *marks);
void elf_marks_free(struct elf_marks *marks);

/* Where any symbol is, of code or of data, and its bytes. Return: whether there is one. */
bool elf_symbol_address(int fd, const char *name, unsigned long long *address,
			unsigned long long *size);

/**
 * elf_file_read() - what .symtab and .dynsym say, and what stripped.h finds
 * @fd: open for reading; whoever has written the file may not be trusted
 * @file: filled; end with elf_file_free()
 *
 * Of several names for one address the last is the one to be shown: puts, not _IO_puts.
 *
 * Return: false: it is no ELF file.
 */
bool elf_file_read(int fd, struct elf_file *file);
void elf_file_free(struct elf_file *file);

/*
 * The same for functions that a process has compiled itself, in perf's form: "START SIZE
 * NAME" on a line, both numbers in hex. Places in the file there are none.
 */
void elf_compiled_read(int fd, struct elf_file *file);

/* From a place in the file to the address that its symbols have for it. */
bool elf_to_address(const struct elf_file *file, unsigned long long offset,
		    unsigned long long *address);
/* And back; of code, or of what is no code. */
bool elf_to_offset(const struct elf_file *file, unsigned long long address,
		   unsigned long long *offset);
bool elf_data_to_offset(const struct elf_file *file, unsigned long long address,
			unsigned long long *offset);

/* The function that @address is in, or NULL. */
const struct elf_symbol *elf_symbol_at(const struct elf_file *file,
				       unsigned long long address);

#endif
