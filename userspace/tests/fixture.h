/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For the compiler's tests: the host below tests/host, the module's events,
 * and messages kept instead of printed.
 */
#ifndef KPCTL_TEST_FIXTURE_H
#define KPCTL_TEST_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/diag.h"
#include "base/host.h"
#include "lang/compile.h"
#include "object/object.h"

#define MAX_DIAGS 16

/* Messages of the last compilation. */
extern struct kept_diag {
	enum diag_level level;
	struct span at;
	char message[512];
	char hint[512];
	char line[256];
} diags[MAX_DIAGS];
extern size_t nr_diags;

/* Beside these files, wherever the tests are run from. */
const char *fixture_path(const char *name);
int use_fixture_host(void **state);

int compile_with(const char *text, const struct compile_options *options,
		 struct object *object);
int try_compile(const char *text, struct object *object);
void must_compile(const char *text, struct object *object);

struct bad_program {
	const char *text;
	int line;
	int column;
	const char *message;	/* part of it */
	const char *hint;	/* part of it, or NULL */
};

/* Shows all that are wrong, before it fails. */
void must_fail_all(const struct bad_program *bad, size_t nr);
void must_fail(const struct bad_program *bad);

/* Of provider_event_fields(), which has conntrack's events. */
extern bool module_is_missing;

#endif
