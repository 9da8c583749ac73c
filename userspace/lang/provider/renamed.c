// SPDX-License-Identifier: GPL-2.0
/* Functions by the names that they have elsewhere: in other kernels, and in manuals. */
#include <string.h>

#include "base/array.h"
#include "function.h"
#include "kernel/tracefs.h"

#define MAX_NAMES 3

/* Names that stand for a function, whatever the kernel calls it. */
static const struct {
	const char *name;
	const char *names[MAX_NAMES];
} aliases[] = {
	{ "do_fork", { "kernel_clone", "_do_fork", "do_fork" } },
};

/*
 * What has become of functions that scripts name. Arguments have changed with the names, so
 * that the new one is a hint and no alias. Of several the first that is there is told of.
 */
static const struct {
	const char *name;
	const char *now[MAX_NAMES];
} renamed[] = {
	{ "_do_fork", { "kprobe:kernel_clone" } },
	{ "__alloc_pages_nodemask",
	  { "kprobe:__alloc_pages", "kprobe:__alloc_pages_noprof", "tracepoint:kmem:mm_page_alloc" } },
	{ "__do_page_cache_readahead",
	  { "kprobe:do_page_cache_ra", "kprobe:page_cache_ra_unbounded" } },
	{ "__kmalloc", { "kprobe:__kmalloc_noprof", "tracepoint:kmem:kmalloc" } },
	{ "__page_cache_alloc", { "kprobe:filemap_alloc_folio", "kprobe:filemap_alloc_folio_noprof" } },
	{ "account_page_dirtied",
	  { "kprobe:folio_account_dirtied", "tracepoint:writeback:writeback_dirty_folio" } },
	{ "add_to_page_cache_lru",
	  { "kprobe:filemap_add_folio", "tracepoint:filemap:mm_filemap_add_to_page_cache" } },
	{ "blk_account_io_completion",
	  { "tracepoint:block:block_io_done", "tracepoint:block:block_rq_complete" } },
	{ "blk_account_io_done",
	  { "tracepoint:block:block_io_done", "tracepoint:block:block_rq_complete" } },
	{ "__blk_account_io_done",
	  { "tracepoint:block:block_io_done", "tracepoint:block:block_rq_complete" } },
	{ "blk_account_io_start",
	  { "tracepoint:block:block_io_start", "tracepoint:block:block_rq_issue" } },
	{ "__blk_account_io_start",
	  { "tracepoint:block:block_io_start", "tracepoint:block:block_rq_issue" } },
	{ "blk_start_request", { "tracepoint:block:block_rq_issue" } },
	{ "do_page_fault", { "kprobe:exc_page_fault", "kprobe:handle_mm_fault" } },
	{ "ext4_readpage", { "kprobe:ext4_read_folio" } },
	{ "ext4_readpages", { "kprobe:ext4_readahead" } },
	{ "generic_make_request", { "kprobe:submit_bio_noacct" } },
	{ "kmem_cache_alloc",
	  { "kprobe:kmem_cache_alloc_noprof", "tracepoint:kmem:kmem_cache_alloc" } },
	{ "mark_page_accessed", { "kprobe:folio_mark_accessed" } },
	{ "ondemand_readahead", { "kprobe:page_cache_sync_ra" } },
	{ "probe_kernel_read", { "kprobe:copy_from_kernel_nofault" } },
	{ "shrink_page_list", { "kprobe:shrink_folio_list" } },
	{ "swap_readpage", { "kprobe:swap_read_folio" } },
	{ "swap_writepage", { "kprobe:swap_writeout" } },
	{ "tcp_drop", { "kprobe:tcp_drop_reason", "tracepoint:skb:kfree_skb" } },
};

static bool is_function(struct kallsyms *ks, const char *name)
{
	return kallsyms_named(ks, NULL, name).nr;
}

/* Each is what a processor puts before the name of a system call. */
static const char * const call_prefixes[] = { "__x64_", "__arm64_" };

const char *system_call_prefix(struct kallsyms *ks, struct arena *arena)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(call_prefixes); i++)
		if (is_function(ks, arena_printf(arena, "%ssys_openat", call_prefixes[i])))
			return call_prefixes[i];
	return "";
}

/* "sys_openat": where its arguments have names. */
static const char *call_hint(struct resolver *resolver, const char *call)
{
	const char *event = arena_printf(resolver->arena, "sys_enter_%s", call);

	return tracefs_has("syscalls", event) ?
		arena_printf(resolver->arena,
			     "its arguments have names in tracepoint:syscalls:%s", event) : NULL;
}

/* @name, or the function of that system call. */
static const char *follow_system_call(struct resolver *resolver,
				      const struct attach_point *point, const char *name)
{
	struct kallsyms *ks = &resolver->kallsyms;
	const char *function;

	if (strncmp(name, "sys_", strlen("sys_")) || is_function(ks, name))
		return name;
	function = arena_printf(resolver->arena, "%s%s",
				system_call_prefix(ks, resolver->arena), name);
	if (!is_function(ks, function))
		return name;
	diag_note(&point->at, call_hint(resolver, name + strlen("sys_")),
		  "'%s' is '%s' here", name, function);
	return function;
}

const char *function_called(struct resolver *resolver, const struct attach_point *point,
			    const char *name)
{
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(aliases); i++) {
		if (strcmp(name, aliases[i].name))
			continue;
		for (j = 0; j < MAX_NAMES; j++)
			if (is_function(&resolver->kallsyms, aliases[i].names[j]))
				return aliases[i].names[j];
	}
	return follow_system_call(resolver, point, name);
}

/* "kprobe:FUNCTION" or "tracepoint:SYSTEM:EVENT" */
static bool is_here(struct resolver *resolver, const char *probe)
{
	const char *name = strchr(probe, ':') + 1, *event = strchr(name, ':');

	if (!event)
		return kallsyms_forms(&resolver->kallsyms, NULL, name).nr;
	return tracefs_has(arena_strndup(resolver->arena, name, event - name), event + 1);
}

const char *renamed_hint(struct resolver *resolver, const char *name)
{
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(renamed); i++) {
		if (strcmp(name, renamed[i].name))
			continue;
		for (j = 0; j < MAX_NAMES && renamed[i].now[j]; j++)
			if (is_here(resolver, renamed[i].now[j]))
				return arena_printf(resolver->arena,
						    "in this kernel it is %s", renamed[i].now[j]);
	}
	return NULL;
}
