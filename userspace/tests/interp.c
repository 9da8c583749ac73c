// SPDX-License-Identifier: GPL-2.0
#include "../../selftests/raw/arithmetic.h"
#include "fixture.h"
#include "interp.h"

/* Of an argument that is a size and a line. */
#define KPS_SIZE ((1u << KPS_LINE_SHIFT) - 1)

static void *scratch_range(struct machine *m, uint64_t off, uint64_t len)
{
	assert_int_equal(off % 8, 0);
	assert_true(off + len <= KPS_SCRATCH_SIZE);
	return m->scratch + off;
}

static void *out_range(struct machine *m, uint64_t off, uint64_t len)
{
	memset(m->written + off, 1, len);
	return memset(scratch_range(m, off, len), 0, len);
}

static uint64_t record_field(const struct machine *m, uint64_t off,
			     uint64_t how)
{
	unsigned int size = how & KPS_SIZE & ~(uint64_t)KPS_SIGNED;
	unsigned int shift = 64 - size * 8;
	uint64_t value = 0;

	assert_true(size == 1 || size == 2 || size == 4 || size == 8);
	memcpy(&value, m->record + off, size);
	value <<= shift;
	return how & KPS_SIGNED ? (uint64_t)((int64_t)value >> shift) :
				  value >> shift;
}

static void record_str(struct machine *m, uint64_t off, uint64_t how,
		       uint64_t size, char *out)
{
	uint64_t len = how & ~(uint64_t)KPS_DATA_LOC;
	uint32_t loc;

	if (how & KPS_DATA_LOC) {
		memcpy(&loc, m->record + off, sizeof(loc));
		off = loc & 0xffff;
		len = loc >> 16;
	}
	snprintf(out, size, "%.*s", (int)len, (const char *)m->record + off);
}

static unsigned int key_size(const struct object_map *map)
{
	unsigned int i, size = 0;

	for (i = 0; i < map->nr_key; i++)
		size += map->key[i].size;
	return size;
}

static void map_update(struct machine *m, uint64_t map, uint64_t key,
		       uint64_t value)
{
	struct update *update = &m->updates[m->nr_updates++];
	unsigned int i, size;

	assert_true(m->nr_updates <= MAX_UPDATES);
	assert_true(map < m->object->nr_maps);
	size = key_size(&m->object->maps[map]);
	for (i = 0; i < size; i++)
		assert_true(m->written[key + i]);
	update->map = map;
	update->value = value;
	memcpy(update->key, scratch_range(m, key, size), size);
}

static unsigned int value_size(const struct object_map *map)
{
	unsigned int i, size = 0;

	for (i = 0; i < map->nr_value; i++)
		size += map->value[i].size;
	return size;
}

/* Of a plain map; @key and what it holds are written. */
static struct value_entry *value_find(struct machine *m, uint64_t map,
				      uint64_t key)
{
	unsigned int i, size;

	assert_true(map < m->object->nr_maps);
	assert_int_equal(m->object->maps[map].kind, KPS_MAP_VALUE);
	size = key_size(&m->object->maps[map]);
	for (i = 0; i < size; i++)
		assert_true(m->written[key + i]);
	for (i = 0; i < m->nr_values; i++)
		if (m->values[i].map == map &&
		    !memcmp(m->values[i].key, scratch_range(m, key, size), size))
			return &m->values[i];
	return NULL;
}

static struct value_entry *value_get(struct machine *m, uint64_t map,
				     uint64_t key)
{
	struct value_entry *entry = value_find(m, map, key);
	unsigned int size = key_size(&m->object->maps[map]);

	if (entry)
		return entry;
	assert_true(m->nr_values < MAX_VALUES);
	entry = &m->values[m->nr_values++];
	memset(entry, 0, sizeof(*entry));
	entry->map = map;
	memcpy(entry->key, scratch_range(m, key, size), size);
	return entry;
}

static uint64_t map_set(struct machine *m, uint64_t map, uint64_t key,
			uint64_t value)
{
	struct value_entry *entry = value_get(m, map, key);
	unsigned int i, size = value_size(&m->object->maps[map]);

	for (i = 0; i < size; i++)
		assert_true(m->written[value + i]);
	memcpy(entry->value, scratch_range(m, value, size), size);
	return 0;
}

static uint64_t map_get(struct machine *m, uint64_t map, uint64_t key,
			uint64_t out)
{
	const struct value_entry *entry = value_find(m, map, key);
	unsigned int size = value_size(&m->object->maps[map]);
	void *to = out_range(m, out, size);

	if (entry)
		memcpy(to, entry->value, size);
	return !!entry;
}

static uint64_t map_add(struct machine *m, uint64_t map, uint64_t key,
			uint64_t number)
{
	struct value_entry *entry = value_get(m, map, key);
	uint64_t sum;

	assert_int_equal(m->object->maps[map].nr_value, 1);
	memcpy(&sum, entry->value, sizeof(sum));
	sum += number;
	memcpy(entry->value, &sum, sizeof(sum));
	return sum;
}

static uint64_t map_delete(struct machine *m, uint64_t map, uint64_t key)
{
	struct value_entry *entry = value_find(m, map, key);

	if (!entry)
		return 0;
	*entry = m->values[--m->nr_values];
	return 1;
}

static uint64_t output(struct machine *m, uint64_t number, uint64_t off)
{
	const struct object_output *output = &m->object->outputs[number];
	char *end = m->said + strlen(m->said);
	size_t i, j;

	assert_true(number < m->object->nr_outputs);
	end += sprintf(end, "%d:", (int)number);
	for (i = 0; i < output->nr_fields; i++) {
		const struct kps_field *field = &output->fields[i];
		const char *at = scratch_range(m, off, field->size);
		long long word;

		for (j = 0; j < field->size; j++)
			assert_true(m->written[off + j]);
		memcpy(&word, at, sizeof(word));
		if (field->type == KPS_T_STR)
			end += sprintf(end, "%s%s", i ? "," : "", at);
		else
			end += sprintf(end, "%s%lld", i ? "," : "", word);
		off += field->size;
	}
	strcpy(end, " ");
	return 0;
}

static const uint8_t *kernel_memory(const struct machine *m,
				    uint64_t address, uint64_t len)
{
	uint64_t off = address - m->kernel_at;

	assert_true(off <= m->kernel_len && len <= m->kernel_len - off);
	return m->kernel + off;
}

/* Where there is no memory every address holds itself. */
static uint64_t read_word(const struct machine *m, uint64_t address,
			  uint64_t how)
{
	unsigned int size = how & KPS_SIZE & ~(uint64_t)KPS_SIGNED;
	unsigned int shift = 64 - size * 8;
	uint64_t value = 0;

	if (!m->kernel)
		return address;
	memcpy(&value, kernel_memory(m, address, size), size);
	value <<= shift;
	return how & KPS_SIGNED ? (uint64_t)((int64_t)value >> shift) :
				  value >> shift;
}

static uint64_t bytes(struct machine *m, uint64_t address, uint64_t len,
		      uint64_t size, uint64_t off)
{
	uint8_t *out = out_range(m, off, size);

	if (len > size - 8)
		len = size - 8;
	memcpy(out, &len, 8);
	memcpy(out + 8, kernel_memory(m, address, len), len);
	return len;
}

static uint64_t record_buf(struct machine *m, uint64_t loc, uint64_t len,
			   uint64_t size, uint64_t off)
{
	uint8_t *out = out_range(m, off, size);

	if (len > (uint32_t)loc >> 16)
		len = (uint32_t)loc >> 16;
	if (len > size - 8)
		len = size - 8;
	memcpy(out, &len, 8);
	memcpy(out + 8, m->record + (loc & 0xffff), len);
	return len;
}

/* Of what MAP_UPDATE was given, as often as it was. */
static uint64_t aggregate(struct machine *m, uint64_t map, uint64_t key)
{
	const struct object_map *what = &m->object->maps[map];
	unsigned int i, size = key_size(what);
	int64_t sum = 0, least = 0, most = 0;
	uint64_t nr = 0;

	for (i = 0; i < m->nr_updates; i++) {
		int64_t value = m->updates[i].value;

		if (m->updates[i].map != map ||
		    memcmp(m->updates[i].key, scratch_range(m, key, size), size))
			continue;
		least = nr && least < value ? least : value;
		most = nr && most > value ? most : value;
		sum += value;
		nr++;
	}
	switch (what->kind) {
	case KPS_MAP_COUNT: return nr;
	case KPS_MAP_SUM: return sum;
	case KPS_MAP_MIN: return least;
	case KPS_MAP_MAX: return most;
	default: return nr ? sum / (int64_t)nr : 0;
	}
}

static const char *string_in(struct machine *m, uint64_t size, uint64_t off)
{
	uint64_t i;

	size &= KPS_SIZE;
	for (i = 0; i < size; i++)
		assert_true(m->written[off + i]);
	return scratch_range(m, off, size);
}

static uint64_t find_string(struct machine *m)
{
	const char *text = string_in(m, m->reg[2], m->reg[3]);
	const char *found = strstr(text, string_in(m, m->reg[4], m->reg[5]));

	return found ? found - text : -1;
}

static uint64_t copy_string(struct machine *m)
{
	char text[KPS_MAX_STR];
	uint64_t size = m->reg[4] & KPS_SIZE;

	snprintf(text, sizeof(text), "%s", string_in(m, m->reg[2], m->reg[3]));
	snprintf(out_range(m, m->reg[5], size), size, "%s", text);
	return strlen(text);
}

static uint64_t run_insns(struct machine *m, const struct bpf_insn *insns, size_t nr);

/* Registers of the caller are its own, but for those that a call takes. */
static uint64_t run_block(struct machine *m, uint64_t nr)
{
	uint64_t reg[11], end;
	bool usable[11], is_ctx[11], written[KPS_SCRATCH_SIZE];

	assert_true(nr < m->object->nr_blocks);
	memcpy(reg, m->reg, sizeof(reg));
	memcpy(usable, m->usable, sizeof(usable));
	memcpy(is_ctx, m->is_ctx, sizeof(is_ctx));
	memcpy(written, m->written, sizeof(written));
	end = run_insns(m, m->object->blocks[nr].insns, m->object->blocks[nr].nr_insns);
	memcpy(m->reg, reg, sizeof(reg));
	memcpy(m->usable, usable, sizeof(usable));
	memcpy(m->is_ctx, is_ctx, sizeof(is_ctx));
	/* There might have been no round. */
	memcpy(m->written, written, sizeof(written));
	m->rounds++;
	return end;
}

static uint64_t run_loop(struct machine *m, uint64_t block)
{
	uint64_t end;

	do {
		if (m->fuel && m->rounds == m->fuel)
			return 0;
		end = run_block(m, block);
	} while (end == KPS_BLOCK_NEXT);
	return end == KPS_BLOCK_LEAVE;
}

/* @key and @value are given to a round of the block. */
static uint64_t run_round(struct machine *m, const void *key, unsigned int key_len,
			  const void *value, unsigned int value_len)
{
	const uint64_t key_at = m->reg[3], value_at = m->reg[4], block = m->reg[5];
	bool written[KPS_SCRATCH_SIZE];
	uint64_t end;

	memcpy(written, m->written, sizeof(written));
	memcpy(out_range(m, key_at, key_len), key, key_len);
	memcpy(out_range(m, value_at, value_len), value, value_len);
	end = run_block(m, block);
	memcpy(m->written, written, sizeof(written));
	return end;
}

static uint64_t each_value(struct machine *m, uint64_t map)
{
	struct value_entry seen[MAX_VALUES];
	unsigned int i, nr = m->nr_values;
	uint64_t end = KPS_BLOCK_NEXT;

	memcpy(seen, m->values, sizeof(seen));
	for (i = 0; i < nr && end == KPS_BLOCK_NEXT; i++)
		if (seen[i].map == map)
			end = run_round(m, seen[i].key, key_size(&m->object->maps[map]),
					seen[i].value, value_size(&m->object->maps[map]));
	return end;
}

/* A key that stands among those before @nr, too, has had its round. */
static bool is_again(const struct machine *m, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (m->updates[i].map == m->updates[nr].map &&
		    !memcmp(m->updates[i].key, m->updates[nr].key,
			    key_size(&m->object->maps[m->updates[nr].map])))
			return true;
	return false;
}

static uint64_t each_sum(struct machine *m, uint64_t map)
{
	const uint64_t key_at = m->reg[3];
	const unsigned int size = key_size(&m->object->maps[map]);
	uint64_t end = KPS_BLOCK_NEXT, sum;
	unsigned int i;

	for (i = 0; i < m->nr_updates && end == KPS_BLOCK_NEXT; i++) {
		if (m->updates[i].map != map || is_again(m, i))
			continue;
		memcpy(scratch_range(m, key_at, size), m->updates[i].key, size);
		sum = aggregate(m, map, key_at);
		end = run_round(m, m->updates[i].key, size, &sum, sizeof(sum));
	}
	return end;
}

static uint64_t run_each(struct machine *m, uint64_t map)
{
	uint64_t end;

	assert_true(map < m->object->nr_maps);
	assert_true(m->object->maps[map].nr_key > 0);
	end = m->object->maps[map].kind == KPS_MAP_VALUE ? each_value(m, map) :
							   each_sum(m, map);
	return end == KPS_BLOCK_LEAVE;
}

static uint64_t call_helper(struct machine *m, int fn)
{
	const uint64_t *r = m->reg;
	uint64_t size;

	m->calls[fn]++;
	switch (fn) {
	case KPS_FN_PID_TGID: return m->pid_tgid;
	case KPS_FN_UID_GID: return m->uid_gid;
	case KPS_FN_CPU: return m->cpu;
	case KPS_FN_NSECS: return m->nsecs;
	case KPS_FN_ELAPSED: return m->elapsed;
	case KPS_FN_DIV:
		return r[3] ? r[2] / r[3] : 0;
	case KPS_FN_MOD:
		return r[3] ? r[2] % r[3] : r[2];
	case KPS_FN_SDIV:
		return r[3] ? (int64_t)r[2] / (int64_t)r[3] : 0;
	case KPS_FN_SMOD:
		return r[3] ? (int64_t)r[2] % (int64_t)r[3] : (int64_t)r[2];
	case KPS_FN_AGGREGATE:
		return aggregate(m, r[2], r[3]);
	case KPS_FN_STRLEN:
		return strlen(string_in(m, r[2], r[3]));
	case KPS_FN_STRSTR:
		return find_string(m);
	case KPS_FN_STRCPY:
		return copy_string(m);
	case KPS_FN_STRCMP:
		return strcmp(string_in(m, r[2], r[3]), string_in(m, r[4], r[5])) != 0;
	case KPS_FN_STRBYTE:
		return r[4] < (r[2] & KPS_SIZE) ?
			(int64_t)(int8_t)string_in(m, r[2], r[3])[r[4]] : 0;
	case KPS_FN_USERMODE:
		return 1;
	case KPS_FN_LOOP:
		return run_loop(m, r[2]);
	case KPS_FN_EACH:
		return run_each(m, r[2]);
	case KPS_FN_COMM:
		memcpy(out_range(m, r[2], 16), m->comm, 16);
		return 0;
	case KPS_FN_RECORD:
		return record_field(m, r[2], r[3]);
	case KPS_FN_RECORD_BYTES:
		memcpy(out_range(m, r[4], (r[3] + 7) & ~7ull),
		       m->record + r[2], r[3]);
		return 0;
	case KPS_FN_RECORD_STR:
		size = r[4] & KPS_SIZE;
		assert_int_equal(size % 8, 0);
		record_str(m, r[2], r[3], size, out_range(m, r[5], size));
		return 0;
	case KPS_FN_STR:
		size = r[3] & KPS_SIZE;
		assert_int_equal(size % 8, 0);
		m->str_address = r[2];
		snprintf(out_range(m, r[4], size), size, "%s", m->kernel ?
			 (const char *)kernel_memory(m, r[2], 0) : m->memory);
		return 0;
	case KPS_FN_STRN:
		size = r[4] & KPS_SIZE;
		assert_int_equal(size % 8, 0);
		snprintf(out_range(m, r[5], size), r[3] < size ? r[3] ?: 1 : size, "%s",
			 m->kernel ? (const char *)kernel_memory(m, r[2], 0) : m->memory);
		return 0;
	case KPS_FN_KSTACK:
		assert_true(m->object->stack_entries > 0);
		m->stack_depth = r[2];
		return 77;
	case KPS_FN_MAP_UPDATE:
		map_update(m, r[2], r[3], r[4]);
		return 0;
	case KPS_FN_MAP_SET:
		return map_set(m, r[2], r[3], r[4]);
	case KPS_FN_MAP_GET:
		return map_get(m, r[2], r[3], r[4]);
	case KPS_FN_MAP_ADD:
		return map_add(m, r[2], r[3], r[4]);
	case KPS_FN_MAP_DELETE:
		return map_delete(m, r[2], r[3]);
	case KPS_FN_OUTPUT:
		return output(m, r[2], r[3]);
	case KPS_FN_MAP_LEN:
		return m->nr_values;
	case KPS_FN_STACK_LEN:
		assert_true(m->object->stack_entries > 0);
		return r[2] / 10;
	case KPS_FN_READ:
		return read_word(m, r[2], r[3]);
	case KPS_FN_BYTES:
		return bytes(m, r[2], r[3], r[4] & KPS_SIZE, r[5]);
	case KPS_FN_RECORD_BUF:
		return record_buf(m, r[2], r[3], r[4] & KPS_SIZE, r[5]);
	default:
		fail_msg("helper %d", fn);
		return 0;
	}
}

static void run_call(struct machine *m, const struct bpf_insn *insn)
{
#define NR_ARGS(NAME, name, ...)					\
	[KPS_FN_##NAME] = sizeof((enum kps_arg[]){ __VA_ARGS__ }) /	\
			  sizeof(enum kps_arg),
	static const int nr_args[__KPS_FN_NR] = {
		KPS_HELPERS(NR_ARGS)
	};
#undef NR_ARGS
	int i;

	assert_true(m->is_ctx[1]);
	for (i = 2; i < 2 + nr_args[insn->imm]; i++)
		assert_true(m->usable[i] && !m->is_ctx[i]);
	m->reg[0] = call_helper(m, insn->imm);
	for (i = 1; i <= 5; i++)
		m->usable[i] = m->is_ctx[i] = false;
	m->usable[0] = true;
}

static void run_memory(struct machine *m, const struct bpf_insn *insn)
{
	unsigned int i, size = insn_size(insn);
	bool load = BPF_CLASS(insn->code) == BPF_LDX;
	long off = insn->off - (long)KPS_SCRATCH;
	uint8_t *at = (uint8_t *)&m->frame + insn->off;
	uint64_t value = (int64_t)insn->imm;

	assert_true(m->is_ctx[load ? insn->src_reg : insn->dst_reg]);
	assert_int_equal(insn->off % (int)size, 0);
	assert_true(insn->off >= 0 && insn->off + size <= sizeof(m->frame) + sizeof(m->scratch));
	if (load) {
		for (i = 0; off >= 0 && i < size; i++)
			assert_true(m->written[off + i]);
		m->reg[insn->dst_reg] = 0;
		memcpy(&m->reg[insn->dst_reg], at, size);
		m->usable[insn->dst_reg] = true;
		m->is_ctx[insn->dst_reg] = false;
		return;
	}
	assert_true(off >= 0);
	if (BPF_CLASS(insn->code) == BPF_STX) {
		assert_true(m->usable[insn->src_reg] &&
			    !m->is_ctx[insn->src_reg]);
		value = m->reg[insn->src_reg];
	}
	memcpy(at, &value, size);
	memset(m->written + off, 1, size);
}

static uint64_t operand(const struct machine *m,
			const struct bpf_insn *insn)
{
	if (BPF_SRC(insn->code) == BPF_K)
		return (int64_t)insn->imm;
	assert_true(m->usable[insn->src_reg]);
	return m->reg[insn->src_reg];
}

static void run_swap(struct machine *m, const struct bpf_insn *insn)
{
	uint64_t *reg = &m->reg[insn->dst_reg];

	assert_true(m->usable[insn->dst_reg]);
	*reg = insn_swap(*reg, insn->imm, BPF_SRC(insn->code) == BPF_X);
}

static void run_alu(struct machine *m, const struct bpf_insn *insn)
{
	bool reg_mov = insn->code == (BPF_ALU64 | BPF_MOV | BPF_X);
	int op = BPF_OP(insn->code);

	assert_int_equal(BPF_CLASS(insn->code), BPF_ALU64);
	assert_true(op <= BPF_ARSH);
	if (op == BPF_DIV || op == BPF_MOD)
		assert_true(BPF_SRC(insn->code) == BPF_K && insn->imm);
	if (op != BPF_MOV)
		assert_true(m->usable[insn->dst_reg] &&
			    !m->is_ctx[insn->dst_reg]);
	m->is_ctx[insn->dst_reg] = reg_mov && m->is_ctx[insn->src_reg];
	m->reg[insn->dst_reg] = insn_compute(op, m->reg[insn->dst_reg],
					     operand(m, insn), true);
	m->usable[insn->dst_reg] = true;
}

static uint64_t run_insns(struct machine *m, const struct bpf_insn *insns, size_t nr)
{
	size_t pc;

	memset(m->usable, 0, sizeof(m->usable));
	memset(m->is_ctx, 0, sizeof(m->is_ctx));
	m->usable[1] = m->is_ctx[1] = true;
	for (pc = 0;; pc++) {
		const struct bpf_insn *insn = &insns[pc];

		assert_true(pc < nr);
		assert_true(insn->dst_reg < 10 && insn->src_reg < 10);
		switch (BPF_CLASS(insn->code)) {
		case BPF_LD:
			m->reg[insn->dst_reg] = (uint32_t)insn->imm |
				(uint64_t)(uint32_t)insn[1].imm << 32;
			m->usable[insn->dst_reg] = true;
			m->is_ctx[insn->dst_reg] = false;
			pc++;
			continue;
		case BPF_LDX:
		case BPF_ST:
		case BPF_STX:
			run_memory(m, insn);
			continue;
		case BPF_ALU:
			assert_int_equal(BPF_OP(insn->code), BPF_END);
			run_swap(m, insn);
			continue;
		case BPF_ALU64:
			run_alu(m, insn);
			continue;
		default:
			break;
		}
		assert_int_equal(BPF_CLASS(insn->code), BPF_JMP);
		assert_true(insn->off >= 0);
		if (BPF_OP(insn->code) == BPF_EXIT)
			break;
		if (BPF_OP(insn->code) == BPF_CALL) {
			run_call(m, insn);
		} else if (BPF_OP(insn->code) == BPF_JA) {
			pc += insn->off;
		} else {
			assert_true(m->usable[insn->dst_reg]);
			if (insn_holds(BPF_OP(insn->code),
				       m->reg[insn->dst_reg],
				       operand(m, insn)))
				pc += insn->off;
		}
	}
	assert_true(m->usable[0]);
	return m->reg[0];
}

uint64_t run_clause(struct machine *m, const struct object *object,
		    size_t probe)
{
	m->object = object;
	m->nr_updates = 0;
	m->rounds = 0;
	memset(m->written, 0, sizeof(m->written));
	memset(m->calls, 0, sizeof(m->calls));
	memset(m->scratch, 0xa5, sizeof(m->scratch));
	return run_insns(m, object->probes[probe].insns, object->probes[probe].nr_insns);
}
