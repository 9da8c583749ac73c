/* SPDX-License-Identifier: GPL-2.0 */
/* Files of user space that have probes: programs and libraries. */
#ifndef KPCTL_PROVIDER_USER_FILE_H
#define KPCTL_PROVIDER_USER_FILE_H

#include <sys/types.h>

#include "elf/elf_file.h"
#include "provider.h"

/*
 * Open from when it was looked into: its offsets are those of this file, whatever its
 * name will stand for.
 */
struct user_file {
	const char *path;	/* as found */
	int fd;
	dev_t device;
	ino_t inode;
	int number;		/* in the object; -1: none yet */
	struct elf_file elf;
	struct user_file *next;
};

/**
 * user_file_open() - a program or a library as a probe names it
 * @resolver: keeps it
 * @point: for errors
 * @name: a path, or what is looked for as a library, or along $PATH
 * @silent: nothing is said of what is no such file
 *
 * Return: the file, or NULL after an error was reported.
 */
struct user_file *user_file_open(struct resolver *resolver,
				 const struct attach_point *point, const char *name,
				 bool silent);

/**
 * user_file_alone() - a program or a library that no program of ours probes: for a list
 * @arena: keeps its path
 * @name: as above
 *
 * Return: the file, for user_files_free(); or NULL, and nothing is said.
 */
struct user_file *user_file_alone(struct arena *arena, const char *name);

/* Return: 0 to go on. */
typedef int (*user_file_visit)(struct user_file *file, void *data);

/**
 * user_files_each() - all files that a probe names
 * @name: as above; a pattern of paths; or "*", all that the process runs which -p names,
 *	or the program that -c starts
 * @visit: called for each. A file of several names comes as often.
 *
 * Return: 0; what @visit has returned; or -1 after an error was reported.
 */
int user_files_each(struct resolver *resolver, const struct attach_point *point,
		    const char *name, user_file_visit visit, void *data);

/* Whether a probe may be at @offset of @symbol: NULL, or what speaks against it. */
const char *user_file_refuses(const struct user_file *file,
			      const struct elf_symbol *symbol,
			      unsigned long long offset);

/* One more target, and where it is. */
void add_place(struct arena *arena, struct event *event, const struct place *place,
	       const char *target);

/* "/bin/my prog" */
const char *without_quotes(struct arena *arena, const char *text);

void user_files_free(struct user_file *files);

#endif
