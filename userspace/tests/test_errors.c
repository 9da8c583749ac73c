// SPDX-License-Identifier: GPL-2.0
/* Every error of the compiler: where it points, what it says, the remedy. */
#include "fixture.h"
#include "lang/call/call.h"

#define K "kprobe:vfs_read "

#define F10 "f(f(f(f(f(f(f(f(f(f("
#define END10 "))))))))))"

static const struct bad_program syntax[] = {
	{ "", 0, 0, "the program is empty", "PROBE /filter/" },
	{ "// only a comment\n", 0, 0, "the program is empty", NULL },
	{ "kprobe:vfs_read", 1, 16, "unexpected end of program",
	  "PROBE /filter/ { actions }" },
	{ K "{ @ = count()", 1, 30, "unexpected end of program", NULL },
	{ K "{ @ = count(); ", 1, 32, "unexpected end of program", NULL },
	{ K "{ @ = ; }", 1, 23, "unexpected ';'", NULL },
	{ K "{ @a = count() @b = count(); }", 1, 32, "unexpected map",
	  "';' missing" },
	{ K "/pid = 1/ { @ = count(); }", 1, 22, "unexpected assignment",
	  "write ==" },
	{ K "/pid == 1 { @ = count(); }", 1, 27, "unexpected '{'",
	  "a filter ends with '/'" },
	{ K "// { @ = count(); }", 1, 36, "unexpected end of program", NULL },
	{ "kprobe:vfs_read kprobe:vfs_write { }", 1, 17, "unexpected probe",
	  "commas" },
	{ K "{ @[\"abc] = count(); }", 1, 21, "this string never ends",
	  "close it with \"" },
	{ K "{ /* @ = count(); }", 1, 19, "this comment never ends", "*/" },
	{ K "{ @ = sum(0x); }", 1, 27, "'0x' is not a number", NULL },
	{ K "{ @ = sum(12abc); }", 1, 27, "'12abc' is not a number", NULL },
	{ K "{ @ = sum(089); }", 1, 27, "'089' is not a number", "octal" },
	{ K "{ @ = sum(18446744073709551616); }", 1, 27, "too large",
	  "64 bits" },
	{ K "{ @ = sum(1e30); }", 1, 27, "too large", NULL },
	{ K "{ @ = count() ` }", 1, 31, "unexpected character '`'", NULL },
	{ "#import \"x\"\n" K "{ @ = count(); }", 1, 1,
	  "'#import' is not supported", "#define" },
	{ "#ifdef X\n" K "{ @ = count(); }", 1, 1,
	  "this condition never ends", "#endif" },
	{ K "{ @ = count(); }\n  #endif", 2, 3, "#endif without #if", NULL },
	{ "#define F(x, y) x\n" K "{ @[F(1)] = count(); }", 2, 21,
	  "macro 'F' takes 2 arguments, not 1", "#define F(x, y)" },
	{ "#define F(x) x\n" K "{ @[F(1] = count(); }", 2, 21,
	  "the arguments of 'F' never end", NULL },
	{ "#define N 1 +\n" K "{ @[N] = count(); }", 2, 22, "unexpected ']'", NULL },
	{ "#define (x) x\n" K "{ }", 1, 1, "this defines nothing", "#define NAME" },
	{ "#define A B\n#define B A\n" K "{ @[A] = count(); }", 3, 21,
	  "there is no builtin", NULL },
	{ "struct foo;\n" K "{ @ = count(); }", 1, 1,
	  "'struct' is not supported", "struct NAME { ... };" },
	{ "fn foo\n" K "{ @ = count(); }", 1, 1, "'fn' is not supported", "macro" },
	{ "macro m($a) { $a } " K "{ @ = sum(m(1)); }", 1, 48,
	  "macro 'm' takes a variable here", NULL },
	{ "macro m(a) { @b = a; } " K "{ m(1); @b = 1; }", 1, 14,
	  "macro 'm' was not given @b", "parameter" },
	{ "macro m(a) { m(a) } " K "{ @ = sum(m(1)); }", 1, 14,
	  "macros nest deeper than 32", "itself" },
	{ "macro m(a) { a } " K "{ @ = sum(m(1, 2)); }", 1, 44,
	  "macro 'm' takes 1 argument, not 2", NULL },
	{ "macro f(x) { x + x } " K "{ $x = " F10 "f(f(f(f(f(f(f(f(1))))))))" END10 "; }",
	  1, 81, "the macros of this program make it too large", "let $x = x" },
	{ "#define f(x) x + x\n" K "{ $x = " F10 "f(f(f(f(f(f(f(f(1))))))))" END10 "; }",
	  2, 24, "macro 'f' becomes too long here", NULL },
	{ "let @a = tree(10); " K "{ @a[1] = 1; }", 1, 5, "there is no map type 'tree'",
	  "lruhash" },
	{ "let @a = hash(0); " K "{ @a[1] = 1; }", 1, 15, "a map has 1 to", NULL },
	{ "struct f { int x; } __attribute__((weak)); " K "{ }", 1, 21,
	  "this attribute is not supported", "packed" },
	{ "config { }\n" K "{ @ = count(); }", 1, 1,
	  "'config' is not supported", "config = {" },
	{ "config = { foo = 1; }\n" K "{ @ = count(); }", 1, 12,
	  "'foo' cannot be set", "max_map_keys" },
	{ "config = { max_map_keys = 0; }\n" K "{ }", 1, 27,
	  "max_map_keys is a number from 1 to", NULL },
	{ "\n#!/usr/bin/kpctl\n" K "{ @ = count(); }", 2, 1,
	  "#! is only meant for the first line", NULL },
	{ K "/comm == 'bash'/ { @ = count(); }", 1, 26,
	  "a string cannot stand between single quotes", "\"bash\"" },
	{ K "/comm =~ \"k*\"/ { @ = count(); }", 1, 23, "there is no '=~'",
	  "strncmp(comm, \"k\", 1) == 0" },
	{ K "\n/pid == 1/\n{\n\t@[comm = count();\n}", 4, 9,
	  "unexpected assignment", NULL },
	{ K "{ @ = count(); } }", 1, 34, "unexpected '}'", NULL },
};

static const struct bad_program names[] = {
	{ K "{ @[com] = count(); }", 1, 21, "there is no builtin 'com'",
	  "did you mean comm" },
	{ K "{ @[xyzzy] = count(); }", 1, 21, "there is no builtin 'xyzzy'",
	  NULL },
	{ K "{ @ = cuont(); }", 1, 23, "there is no function 'cuont'",
	  "count" },
	{ K "{ @ = count; }", 1, 23, "'count' is a function",
	  "write count()" },
	{ K "{ @ = sum(retval); }", 1, 27, "'retval' is not available in a kprobe",
	  "kretprobe" },
	{ K "{ @ = hist(duration); }", 1, 28,
	  "'duration' is not available in a kprobe", "kretprobe" },
	{ "kretprobe:vfs_read { @ = sum(arg0); }", 1, 30,
	  "'arg0' is not available in a kretprobe", NULL },
	{ "t:sched:sched_switch { @ = sum(arg0); }", 1, 32,
	  "'arg0' is not available in a tracepoint", "args.FIELD" },
	{ "t:sched:sched_switch { @[func] = count(); }", 1, 26,
	  "'func' is not available in a tracepoint", NULL },
	{ K "{ @ = sum(arg6); }", 1, 27, "'arg6' is not available in a kprobe",
	  "arg0 .. arg5" },
	{ "kretprobe:vfs_read { @[args.ret] = count(); }", 1, 24,
	  "'args' is not available in a kretprobe", "fentry or fexit" },
	{ K "{ @[args] = count(); }", 1, 21, "args is used as args.FIELD",
	  NULL },
	{ "t:sched:sched_switch { @[args.prev_pidd] = count(); }", 1, 26,
	  "tracepoint:sched:sched_switch has no field 'prev_pidd'",
	  "prev_pid" },
	{ "t:sched:sched_switch { @[prev_comm] = count(); }", 1, 26,
	  "there is no builtin 'prev_comm'", "write args.prev_comm" },
	{ "t:sched:sched_switch { @[args.zzz] = count(); }", 1, 26,
	  "has no field 'zzz'", "prev_comm prev_pid" },
	{ "t:net:net_dev_queue { @[args.vector[8]] = count(); }", 1, 37,
	  "there is no element 8, the array has 8", NULL },
	{ "t:net:net_dev_queue { @[args.vector[pid]] = count(); }", 1, 37,
	  "must be a constant", NULL },
	{ "conntrack:new { @[args.sadr] = count(); }", 1, 19,
	  "conntrack:new has no field 'sadr'", "saddr" },
};

static const struct bad_program types[] = {
	{ K "/comm/ { @ = count(); }", 1, 18,
	  "a filter must be an integer, not a string", "== or !=" },
	{ K "/comm > \"a\"/ { @ = count(); }", 1, 18,
	  "'>' does not work on strings", "== and !=" },
	{ K "/comm == 1/ { @ = count(); }", 1, 18,
	  "'==' does not work on a string and an integer", NULL },
	{ K "/arg0 == \"x\"/ { @ = count(); }", 1, 18, "does not work on",
	  "str()" },
	{ K "/func == \"vfs_read\"/ { @ = count(); }", 1, 18,
	  "does not work on a kernel symbol and a string", "kept and printed" },
	{ K "/!comm/ { @ = count(); }", 1, 19,
	  "the operand of '!' must be an integer", NULL },
	{ K "{ @ = sum(comm); }", 1, 27,
	  "what is aggregated must be an integer, not a string", NULL },
	{ K "{ @[count()] = count(); }", 1, 21,
	  "an aggregation cannot be a key", NULL },
	{ K "{ @[ntop(comm)] = count(); }", 1, 26,
	  "ntop()'s address must be an integer", NULL },
	{ K "{ @[ksym(comm)] = count(); }", 1, 26,
	  "ksym()'s address must be an integer", NULL },
	{ K "{ @[str(comm)] = count(); }", 1, 25, "this is a string already",
	  "leave str() out" },
	{ K "{ @[str(arg0, comm)] = count(); }", 1, 31,
	  "str()'s length must be an integer", NULL },
	{ K "{ @[str(arg0, -1)] = count(); }", 1, 31,
	  "str()'s length is 0 or more, not -1", NULL },
	{ K "{ @[kstack(0)] = count(); }", 1, 28,
	  "kstack() takes 1 to 127 frames, not 0", NULL },
	{ K "{ @[kstack(pid)] = count(); }", 1, 28,
	  "no such format of stacks", "bpftrace, perf, raw or build_id" },
	{ K "{ @[kstack(build_id)] = count(); }", 1, 21,
	  "only files of user space have a build id", "take ustack" },
	{ "config = { stack_mode = build_id } kprobe:vfs_read { @[kstack] = count(); }", 1, 56,
	  "only files of user space have a build id", "take ustack" },
	{ K "{ @[kstack(arg0 + 1)] = count(); }", 1, 28,
	  "must be a constant", NULL },
	{ K "{ @[pid ? comm : 1] = count(); }", 1, 21,
	  "'?:' cannot choose between a string and an integer", "one type" },
	{ K "{ @ = pid ? count() : count(); }", 1, 23,
	  "'?:' cannot choose between aggregations", "if () { } else { }" },
	{ K "{ printf(\"%d\", comm); }", 1, 32,
	  "printf(): %d prints an integer, not a string", NULL },
	{ K "{ printf(\"%d %d\", pid); }", 1, 19,
	  "the format prints 2 values, and there is 1", NULL },
	{ K "{ printf(\"%y\", pid); }", 1, 26,
	  "printf() has no conversion '%y'", "%%" },
	{ K "{ printf(\"%lhd\", pid); }", 1, 26,
	  "printf() has no conversion '%lhd'", "%%" },
	{ K "{ printf(\"%d%\", pid, pid); }", 1, 19,
	  "the format prints 1 value, and there are 2", NULL },
	{ K "{ printf(\"%d%y\", pid, pid); }", 1, 26, "has no conversion '%y'",
	  "%%" },
	{ K "{ printf(comm); }", 1, 26,
	  "printf()'s format must be a string literal", "double quotes" },
	{ K "{ printf(\"%d\", count()); }", 1, 32,
	  "an aggregation cannot be printed", NULL },
	{ K "{ $t = (1, 2); @[$t.2] = count(); }", 1, 34,
	  "the tuple has no member .2", "its last one is .1" },
	{ K "{ $t = (1, 2); @[$t.a] = count(); }", 1, 34,
	  "a tuple has no member 'a'", ".0" },
	{ K "{ $t = (1, (2, (3, (4, (5, (6, (7, (8, 9)))))))); }", 1, 24,
	  "tuples nest deeper than 7", NULL },
	{ K "{ if (comm) { } }", 1, 23, "a condition must be an integer",
	  "== or !=" },
	{ K "{ unroll (0) { } }", 1, 27, "unroll repeats 1 to 100", NULL },
	{ K "{ unroll ($1) { } }", 1, 27,
	  "unroll's number, parameter $1, was not given", "PARAMETER" },
	{ K "{ unroll (pid) { } }", 1, 27, "must be a constant", NULL },
	{ K "{ @[reg(\"xyz\")] = count(); }", 1, 25,
	  "there is no register 'xyz'", "ip" },
	{ K "{ @[strncmp(comm, pid, 3)] = count(); }", 1, 21,
	  "strncmp() compares strings", "str()" },
	{ K "{ @[buf(arg0)] = count(); }", 1, 21, "needs a length", NULL },
	{ "t:scsi:scsi_dispatch_cmd_start { @[args.words] = count(); }", 1, 36,
	  "'words' (__data_loc u32[] words) cannot be used", "buf(args.words)" },
	{ K "{ @[nsecs(never)] = count(); }", 1, 27, "no such clock",
	  "monotonic" },
	{ K "{ @[pton(\"1.2.3\")] = count(); }", 1, 26,
	  "'1.2.3' is not an address", NULL },
	{ K "{ @[kaddr(\"no_such\")] = count(); }", 1, 27,
	  "no symbol 'no_such'", NULL },
	{ K "{ printf(\"%gr\", arg0); }", 1, 33, "%gr prints flags that have names", NULL },
	{ K "{ $x = 1; $p = &$x; }", 1, 32, "there are no pointers to what a program keeps",
	  "use it itself" },
	{ K "{ $x = (typeof(comm))arg0; }", 1, 24, "an integer cannot be cast to a string", NULL },
	{ "config = { missing_probes = error } " K ", kprobe:there_is_none { }", 1, 55,
	  "no function 'there_is_none'", NULL },
	{ "config = { missing_probes = never } " K "{ }", 1, 29,
	  "missing_probes is error, warn or ignore", NULL },
	{ "config = { str_trunc_trailer = 5 } " K "{ }", 1, 32, "is a text", "quotes" },
	{ K "{ printf(\"%r%r%r\", buf(arg0, 2000), buf(arg1, 2000), buf(arg2, 2000)); }", 1, 36,
	  "one record has at most 4032 bytes", "several statements" },
	{ K "{ $x = if (pid) { 1 }; }", 1, 38, "unexpected ';', expected 'else'", NULL },
	{ "import \"x.bt\" " K "{ }", 1, 1, "'import' is not supported", "import \"FILE.bt\";" },
	{ K "{ @ = sum(5 / 0); }", 1, 31, "division by zero", NULL },
	{ K "{ @ = sum(); }", 1, 23, "sum() does not take 0 arguments",
	  "write sum(n)" },
	{ K "{ @ = count(1); }", 1, 23, "count() does not take 1 argument",
	  "write count()" },
	{ K "{ @ = lhist(arg0, 0, 10); }", 1, 23,
	  "lhist() does not take 3 arguments", "lhist(n, min, max, step)" },
	{ K "{ @ = lhist(arg0, 0, 10, 0); }", 1, 42,
	  "step must be at least 1, not 0", NULL },
	{ K "{ @ = lhist(arg0, 10, 0, 1); }", 1, 39,
	  "max must be greater than its min", NULL },
	{ K "{ @ = lhist(arg0, 0, 100000, 1); }", 1, 46,
	  "at most 1000 buckets, this would be 100000", "step larger" },
	{ K "{ @ = lhist(arg0, 0, 10001, 10); }", 1, 45,
	  "at most 1000 buckets, this would be 1001", "step larger" },
	{ K "{ @ = lhist(arg0, 0, pid, 1); }", 1, 38,
	  "lhist()'s max must be a constant", NULL },
};

static const struct bad_program maps[] = {
	{ K "{ @a[pid] = count();\n  @a = count(); }", 2, 3,
	  "@a has 0 keys here", "another name" },
	{ K "{ @a[pid] = count();\n  @a[comm] = count(); }", 2, 6,
	  "key 1 of @a is a string here", "another name" },
	{ K "{ @a = count();\n  @a = sum(arg0); }", 2, 8,
	  "@a is assigned sum() here", "another name" },
	{ K "{ @ = hist(arg0, 6); }", 1, 34, "bits are 0 to 5, not 6", NULL },
	{ K "{ @ = hist(arg0, pid); }", 1, 34, "hist()'s bits must be a constant", NULL },
	{ K "{ @a = hist(arg0, 1);\n  @a = hist(arg0); }", 2, 8, "other buckets here", NULL },
	{ K "{ @a = lhist(arg0, 0, 10, 1);\n  @a = lhist(arg0, 0, 10, 2); }",
	  2, 8, "other buckets here", NULL },
	{ K "{ @[pid, pid, pid, pid, pid, pid, pid, pid, pid, pid, pid, pid,"
	  "pid, pid, pid, pid, pid] = count(); }", 1, 19,
	  "a key has at most 16 parts", NULL },
	{ K "{ @[str(arg0, 1020), str(arg1, 1024), pid] = count(); }", 1, 19,
	  "a key has at most 2048 bytes", "shorter strings" },
	{ K "{ @a23456789b123456789c123456789d123456789e123456789f123456789"
	  "g123 = count(); }", 1, 19, "at most 63 characters", NULL },
};

/* Constructs of bpftrace's, by name, each with what works instead. */
/* Statements that make no sense, and constructs of bpftrace's, by name, each
 * with what works instead.
 */
static const struct bad_program statements[] = {
	{ K "{ print(@x); }", 1, 25, "@x is never assigned", NULL },
	{ K "{ delete(@x[tid]); }", 1, 26, "@x is never assigned", NULL },
	{ K "{ @[@x[1]] = count(); }", 1, 21, "@x is never assigned", NULL },
	{ K "{ @c = stats(1); @x = @c; }", 1, 39,
	  "@c holds stats(), which is not one number", "print(@map)" },
	{ K "{ @c = count(); @c++; }", 1, 33, "@c is assigned a plain value",
	  NULL },
	{ K "{ @x = 1; @x = comm; }", 1, 27, "@x is assigned a string here",
	  "another name" },
	{ K "{ clear(@x[1]); @x[1] = 1; }", 1, 25, "a map without a key",
	  "delete" },
	{ K "{ clear(1); }", 1, 25, "clear takes a map", NULL },
	{ K "{ @[$x] = count(); }", 1, 21, "$x has no value here",
	  "assign it" },
	{ K "{ $x = 1; $x = comm; }", 1, 27, "$x is assigned a string here",
	  "another name" },
	{ K "{ $x = count(); }", 1, 24, "an aggregation cannot be a variable",
	  NULL },
	{ K "{ comm++; }", 1, 19, "'++' needs a variable or a map", NULL },
	{ K "{ @x = 1; for ($kv : @x) { @ = count(); } }", 1, 38,
	  "@x has no keys", "$x = @name" },
	{ K "{ @x[1] = hist(2); for ($kv : @x) { @ = count(); } }", 1, 47,
	  "@x holds hist(), which a loop cannot go through", "print(@map)" },
	{ K "{ for ($kv : @x) { @ = count(); } }", 1, 30, "@x is never assigned", NULL },
	{ K "{ @x[1] = 2; for ($kv : @x[1]) { @ = count(); } }", 1, 41,
	  "'for' goes through a map or a range", "@map" },
	{ K "{ @x[1] = 2; for ($kv : @x) { $kv = 1; } }", 1, 47,
	  "$kv is assigned an integer here", NULL },
	{ K "{ $kv = 5; @x[1] = 2; for ($kv : @x) { print($kv); } }", 1, 44,
	  "$kv is declared already", NULL },
	{ K "{ for ($i : 0..comm) { @ = count(); } }", 1, 32, "where a range ends", NULL },
	{ K "{ static_assert(sizeof(uint32) == 5, \"no\"); }", 1, 19, "no", NULL },
	{ K "{ if ($1 < 2) { fail(\"got %d, %s\", $1, \"x\"); } }", 1, 33, "got 0, x", NULL },
	{ K "{ break; }", 1, 19, "'break' outside of a loop", NULL },
	{ K "{ system(\"reboot\"); }", 1, 19, "system() runs commands",
	  "--unsafe" },
	{ K "{ signal(\"KILL\"); }", 1, 19, "'signal' is not supported",
	  "only observes" },
	{ K "{ count(); }", 1, 19,
	  "an aggregation must be assigned to a map", "@name = count()" },
	{ K "{ $x = { $y = 1; }; }", 1, 24, "this block has no value", "without a ';'" },
	{ K "{ let $x = 1; let $x = 2; }", 1, 35, "$x is declared already", NULL },
	{ K "{ pid = 1; }", 1, 19, "only a map or a variable", NULL },
	{ "aw:vfs_read+arg1:8:w { @ = count(); }", 1, 1,
	  "probes of type 'aw' are not supported", "use watchpoint" },
};

static const struct bad_program probes[] = {
	{ "kprob:vfs_read { }", 1, 1, "there are no probes of type 'kprob'",
	  "did you mean kprobe" },
	{ "vfs_read { }", 1, 1, "'vfs_read' does not say what it is a name of",
	  "write kprobe:vfs_read" },
	{ "sched_switch { }", 1, 1, "does not say what it is a name of",
	  "write tracepoint:sched:sched_switch" },
	{ "software { }", 1, 1, "'software' does not name an event", "software:EVENT:COUNT" },
	{ "software:fault:1 { }", 1, 1, "there is no software event 'fault'",
	  "did you mean faults" },
	{ "software:cycles:1 { }", 1, 1, "there is no software event 'cycles'", "software:*" },
	{ "hardware:cs:1 { }", 1, 1, "there is no hardware event 'cs'", NULL },
	{ "s:faults:0 { }", 1, 1, "a count is 1 to 2^63 - 1", NULL },
	{ "s:faults:-1 { }", 1, 1, "'-1' is not a number", NULL },
	{ "s:faults:9223372036854775808 { }", 1, 1, "a count is 1 to 2^63 - 1", NULL },
	{ "s:cpu-clock:3600000000001 { }", 1, 1, "at most one hour's", NULL },
	{ "s:faults:1:2 { }", 1, 1, "does not name an event", NULL },
	{ "watchpoint:some_data:8 { }", 1, 1, "does not say what is watched",
	  "watchpoint:ADDRESS:LENGTH:MODE" },
	{ "w:0x1000:8:w { }", 1, 1, "'0x1000' is not an address in the kernel's memory",
	  "-p or -c watches" },
	{ "w:no_data:8:w { }", 1, 1, "'no_data' is not an address", "/proc/kallsyms" },
	{ "w:vfs_read+arg1:8:w { }", 1, 1, "is not an address", "watch a symbol" },
	{ "w:some_data:3:w { }", 1, 1, "a watchpoint has 1, 2, 4 or 8 bytes, not 3", NULL },
	{ "w:some_data:8:q { }", 1, 1, "'q' is not a mode of a watchpoint", "w or rw" },
	{ "w:some_data:8:ww { }", 1, 1, "'ww' is not a mode", NULL },
	{ "aw:vfs_read+arg1:8:w { }", 1, 1, "probes of type 'aw' are not supported",
	  "watchpoint:ADDRESS" },
	{ "k:sys_nothing { }", 1, 1, "this kernel has no function 'sys_nothing'", NULL },
	{ "syscall:nothing { }", 1, 1, "this kernel has no function 'sys_nothing'", NULL },
	{ "syscall { }", 1, 1, "'syscall' does not name a system call", "write syscall:NAME" },
	{ "syscall:a:b { }", 1, 1, "'syscall:a:b' does not name a system call", "write syscall:NAME" },
	{ "k:_do_fork { }", 1, 1, "this kernel has no function '_do_fork'",
	  "in this kernel it is kprobe:kernel_clone" },
	{ "k:tcp_drop { }", 1, 1, "this kernel has no function 'tcp_drop'",
	  "in this kernel it is tracepoint:skb:kfree_skb" },
	{ "kprobe { }", 1, 1, "'kprobe' does not name a function",
	  "kprobe:FUNCTION" },
	{ "fentry { }", 1, 1, "'fentry' does not name a function",
	  "fentry:FUNCTION" },
	{ "fentry:vfs_read+4 { }", 1, 1, "a fentry has no offset", "use kprobe" },
	{ "fr:vfs_raed { }", 1, 1, "this kernel has no function 'vfs_raed'", "vfs_read" },
	{ "fentry:vfs_read { @ = sum(args.count); }", 1, 27,
	  "the names of the arguments of 'vfs_read' are not known here", "arg0" },
	{ "fexit:vfs_read { @ = sum(args.retval); }", 1, 26, "are not known here", "BTF" },
	{ "rt:sched_switch { @ = sum(args.prev); }", 1, 27,
	  "the names of the arguments of 'sched_switch' are not known here", "arg0" },
	{ "kprobe:a:b:c { }", 1, 1, "does not name a function", NULL },
	{ "kprobe:vfs_raed { }", 1, 1,
	  "this kernel has no function 'vfs_raed'", "vfs_read" },
	{ "kprobe:nowhere_at_all { }", 1, 1,
	  "this kernel has no function 'nowhere_at_all'", "MODULE:FUNCTION" },
	{ "kprobe:some_data { }", 1, 1, "this kernel has no function", NULL },
	{ "kprobe:type_show, kprobe:vfs_read { }", 1, 1, "2 functions",
	  NULL },
	{ "kprobe:type_show { }", 1, 1, "2 functions are called 'type_show'",
	  "choose one: kprobe:type_show#1, or by its address: kprobe:0xffffffff81001000" },
	{ "kretprobe:type_show#3 { }", 1, 1,
	  "2 functions are called 'type_show', so there is no #3", "from 1" },
	{ "kprobe:vfs_read#2 { }", 1, 1,
	  "1 function is called 'vfs_read', so there is no #2", "leave #2 out" },
	{ "kprobe:type_show#0 { }", 1, 1, "'0' is not a number of a function",
	  "NAME#2" },
	{ "kprobe:type_*#1 { }", 1, 1, "a pattern cannot have a number", NULL },
	{ "kprobe:type_sho* { }", 1, 1,
	  "each function that matches 'kprobe:type_sho*' shares its name",
	  "kpctl probes 'kprobe:type_sho*'" },
	{ "kprobe:0x10 { }", 1, 1, "no function is known to be at 0x10", NULL },
	{ "kretprobe:0xffffffff81003001 { }", 1, 1,
	  "inside of 'vfs_read': a kretprobe has no offset",
	  "0xffffffff81003000" },
	{ "kprobe:kpstat:kps_load { }", 1, 1,
	  "kpstat's own functions cannot be probed", NULL },
	{ "kprobe:kps_* { }", 1, 1, "no function that can be probed matches",
	  NULL },
	{ "kprobe:init_once { }", 1, 1, "2 functions are called 'init_once'",
	  "MODULE:FUNCTION" },
	{ "kprobe:do_int3 { }", 1, 1, "the kernel forbids probes in 'do_int3'",
	  NULL },
	{ "kprobe:vfs_read+0x200 { }", 1, 1,
	  "offset 512 is beyond the end of 'vfs_read'", "512 bytes" },
	{ "kprobe:vfs_read+x { }", 1, 1, "'x' is not an offset", NULL },
	{ "kprobe:vfs_*+4 { }", 1, 1, "a pattern cannot have an offset", NULL },
	{ "kretprobe:vfs_read+4 { }", 1, 1, "a kretprobe has no offset", NULL },
	{ "kprobe:zzz_* { }", 1, 1, "no function that can be probed matches",
	  NULL },
	{ "kprobe:fuse:vfs_read { }", 1, 1,
	  "module 'fuse' has no function 'vfs_read'", NULL },
	{ "kprobe:empty:some { }", 1, 1, "module 'empty' has no function",
	  NULL },
	{ "tracepoint:sched { }", 1, 1, "does not name a tracepoint",
	  "tracepoint:SYSTEM:EVENT" },
	{ "tracepoint:sched:sched_swich { }", 1, 1,
	  "this kernel has no tracepoint 'sched:sched_swich'",
	  "sched:sched_switch" },
	{ "tracepoint:sched:zz* { }", 1, 1, "has no tracepoint", NULL },
	{ "conntrack:old { }", 1, 1, "'conntrack:old' is not an event",
	  "conntrack:new" },
	{ "interval:s { }", 1, 1, "is not interval:UNIT:NUMBER", "hz" },
	{ "interval:min:1 { }", 1, 1, "is not interval:UNIT:NUMBER", NULL },
	{ "interval:s:$1 { }", 1, 1,
	  "parameter $1 of the probe 'interval:s:$1' was not given",
	  "PARAMETER" },
	{ "interval:us:1 { }", 1, 1, "10 microseconds to one hour", NULL },
	{ "profile:hz:0 { }", 1, 1, "is not profile:UNIT:NUMBER", NULL },
	{ "rawtracepoint:sched_swich { }", 1, 1,
	  "no tracepoint 'sched_swich'", "sched_switch" },
};

#define DEFINE_TEST(table)						\
static void test_##table(void **state)					\
{									\
	(void)state;							\
	must_fail_all(table, ARRAY_SIZE(table));				\
}

DEFINE_TEST(syntax)
DEFINE_TEST(names)
DEFINE_TEST(types)
DEFINE_TEST(maps)
DEFINE_TEST(statements)
DEFINE_TEST(probes)

/* A conflict between two places shows both. */
static void test_second_place(void **state)
{
	struct object object;

	(void)state;
	assert_int_not_equal(try_compile(K "{ @a[pid] = count();\n"
					 "  @a = sum(arg0); }", &object), 0);
	assert_int_equal(nr_diags, 2);
	assert_int_equal(diags[1].level, DIAG_NOTE);
	assert_int_equal(diags[1].at.first_line, 1);
	assert_int_equal(diags[1].at.first_column, 19);
	assert_string_equal(diags[1].message, "@a is first used here, with 1");
	assert_string_equal(diags[1].line, K "{ @a[pid] = count();");
}

/* One run reports the errors of all statements and probes. */
static void test_all_errors(void **state)
{
	struct object object;

	(void)state;
	assert_int_not_equal(try_compile("kprobe:nope,\nkprobe:vfs_read {\n"
					 " @a = sum(comm);\n @b = foo();\n}\n",
					 &object), 0);
	assert_int_equal(nr_diags, 3);
	assert_int_equal(diags[0].at.first_line, 1);
	assert_int_equal(diags[1].at.first_line, 3);
	assert_int_equal(diags[2].at.first_line, 4);
}

/* What follows from an error is none. */
static void test_one_cause(void **state)
{
	static const struct {
		const char *text;
		unsigned int errors;
	} cases[] = {
		{ K "{ $x = foo(); @[$x] = count(); @s = sum($x); }", 1 },
		{ K "{ $x = foo(); $y = $x + 1; print($y); @z = $y; print(@z); }", 1 },
		{ K "{ @y = foo(); } END { print(@y); clear(@y); }", 1 },
		{ "END { print(@y); } " K "/@y/ { @y = foo(); }", 1 },
		{ K "{ @y[foo()] = 1; delete(@y[1]); }", 1 },
		{ "nothing:at:all { @y = 1; $z = 1; } " K "/@y/ { print(@y); }", 1 },
		{ K "{ unroll (pid) { $x = 1; } print($x); }", 1 },
		{ K "{ if (foo()) { @x = 1; } print(@x); }", 1 },
		{ K "{ print($x); print($x); @[$x] = count(); }", 1 },
		{ K "{ print(@x); clear(@x); } END { print(@x); }", 1 },
		{ K "{ print(@x); print($y); @z = foo(); print(@z); }", 3 },
		{ K "{ $x = foo(); $y = bar(); print($x + $y); }", 2 },
	};
	struct object object;
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_not_equal(try_compile(cases[i].text, &object), 0);
		if (nr_diags != cases[i].errors)
			print_error("%s: %zu errors, of which the last is: %s\n",
				    cases[i].text, nr_diags,
				    diags[nr_diags - 1].message);
		assert_int_equal(nr_diags, cases[i].errors);
	}
}

static void test_candidates(void **state)
{
	struct object object;

	(void)state;
	try_compile("kprobe:init_once { }", &object);
	assert_int_equal(nr_diags, 3);
	assert_string_equal(diags[1].message,
			    "candidate 1 of 2: vmlinux:init_once at 0xffffffff81004300");
	assert_string_equal(diags[2].message,
			    "candidate 2 of 2: fuse:init_once at 0xffffffffc0002000");
}

/* As in bpftrace: of several probes one may be missing, but not all. */
static void test_one_probe_is_missing(void **state)
{
	struct object object;

	(void)state;
	must_compile("kprobe:vfs_read, kprobe:vfs_raed, t:sched:no { @ = count(); }",
		     &object);
	assert_int_equal(object.nr_probes, 1);
	assert_int_equal(nr_diags, 2);
	assert_int_equal(diags[0].level, DIAG_WARNING);
	assert_int_equal(diags[0].at.first_column, 18);
	assert_string_equal(diags[0].message,
			    "this kernel has no function 'vfs_raed'");
	object_free(&object);
	assert_int_equal(try_compile("kprobe:vfs_raed, kprobe:zz* { }",
				     &object), -1);
	assert_int_equal(nr_diags, 4);
	assert_int_equal(diags[2].level, DIAG_WARNING);
	assert_int_equal(diags[3].level, DIAG_ERROR);
	assert_string_equal(diags[3].message,
			    "this kernel has none of the program's probes");
}

/* A comparison that can only come out one way. */
static void test_never_equal(void **state)
{
	static const struct {
		const char *text;
		const char *message;	/* NULL: there is none */
		const char *hint;
	} cases[] = {
		{ "/comm == \"averyveryverylongname\"/ { }",
		  "the string has 21 bytes, the other at most 15: they are never equal",
		  "strncmp(x, \"...\", 15)" },
		{ "/\"0123456789abcdef\" != comm/ { }",
		  "16 bytes, the other at most 15: they always differ", NULL },
		{ "/comm == \"0123456789abcde\"/ { }", NULL, NULL },
		{ "/strncmp(comm, \"averyveryverylongname\", 16)/ { }",
		  "strncmp() is never 0", NULL },
		{ "/strncmp(comm, \"averyveryverylongname\", 15)/ { }", NULL, NULL },
		{ "/strncmp(comm, \"sh\", 100)/ { }", NULL, NULL },
		{ "/str(arg1, 4) == \"abcd\"/ { }",
		  "4 bytes, the other at most 3", "str(x, 5)" },
		{ "/str(arg1, 5) == \"abcd\"/ { }", NULL, NULL },
		{ "{ @l = comm; if (@l == \"0123456789abcdef\") { @ = count(); } }",
		  "at most 15", NULL },
	};
	struct object object;
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(text, sizeof(text), "kprobe:vfs_read, kprobe:vfs_write %s",
			 cases[i].text);
		must_compile(text, &object);
		object_free(&object);
		if (nr_diags != !!cases[i].message)
			fail_msg("%s: %zu messages", text, nr_diags);
		if (!cases[i].message)
			continue;
		assert_int_equal(diags[0].level, DIAG_WARNING);
		assert_non_null(strstr(diags[0].message, cases[i].message));
		if (cases[i].hint)
			assert_non_null(strstr(diags[0].hint, cases[i].hint));
	}
}

static void test_which_event_of_a_glob(void **state)
{
	struct object object;

	(void)state;
	try_compile("t:sched:* { @[args.prev_pid] = count(); }", &object);
	assert_int_equal(nr_diags, 2);
	assert_string_equal(diags[1].message,
			    "this is about tracepoint:sched:sched_process_fork");
}

static void test_module_is_missing(void **state)
{
	const struct bad_program bad = {
		"conntrack:new { @[args.protocol] = count(); }", 1, 19,
		"the kpstat module, which is not loaded", "modprobe kpstat",
	};

	(void)state;
	module_is_missing = true;
	must_fail(&bad);
	module_is_missing = false;
}

static void test_no_tracefs(void **state)
{
	const struct bad_program bad = {
		"tracepoint:sched:sched_switch { }", 1, 1, "not mounted",
		"mount -t tracefs",
	};
	const struct bad_program no_kallsyms = {
		"kprobe:vfs_read { }", 1, 1, "cannot read /proc/kallsyms", NULL,
	};

	(void)state;
	host_set_root("/nonexistent");
	must_fail(&bad);
	must_fail(&no_kallsyms);
	use_fixture_host(NULL);
}

static void test_limits(void **state)
{
	const struct compile_options options = {
		.file = "test.bt", .max_probes = 2,
	};
	struct object object;

	(void)state;
	assert_int_equal(compile_with("kprobe:vfs_* { @ = count(); }",
				      &options, &object), -1);
	assert_non_null(strstr(diags[0].message,
			       "'kprobe:vfs_*' matches 4 probes, more than the limit of 2"));
	assert_non_null(strstr(diags[0].hint, "--max-probes 4"));
}

/* "((((...1))))" and "!!!!...1": an error, not a crash. */
static void test_deep_nesting(void **state)
{
	static const struct {
		const char *repeated;
		unsigned int times;
	} cases[] = {
		{ "(", 30000 }, { "!", 5000 }, { "1+", 5000 }, { "-", 300 },
		{ "1?", 3000 },
	};
	struct object object;
	unsigned int i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t len = strlen(cases[i].repeated);
		char *text = calloc(1, 100 + len * cases[i].times);
		char *end = stpcpy(text, K "/");

		for (j = 0; j < cases[i].times; j++)
			end = stpcpy(end, cases[i].repeated);
		strcpy(end, "1/ { @ = count(); }");
		assert_int_equal(try_compile(text, &object), -1);
		assert_true(nr_diags > 0);
		free(text);
	}
}

/* What one statement used, the next may use again. */
static void test_scratch_overflow(void **state)
{
	const struct bad_program bad = {
		K "{ $a = str(arg0); $b = str(arg0); $c = str(arg0); $d = str(arg0); "
		"$e = str(arg0); $f = str(arg0); $g = str(arg0); $h = str(arg0); @[$a] = 1; }",
		1, 1, "needs more than 8192 bytes", "shorter strings",
	};
	struct object object;

	(void)state;
	must_compile(K "/str(arg0, 1000) == str(arg1, 1000)/ "
		     "{ @[str(arg0, 1000)] = count(); @[str(arg1, 1000)] = count(); }",
		     &object);
	object_free(&object);
	must_fail(&bad);
}

static void test_too_many_insns(void **state)
{
	char *text = calloc(1, 60000);
	char *end = stpcpy(text, K "{");
	const struct bad_program bad = { text, 1, 1,
		"takes more than 4096 instructions", "several clauses" };
	int i;

	(void)state;
	for (i = 0; i < 900; i++)
		end = stpcpy(end, "@ = sum(arg0);");
	strcpy(end, "}");
	must_fail(&bad);
	free(text);
}

static void test_too_long(void **state)
{
	char *text = malloc(70000);
	const struct bad_program bad = { text, 0, 0, "longer than", NULL };

	(void)state;
	memset(text, ' ', 69999);
	text[69999] = '\0';
	must_fail(&bad);
	free(text);
}

static void test_printed(void **state)
{
	static const char expected[] =
		"a.bt:2:5: error: no\n"
		"    2 | \t@[com] = count();\n"
		"      | \t   ^~~\n"
		"  hint: yes\n";
	const struct diag diag = {
		.file = "a.bt", .at = { 2, 5, 2, 8 }, .message = "no",
		.hint = "yes", .line = "\t@[com] = count();",
	};
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	diag_print(&diag, out);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

/* Of a long line no more is shown than what is around the place. */
static void test_long_line(void **state)
{
	struct diag diag = {
		.file = "-e", .message = "no", .at = { 1, 5001, 1, 25001 },
	};
	char line[25001];
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	line[5000] = 'y';
	diag.line = line;
	diag_print(&diag, out);
	fclose(out);
	assert_in_range(len, 200, 300);
	/* The caret is below the y. */
	assert_int_equal(strchr(text, 'y') - strchr(text, '\n'),
			 strchr(text, '^') - strchr(strchr(text, '\n') + 1, '\n'));
	assert_non_null(strstr(text, "...x"));
	assert_non_null(strstr(text, "x...\n"));
	free(text);
}

/* Whatever there is a row for is checked, and code is made for it. */
static void test_no_gaps(void **state)
{
	static const char * const args[] = { "", "1", "1, 2", "1, 2, 3", "1, 2, 3, 4" };
	const struct function *function;
	struct object object;
	char text[256];
	size_t i, j;

	(void)state;
	for (i = 0; (function = function_at(i)); i++) {
		for (j = function->min_args; j < ARRAY_SIZE(args) && j <= function->max_args; j++) {
			snprintf(text, sizeof(text), "kprobe:vfs_read { @ = %s(%s); }",
				 function->name, args[j]);
			if (!try_compile(text, &object))
				object_free(&object);
			else if (strstr(diags[0].message, "a fault of kpctl's"))
				fail_msg("%s: %s", text, diags[0].message);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_syntax),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_maps),
		cmocka_unit_test(test_statements),
		cmocka_unit_test(test_probes),
		cmocka_unit_test(test_second_place),
		cmocka_unit_test(test_all_errors),
		cmocka_unit_test(test_one_cause),
		cmocka_unit_test(test_candidates),
		cmocka_unit_test(test_one_probe_is_missing),
		cmocka_unit_test(test_never_equal),
		cmocka_unit_test(test_which_event_of_a_glob),
		cmocka_unit_test(test_module_is_missing),
		cmocka_unit_test(test_no_tracefs),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_deep_nesting),
		cmocka_unit_test(test_scratch_overflow),
		cmocka_unit_test(test_too_many_insns),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_printed),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_no_gaps),
	};

	return cmocka_run_group_tests(tests, use_fixture_host, NULL);
}
