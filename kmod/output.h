/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Outputs: records that clauses write and user space prints, in order.
 */
#ifndef KPS_OUTPUT_H
#define KPS_OUTPUT_H

#include <linux/kernel.h>
#include <linux/kpstat.h>
#include <linux/string.h>
#include <linux/types.h>

#include "error.h"

struct kps_buffer;
struct kps_ctx;

/**
 * struct kps_output - what one kind of record holds
 * @size: bytes of its fields in scratch
 * @has_stacks: among its fields
 * @joins: its last field is a KPS_T_JOIN, which is not in scratch
 * @has_long: among its fields are strings of which only what they have is in a record
 * @act: enum kps_act
 * @map: number of that which @act empties
 * @text: what its records are for, or NULL
 */
struct kps_output {
	u32 size;
	u32 nr_fields;
	bool joins;
	bool has_stacks;
	bool has_long;
	u32 act;
	u32 map;
	char *text;
	struct kps_field fields[KPS_MAX_OUTPUT_FIELDS];
};

/**
 * struct kps_record - as it lies in the buffer
 * @time: when its event wrote first, CLOCK_MONOTONIC; the buffer's own clock is
 *	not the same on all CPUs
 * @output: number of its kps_output
 * @joined: bytes of text behind the fields
 * @data: the fields as kps_field_bytes() has them
 */
struct kps_record {
	u64 time;
	u32 output;
	u32 joined;
	u64 data[];
};

#define KPS_RECORD_MAX (sizeof(struct kps_record) + KPS_SCRATCH_SIZE +	\
			KPS_MAX_JOIN)

struct kps_buffer *kps_buffer_alloc(u32 bytes, struct kps_error *error);
void kps_buffer_free(struct kps_buffer *buffer);
size_t kps_buffer_bytes(u32 bytes);
size_t kps_buffer_cpu_bytes(const struct kps_buffer *buffer);
u64 kps_buffer_read_until(struct kps_buffer *buffer, u64 time);
int kps_buffer_waker(struct kps_buffer *buffer, int fd, struct kps_error *error);
void kps_buffer_wake(struct kps_buffer *buffer);
u64 kps_buffer_lost(const struct kps_buffer *buffer);

int kps_buffer_write(struct kps_buffer *buffer, u64 time, u32 nr,
		     const struct kps_output *output, const void *data,
		     const char *joined, u32 len);

/* Longer ones are as long as they are, in a record. */
#define KPS_SHORT_STR 64

static inline bool kps_field_is_long(const struct kps_field *field)
{
	return field->type == KPS_T_STR && field->size > KPS_SHORT_STR;
}

/** kps_field_bytes() - how many bytes of a record a field takes, a multiple of 8 */
static inline u32 kps_field_bytes(const struct kps_field *field, const void *data)
{
	if (!kps_field_is_long(field))
		return field->size;
	return round_up(strnlen(data, field->size - 1) + 1, sizeof(u64));
}

/* Reading: one reader at a time. */
struct kps_reader *kps_reader_start(struct kps_buffer *buffer,
				    struct kps_error *error);
const struct kps_record *kps_reader_peek(struct kps_reader *reader);
void kps_reader_next(struct kps_reader *reader);
void kps_reader_lose(struct kps_reader *reader);
u64 kps_reader_told(const struct kps_reader *reader);
void kps_reader_end(struct kps_reader *reader);

#endif
