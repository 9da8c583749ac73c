// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "int_name.h"

enum { LONG, SHORT, CHAR, INT, SIGNED, UNSIGNED, NR_WORDS };

static const char * const words[NR_WORDS] = {
	[LONG] = "long", [SHORT] = "short", [CHAR] = "char", [INT] = "int",
	[SIGNED] = "signed", [UNSIGNED] = "unsigned",
};

/* Return: whether it is made of these words and no others. */
static bool count_words(const char *name, unsigned int counts[NR_WORDS])
{
	size_t len;
	int word;

	for (name += strspn(name, " "); *name; name += strspn(name, " ")) {
		len = strcspn(name, " ");
		for (word = 0; word < NR_WORDS; word++)
			if (strlen(words[word]) == len &&
			    !memcmp(words[word], name, len))
				break;
		if (word == NR_WORDS)
			return false;
		counts[word]++;
		name += len;
	}
	return true;
}

bool canonical_int(const char *name, char canonical[INT_NAME_MAX])
{
	static const char * const widths[] = { "", "long ", "long long " };
	unsigned int counts[NR_WORDS] = { 0 };
	const char *sign, *width;

	if (!strcmp(name, "bool")) {
		strcpy(canonical, "_Bool");
		return true;
	}
	if (!*name || !count_words(name, counts) || counts[LONG] > 2)
		return false;
	sign = counts[UNSIGNED] ? "unsigned " : "";
	width = counts[SHORT] ? "short " : widths[counts[LONG]];
	if (!counts[CHAR])
		snprintf(canonical, INT_NAME_MAX, "%s%sint", width, sign);
	else
		snprintf(canonical, INT_NAME_MAX, "%schar",
			 counts[SIGNED] ? "signed " : sign);
	return true;
}
