// SPDX-License-Identifier: GPL-2.0
#include <limits.h>
#include <lzma.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/regular.h"
#include "base/xalloc.h"
#include "section.h"
#include "stripped.h"

#define DEBUG_DIRECTORY "/usr/lib/debug"

/* Of what .gnu_debugdata becomes, and of what it takes: a hostile one ends there. */
#define UNPACKED_MAX (64 << 20)
#define UNPACK_STEP (1 << 20)

/* SHA-1 has 20. */
#define BUILD_ID_MAX 64

struct build_id {
	size_t nr;
	unsigned char bytes[BUILD_ID_MAX];
};

/* Return: false: it has none. */
static bool read_build_id(Elf *elf, struct build_id *id)
{
	Elf_Data *data = section_data(elf, ".note.gnu.build-id");
	size_t next, at = 0, name, desc;
	GElf_Nhdr note;

	for (; data && (next = gelf_getnote(data, at, &note, &name, &desc)); at = next)
		if (note.n_type == NT_GNU_BUILD_ID && note.n_descsz > 1 &&
		    note.n_descsz <= sizeof(id->bytes)) {
			id->nr = note.n_descsz;
			memcpy(id->bytes, (char *)data->d_buf + desc, id->nr);
			return true;
		}
	id->nr = 0;
	return false;
}

static bool has_symbols(Elf *elf)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, &header) && header.sh_type == SHT_SYMTAB)
			return true;
	return false;
}

/* As binutils' objcopy --add-gnu-debuglink reckons it. */
static bool has_sum(int fd, uint32_t wanted)
{
	unsigned char bytes[65536];
	uint32_t sum = ~0U;
	off_t at = 0;
	ssize_t nr, i;
	int bit;

	while ((nr = pread(fd, bytes, sizeof(bytes), at)) > 0) {
		for (i = 0; i < nr; i++) {
			sum ^= bytes[i];
			for (bit = 0; bit < 8; bit++)
				sum = sum >> 1 ^ (sum & 1 ? 0xedb88320 : 0);
		}
		at += nr;
	}
	return !nr && ~sum == wanted;
}

static bool is_of(Elf *elf, int fd, const struct build_id *id, const uint32_t *sum)
{
	struct build_id its;

	if (elf_kind(elf) != ELF_K_ELF || !has_symbols(elf))
		return false;
	if (read_build_id(elf, &its) || id->nr)
		return its.nr == id->nr && !memcmp(its.bytes, id->bytes, id->nr);
	return sum && has_sum(fd, *sum);
}

/* @path is from malloc(), and freed. */
static bool open_file(char *path, const struct build_id *id, const uint32_t *sum,
		      struct stripped *found)
{
	struct stat st;

	found->fd = regular_open(path, &st);
	free(path);
	if (found->fd < 0)
		return false;
	found->elf = elf_begin(found->fd, ELF_C_READ, NULL);
	if (found->elf && is_of(found->elf, found->fd, id, sum))
		return true;
	stripped_close(found);
	return false;
}

static void write_build_id(const struct build_id *id, char name[2 * BUILD_ID_MAX + 1])
{
	size_t i;

	for (i = 0; i < id->nr; i++)
		sprintf(name + 2 * i, "%02x", id->bytes[i]);
}

char *build_id_text(Elf *elf)
{
	char name[2 * BUILD_ID_MAX + 1];
	struct build_id id;

	if (!read_build_id(elf, &id))
		return NULL;
	write_build_id(&id, name);
	return xstrdup(name);
}

static bool open_by_build_id(const struct build_id *id, struct stripped *found)
{
	char name[2 * BUILD_ID_MAX + 1];

	if (!id->nr)
		return false;
	write_build_id(id, name);
	return open_file(xasprintf(DEBUG_DIRECTORY "/.build-id/%.2s/%s.debug", name, name + 2),
			 id, NULL, found);
}

/* The directory that a file was found in, without the last '/'; or "". */
static void directory_of(int fd, char directory[PATH_MAX])
{
	char link[32], *slash;
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, directory, PATH_MAX - 1);
	directory[len < 0 ? 0 : len] = '\0';
	slash = strrchr(directory, '/');
	*(slash ? slash : directory) = '\0';
}

/* A name, its NUL, and, where the next word begins, a sum of the file's content. */
static bool open_by_link(Elf *elf, int fd, const struct build_id *id,
			 struct stripped *found)
{
	static const char * const places[] = { "%s%s/%s", "%s%s/.debug/%s" };
	Elf_Data *data = section_data(elf, ".gnu_debuglink");
	const char *name = data ? data->d_buf : NULL;
	size_t len = name ? strnlen(name, data->d_size) : 0, at = (len + 4) & ~3UL;
	char directory[PATH_MAX];
	uint32_t sum;
	size_t i;

	if (!len || strchr(name, '/') || at + sizeof(sum) > data->d_size)
		return false;
	memcpy(&sum, name + at, sizeof(sum));
	directory_of(fd, directory);
	for (i = 0; i < ARRAY_SIZE(places); i++)
		if (open_file(xasprintf(places[i], "", directory, name), id, &sum, found))
			return true;
	return open_file(xasprintf(places[0], DEBUG_DIRECTORY, directory, name), id, &sum,
			 found);
}

/* Return: the bytes of @packed, from malloc(), or NULL. */
static void *unpack(const Elf_Data *packed, size_t *size)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_ret ret = LZMA_OK;
	char *bytes = NULL;
	size_t room = 0;

	if (lzma_stream_decoder(&stream, UNPACKED_MAX, 0) != LZMA_OK)
		return NULL;
	stream.next_in = packed->d_buf;
	stream.avail_in = packed->d_size;
	while (ret == LZMA_OK && room < UNPACKED_MAX) {
		bytes = xrealloc(bytes, room + UNPACK_STEP, 1);
		stream.next_out = (uint8_t *)bytes + stream.total_out;
		room += UNPACK_STEP;
		stream.avail_out = room - stream.total_out;
		ret = lzma_code(&stream, LZMA_FINISH);
	}
	*size = stream.total_out;
	lzma_end(&stream);
	if (ret == LZMA_STREAM_END)
		return bytes;
	free(bytes);
	return NULL;
}

static void open_packed(Elf *elf, struct stripped *found)
{
	Elf_Data *packed = section_data(elf, ".gnu_debugdata");
	size_t size;

	found->memory = packed ? unpack(packed, &size) : NULL;
	if (found->memory)
		found->elf = elf_memory(found->memory, size);
}

void stripped_open(Elf *elf, int fd, struct stripped *found)
{
	struct build_id id;

	*found = (struct stripped){ .fd = -1 };
	read_build_id(elf, &id);
	if (!open_by_build_id(&id, found) && !open_by_link(elf, fd, &id, found))
		open_packed(elf, found);
}

void stripped_close(struct stripped *found)
{
	elf_end(found->elf);
	free(found->memory);
	if (found->fd >= 0)
		close(found->fd);
	*found = (struct stripped){ .fd = -1 };
}
