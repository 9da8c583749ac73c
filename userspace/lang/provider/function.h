/* SPDX-License-Identifier: GPL-2.0 */
/* kprobe and kretprobe: functions by their name, by a pattern, by an address. */
#ifndef KPCTL_PROVIDER_FUNCTION_H
#define KPCTL_PROVIDER_FUNCTION_H

#include "provider.h"

struct function_spec {
	const char *module;	/* NULL: any */
	const char *symbol;
	unsigned long number;	/* of those with that name, from 1; 0: the only one */
	unsigned long offset;
	bool has_offset;
};

/* function.c: what the others share */

/* As the module knows it. */
const char *function_target(struct arena *arena,
			    const struct function_spec *spec,
			    const char *module);
/* The same address twice is one function. */
void keep_distinct(struct symbols *bearers);
bool addresses_are_hidden(const struct symbols *bearers);
/* Whether a probe may be there. Return: 0, or -1 after an error was reported. */
int check_function(struct resolver *resolver, const struct attach_point *point,
		   const struct function_spec *spec,
		   const struct symbol *symbol);
void add_function(struct resolver *resolver, struct event *event,
		  const struct function_spec *spec,
		  const struct symbol *symbol);

/*
 * function_name.c, function_glob.c: fill in the targets of @event.
 * Return: 0, or -1 after an error was reported.
 */
int function_by_name(struct resolver *resolver, struct event *event,
		     struct function_spec *spec);
int functions_by_glob(struct resolver *resolver, struct event *event,
		      const struct function_spec *spec);

/* renamed.c */

/* What the kernel calls it: @name is an alias, or "sys_" and a system call; else @name. */
const char *function_called(struct resolver *resolver, const struct attach_point *point,
			    const char *name);
/* What has become of a function that is not there; NULL: nobody knows. */
const char *renamed_hint(struct resolver *resolver, const char *name);
/* "__x64_", before "sys_openat" */
const char *system_call_prefix(struct kallsyms *ks, struct arena *arena);

/* function_glob.c */
void list_system_calls(struct listing *listing, const struct provider *provider);
void list_functions(struct listing *listing, const struct provider *provider);

#endif
