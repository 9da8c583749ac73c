// SPDX-License-Identifier: GPL-2.0
/*
 * Any text at all through the compiler, with sanitizers watching.  "make fuzz"
 * builds it with libFuzzer; "make check" with a main() that replays corpus/.
 */
#include "../tests/fixture.h"
#include "fuzz.h"

static void forget_diag(const struct diag *diag, void *data)
{
	(void)diag;
	(void)data;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	use_fixture_host(NULL);
	diag_set_sink(forget_diag, NULL);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char * const params[] = { "42", "text" };
	const struct compile_options options = {
		.file = "fuzz.bt", .params = params, .nr_params = 2,
		.cpid = 1, .allow_unsafe = true,
	};
	struct object object;
	char *text = strndup((const char *)data, size);

	if (!compile(text, &options, &object))
		object_free(&object);
	free(text);
	return 0;
}
