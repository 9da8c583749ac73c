// SPDX-License-Identifier: GPL-2.0
/*
 * Keys, values and ledgers as text.  Names are resolved here, in the kernel:
 * no raw address leaves it where a name will do.  Histograms are drawn as
 * bpftrace draws them, so that cat is enough.
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
	const struct kps_enum *names = program->enums[field->enum_id];
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

static size_t stack_text(const struct kps_program *program, u64 id, char *text,
			 size_t size)
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
		char name[KSYM_SYMBOL_LEN];
		char *slash;

		/* "func+0x10/0x80 [mod]", of which bpftrace shows func+16. */
		sprint_symbol(name, ips[i]);
		slash = strchr(name, '/');
		if (slash)
			*slash = '\0';
		slash = strrchr(name, '+');
		if (slash) {
			unsigned long offset = 0;

			*slash = '\0';
			if (!kstrtoul(slash + 1, 16, &offset) || offset)
				used += scnprintf(text + used, size - used,
						  "%s%s+%lu", i ? "\n" : "",
						  name, offset);
			continue;
		}
		used += scnprintf(text + used, size - used, "%s%s",
				  i ? "\n" : "", name);
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
		return stack_text(program, *data, text, size);
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

/* "1K", "2M": histogram limits are powers of two. */
static size_t power_text(u64 value, char *text, size_t size)
{
	static const char suffix[] = "\0KMGTPE";
	unsigned int i = 0;

	while (value >= 1024 && !(value % 1024) && i < sizeof(suffix) - 2) {
		value /= 1024;
		i++;
	}
	if (!i)
		return scnprintf(text, size, "%llu", value);
	return scnprintf(text, size, "%llu%c", value, suffix[i]);
}

static void hist_label(u32 bucket, char *text, size_t size)
{
	char from[24], to[24];

	if (bucket == 0) {
		strscpy(text, "(..., 0)", size);
	} else if (bucket <= 2) {
		scnprintf(text, size, "[%u]", bucket - 1);
	} else {
		power_text(1ULL << (bucket - 2), from, sizeof(from));
		power_text(1ULL << (bucket - 1), to, sizeof(to));
		scnprintf(text, size, "[%s, %s)", from, to);
	}
}

/* Limits of lhist(), as kpctl has them: "1K" only if it is exact. */
static void limit_text(s64 value, char *text, size_t size)
{
	if (value && !(value % (1 << 20)))
		scnprintf(text, size, "%lldM", value / (1 << 20));
	else if (value && !(value % (1 << 10)))
		scnprintf(text, size, "%lldK", value / (1 << 10));
	else
		scnprintf(text, size, "%lld", value);
}

static void lhist_label(const struct kps_map *map, u32 bucket, char *text,
			size_t size)
{
	const struct kps_lhist *lhist = &map->lhist;
	u32 last = map->value_size / sizeof(u64) - 1;
	s64 limit = lhist->min + (s64)bucket * lhist->step;
	char from[24], to[24];

	if (bucket == 0) {
		limit_text(lhist->min, to, sizeof(to));
		scnprintf(text, size, "(..., %s)", to);
	} else if (bucket == last) {
		limit_text(lhist->max, from, sizeof(from));
		scnprintf(text, size, "[%s, ...)", from);
	} else {
		limit_text(limit - lhist->step, from, sizeof(from));
		limit_text(limit, to, sizeof(to));
		scnprintf(text, size, "[%s, %s)", from, to);
	}
}

#define BAR_WIDTH 52

static void bar(struct seq_file *m, u64 count, u64 most)
{
	static const char full[] =
		"@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@";
	int width = most ? div64_u64(count * BAR_WIDTH, most) : 0;

	seq_printf(m, "|%.*s%*s|\n", width, full, BAR_WIDTH - width, "");
}

static void hist_show(struct seq_file *m, const struct kps_map *map,
		      const u64 *buckets)
{
	u32 nr = map->value_size / sizeof(u64);
	u32 i, first = nr, last = 0;
	u64 most = 0;

	for (i = 0; i < nr; i++) {
		if (!buckets[i])
			continue;
		first = min(first, i);
		last = i;
		most = max(most, buckets[i]);
	}
	for (i = first; i <= last && most; i++) {
		char label[64];

		if (map->kind == KPS_MAP_HIST)
			hist_label(i, label, sizeof(label));
		else
			lhist_label(map, i, label, sizeof(label));
		seq_printf(m, "%-16s%8llu ", label, buckets[i]);
		bar(m, buckets[i], most);
	}
	seq_putc(m, '\n');
}

static void number_show(struct seq_file *m, const struct kps_map *map,
			u64 value)
{
	char text[24];

	int_text(&map->value[0], value, text, sizeof(text));
	seq_puts(m, text);
}

/* Of tuples that begin or end with a field. */
static void brackets(struct seq_file *m, char c, u32 nr)
{
	while (nr--)
		seq_putc(m, c);
}

/* "1", or of a tuple "(1, foo)". */
static void plain_show(struct seq_file *m, const struct kps_program *program,
		       const struct kps_map *map, const u64 *value, char *text)
{
	u32 i;

	for (i = 0; i < map->nr_value; i++) {
		kps_field_text(program, &map->value[i], value, text,
			       KPS_TEXT_MAX);
		if (i)
			seq_puts(m, ", ");
		brackets(m, '(', kps_field_opens(map->value[i].flags));
		seq_puts(m, text);
		brackets(m, ')', kps_field_closes(map->value[i].flags));
		value += map->value[i].size / sizeof(u64);
	}
}

static void value_show(struct seq_file *m, const struct kps_program *program,
		       const struct kps_map *map, const u64 *value, char *text)
{
	switch (map->kind) {
	case KPS_MAP_AVG:
		seq_printf(m, "%lld", kps_average(value));
		break;
	case KPS_MAP_STATS:
		seq_printf(m, "{ .count = %llu, .average = %lld, .total = %lld }", value[0],
			   kps_average(value), value[1]);
		break;
	case KPS_MAP_VALUE:
		plain_show(m, program, map, value, text);
		break;
	default:
		number_show(m, map, value[0]);
	}
	seq_putc(m, '\n');
}

static void stack_show(struct seq_file *m, char *text)
{
	char *line;

	seq_putc(m, '\n');
	while ((line = strsep(&text, "\n")))
		seq_printf(m, "    %s\n", line);
}

static void key_show(struct seq_file *m, const struct kps_program *program,
		     const struct kps_map *map, const u64 *key, char *text)
{
	u32 i;

	if (!map->nr_key)
		return;
	seq_putc(m, '[');
	for (i = 0; i < map->nr_key; i++) {
		kps_field_text(program, &map->key[i], key, text, KPS_TEXT_MAX);
		if (i)
			seq_puts(m, map->key[i].type == KPS_T_KSTACK ? "," : ", ");
		brackets(m, '(', kps_field_opens(map->key[i].flags));
		if (map->key[i].type == KPS_T_KSTACK)
			stack_show(m, text);
		else
			seq_puts(m, text);
		brackets(m, ')', kps_field_closes(map->key[i].flags));
		key += map->key[i].size / sizeof(u64);
	}
	seq_putc(m, ']');
}

/** kps_snapshot_show() - a map, as bpftrace prints it. May sleep. */
void kps_snapshot_show(struct seq_file *m, const struct kps_program *program,
		       const struct kps_snapshot *snapshot)
{
	const struct kps_map *map = snapshot->map;
	char *text = kmalloc(KPS_TEXT_MAX, GFP_KERNEL);
	u32 i;

	if (!text) {
		seq_puts(m, "(no memory)\n");
		return;
	}
	/* What does not fit is shown anew, with more room. */
	for (i = 0; i < snapshot->nr && !seq_has_overflowed(m); i++) {
		const u64 *entry = snapshot->sorted[i];
		const u64 *value = kps_entry_value(snapshot, entry);

		seq_puts(m, map->name);
		key_show(m, program, map, entry, text);
		if (kps_map_is_histogram(map)) {
			seq_puts(m, ":\n");
			hist_show(m, map, value);
		} else {
			seq_puts(m, ": ");
			value_show(m, program, map, value, text);
		}
		cond_resched();
	}
	if (snapshot->overflow)
		seq_printf(m, "(%llu updates lost: all %u slots of a CPU were taken)\n",
			   snapshot->overflow, map->max_entries);
	kfree(text);
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
