// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "code.h"

#define LD_IMM64 (BPF_LD | BPF_IMM | BPF_DW)

bool code_is_imm(uint64_t value)
{
	return (int64_t)value == (int32_t)value;
}

static struct code_insn *append(struct code *code, struct bpf_insn insn)
{
	/* Room grows by doubling, whenever the number is a power of two. */
	if (!(code->nr & (code->nr - 1)))
		code->insns = xrealloc(code->insns, code->nr * 2 + 1,
				       sizeof(*code->insns));
	code->insns[code->nr] = (struct code_insn){ .insn = insn, .label = -1 };
	return &code->insns[code->nr++];
}

void code_mov_imm(struct code *code, int dst, uint64_t value)
{
	struct bpf_insn mov = { .code = BPF_ALU64 | BPF_MOV | BPF_K,
				.dst_reg = dst, .imm = (int32_t)value };
	struct bpf_insn wide = { .code = LD_IMM64, .dst_reg = dst };

	if (code_is_imm(value))
		append(code, mov);
	else
		append(code, wide)->value = value;
}

void code_mov(struct code *code, int dst, int src)
{
	if (dst != src)
		code_alu(code, BPF_MOV, dst, src);
}

void code_alu_imm(struct code *code, int op, int dst, int32_t imm)
{
	append(code, (struct bpf_insn){ .code = BPF_ALU64 | op | BPF_K,
					.dst_reg = dst, .imm = imm });
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define OTHER_ORDER BPF_TO_BE
#else
#define OTHER_ORDER BPF_TO_LE
#endif

/* From the machine's byte order to the other one, zero-extended. */
void code_swap(struct code *code, int reg, int bits)
{
	append(code, (struct bpf_insn){ .code = BPF_ALU | BPF_END |
						OTHER_ORDER,
					.dst_reg = reg, .imm = bits });
}

void code_alu(struct code *code, int op, int dst, int src)
{
	append(code, (struct bpf_insn){ .code = BPF_ALU64 | op | BPF_X,
					.dst_reg = dst, .src_reg = src });
}

void code_load(struct code *code, int size, int dst, int offset)
{
	append(code, (struct bpf_insn){ .code = BPF_LDX | BPF_MEM | size,
					.dst_reg = dst, .src_reg = CODE_CTX,
					.off = offset });
}

void code_store(struct code *code, int size, int offset, int src)
{
	append(code, (struct bpf_insn){ .code = BPF_STX | BPF_MEM | size,
					.dst_reg = CODE_CTX, .src_reg = src,
					.off = offset });
}

void code_store_imm(struct code *code, int size, int offset, int32_t imm)
{
	append(code, (struct bpf_insn){ .code = BPF_ST | BPF_MEM | size,
					.dst_reg = CODE_CTX, .off = offset,
					.imm = imm });
}

void code_call(struct code *code, int fn)
{
	code_mov(code, BPF_REG_1, CODE_CTX);
	append(code, (struct bpf_insn){ .code = BPF_JMP | BPF_CALL,
					.imm = fn });
}

void code_exit(struct code *code)
{
	append(code, (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT });
}

int code_label(struct code *code)
{
	APPEND(code->labels, code->nr_labels);
	return code->nr_labels - 1;
}

void code_place(struct code *code, int label)
{
	code->labels[label] = code->nr;
}

void code_jump(struct code *code, int label)
{
	append(code, (struct bpf_insn){ .code = BPF_JMP | BPF_JA })->label =
		label;
}

void code_jump_imm(struct code *code, int op, int reg, int32_t imm, int label)
{
	append(code, (struct bpf_insn){ .code = BPF_JMP | op | BPF_K,
					.dst_reg = reg, .imm = imm })->label =
		label;
}

void code_jump_reg(struct code *code, int op, int a, int b, int label)
{
	append(code, (struct bpf_insn){ .code = BPF_JMP | op | BPF_X,
					.dst_reg = a, .src_reg = b })->label =
		label;
}

static bool is_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL);
}

static bool is_jump(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_JA);
}

static bool falls_through(const struct bpf_insn *insn)
{
	return insn->code != (BPF_JMP | BPF_EXIT) && !is_jump(insn);
}

/* Jumps only go forward: one walk meets each after all that lead to it. */
static void bury_unreachable(struct code *code)
{
	bool *target = xcalloc(code->nr + 1, sizeof(*target));
	bool reached = true;
	size_t i;

	for (i = 0; i < code->nr; i++) {
		struct code_insn *insn = &code->insns[i];

		reached = reached || target[i];
		insn->dead = !reached;
		if (!reached)
			continue;
		if (insn->label >= 0)
			target[code->labels[insn->label]] = true;
		reached = falls_through(&insn->insn);
	}
	free(target);
}

static size_t next_alive(const struct code *code, size_t i)
{
	while (i < code->nr && code->insns[i].dead)
		i++;
	return i;
}

static void bury_empty_jumps(struct code *code)
{
	size_t i;

	for (i = code->nr; i-- > 0; ) {
		struct code_insn *insn = &code->insns[i];

		if (!insn->dead && is_jump(&insn->insn) &&
		    next_alive(code, code->labels[insn->label]) ==
		    next_alive(code, i + 1))
			insn->dead = true;
	}
}

static size_t first_call(const struct code *code)
{
	size_t i;

	for (i = 0; i < code->nr; i++)
		if (!code->insns[i].dead && is_call(&code->insns[i].insn))
			break;
	return i;
}

static bool uses_ctx(const struct bpf_insn *insn)
{
	return insn->dst_reg == CODE_CTX || insn->src_reg == CODE_CTX;
}

static bool is_copy_to_r1(const struct bpf_insn *insn)
{
	return insn->code == (BPF_ALU64 | BPF_MOV | BPF_X) &&
	       insn->dst_reg == BPF_REG_1 && insn->src_reg == CODE_CTX;
}

static bool needs_ctx_after(const struct code *code, size_t call)
{
	size_t i;

	for (i = call + 1; i < code->nr; i++)
		if (!code->insns[i].dead && uses_ctx(&code->insns[i].insn))
			return true;
	return false;
}

/*
 * CTX arrives in R1, where it stays up to the first call, and is kept in R6 by
 * the first instruction.  If nothing after that call needs it, R6 is not
 * needed either.
 */
static void drop_ctx_copies(struct code *code)
{
	size_t i, call = first_call(code);
	bool kept = needs_ctx_after(code, call);

	code->insns[0].dead = !kept;
	for (i = 1; i < call; i++) {
		struct bpf_insn *insn = &code->insns[i].insn;

		if (is_copy_to_r1(insn))
			code->insns[i].dead = true;
		else if (!kept && insn->src_reg == CODE_CTX)
			insn->src_reg = BPF_REG_1;
		else if (!kept && insn->dst_reg == CODE_CTX)
			insn->dst_reg = BPF_REG_1;
	}
}

static unsigned int slots(const struct code_insn *insn)
{
	if (insn->dead)
		return 0;
	return insn->insn.code == LD_IMM64 ? 2 : 1;
}

static size_t *positions(const struct code *code)
{
	size_t *at = xcalloc(code->nr + 1, sizeof(*at));
	size_t i;

	for (i = 0; i < code->nr; i++)
		at[i + 1] = at[i] + slots(&code->insns[i]);
	return at;
}

static void write_insn(const struct code *code, const struct code_insn *from,
		       const size_t *at, size_t i, struct bpf_insn *to)
{
	to[0] = from->insn;
	if (from->label >= 0)
		to[0].off = at[code->labels[from->label]] - at[i] - 1;
	if (from->insn.code != LD_IMM64)
		return;
	to[0].imm = (int32_t)from->value;
	to[1] = (struct bpf_insn){ .imm = (int32_t)(from->value >> 32) };
}

struct bpf_insn *code_finish(struct code *code, size_t *nr)
{
	struct bpf_insn *insns;
	size_t *at;
	size_t i;

	bury_unreachable(code);
	bury_empty_jumps(code);
	drop_ctx_copies(code);
	at = positions(code);
	*nr = at[code->nr];
	insns = xcalloc(*nr, sizeof(*insns));
	for (i = 0; i < code->nr; i++)
		if (!code->insns[i].dead)
			write_insn(code, &code->insns[i], at, i,
				   &insns[at[i]]);
	free(at);
	free(code->insns);
	free(code->labels);
	*code = (struct code){ 0 };
	return insns;
}
