// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "near.h"

#define MAX_WORD 64

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int least = a < b ? a : b;

	return least < c ? least : c;
}

/* Levenshtein's, one row at a time; gives up once it exceeds @limit. */
static unsigned int edit_distance(const char *a, size_t a_len, const char *b,
				  size_t b_len, unsigned int limit)
{
	unsigned int row[MAX_WORD + 1];
	size_t i, j;

	for (j = 0; j <= b_len; j++)
		row[j] = j;
	for (i = 1; i <= a_len; i++) {
		unsigned int diagonal = row[0];
		unsigned int least = row[0] = i;

		for (j = 1; j <= b_len; j++) {
			unsigned int above = row[j];

			row[j] = min3(above + 1, row[j - 1] + 1,
				      diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
			if (row[j] < least)
				least = row[j];
		}
		if (least > limit)
			return limit + 1;
	}
	return row[b_len];
}

/* More is another word: tcp_drop is not __d_drop. */
static unsigned int limit_for(size_t len)
{
	return len < 4 ? 1 : len < 12 ? 2 : 3;
}

/* A name that the word is the beginning of counts as close, but less so. */
static unsigned int distance(const char *word, const char *name)
{
	size_t word_len = strlen(word), name_len = strlen(name);
	unsigned int limit = limit_for(word_len);
	size_t apart = word_len > name_len ? word_len - name_len :
					     name_len - word_len;
	unsigned int result = limit + 1;

	if (word_len <= MAX_WORD && name_len <= MAX_WORD && apart <= limit)
		result = edit_distance(word, word_len, name, name_len, limit);
	if (result > limit && word_len >= 3 && !strncmp(word, name, word_len))
		return limit;
	return result;
}

void near_offer(struct near *near, const char *name)
{
	unsigned int dist = distance(near->word, name);
	int i, place = 0;

	if (dist > limit_for(strlen(near->word)))
		return;
	while (place < NEAR_MAX && near->names[place] &&
	       near->distances[place] <= dist) {
		if (!strcmp(near->names[place], name))
			return;
		place++;
	}
	if (place == NEAR_MAX)
		return;
	for (i = NEAR_MAX - 1; i > place; i--) {
		near->names[i] = near->names[i - 1];
		near->distances[i] = near->distances[i - 1];
	}
	near->names[place] = name;
	near->distances[place] = dist;
}

const char *near_hint(struct arena *arena, const struct near *near)
{
	const char *text = "did you mean ";
	int i;

	if (!near->names[0])
		return NULL;
	for (i = 0; i < NEAR_MAX && near->names[i]; i++)
		text = arena_printf(arena, "%s%s%s", text,
				    i == 0 ? "" :
				    i == NEAR_MAX - 1 || !near->names[i + 1] ?
				    " or " : ", ", near->names[i]);
	return arena_printf(arena, "%s?", text);
}
