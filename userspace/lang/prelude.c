// SPDX-License-Identifier: GPL-2.0
/*
 * Functions that the language itself can say. A program's own macro of the same name and
 * number of parameters comes first.
 */
#include "prelude.h"

const char prelude[] =
	"macro assert(condition, message) {\n"
	"	if (!(condition)) { errorf(\"assert failed: %s\", message); exit(1); }\n"
	"}\n"
	"macro find(@map, key, $value) {\n"
	"	let $found = has_key(@map, key);\n"
	"	if ($found) { $value = @map[key]; }\n"
	"	$found\n"
	"}\n"
	"macro is_err(x) { (uint64)x >= (uint64)-4095 }\n"
	"macro socket_cookie(sk) { ((struct sock *)sk).__sk_common.skc_cookie.counter }\n"
	"macro pcomm() { curtask.group_leader.comm }\n"
	"macro pcomm(task) { task.group_leader.comm }\n"
	"macro ppid(task) { task.real_parent.tgid }\n";
