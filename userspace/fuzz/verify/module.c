// SPDX-License-Identifier: GPL-2.0
/*
 * The module's side: the program of layout.h as kps_verify() sees it.  The
 * helpers' prototypes are the module's own table; their bodies are not here.
 */
#include "kpstat.h"

#include "layout.h"
#include "verify.h"

/* HELPER() for each, and kps_helpers[]: out of engine/helpers.c. */
#define HELPER(name, ...)						\
	static const struct kps_traits kps_traits_##name = { __VA_ARGS__ }; \
	static u64 kps_fn_##name(u64 ctx, u64 r2, u64 r3, u64 r4, u64 r5) \
	{								\
		return ctx + r2 + r3 + r4 + r5;				\
	}

#include "helpers.inc"

static struct kps_program program;
static struct kps_map maps[LAYOUT_NR_MAPS];
static struct kps_map *map_pointers[LAYOUT_NR_MAPS];
static struct kps_output outputs[LAYOUT_NR_OUTPUTS];
static struct kps_block blocks[STREAM_PARTS];

int kps_error(struct kps_error *error, int errno_, const char *fmt, ...)
{
	__builtin_va_list args;

	__builtin_va_start(args, fmt);
	__builtin_vsnprintf(error->text, sizeof(error->text), fmt, args);
	__builtin_va_end(args);
	return errno_;
}

void kps_error_prefix(struct kps_error *error, const char *fmt, ...)
{
	(void)error;
	(void)fmt;
}

static void fill_map(struct kps_map *map, const struct layout_map *from)
{
	map->kind = from->kind;
	map->forgets = from->forgets;
	map->nr_key = from->nr_key;
	map->key_size = layout_size(from->key, from->nr_key);
	map->nr_value = from->nr_value;
	map->value_size = layout_size(from->value, from->nr_value);
	__builtin_memcpy(map->value, from->value, sizeof(from->value));
	__builtin_strcpy(map->name, from->name);
}

void module_init(void)
{
	unsigned int i;

	for (i = 0; i < LAYOUT_NR_MAPS; i++) {
		fill_map(&maps[i], &layout_maps[i]);
		maps[i].index = i;
		map_pointers[i] = &maps[i];
	}
	for (i = 0; i < LAYOUT_NR_OUTPUTS; i++) {
		outputs[i].nr_fields = layout_outputs[i].nr;
		outputs[i].size = layout_size(layout_outputs[i].fields,
					      layout_outputs[i].nr);
		outputs[i].joins = layout_joins(&layout_outputs[i]);
	}
	program.maps = map_pointers;
	program.nr_maps = LAYOUT_NR_MAPS;
	program.outputs = outputs;
	program.nr_outputs = LAYOUT_NR_OUTPUTS;
	program.blocks = blocks;
}

/* Of its very size: a sanitizer sees what reads past the end. */
static struct bpf_insn *copy_part(const struct stream *stream, unsigned int part)
{
	unsigned int nr = stream_end(stream, part) - stream->begin[part];

	return kmemdup(stream->insns + stream->begin[part],
		       nr * sizeof(struct bpf_insn), GFP_KERNEL);
}

static void begin_blocks(const struct stream *stream)
{
	u32 i;

	program.nr_blocks = stream->parts - 1;
	for (i = 0; i < program.nr_blocks; i++) {
		blocks[i].insns = copy_part(stream, i + 1);
		blocks[i].nr = stream_end(stream, i + 1) - stream->begin[i + 1];
	}
}

static void end_blocks(struct noted *noted)
{
	u32 i;

	noted->verified[0] = true;
	for (i = 0; i < program.nr_blocks; i++) {
		noted->verified[i + 1] = blocks[i].entry;
		kfree((void *)blocks[i].insns);
		kfree(blocks[i].entry);
		blocks[i].entry = NULL;
	}
}

int module_verify(const struct stream *stream, struct noted *noted, char *why)
{
	struct kps_code code = { };
	struct kps_error error;
	struct bpf_insn *insns = copy_part(stream, 0);
	int err;

	/* Only whether there is one is asked. */
	program.stacks = stream->stacks ? (void *)&program : NULL;
	begin_blocks(stream);
	err = kps_verify(&program, insns, stream_end(stream, 0), &code, &error);
	end_blocks(noted);
	kfree(insns);

	noted->frame_read = code.frame_read;
	noted->reads_regs = code.reads_regs;
	__builtin_memcpy(noted->record_used, code.record_used,
			 sizeof(noted->record_used));
	if (err)
		__builtin_memcpy(why, error.text, WHY_MAX);
	return err;
}
