// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "process.h"

const char *process_stat(unsigned int pid, char *text, size_t size)
{
	char path[32], *behind;
	FILE *file;
	size_t len;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return NULL;
	len = fread(text, 1, size - 1, file);
	fclose(file);
	text[len] = '\0';
	behind = strrchr(text, ')');
	return behind ? behind + 1 : NULL;
}
