// SPDX-License-Identifier: GPL-2.0
/* Places in memory whose use is an event: the kernel's, or those of a process. */
#include <ctype.h>
#include <linux/hw_breakpoint.h>
#include <stdlib.h>
#include <string.h>

#include "lang/compile.h"
#include "lang/parse.h"
#include "provider.h"

/* The upper half of all addresses. */
static bool is_kernels(uint64_t address)
{
	return address >> 63;
}

static int refuse_address(const struct attach_point *point, const char *hint,
			  const char *address)
{
	diag_error(&point->at, hint, "'%s' is not an address in the kernel's memory",
		   address);
	return -1;
}

/* "jiffies_64", "init_task+16" */
static int find_symbol(struct resolver *resolver, const struct attach_point *point,
		       const char *text, uint64_t *address)
{
	const char *plus = strchr(text, '+');
	const char *symbol = plus ? arena_strndup(resolver->arena, text, plus - text) :
				    text;
	uint64_t offset = 0;

	if (plus && !strncmp(plus, "+arg", 4))
		return refuse_address(point, "watch a symbol, or an address in hexadecimal: what an argument points to is not known before the call",
				      text);
	if (plus && literal_int(resolver->arena, &point->at, plus + 1, &offset))
		return -1;
	*address = kallsyms_address(&resolver->kallsyms, symbol);
	if (!*address)
		return refuse_address(point, "symbols are those of /proc/kallsyms, which shows their addresses to root while kernel.kptr_restrict is below 2",
				      text);
	*address += offset;
	return 0;
}

static int find_address(struct resolver *resolver, const struct attach_point *point,
			const char *text, uint64_t *address)
{
	int err = isdigit((unsigned char)*text) ?
		literal_int(resolver->arena, &point->at, text, address) :
		find_symbol(resolver, point, text, address);

	if (err || is_kernels(*address) || resolver->options->watched)
		return err;
	return refuse_address(point, "-p or -c watches the memory of a process; per-CPU memory cannot be watched",
			      text);
}

/* As the module has it. */
static const char *target_of(struct resolver *resolver, uint64_t address, uint64_t length,
			     unsigned int mode)
{
	const char *target = arena_printf(resolver->arena, "0x%llx %llu %u",
					  (unsigned long long)address,
					  (unsigned long long)length, mode);

	return is_kernels(address) ? target :
	       arena_printf(resolver->arena, "%s %u", target, resolver->options->watched);
}

static int parse_length(struct resolver *resolver, const struct attach_point *point,
			const char *text, uint64_t *length)
{
	if (literal_int(resolver->arena, &point->at, text, length))
		return -1;
	if (*length && *length <= 8 && !(*length & (*length - 1)))
		return 0;
	diag_error(&point->at, NULL, "a watchpoint has 1, 2, 4 or 8 bytes, not %s", text);
	return -1;
}

/* "rw"; 0: it is something else */
static unsigned int parse_mode(const char *text)
{
	static const char letters[] = "rwx";
	static const unsigned int types[] = {
		HW_BREAKPOINT_R, HW_BREAKPOINT_W, HW_BREAKPOINT_X,
	};
	unsigned int mode = 0;
	const char *letter;

	for (; *text; text++) {
		letter = strchr(letters, *text);
		if (!letter || mode & types[letter - letters])
			return 0;
		mode |= types[letter - letters];
	}
	return mode;
}

static int resolve_watchpoint(struct resolver *resolver,
			      const struct provider *provider,
			      const struct attach_point *point,
			      const struct parts *parts, struct event **found)
{
	struct event *event = new_event(resolver, point, provider);
	uint64_t address, length;
	unsigned int mode;

	if (parts->nr != 4) {
		diag_error(&point->at, "write watchpoint:ADDRESS:LENGTH:MODE, as in watchpoint:jiffies_64:8:w",
			   "'%s' does not say what is watched", point->text);
		return -1;
	}
	mode = parse_mode(parts->part[3]);
	if (!mode) {
		diag_error(&point->at, "r, w and x stand for what is read, written and run: w or rw",
			   "'%s' is not a mode of a watchpoint", parts->part[3]);
		return -1;
	}
	if (find_address(resolver, point, parts->part[1], &address) ||
	    parse_length(resolver, point, parts->part[2], &length))
		return -1;
	event->name = arena_printf(resolver->arena, "%s:%s:%s:%s", provider->name,
				   parts->part[1], parts->part[2], parts->part[3]);
	event->is_of_process = !is_kernels(address);
	set_target(resolver->arena, event, target_of(resolver, address, length, mode));
	*found = event;
	return 0;
}

const struct provider watchpoint_provider = {
	.name = "watchpoint",
	.alias = "w",
	.usage = "watchpoint:ADDRESS:LENGTH:MODE",
	.gives = GIVES_TASK,
	.resolve = resolve_watchpoint,
};
