// SPDX-License-Identifier: GPL-2.0
/* Instructions as the kernel's verifier and bpftool print them, nearly. */
#include <stdint.h>
#include <stdlib.h>

#include "base/array.h"
#include "disasm.h"

#define NAME_OF(NAME, name, ...)					\
	[KPS_FN_##NAME] = #name,
static const char * const helpers[__KPS_FN_NR] = {
	KPS_HELPERS(NAME_OF)
};

static const char * const alu_ops[16] = {
	[BPF_ADD >> 4] = "+=", [BPF_SUB >> 4] = "-=", [BPF_MUL >> 4] = "*=",
	[BPF_DIV >> 4] = "/=", [BPF_OR >> 4] = "|=", [BPF_AND >> 4] = "&=",
	[BPF_LSH >> 4] = "<<=", [BPF_RSH >> 4] = ">>=", [BPF_MOD >> 4] = "%=",
	[BPF_XOR >> 4] = "^=", [BPF_MOV >> 4] = "=", [BPF_ARSH >> 4] = "s>>=",
};

static const char * const jump_ops[16] = {
	[BPF_JEQ >> 4] = "==", [BPF_JGT >> 4] = ">", [BPF_JGE >> 4] = ">=",
	[BPF_JSET >> 4] = "&", [BPF_JNE >> 4] = "!=", [BPF_JSGT >> 4] = "s>",
	[BPF_JSGE >> 4] = "s>=", [BPF_JLT >> 4] = "<", [BPF_JLE >> 4] = "<=",
	[BPF_JSLT >> 4] = "s<", [BPF_JSLE >> 4] = "s<=",
};

static const struct {
	const char *name;
	unsigned int offset;
	unsigned int size;
} members[] = {
#define MEMBER(name) { #name, offsetof(struct kps_frame, name),		\
		       sizeof(((struct kps_frame *)NULL)->name) }
	MEMBER(ip), MEMBER(site), MEMBER(retval), MEMBER(duration),
	MEMBER(arg), { "scratch", KPS_SCRATCH, KPS_SCRATCH_SIZE },
};

static void print_member(FILE *out, unsigned int offset)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(members); i++) {
		unsigned int off = offset - members[i].offset;

		if (offset < members[i].offset || off >= members[i].size)
			continue;
		fprintf(out, "ctx.%s", members[i].name);
		if (members[i].offset == offsetof(struct kps_frame, arg))
			off /= 8;
		if (members[i].size > 8)
			fprintf(out, "[%u]", off);
		return;
	}
	fprintf(out, "ctx+%u", offset);
}

static const char *helper_name(int fn)
{
	return fn > 0 && fn < __KPS_FN_NR && helpers[fn] ? helpers[fn] : "?";
}

static const char *width(const struct bpf_insn *insn)
{
	switch (BPF_SIZE(insn->code)) {
	case BPF_B: return "u8 ";
	case BPF_H: return "u16 ";
	case BPF_W: return "u32 ";
	default: return "";
	}
}

static void print_operand(FILE *out, const struct bpf_insn *insn)
{
	if (BPF_SRC(insn->code) == BPF_X)
		fprintf(out, "r%u", insn->src_reg);
	else
		fprintf(out, "%d", insn->imm);
}

static void print_alu(FILE *out, const struct bpf_insn *insn)
{
	unsigned int op = BPF_OP(insn->code) >> 4;
	char reg = BPF_CLASS(insn->code) == BPF_ALU64 ? 'r' : 'w';

	if (BPF_OP(insn->code) == BPF_NEG) {
		fprintf(out, "%c%u = -%c%u", reg, insn->dst_reg, reg,
			insn->dst_reg);
		return;
	}
	fprintf(out, "%c%u %s ", reg, insn->dst_reg,
		alu_ops[op] ? alu_ops[op] : "?=");
	print_operand(out, insn);
}

static void print_jump(FILE *out, const struct bpf_insn *insn, size_t pc)
{
	unsigned int op = BPF_OP(insn->code) >> 4;

	switch (BPF_OP(insn->code)) {
	case BPF_EXIT:
		fputs("exit", out);
		return;
	case BPF_CALL:
		fprintf(out, "call %s", helper_name(insn->imm));
		return;
	case BPF_JA:
		break;
	default:
		fprintf(out, "if r%u %s ", insn->dst_reg,
			jump_ops[op] ? jump_ops[op] : "?");
		print_operand(out, insn);
		fputc(' ', out);
		break;
	}
	fprintf(out, "goto %zu", pc + 1 + insn->off);
}

static void print_wide(FILE *out, const struct bpf_insn *insn)
{
	uint64_t value = (uint32_t)insn[0].imm |
			 (uint64_t)(uint32_t)insn[1].imm << 32;

	fprintf(out, "r%u = 0x%llx", insn->dst_reg, (unsigned long long)value);
}

static void print_insn(FILE *out, const struct bpf_insn *insn, size_t pc)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
		print_wide(out, insn);
		return;
	case BPF_LDX:
		fprintf(out, "r%u = %s", insn->dst_reg, width(insn));
		print_member(out, insn->off);
		return;
	case BPF_ST:
	case BPF_STX:
		fputs(width(insn), out);
		print_member(out, insn->off);
		if (BPF_CLASS(insn->code) == BPF_ST)
			fprintf(out, " = %d", insn->imm);
		else
			fprintf(out, " = r%u", insn->src_reg);
		return;
	case BPF_ALU:
	case BPF_ALU64:
		print_alu(out, insn);
		return;
	default:
		print_jump(out, insn, pc);
		return;
	}
}

void disasm(FILE *out, const struct bpf_insn *insns, size_t nr,
	    const char *indent)
{
	size_t pc;

	for (pc = 0; pc < nr; pc++) {
		fprintf(out, "%s%4zu: ", indent, pc);
		print_insn(out, &insns[pc], pc);
		fputc('\n', out);
		if (BPF_CLASS(insns[pc].code) == BPF_LD)
			pc++;
	}
}

void object_print(FILE *out, const struct object *object)
{
	size_t i, j;

	for (i = 0; i < object->nr_maps; i++)
		fprintf(out, "map %zu %s %s, %u keys\n", i, object->maps[i].name,
			map_kind_names[object->maps[i].kind],
			object->maps[i].max_entries);
	if (object->stack_entries)
		fprintf(out, "stacks %u\n", object->stack_entries);
	for (i = 0; i < object->nr_blocks; i++) {
		fprintf(out, "\nblock %zu\n", i);
		disasm(out, object->blocks[i].insns, object->blocks[i].nr_insns, "  ");
	}
	for (i = 0; i < object->nr_probes; i++) {
		const struct object_probe *probe = &object->probes[i];

		fprintf(out, "\n%s\n", probe->name);
		for (j = 0; j < probe->nr_targets; j++)
			fprintf(out, "  at %s\n", probe->targets[j]);
		disasm(out, probe->insns, probe->nr_insns, "  ");
	}
}
