/* SPDX-License-Identifier: GPL-2.0 */
/* Kinds of map: all that printing count() and hist() differs in. */
#ifndef KPCTL_KIND_H
#define KPCTL_KIND_H

#include <stdbool.h>

struct entry_answer;
struct json_object;
struct map_answer;
struct text;

/**
 * struct kind - how a map of one kind is printed
 * @type: of its JSON document, as bpftrace has it
 * @write: a value as bpftrace prints it, divided by @div unless that is 0; a chart on
 *	lines of its own
 * @json: the same as JSON
 * @weight: what it is sorted by, as the module does
 * @merge: adds a value to another; NULL, and no @weight: there is no sum
 * @is_whole: print() never cuts it to the last few
 * @ends_empty: an empty line follows a map's last value
 */
struct kind {
	const char *type;
	void (*write)(struct text *out, const struct map_answer *map,
		      const struct entry_answer *entry, long long div);
	struct json_object *(*json)(const struct map_answer *map,
				    const struct entry_answer *entry, long long div);
	long long (*weight)(const struct map_answer *map, const struct entry_answer *entry);
	void (*merge)(const struct map_answer *map, struct entry_answer *to,
		      const struct entry_answer *from);
	bool is_whole;
	bool ends_empty;
};

const struct kind *kind_of(const struct map_answer *map);

/* The range of a bucket as bpftrace labels it. @text: at least 64 bytes. */
void bucket_label(const struct map_answer *map, unsigned int bucket, char *text);

#endif
