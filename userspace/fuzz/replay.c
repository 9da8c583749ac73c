// SPDX-License-Identifier: GPL-2.0
/* replay FILE...: what the fuzzer does, on files; one TAP line for each. */
#include <stdio.h>

#include "fuzz.h"

#define MOST 100000

int main(int argc, char **argv)
{
	static uint8_t data[MOST];
	int i;

	LLVMFuzzerInitialize(&argc, &argv);
	for (i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "r");

		if (!file) {
			perror(argv[i]);
			return 1;
		}
		LLVMFuzzerTestOneInput(data, fread(data, 1, sizeof(data), file));
		fclose(file);
	}
	printf("ok 1 - %d texts compiled or were refused, and no sanitizer said a word\n1..1\n",
	       argc - 1);
	return 0;
}
