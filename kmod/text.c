// SPDX-License-Identifier: GPL-2.0
/*
 * Fields and ledgers as text.  Names are resolved here, in the kernel: no raw address
 * leaves it where a name will do.
 */
#include <linux/ctype.h>
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "kpstat.h"
#include "text.h"

#define COLUMN_NAME(upper, name, kind, meaning)				\
	[KPS_LEDGER_##upper] = #name,
const char * const kps_ledger_names[KPS_LEDGER_NR] = {
	KPS_LEDGER_COLUMNS(COLUMN_NAME)
};

bool kps_field_is_int(const struct kps_field *field)
{
	return field->type == KPS_T_INT || field->type == KPS_T_CGROUP ||
	       field->type == KPS_T_USER;
}

static size_t int_text(const struct kps_field *field, u64 value, char *text,
		       size_t size)
{
	if (field->flags & KPS_FIELD_SIGNED)
		return scnprintf(text, size, "%lld", value);
	return scnprintf(text, size, "%llu", value);
}

/* Names of its bits, those of several first if they come first; then what is left. */
static size_t bits_text(const struct kps_enum *names, u64 value, char *text,
			size_t size)
{
	size_t len = 0;
	u32 i;

	for (i = 0; i < names->nr; i++) {
		u64 bits = names->names[i].value;

		if (!bits || (value & bits) != bits)
			continue;
		len += scnprintf(text + len, size - len, "%s%s", len ? "|" : "",
				 names->names[i].name);
		value &= ~bits;
	}
	if (value || !len)
		len += scnprintf(text + len, size - len, "%s0x%llx",
				 len ? "|" : "", value);
	return len;
}

static size_t enum_text(const struct kps_program *program,
			const struct kps_field *field, u64 value, char *text,
			size_t size)
{
	const struct kps_enum *names = program->enums[field->more];
	u32 i;

	if (field->flags & KPS_FIELD_BITS)
		return bits_text(names, value, text, size);
	for (i = 0; i < names->nr; i++)
		if (names->names[i].value == (s64)value)
			return scnprintf(text, size, "%s", names->names[i].name);
	return int_text(field, value, text, size);
}

static size_t probe_text(const struct kps_program *program, u64 id, char *text,
			 size_t size)
{
	const struct kps_site *site;
	bool adds_module;

	if (id >= program->nr_sites)
		return scnprintf(text, size, "%llu", id);
	site = program->sites[id];
	if (site->probe->provider->named_by_probe)
		return scnprintf(text, size, "%s", site->probe->name);
	adds_module = site->probe->provider->names_module &&
		      !strchr(site->target, ':');
	return scnprintf(text, size, "%s:%s%s", site->probe->provider->name,
			 adds_module ? "vmlinux:" : "", site->target);
}

/* "/bin/bash:readline+4" is readline's. */
static size_t function_text(const struct kps_program *program, u64 id, char *text,
			    size_t size)
{
	const char *name;

	if (id >= program->nr_sites)
		return scnprintf(text, size, "%llu", id);
	name = program->sites[id]->target;
	if (strrchr(name, ':'))
		name = strrchr(name, ':') + 1;
	return scnprintf(text, size, "%.*s", (int)strcspn(name, "+"), name);
}

static const char lost_stack[] = "(lost: no room for this stack)";

/* "func+0x10/0x80 [mod]", of which bpftrace shows func+16. */
static size_t frame_text(unsigned long ip, char *text, size_t size)
{
	char name[KSYM_SYMBOL_LEN];
	unsigned long offset = 0;
	char *slash;

	sprint_symbol(name, ip);
	slash = strchr(name, '/');
	if (slash)
		*slash = '\0';
	slash = strrchr(name, '+');
	if (!slash)
		return scnprintf(text, size, "%s", name);
	*slash = '\0';
	if (kstrtoul(slash + 1, 16, &offset) && !offset)
		return 0;
	return scnprintf(text, size, "%s+%lu", name, offset);
}

static size_t stack_text(const struct kps_program *program, u32 flags, u64 id,
			 char *text, size_t size)
{
	const unsigned long *ips;
	u32 nr = kps_stacks_get(program->stacks, id, &ips);
	size_t used = 0;
	u32 i;

	text[0] = '\0';
	if (!nr && id)
		return scnprintf(text, size, "%s", lost_stack);
	if (nr && ips[0] < TASK_SIZE_MAX)
		return 0;
	for (i = 0; i < nr; i++) {
		used += scnprintf(text + used, size - used, "%s", i ? "\n" : "");
		if (flags & (KPS_FIELD_RAW | KPS_FIELD_PERF))
			used += scnprintf(text + used, size - used, "%lx%s", ips[i],
					  flags & KPS_FIELD_PERF ? " " : "");
		if (!(flags & KPS_FIELD_RAW))
			used += frame_text(ips[i], text + used, size - used);
	}
	return used;
}

static size_t symbol_text(u64 address, char *text, size_t size)
{
	char name[KSYM_SYMBOL_LEN];

	/* sprint_symbol_no_offset() adds " [module]", which is no part of it. */
	sprint_symbol_no_offset(name, address);
	name[strcspn(name, " ")] = '\0';
	return scnprintf(text, size, "%s", name);
}

static size_t inet_text(const u64 *data, char *text, size_t size)
{
	if (data[0] == AF_INET6)
		return scnprintf(text, size, "%pI6c", &data[1]);
	return scnprintf(text, size, "%pI4", &data[1]);
}

/* Whose addresses they are, and what they mean, user space finds out. */
static size_t user_text(u64 tgid, const unsigned long *ips, u32 nr, char *text,
			size_t size)
{
	size_t used = scnprintf(text, size, "%llu", tgid);
	u32 i;

	for (i = 0; i < nr; i++)
		used += scnprintf(text + used, size - used, "\n0x%lx", ips[i]);
	return used;
}

static size_t user_stack_text(const struct kps_program *program,
			      const u64 *data, char *text, size_t size)
{
	const unsigned long *ips;
	u32 nr = kps_stacks_get(program->stacks, data[0], &ips);

	if (!nr && data[0])
		return scnprintf(text, size, "%llu\n%s", data[1], lost_stack);
	/* Whatever number a clause put here: no kernel address gets out. */
	if (nr && ips[0] >= TASK_SIZE_MAX)
		nr = 0;
	return user_text(data[1], ips, nr, text, size);
}

static size_t user_symbol_text(const u64 *data, char *text, size_t size)
{
	unsigned long ip = data[0];

	return user_text(data[1], &ip, 1, text, size);
}

/* Bytes that are no printable ASCII as \xNN. */
static size_t buf_text(const u64 *data, u32 room, char *text, size_t size)
{
	u32 i, len = min_t(u64, data[0], room - sizeof(u64));
	const u8 *bytes = (const u8 *)(data + 1);
	size_t used = 0;

	text[0] = '\0';
	for (i = 0; i < len; i++)
		used += scnprintf(text + used, size - used,
				  isascii(bytes[i]) && isprint(bytes[i]) ?
				  "%c" : "\\x%02x", bytes[i]);
	return used;
}

static size_t mac_text(const u64 *data, char *text, size_t size)
{
	const u8 *mac = (const u8 *)data;

	return scnprintf(text, size, "%02X:%02X:%02X:%02X:%02X:%02X", mac[0],
			 mac[1], mac[2], mac[3], mac[4], mac[5]);
}

/**
 * kps_field_text() - one field of a key, or a plain value
 * @program: that it is of
 * @field: its type
 * @data: field->size bytes
 * @text: gets the text
 * @size: of @text, KPS_TEXT_MAX is always enough
 *
 * Return: its length.
 */
size_t kps_field_text(const struct kps_program *program,
		      const struct kps_field *field, const u64 *data,
		      char *text, size_t size)
{
	switch (field->type) {
	case KPS_T_STR:
		return scnprintf(text, size, "%.*s", (int)field->size,
				 (const char *)data);
	case KPS_T_KSYM:
		return symbol_text(*data, text, size);
	case KPS_T_PROBE:
		return probe_text(program, *data, text, size);
	case KPS_T_FUNCTION:
		return function_text(program, *data, text, size);
	case KPS_T_KSTACK:
		return stack_text(program, field->flags, *data, text, size);
	case KPS_T_INET:
		return inet_text(data, text, size);
	case KPS_T_ENUM:
		return enum_text(program, field, *data, text, size);
	case KPS_T_USTACK:
		return user_stack_text(program, data, text, size);
	case KPS_T_USYM:
		return user_symbol_text(data, text, size);
	case KPS_T_MAC:
		return mac_text(data, text, size);
	case KPS_T_BUF:
		return buf_text(data, field->size, text, size);
	case KPS_T_ADDR:
		return scnprintf(text, size, "0x%llx", *data);
	default:
		return int_text(field, *data, text, size);
	}
}

static void ledger_row(struct seq_file *m, const char *name,
		       const u64 sums[KPS_LEDGER_NR])
{
	u32 i;

	for (i = 0; i < KPS_LEDGER_NR; i++)
		seq_printf(m, "%12llu", sums[i]);
	seq_printf(m, "  %s\n", name);
}

/** kps_ledger_show() - where every event went. program->read_lock is held. */
void kps_ledger_show(struct seq_file *m, const struct kps_program *program)
{
	u64 all[KPS_LEDGER_NR] = {};
	u32 i;

	for (i = 0; i < KPS_LEDGER_NR; i++)
		seq_printf(m, "%12s", kps_ledger_names[i]);
	seq_puts(m, "  probe\n");
	for (i = 0; i < program->nr_probes; i++) {
		u64 sums[KPS_LEDGER_NR] = {};

		kps_probe_ledger(program->probes[i], sums);
		ledger_row(m, program->probes[i]->name, sums);
	}
	kps_program_ledger(program, all);
	ledger_row(m, "all", all);
}

static void faults_of(struct seq_file *m, const struct kps_probe *probe)
{
	struct kps_fault_line lines[KPS_MAX_FAULT_LINES];
	u32 i, nr = kps_probe_faults(probe, lines);

	for (i = 0; i < nr; i++)
		seq_printf(m, "%12u%12llu  %s\n", lines[i].line, lines[i].nr,
			   probe->name);
}

/** kps_faults_show() - by line of the text. program->read_lock is held. */
void kps_faults_show(struct seq_file *m, const struct kps_program *program)
{
	u32 i;

	seq_printf(m, "%12s%12s  probe\n", "line", "faults");
	for (i = 0; i < program->nr_probes; i++)
		faults_of(m, program->probes[i]);
}
