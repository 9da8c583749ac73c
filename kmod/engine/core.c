// SPDX-License-Identifier: GPL-2.0
/*
 * The meeting with the kernel's BPF core, as lib/test_bpf.c does it: allocate,
 * fill in, let the core choose interpreter or JIT.  CONFIG_NET brings the core,
 * the bpf() system call is not needed.
 */
#include <linux/filter.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "kpstat.h"
#include "task.h"

/* A call's imm is a helper's number on the wire and a distance in the core. */
static int kps_link_calls(struct bpf_insn *insns, unsigned int nr)
{
	unsigned int i;
	long distance;

	for (i = 0; i < nr; i++) {
		if (insns[i].code == (BPF_LD | BPF_IMM | BPF_DW)) {
			i++;
			continue;
		}
		if (insns[i].code != (BPF_JMP | BPF_CALL))
			continue;
		distance = (unsigned long)kps_helpers[insns[i].imm].fn -
			   (unsigned long)__bpf_call_base;
		if (distance != (s32)distance)
			return -ERANGE;
		insns[i].imm = distance;
	}
	return 0;
}

/* @compiled: set on success */
static int kps_compile(const struct bpf_insn *insns, unsigned int nr,
		       struct bpf_prog **compiled, struct kps_error *error)
{
	struct bpf_prog *prog = bpf_prog_alloc(bpf_prog_size(nr), 0);
	int err = 0;

	if (!prog)
		return kps_error(error, -ENOMEM, "no memory for its instructions");

	prog->len = nr;
	prog->type = BPF_PROG_TYPE_SOCKET_FILTER;
	memcpy(prog->insnsi, insns, bpf_prog_insn_size(prog));
	err = kps_link_calls(prog->insnsi, nr);
	if (err) {
		bpf_prog_free(prog);
		return kps_error(error, err, "this kernel's modules are too far away for its BPF core to call");
	}

	prog = bpf_prog_select_runtime(prog, &err);
	if (err) {
		bpf_prog_free(prog);
		return kps_error(error, err, "the kernel's BPF core refused it");
	}
	*compiled = prog;
	return 0;
}

/* Those that it calls, and these in turn: whose calls have just been seen. */
static int compile_blocks(const struct kps_program *program, struct kps_error *error)
{
	int err = 0;
	u32 i;

	for (i = 0; i < program->nr_blocks && !err; i++) {
		struct kps_block *block = &program->blocks[i];

		if (block->entry && !block->prog)
			err = kps_compile(block->insns, block->nr, &block->prog, error);
	}
	return err;
}

/**
 * kps_code_create() - verify a clause and make it ready to run, and its blocks
 * @program: with its maps, blocks and stack table in place
 * @insns: as they came
 * @nr: of them, at most KPS_MAX_INSNS
 * @error: gets the instruction's number and the reason
 *
 * Context: may sleep. Return: the clause or an ERR_PTR.
 */
struct kps_code *kps_code_create(const struct kps_program *program,
				 const struct bpf_insn *insns, unsigned int nr,
				 struct kps_error *error)
{
	struct kps_code *code = kzalloc(sizeof(*code), GFP_KERNEL);
	int err;

	if (!code)
		return ERR_PTR(kps_error(error, -ENOMEM, "no memory"));

	err = kps_verify(program, insns, nr, code, error);
	if (!err)
		kps_shortcuts_find(code, program, insns, nr);
	if (!err)
		err = kps_compile(insns, nr, &code->prog, error);
	if (!err)
		err = compile_blocks(program, error);
	if (!err && code->loops) {
		code->room = kps_task_room();
		if (!code->room)
			err = kps_error(error, -ENOMEM, "no memory");
	}
	if (err) {
		kps_code_free(code);
		return ERR_PTR(err);
	}
	return code;
}

/** kps_code_free() - release a clause that no handler can reach any more */
void kps_code_free(struct kps_code *code)
{
	if (!code)
		return;
	if (code->prog)
		bpf_prog_free(code->prog);
	kvfree(code->room);
	kfree(code);
}

/** kps_block_free() - what a block has, when no handler can reach it any more */
void kps_block_free(struct kps_block *block)
{
	if (block->prog)
		bpf_prog_free(block->prog);
	kfree(block->entry);
}

/** kps_engine_is_jit() - whether the core compiles, found by trying */
bool kps_engine_is_jit(void)
{
	static const struct bpf_insn nothing[] = {
		BPF_MOV64_IMM(BPF_REG_0, 0),
		BPF_EXIT_INSN(),
	};
	struct kps_error error;
	struct bpf_prog *prog;
	bool jit;

	if (kps_compile(nothing, ARRAY_SIZE(nothing), &prog, &error))
		return false;
	jit = prog->jited;
	bpf_prog_free(prog);
	return jit;
}
