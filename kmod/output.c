// SPDX-License-Identifier: GPL-2.0
/*
 * The buffer between clauses and whoever prints what they wrote.
 *
 * It is the kernel's own ring buffer, the one that ftrace has: a writer never
 * waits, in whatever context it is, and never overwrites what was not read: a
 * record that finds no room is counted and gone.  Every record bears the time of
 * its event's first one, so that a reader can put those of all CPUs into one order
 * in which the records of an event stand together.
 *
 * Who reads can sleep until there is something: LOAD is given an eventfd.  The end of
 * each reading arms it; the first record that is written then disarms it, and so it
 * is signalled once, however many follow.  That is done by an irq_work: a clause may
 * run in an NMI, or hold locks of the scheduler.
 *
 * No record waits unseen, and no loss.  Who arms writes @armed and then looks whether
 * there are records, or more losses than it has told of; who writes makes its record
 * visible and then looks at @armed; there is a full barrier between the two on both
 * sides.  So at least one of them sees what the other has done, and the exchange of
 * @armed says who of them signals.  A record in the middle of another one of its CPU is
 * visible when that one is, and that one looks, too, even if it found no room.
 */
#include <linux/eventfd.h>
#include <linux/irq_work.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/ring_buffer.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <asm/local64.h>

#include "compat/compat.h"
#include "kpstat.h"
#include "output.h"

/* Below this a ring buffer has not even two pages. */
#define MIN_BYTES (4 * PAGE_SIZE)

struct kps_buffer {
	struct trace_buffer *ring;
	local64_t __percpu *lost;
	u32 bytes;			/* as they were asked for */
	unsigned long reading;		/* bit 0: there is a reader */
	u64 read_until;			/* older records have been read */
	struct eventfd_ctx *waker;	/* NULL: who reads looks by itself */
	int armed;			/* the next record is to signal it */
	struct irq_work wake_work;
};

#ifdef CONFIG_RING_BUFFER

/** kps_buffer_bytes() - what a buffer of @bytes per CPU will hold on each */
size_t kps_buffer_bytes(u32 bytes)
{
	return max_t(size_t, PAGE_ALIGN(bytes), MIN_BYTES);
}

/** kps_buffer_cpu_bytes() - what the kernel makes for a CPU that comes; of NULL: 0 */
size_t kps_buffer_cpu_bytes(const struct kps_buffer *buffer)
{
	return buffer ? kps_buffer_bytes(buffer->bytes) : 0;
}

static void wake_in_irq(struct irq_work *irq_work)
{
	struct kps_buffer *buffer =
		container_of(irq_work, struct kps_buffer, wake_work);

	kps_eventfd_signal(buffer->waker);
}

/**
 * kps_buffer_alloc() - an empty buffer
 * @bytes: for each CPU
 * @error: gets the reason
 *
 * Context: may sleep. Return: the buffer, or an ERR_PTR.
 */
struct kps_buffer *kps_buffer_alloc(u32 bytes, struct kps_error *error)
{
	struct kps_buffer *buffer = kzalloc(sizeof(*buffer), GFP_KERNEL);

	if (!buffer)
		goto no_memory;
	buffer->bytes = bytes;
	init_irq_work(&buffer->wake_work, wake_in_irq);
	buffer->lost = alloc_percpu(local64_t);
	if (!buffer->lost)
		goto free_buffer;
	buffer->ring = ring_buffer_alloc(max_t(unsigned long, bytes, MIN_BYTES),
					 0);
	if (!buffer->ring)
		goto free_lost;
	return buffer;

free_lost:
	free_percpu(buffer->lost);
free_buffer:
	kfree(buffer);
no_memory:
	return ERR_PTR(kps_error(error, -ENOMEM,
				 "no memory for the output buffer"));
}

/** kps_buffer_free() - when nobody writes or reads any more. May sleep. */
void kps_buffer_free(struct kps_buffer *buffer)
{
	if (!buffer)
		return;
	irq_work_sync(&buffer->wake_work);
	if (buffer->waker)
		eventfd_ctx_put(buffer->waker);
	ring_buffer_free(buffer->ring);
	free_percpu(buffer->lost);
	kfree(buffer);
}

/**
 * kps_buffer_waker() - who reads is to be woken
 * @buffer: to which nobody writes yet
 * @fd: number of an eventfd of current's
 * @error: gets the reason
 *
 * Context: may sleep. Return: 0 or a negative errno.
 */
int kps_buffer_waker(struct kps_buffer *buffer, int fd, struct kps_error *error)
{
	struct eventfd_ctx *waker = eventfd_ctx_fdget(fd);

	if (IS_ERR(waker))
		return kps_error(error, PTR_ERR(waker),
				 "descriptor %d is not an eventfd", fd);
	buffer->waker = waker;
	buffer->armed = true;
	return 0;
}

/** kps_buffer_wake() - whoever waits is to look, though there may be no record */
void kps_buffer_wake(struct kps_buffer *buffer)
{
	if (buffer && buffer->waker)
		kps_eventfd_signal(buffer->waker);
}

/** kps_buffer_lost() - records that found no room */
u64 kps_buffer_lost(const struct kps_buffer *buffer)
{
	u64 sum = 0;
	int cpu;

	if (!buffer)
		return 0;
	for_each_possible_cpu(cpu)
		sum += local64_read(per_cpu_ptr(buffer->lost, cpu));
	return sum;
}

/*
 * All that was written has been read, or is left: then it is said at once. So is what found
 * no room since @told was.
 */
static void arm(struct kps_buffer *buffer, u64 told)
{
	if (!buffer->waker)
		return;
	/* Pairs with tell(); see the top of the file. */
	smp_store_mb(buffer->armed, true);
	if (ring_buffer_empty(buffer->ring) && kps_buffer_lost(buffer) == told)
		return;
	if (xchg(&buffer->armed, false))
		kps_eventfd_signal(buffer->waker);
}

/* A record was written, or found no room. Any context. */
static __always_inline void tell(struct kps_buffer *buffer)
{
	/* Pairs with arm(); see the top of the file. */
	smp_mb();
	if (unlikely(READ_ONCE(buffer->armed)) && xchg(&buffer->armed, false))
		irq_work_queue(&buffer->wake_work);
}

/* In the record, if there is one. Return: how many bytes they take there. */
static u32 __kprobes pack(void *record, const struct kps_output *output, const void *data)
{
	const struct kps_field *field = output->fields;
	u32 i, done = 0;

	for (i = 0; i + output->joins < output->nr_fields; i++, field++) {
		u32 bytes = kps_field_bytes(field, data);

		if (record)
			memcpy(record + done, data, bytes);
		data += field->size;
		done += bytes;
	}
	return done;
}

/**
 * kps_buffer_write() - one record
 * @buffer: to write to
 * @time: of the first record of this event
 * @nr: number of @output
 * @output: what it has
 * @data: its fields, as they are in scratch
 * @joined: text behind them, or NULL
 * @len: of it, up to KPS_MAX_JOIN
 *
 * Context: any, with preemption off. Return: 0, or -ENOSPC: it was counted.
 */
int __kprobes kps_buffer_write(struct kps_buffer *buffer, u64 time, u32 nr,
			       const struct kps_output *output, const void *data,
			       const char *joined, u32 len)
{
	u32 size = output->has_long ? pack(NULL, output, data) : output->size;
	struct ring_buffer_event *event;
	struct kps_record *record;

	event = ring_buffer_lock_reserve(buffer->ring,
					 sizeof(*record) + size + len);
	if (!event) {
		local64_inc(this_cpu_ptr(buffer->lost));
		tell(buffer);
		return -ENOSPC;
	}
	record = ring_buffer_event_data(event);
	record->time = time;
	record->output = nr;
	record->joined = len;
	if (output->has_long)
		pack(record->data, output, data);
	else
		memcpy(record->data, data, size);
	if (len)
		memcpy((u8 *)record->data + size, joined, len);
	kps_ring_buffer_commit(buffer->ring, event);
	tell(buffer);
	return 0;
}

/**
 * struct kps_reader - one reading of a buffer
 * @horizon: what is newer is left for the next; 0: all
 * @told: losses that it tells of
 * @cpu: whose record is in @record
 * @record: a copy, aligned; the buffer's own may move
 * @times: of each CPU's oldest record; 0: not looked at, U64_MAX: none
 */
struct kps_reader {
	struct kps_buffer *buffer;
	u64 horizon;
	u64 told;
	int cpu;
	u8 record[KPS_RECORD_MAX] __aligned(8);
	u64 times[];
};

/**
 * kps_reader_start() - read what was written until now
 * @buffer: to read from
 * @error: gets the reason
 *
 * Handlers run with preemption off: when RCU has seen them out, all that began
 * before now have written what they have to say, and its order is final. Of nothing
 * there is no order: who looks often does not wait, and does not hold the module, all
 * the time.
 *
 * Context: may sleep. Return: a reader, or an ERR_PTR.
 */
struct kps_reader *kps_reader_start(struct kps_buffer *buffer,
				    struct kps_error *error)
{
	struct kps_reader *reader;

	if (test_and_set_bit(0, &buffer->reading))
		return ERR_PTR(kps_error(error, -EBUSY,
					 "somebody else is reading its output"));
	reader = kzalloc(struct_size(reader, times, nr_cpu_ids), GFP_KERNEL);
	if (!reader) {
		clear_bit_unlock(0, &buffer->reading);
		return ERR_PTR(kps_error(error, -ENOMEM, "no memory"));
	}
	reader->buffer = buffer;
	reader->told = kps_buffer_lost(buffer);
	reader->cpu = -1;
	if (ring_buffer_empty(buffer->ring))
		return reader;
	reader->horizon = ktime_get_mono_fast_ns();
	synchronize_rcu();
	return reader;
}

/*
 * What lies before a record in a CPU's buffer was written before it, and bears no later
 * time: so none that was written before @until is behind one that is left.
 * Two who are right may do this at once: the lesser is right as well.
 */
static void have_read(struct kps_buffer *buffer, u64 until)
{
	if (until > READ_ONCE(buffer->read_until))
		WRITE_ONCE(buffer->read_until, until);
}

/**
 * kps_buffer_read_until() - how far it has been read
 * @buffer: or NULL
 * @time: since then RCU has seen all handlers out
 *
 * Return: a time; all records that were written before it have been read.
 */
u64 kps_buffer_read_until(struct kps_buffer *buffer, u64 time)
{
	if (!buffer)
		return U64_MAX;
	if (ring_buffer_empty(buffer->ring))
		have_read(buffer, time);
	return READ_ONCE(buffer->read_until);
}

static u64 oldest_on(const struct kps_reader *reader, int cpu)
{
	struct ring_buffer_event *event;
	u64 time;

	event = ring_buffer_peek(reader->buffer->ring, cpu, NULL, NULL);
	if (!event)
		return U64_MAX;
	memcpy(&time, ring_buffer_event_data(event), sizeof(time));
	return time < reader->horizon ? time : U64_MAX;
}

static int oldest_cpu(struct kps_reader *reader)
{
	u64 oldest = U64_MAX;
	int cpu, found = -1;

	for_each_possible_cpu(cpu) {
		u64 *time = &reader->times[cpu];

		if (!*time)
			*time = oldest_on(reader, cpu);
		if (*time < oldest) {
			oldest = *time;
			found = cpu;
		}
	}
	return found;
}

static void copy_record(struct kps_reader *reader)
{
	struct ring_buffer_event *event;

	event = ring_buffer_peek(reader->buffer->ring, reader->cpu, NULL, NULL);
	memcpy(reader->record, ring_buffer_event_data(event),
	       min_t(u32, ring_buffer_event_length(event),
		     sizeof(reader->record)));
}

/**
 * kps_reader_peek() - the oldest record that is left
 * @reader: started
 *
 * Context: may sleep. Return: the record, the same one until
 * kps_reader_next(); NULL at the end.
 */
const struct kps_record *kps_reader_peek(struct kps_reader *reader)
{
	if (reader->cpu < 0) {
		reader->cpu = oldest_cpu(reader);
		if (reader->cpu < 0) {
			have_read(reader->buffer, reader->horizon);
			return NULL;
		}
		copy_record(reader);
	}
	return (const struct kps_record *)reader->record;
}

/** kps_reader_next() - the record was dealt with: it is gone */
void kps_reader_next(struct kps_reader *reader)
{
	ring_buffer_consume(reader->buffer->ring, reader->cpu, NULL, NULL);
	reader->times[reader->cpu] = 0;
	reader->cpu = -1;
}

/** kps_reader_lose() - the record cannot be read: it is counted as lost */
void kps_reader_lose(struct kps_reader *reader)
{
	local64_inc(get_cpu_ptr(reader->buffer->lost));
	put_cpu_ptr(reader->buffer->lost);
	kps_reader_next(reader);
}

/** kps_reader_told() - records that had found no room when it was started; of NULL: 0 */
u64 kps_reader_told(const struct kps_reader *reader)
{
	return reader ? reader->told : 0;
}

/** kps_reader_end() - let another one read, and wake whoever is to when there is more */
void kps_reader_end(struct kps_reader *reader)
{
	if (!reader)
		return;
	clear_bit_unlock(0, &reader->buffer->reading);
	arm(reader->buffer, reader->told);
	kfree(reader);
}

#else /* the functions that are left then are never called */

size_t kps_buffer_bytes(u32 bytes)
{
	return 0;
}

size_t kps_buffer_cpu_bytes(const struct kps_buffer *buffer)
{
	return 0;
}

struct kps_buffer *kps_buffer_alloc(u32 bytes, struct kps_error *error)
{
	return ERR_PTR(kps_error(error, -EOPNOTSUPP,
				 "this kernel has no ring buffer (CONFIG_RING_BUFFER): a program cannot print"));
}

void kps_buffer_free(struct kps_buffer *buffer)
{
}

int kps_buffer_waker(struct kps_buffer *buffer, int fd, struct kps_error *error)
{
	return -EOPNOTSUPP;
}

void kps_buffer_wake(struct kps_buffer *buffer)
{
}

u64 kps_buffer_lost(const struct kps_buffer *buffer)
{
	return 0;
}

u64 kps_buffer_read_until(struct kps_buffer *buffer, u64 time)
{
	return U64_MAX;
}

int kps_buffer_write(struct kps_buffer *buffer, u64 time, u32 nr,
		     const struct kps_output *output, const void *data,
		     const char *joined, u32 len)
{
	return -ENOSPC;
}

struct kps_reader *kps_reader_start(struct kps_buffer *buffer,
				    struct kps_error *error)
{
	return ERR_PTR(-EOPNOTSUPP);
}

const struct kps_record *kps_reader_peek(struct kps_reader *reader)
{
	return NULL;
}

void kps_reader_next(struct kps_reader *reader)
{
}

void kps_reader_lose(struct kps_reader *reader)
{
}

u64 kps_reader_told(const struct kps_reader *reader)
{
	return 0;
}

void kps_reader_end(struct kps_reader *reader)
{
}

#endif
