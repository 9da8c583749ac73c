// SPDX-License-Identifier: GPL-2.0
/*
 * A buffer of each CPU, which the kernel fills, and drops from when it is full. Records of
 * all of them are sorted by their time before they are believed.
 */
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "mappings.h"
#include "noted.h"

/* A process that begins and ends takes a KiB or so. */
#define BUFFER (128 << 10)

/* Behind each record (sample_id_all). */
struct trailer {
	uint64_t time;
};

struct mmap_record {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t start, len, offset;
	uint32_t major, minor;
	uint64_t inode, generation;
	uint32_t prot, flags;
	char path[];
};

struct fork_record {
	struct perf_event_header header;
	uint32_t pid, parent, tid, parent_tid;
	uint64_t time;
};

struct comm_record {
	struct perf_event_header header;
	uint32_t pid, tid;
	char comm[];
};

struct buffer {
	struct perf_event_mmap_page *page;
	const char *data;
	int fd;
};

static struct buffer *buffers;
static size_t nr_buffers;
static int epoll = -1;

/* Records that were taken, one behind the other; and where each begins. */
static struct {
	char *bytes;
	size_t used, size;
	size_t *starts;
	size_t nr;
} taken;

static int open_event(int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.sample_type = PERF_SAMPLE_TIME,
		.sample_id_all = 1,
		.mmap = 1,
		.mmap2 = 1,
		.comm = 1,
		.comm_exec = 1,
		.task = 1,
		.watermark = 1,
		.wakeup_watermark = 1,
	};

	return syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

/* Return: false: there is no such CPU now, or no memory. */
static bool open_buffer(int cpu)
{
	struct epoll_event event = { .events = EPOLLIN };
	long page = sysconf(_SC_PAGESIZE);
	struct buffer buffer = { .fd = open_event(cpu) };
	char *memory;

	if (buffer.fd < 0)
		return false;
	memory = mmap(NULL, page + BUFFER, PROT_READ | PROT_WRITE, MAP_SHARED, buffer.fd, 0);
	if (memory == MAP_FAILED) {
		close(buffer.fd);
		return false;
	}
	buffer.page = (struct perf_event_mmap_page *)memory;
	buffer.data = memory + page;
	epoll_ctl(epoll, EPOLL_CTL_ADD, buffer.fd, &event);
	*(struct buffer *)APPEND(buffers, nr_buffers) = buffer;
	return true;
}

void noted_begin(void)
{
	long cpu, nr = sysconf(_SC_NPROCESSORS_CONF);

	epoll = epoll_create1(EPOLL_CLOEXEC);
	for (cpu = 0; epoll >= 0 && cpu < nr; cpu++)
		open_buffer(cpu);
	if (nr_buffers)
		mappings_begin();
}

int noted_fd(void)
{
	return nr_buffers ? epoll : -1;
}

static void copy(const struct buffer *buffer, uint64_t from, void *to, size_t len)
{
	size_t at = from % BUFFER, first = len < BUFFER - at ? len : BUFFER - at;

	memcpy(to, buffer->data + at, first);
	memcpy((char *)to + first, buffer->data, len - first);
}

static void keep(const struct buffer *buffer, uint64_t at, size_t len)
{
	if (taken.used + len > taken.size) {
		taken.size = 2 * (taken.used + len);
		taken.bytes = xrealloc(taken.bytes, taken.size, 1);
	}
	*(size_t *)APPEND(taken.starts, taken.nr) = taken.used;
	copy(buffer, at, taken.bytes + taken.used, len);
	taken.used += len;
}

static void take(const struct buffer *buffer)
{
	/* Pairs with the kernel's barrier: what is before it is written. */
	uint64_t head = __atomic_load_n(&buffer->page->data_head, __ATOMIC_ACQUIRE);
	uint64_t tail = buffer->page->data_tail;
	struct perf_event_header header;

	for (; head - tail >= sizeof(header); tail += header.size) {
		copy(buffer, tail, &header, sizeof(header));
		if (header.size < sizeof(header) + sizeof(struct trailer) ||
		    header.size > head - tail)
			break;
		keep(buffer, tail, header.size);
	}
	__atomic_store_n(&buffer->page->data_tail, head, __ATOMIC_RELEASE);
}

static const struct perf_event_header *record_at(size_t start)
{
	return (const struct perf_event_header *)(taken.bytes + start);
}

static uint64_t time_of(size_t start)
{
	const struct perf_event_header *header = record_at(start);
	struct trailer trailer;

	memcpy(&trailer, (const char *)header + header->size - sizeof(trailer),
	       sizeof(trailer));
	return trailer.time;
}

static int by_time(const void *left, const void *right)
{
	size_t a = *(const size_t *)left, b = *(const size_t *)right;

	if (time_of(a) != time_of(b))
		return time_of(a) < time_of(b) ? -1 : 1;
	return a < b ? -1 : a > b;
}

static void note_mapping(const struct mmap_record *record)
{
	const struct mapping mapping = {
		.start = record->start, .end = record->start + record->len,
		.offset = record->offset, .inode = record->inode, .path = record->path,
	};

	mapping_came(record->pid, &mapping);
}

/* A thread is no process. */
static void note_fork(const struct fork_record *record)
{
	if (record->pid == record->tid && record->pid != record->parent)
		process_forked(record->pid, record->parent);
}

static void note(const struct perf_event_header *header)
{
	switch (header->type) {
	case PERF_RECORD_MMAP2:
		note_mapping((const struct mmap_record *)header);
		break;
	case PERF_RECORD_FORK:
		note_fork((const struct fork_record *)header);
		break;
	case PERF_RECORD_COMM:
		if (header->misc & PERF_RECORD_MISC_COMM_EXEC)
			process_became(((const struct comm_record *)header)->pid);
		break;
	case PERF_RECORD_LOST:
		mappings_missed();
		break;
	}
}

void noted_take(void)
{
	size_t i;

	for (i = 0; i < nr_buffers; i++)
		take(&buffers[i]);
	if (!taken.nr)
		return;
	qsort(taken.starts, taken.nr, sizeof(*taken.starts), by_time);
	for (i = 0; i < taken.nr; i++)
		note(record_at(taken.starts[i]));
	taken.used = taken.nr = 0;
}
