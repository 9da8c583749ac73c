// SPDX-License-Identifier: GPL-2.0
/* What statements do: variables, plain maps, control, output. */
#include "fixture.h"
#include "interp.h"

static struct machine m;

static int reset_machine(void **state)
{
	static const struct machine fresh = {
		.frame = { .arg = { 10, 20, 30, 40, 50, -1 } },
		.pid_tgid = 1234ull << 32 | 1235, .comm = "sshd",
		.memory = "/etc/passwd",
	};

	(void)state;
	m = fresh;
	return 0;
}

struct statement {
	const char *body;	/* of a clause of kprobe:vfs_read */
	const char *said;	/* what its outputs have, "NUMBER:field,field " */
};

/* arg0 .. arg5 are 10, 20, 30, 40, 50 and -1. */
static const struct statement variables[] = {
	{ "$x = arg0; $y = $x + 1; print($y);", "0:11 " },
	{ "$x = 1; $x += 4; $x *= 3; $x -= 1; $x /= 2; print($x);", "0:7 " },
	{ "$x = 7; $x %= 4; $x <<= 3; $x |= 1; $x ^= 3; print($x);",
	  "0:26 " },
	{ "$x = 255; $x &= 60; $x >>= 2; print($x);", "0:15 " },
	{ "$x = 5; print($x++); print(++$x); print($x--); print(--$x);",
	  "0:5 0:7 0:7 0:5 " },
	{ "$x = 5; $x++; print($x * ($x + $x++));", "0:72 " },
	{ "$s = comm; $t = \"a\"; $t = $s; print($t);", "0:sshd " },
	{ "$s = \"a\"; $s = \"a longer string\"; print($s == \"a longer string\");",
	  "0:1 " },
	{ "if (arg0 > 99) { $x = 1; } print($x);", "0:0 " },
	{ "if (arg0 > 9) { $s = \"yes\"; } print($s);", "0:yes " },
	{ "$t = (1, comm, arg0 + 1); print($t.2); print($t.1); print($t);",
	  "0:11 1:sshd 2:1,sshd,11 " },
	{ "$t = (1, 2); $t = ($t.1, $t.0); print($t.0); print($t.1);",
	  "0:2 0:1 " },
	{ "$t = (1, \"a\"); $t = (2, \"0123456789\"); print($t.1);",
	  "0:0123456789 " },
	{ "print((1, 2).1);", "0:2 " },
	{ "$r = (a=1, b=\"x\"); print($r.b); print($r.a); print($r);", "0:x 1:1 2:1,x " },
	{ "$r = (a=1, b=2); $r = (b=arg0, a=arg1); print($r);", "0:20,10 " },
	{ "print((a=1, b=(c=2, d=\"y\")).b.d);", "0:y " },
	{ "@r[(a=1, b=2)] = 5; print(@r[(b=2, a=1)]); print(@r[(a=2, b=1)]);", "0:5 0:0 " },
	{ "print((1, \"a\") == (arg0 / 10, \"a\")); print((1, \"ab\") == (1, \"a\"));", "0:1 0:0 " },
	{ "print((a=1, b=2) == (b=2, a=1)); print((1, (2, 3)) != (1, (2, 4)));", "0:1 0:1 " },
	{ "$s = comm; $i = 2; print($s[$i]); print($s[0]); $i = 70; print($s[$i]);",
	  "0:104 0:115 0:0 " },
};

static const struct statement plain_maps[] = {
	{ "@x = 5; print(@x + 1);", "0:6 " },
	{ "@x[arg0, comm] = 7; print(@x[arg0, comm]); print(@x[1, comm]);",
	  "0:7 0:0 " },
	{ "@x++; @x++; --@x; print(@x++); print(++@x); $y = @x; print($y);",
	  "0:1 0:3 0:3 " },
	{ "@x[1] += 5; @x[1] -= 2; @x[1] *= 4; print(@x[1]);", "0:12 " },
	{ "@x = arg0; @x = @x + @x; print(@x + 0);", "0:20 " },
	{ "@s[1] = comm; $x = @s[1]; print($x); print(@s[2] == \"\");",
	  "0:sshd 1:1 " },
	{ "@s[1] = \"a\"; @s[2] = \"0123456789\"; print(@s[1] == \"a\");",
	  "0:1 " },
	/* Each is known only when the next one is, and is as wide as it. */
	{ "@a = @b; @b = @c; @c = @d; @d = @e; @e = @f; @f = @g; @g = @"
	  "h; @h = @i; @i = @j; @j = @k; @k = @l; @l = @m; @m = @n; @n "
	  "= @o; @o = @p; @p = @q; @q = @r; @r = @s; @s = @t; @t = @u; "
	  "@u = \"0123456789\"; $x = @u; print($x); $y = @a; print($y);",
	  "0:0123456789 0: " },
	{ "@t[1] = (1, comm); print(@t[1].1); print(@t[2].0);",
	  "0:sshd 1:0 " },
	{ "@x[1] = 1; delete(@x[1]); print(@x[1]); @y[1] = 2; delete(@y, 1);",
	  "0:0 " },
	{ "@x[1, 2] = 0; print(has_key(@x, (1, 2))); print(has_key(@x, (2, 1)));",
	  "0:1 0:0 " },
	{ "@x[1] = 1; @x[@x[1] + 1] = 5; print(@x[2]);", "0:5 " },
	{ "@x[arg0] = arg1; print(@x[arg0] * (@x[arg0] + @x[arg0] * @x[10]));",
	  "0:8400 " },
	{ "@ = 1; @x[@] = @; print(@x[1]);", "0:1 " },
	{ "print(@later); @later = 1; print(@later + 0);", "0: 1:1 " },
};

static const struct statement control[] = {
	{ "if (arg0 == 10) { print(1); } else { print(2); }", "0:1 " },
	{ "if (arg0 == 1) { print(1); } else if (arg1 == 20) { print(2); } else { print(3); }",
	  "0:2 " },
	{ "if (comm == \"sshd\" && arg0) { print(1); } print(2);", "0:1 0:2 " },
	{ "print(1); return; print(2);", "0:1 " },
	{ "if (arg0) { return; } print(2);", "" },
	{ "print(1); exit(); print(2);", "0:1 1: " },
	{ "arg0 > 1 ? print(1) : print(2);", "0:1 " },
	{ "arg0 < 1 ? print(1) : 0; print(3);", "0:3 " },
	{ "unroll (3) { $i++; print(1); }", NULL },
	{ "$i = 0; unroll (3) { $i++; print($i); }", "0:1 0:2 0:3 " },
	{ "unroll (2) { unroll (2) { print(7); } }", "0:7 0:7 0:7 0:7 " },
	{ "unroll (5) { if (@n == 2) { break; } @n++; print(@n + 0); }",
	  "0:1 0:2 " },
	{ "$i = 0; unroll (4) { $i++; if ($i == 2) { continue; } print($i); }",
	  "0:1 0:3 0:4 " },
	{ "$i = 0; while ($i < 3) { print($i); $i++; }", "0:0 0:1 0:2 " },
	{ "$i = 10; while (5 < $i) { print($i); $i -= 2; }", "0:10 0:8 0:6 " },
	{ "$i = 1; while ($i != 16) { $i = $i + 5; print($i); }",
	  "0:6 0:11 0:16 " },
	{ "$i = 0; while ($i < 9) { $i++; if ($i == 3) { break; } print($i); }",
	  "0:1 0:2 " },
	{ "$i = 0; while ($i < 0) { $i++; print($i); } print(9);", "0:9 " },
	{ "{ $x = 1; { print($x); } }", "0:1 " },
	{ "if arg0 == 10 { print(1); } while arg0 < 5 { }", "0:1 " },
	{ "if arg0 == 10 { print(1); } else if { 1 } { print(2); }", "0:1 " },
};

static const struct statement loops[] = {
	{ "for ($i : 2..5) { if ($i == 3) { continue; } print($i); }", "0:2 0:4 " },
	{ "for $i : 0..9 { if ($i == 1) { break; } print($i); } for ($j : 5..5) { print($j); }",
	  "0:0 " },
	{ "for ($i : arg0..arg0 + 3) { print($i); } for ($i : 5..arg5) { print($i); }",
	  "0:10 0:11 0:12 " },
	/* Where it begins and ends is known before the first round. */
	{ "$n = 3; for ($i : 0..$n) { $n = 9; $i += 7; print($i); }", "0:7 0:8 0:9 " },
	{ "$s = 0; for ($i : 0..100000) { $s += $i; } print($s);", "0:4999950000 " },
	{ "for ($i : 0..0x7fffffffffffffff) { if ($i == 3) { print($i); return; } } print(9);",
	  "0:3 " },
	{ "for ($i : -2..1) { print($i); }", "0:-2 0:-1 0:0 " },
	{ "$n = 1; while ($n < 1000) { $n = $n * 3; } print($n);", "0:2187 " },
	{ "while (@i < 50) { @i++; if (@i == 40) { break; } } print(@i + 0);", "0:40 " },
	{ "while (1) { @n++; if (@n < 5) { continue; } print(@n + 0); exit(); } print(8);",
	  "0:5 1: " },
	{ "$i = 0; while ($i < 9) { if (arg0 > 1) { $i++; } $i++; } print($i);", "0:10 " },
	{ "$i = 0; while ($i < 4) { @x = { if ($i == 2) { $i = 5; continue } $i }; $i++; } print(@x + 0);",
	  "0:1 " },
	{ "while (@a < 3) { @a++; $j = 0; while ($j < @a) { $j++; if ($j == 2) { break; } print($j); } }",
	  "0:1 0:1 0:1 " },
	{ "while (1) { while (1) { while (1) { return; } } } print(1);", "" },
	{ "$x = 0; while ($x < 3) { $s = comm; $x++; let $y; $y += $x; print($y); } print($s);",
	  "0:1 0:2 0:3 1:sshd " },
	{ "print(arg0 + { $i = 0; while ($i * $i < 50) { $i++ } $i } * 2);", "0:26 " },
	{ "unroll (3) { while (@n % 4 != 3) { @n++; } print(@n++); }", "0:3 0:7 0:11 " },
};

static const struct statement each[] = {
	{ "@x[1] = 10; @x[2] = 20; @x[3] = 30; for ($kv : @x) { if ($kv.0 == 2) { continue; } print($kv); }",
	  "0:1,10 0:3,30 " },
	{ "@x[1] = 10; @x[2] = 20; for ($kv : @x) { print($kv.1); break; } print(7);",
	  "0:10 0:7 " },
	{ "@x[1] = 10; @x[2] = 20; for $kv : @x { print($kv.1); return; } print(7);",
	  "0:10 " },
	{ "@x[1] = 10; @x[2] = 20; $s = 0; for ($kv : @x) { $s += $kv.0 * $kv.1; } print($s);",
	  "0:50 " },
	{ "@x[7, comm] = (5, \"ab\"); for ($kv : @x) { print($kv.0.1); print($kv.0); print($kv.1.1); @y[$kv.0] = $kv.1; } print(@y[7, comm].0);",
	  "0:sshd 1:7,sshd 2:ab 3:5 " },
	{ "@x[comm] = \"abc\"; for ($kv : @x) { $k = $kv; @last = $kv; print($k.1); } print(@last.0);",
	  "0:abc 1:sshd " },
	{ "@x[1] = 10; @x[2] = 20; for ($a : @x) { for ($b : @x) { if ($b.0 == 2) { break; } print(($a.0, $b.0)); } }",
	  "0:1,1 0:2,1 " },
	{ "@x[1] = 10; @x[2] = 20; for ($kv : @x) { delete(@x, $kv.0); } print(len(@x));",
	  "0:0 " },
	{ "@c[1] = count(); @c[1] = count(); @c[4] = count(); for ($kv : @c) { if ($kv.1 > 1) { print($kv); } }",
	  "0:1,2 " },
	{ "@a[comm] = avg(3); @a[comm] = avg(6); @m[1] = min(5); for ($kv : @a) { print($kv.1); } for ($kv : @m) { print($kv.1 + 1); }",
	  "0:4 0:6 " },
	{ "for ($kv : @x) { print($kv); } @x[1, 2] = 3; print(4);", "1:4 " },
	{ "@x[1] = 1; while (@n < 3) { @n++; for ($kv : @x) { if (@n == 2) { break; } print(@n + 0); } }",
	  "0:1 0:3 " },
	/* Each key is as wide as the widest. */
	{ "@x[\"a\"] = 1; for ($kv : @x) { print($kv.0); print($kv.1); } @x[\"0123456789\"] = 2;",
	  "0:a 1:1 " },
};

/* A block in an expression leaves alone what the expression has in registers. */
static const struct statement blocks[] = {
	{ "$a = { let $b = 1; $b + 1 }; print($a);", "0:2 " },
	{ "print(5 + { let $b = 3; if ($b > 2) { $b = arg0; } $b * 2 } * 2);",
	  "0:45 " },
	{ "print(arg1 - (arg0 + { @x = comm; @y[@x] = 7; @y[@x] + arg0 } * (arg0 - 8)));",
	  "0:-24 " },
	{ "print({ (1, comm) }.1);", "0:sshd " },
	{ "$s = { comm }; print($s); $t = { (1, comm) }; print($t.1);",
	  "0:sshd 0:sshd " },
	{ "if { $x = arg0; $x == 10 } { print(1); }", "0:1 " },
	{ "$x = { if (arg0 == 10) { return; } 5 }; print($x);", "" },
};

static const struct statement scopes[] = {
	{ "if (arg0) { $x = 1; print($x); } else { $x = \"s\"; print($x); }",
	  "0:1 " },
	{ "let $y; if (arg0) { $y = comm; } print($y);", "0:sshd " },
	{ "unroll (2) { let $z; print($z); $z = 5; }", "0:0 0:0 " },
	{ "let $x: uint8 = 300; let $p: uint8 *; print($x);", "0:44 " },
	{ "let $x: uint8 = 255; $y = $x++; print(($x, $y)); print((++$x, $x--, --$x, $x--, $x));",
	  "0:0,255 1:1,1,255,255,254 " },
	{ "let $x: int8 = 100; $x += 100; print($x); $x = arg0 + 1000; print($x);",
	  "0:-56 0:-14 " },
	{ "let $x: uint16; $x--; print($x); $x += 2; print($x);", "0:65535 0:1 " },
	{ "let $x: uint8 = 250; while ($x > 9) { $x++; } print($x);", "0:0 " },
	{ "if (arg0) { let $x: uint8 = 1; } $x = 300; print($x);", "0:300 " },
	{ "print((sizeof((1, 2)), sizeof((\"x\", true)), sizeof((1, \"ab\", (uint8)3))));",
	  "0:2,3,5 " },
	{ "$t = (1, \"ab\"); $s = \"abc\"; print((sizeof($t), sizeof($s), sizeof(comm)));",
	  "0:4,4,16 " },
	{ "print((sizeof((300, 70000)), sizeof(((uint8)1, nsecs)), sizeof((1, (2, 3)))));",
	  "0:8,16,3 " },
	{ "{ let $x = 1; } { let $x = \"a\"; print($x); }", "0:a " },
	{ "if (arg0) { $x = 3; } print($x);", "0:3 " },
	{ "_ = arg0; _ = @x++; print(@x + 0);", "0:1 " },
};

static const struct statement tuples[] = {
	{ "$t = (1, (2, (3, comm))); print($t.1.1.0); print($t.1.1.1); print($t[0]);",
	  "0:3 1:sshd 0:1 " },
	{ "$t = (1, 2); @[$t] = 5; print(@[1, 2]); print(@[(1, 2)]);", "0:5 0:5 " },
	{ "@[1, (2, comm)] = 3; $k = (2, comm); print(@[1, $k]);", "0:3 " },
	{ "@t = (1, (2, comm)); print(@t.1.1); print((7,));", "0:sshd 1:7 " },
};

static const struct statement numbers[] = {
	{ "print(-7 / 2); print(-7 % 3); print(7 / -2); print(7 % -3);",
	  "0:-3 0:-1 0:-3 0:1 " },
	{ "$a = -7; $b = 2; print($a / $b); print($a % $b); print($a / 2); print($a % 2);",
	  "1:-3 1:-1 1:-3 1:-1 " },
	{ "$a = -7; $b = -1; print($a / $b); print($a % $b); print($a / -2); print(7 / $b);",
	  "1:7 1:0 1:3 1:-7 " },
	{ "$a = 0; print(-7 / $a); print(-7 % $a); print(arg5 / 2);",
	  "0: 1:1 2: 1:1 3:9223372036854775807 " },
	/* Signed if either side is, but a number takes the other's sign; a difference is. */
	{ "$u = (uint32)5; $i = (int8)-7; print($u < $i); print($u > -1); print($i < 3);",
	  "0:0 0:1 0:1 " },
	{ "print(arg5 < 0); print(arg5 > 0); print(arg0 - 11 < 0); print(arg0 + -11 < 0);",
	  "0:0 0:1 0:1 0:1 " },
	{ "$m = 0; if (arg5 > $m) { $m = arg5; } print($m > 0); @m = 0; @m = arg5; print(@m > 0);",
	  "0:1 0:1 " },
	{ "$d = arg0; $d -= 20; print($d < 0); $e = arg0; $e--; print($e > -1);", "0:1 0:1 " },
	/* What is turned over stays as wide as it was. */
	{ "$a = (uint8)3; print(~$a); print(-$a); print(-~$a); print(~$a + 1); print(~(uint8)5);",
	  "0:252 0:253 0:4 0:253 0:250 " },
	{ "$a = (int16)-5; print(-$a); print(~(uint32)arg0); print(~5 == 0xfffffffffffffffa);",
	  "0:5 1:4294967285 2:1 " },
	{ "$a = (uint8)1; $a = arg0; print(~$a == ~arg0); $a++; print(-$a);", "0:1 1:-11 " },
	/* Numbers alone give what they give for everybody. */
	{ "print(3 - 5); print(-1 >> 1); print(1 > -1); print(0xffffffffffffffff > 0); print(~0 << 12);",
	  "0:-2 0:-1 1:1 1:1 2:-4096 " },
	{ "@x = count(); @x = count(); if (@x > 1) { print(@x * 2); }", "0:4 " },
	{ "@s[1] = sum(5); @s[1] = sum(arg0); @m = max(7); @a = avg(3); @a = avg(6); "
	  "print(@s[1]); print((@m, @a)); print(@s[2] + 0);", "0:15 1:7,4 0:0 " },
};

static const struct statement strings[] = {
	{ "print(strlen(comm)); print(strlen(\"abc\")); print(strlen(str(arg0)));",
	  "0:4 0:3 0:11 " },
	{ "$s = comm; print(strstr($s, \"hd\")); print(strstr($s, \"x\")); print(strstr($s, \"\"));",
	  "0:2 0:-1 0:0 " },
	{ "print(strcontains(str(arg0), \"pass\")); print(strcontains(\"ab\", \"abc\"));",
	  "0:1 0:0 " },
	{ "$s = \"abc\"; print($s[0]); print($s[3]); print(comm[1] + 1);", "0:97 0:0 0:116 " },
};

static const struct statement lengths[] = {
	{ "$n = 5; print(str(arg0, $n)); print(str(arg0, arg1)); print(str(arg0, arg0 - 10));",
	  "0:/etc 0:/etc/passwd 0: " },
	{ "print(str(arg0, $n = 3));", NULL },
	{ "@x[str(arg0, arg0 / 2)] = 1; print(@x[\"/etc\"]);", "0:1 " },
};

static const struct statement stdlib[] = {
	{ "@m[2] = (1, comm); let $v; if (find(@m, 2, $v)) { print($v.1); } print(find(@m, 3, $v));",
	  "0:sshd 1:0 " },
	{ "assert(arg0 == 10, \"fine\"); print(1);", "2:1 " },
	{ "assert(arg0 == 11, \"bad\"); print(2);", "0:bad 1:1 " },
	{ "print(pid()); print(probetype); print(is_str(comm)); print(is_integer(comm));",
	  "0:1234 1:kprobe 2:1 2:0 " },
	{ "print(getopt(\"x\", 5)); print(getopt(\"s\", \"a\")); print(getopt(\"f\"));",
	  "0:5 1:a 2:0 " },
	{ "print(disk_name(254 << 20)); print(disk_name((8 << 20) + 1));",
	  "0:266338304 0:8388609 " },
	{ "if ($#  > 5) { static_assert(1 == 2, \"not reached\"); } print(1); exit(3);",
	  "0:1 1:3 " },
};

static const struct statement bools[] = {
	{ "print(true); print(arg0 == 10); print(!arg0); print(true + 1);",
	  "0:1 0:1 0:0 1:2 " },
	{ "@x[1] = 1; $d = delete(@x, 1); print($d); print(delete(@x, 1));",
	  "0:1 0:0 " },
	{ "$b = has_key(@x, 2); @x[1] = 1; print($b); printf(\"%d %s\", $b, $b);",
	  "0:0 1:0,0 " },
};

static const struct statement functions[] = {
	{ "printf(\"%d %s\", arg0, comm); printf(\"%d %s\", arg1, comm);",
	  "0:10,sshd 0:20,sshd " },
	{ "printf(\"x\"); printf(\"y\"); printf(\"x\");", "0: 1: 0: " },
	{ "print(strncmp(comm, \"ssh\", 3)); print(strncmp(comm, \"sshx\", 4));",
	  "0:0 0:1 " },
	{ "print(strncmp(\"0123456789ab\", \"0123456789xx\", 10)); print(strncmp(str(arg0), \"/etc\", 4) == 0);",
	  "0:0 1:1 " },
	{ "print(bswap((uint16)0x1234)); print(bswap((uint32)1)); print(bswap(arg0));",
	  "0:13330 0:16777216 0:720575940379279360 " },
	{ "@x[1] = 5; @x[2] = 6; print(len(@x)); print(len(kstack) + 1);",
	  "0:2 0:8 " },
	{ "print(sizeof(uint32)); print(sizeof(comm)); print(sizeof((uint8)1));",
	  "0:4 0:16 0:1 " },
	{ "print(*arg0); print(*(uint32 *)(arg0 + 4));", "0:10 0:14 " },
	{ "print(kptr(arg0)); print((uint32)pton(\"127.0.0.1\"));", "0:10 0:16777343 " },
	{ "print(ENOENT); print(SIGKILL); print(-EINVAL);", "0:2 0:9 0:-22 " },
	{ "print($1 + 1); print($2); print(str($2)); print($#); print(str($3));",
	  NULL },
	{ "print($1 + 1); print(str($2)); print($#); print($3); print(str($3));",
	  "0:43 1:two 0:2 0:0 1: " },
	{ "$x = str(arg0); print($x == \"/etc/passwd\"); print($x);",
	  "0:1 1:/etc/passwd " },
	{ "@a[comm] = 1; clear(@a); zero(@a); time();", "0: 1: 2: " },
};

static bool says(const struct statement *statement, bool repeats_loops)
{
	static const char * const params[] = { "42", "two" };
	const struct compile_options options = {
		.file = "test.bt", .params = params, .nr_params = 2,
		.repeats_loops = repeats_loops,
	};
	struct object object;
	char text[1024];
	int err;

	reset_machine(NULL);
	snprintf(text, sizeof(text), "kprobe:vfs_read { %s }",
		 statement->body);
	err = compile_with(text, &options, &object);
	if (err || !statement->said) {
		if (!err)
			object_free(&object);
		if (err && statement->said)
			print_error("%s\n  %s\n", statement->body,
				    diags[0].message);
		return err && !statement->said;
	}
	run_clause(&m, &object, 0);
	object_free(&object);
	if (!strcmp(m.said, statement->said))
		return true;
	print_error("%s%s\n  said: %s\n  not:  %s\n", statement->body,
		    repeats_loops ? " (repeated)" : "", m.said, statement->said);
	return false;
}

/* Loops do the same, written out or repeated. */
static void check_all(const struct statement *statements, size_t nr)
{
	unsigned int wrong = 0;
	size_t i;

	for (i = 0; i < nr; i++)
		wrong += !says(&statements[i], false) + !says(&statements[i], true);
	assert_int_equal(wrong, 0);
}

#define DEFINE_TEST(table)						\
static void test_##table(void **state)					\
{									\
	(void)state;							\
	check_all(table, ARRAY_SIZE(table));				\
}

DEFINE_TEST(variables)
DEFINE_TEST(plain_maps)
DEFINE_TEST(control)
DEFINE_TEST(loops)
DEFINE_TEST(each)
DEFINE_TEST(blocks)
DEFINE_TEST(scopes)
DEFINE_TEST(tuples)
DEFINE_TEST(bools)
DEFINE_TEST(numbers)
DEFINE_TEST(strings)
DEFINE_TEST(lengths)
DEFINE_TEST(stdlib)
DEFINE_TEST(functions)

/* A clause may use a map whose type a later one tells. */
static void test_later_clause(void **state)
{
	struct object object;

	(void)state;
	reset_machine(NULL);
	must_compile("kprobe:vfs_read { $s = @s[1]; print($s); @t = @s[1]; }\n"
		     "kprobe:vfs_write { @s[1] = comm; print(@t); print(@t == \"x\"); }",
		     &object);
	run_clause(&m, &object, 1);
	run_clause(&m, &object, 0);
	assert_string_equal(m.said, "1: 2:0 0:sshd ");
	object_free(&object);
}

/* A clause that never runs still says what its maps hold. */
static void test_absent_clause(void **state)
{
	struct object object;

	(void)state;
	reset_machine(NULL);
	must_compile("t:sched:nowhere, t:sched:nothing { @s[1] = comm; @x = args.foo; }\n"
		     "kprobe:vfs_read { print(@s[1]); clear(@s); }", &object);
	assert_int_equal(object.nr_probes, 1);
	run_clause(&m, &object, 0);
	assert_string_equal(m.said, "0: 1: ");
	object_free(&object);
}

/* Nothing of it is left out or made something else: it may mean more than it seems. */
static void test_timed_call(void **state)
{
	struct object object;

	(void)state;
	must_compile("kprobe:vfs_read { if (comm != \"dd\") { return; } @s[tid] = nsecs; } "
		     "kretprobe:vfs_read /@s[tid]/ { @ = hist(nsecs - @s[tid]); delete(@s[tid]); }",
		     &object);
	assert_int_equal(object.nr_probes, 2);
	assert_int_equal(object.nr_maps, 2);
	object_free(&object);
}

/* Outputs in the order in which they are first written to; a take is in capitals. */
static void outputs_of(const struct object *object, char *text)
{
	size_t i;

	for (i = 0; i < object->nr_outputs; i++) {
		const struct object_output *output = &object->outputs[i];

		if (output->action == ACTION_PRINT_MAP)
			*text++ = !output->take ? 'p' :
				  output->take & KPS_F_ZERO ? 'Z' : 'P';
		else
			*text++ = output->action == ACTION_CLEAR ? 'c' :
				  output->action == ACTION_ZERO ? 'z' : '.';
	}
	*text = '\0';
}

/* A print() that is always followed by a clear() is one reading with it. */
static void test_takes(void **state)
{
	static const struct {
		const char *body, *outputs;
	} cases[] = {
		{ "print(@x); clear(@x);", "P" },
		{ "print(@x); zero(@x);", "Z" },
		{ "print(@x, 5); time(); @x = count(); print(@y); clear(@x);", "P.p" },
		{ "print(@x); print(@y); clear(@x); zero(@y);", "PZ" },
		{ "print(@x, 5); print(@x); clear(@x);", "pP" },
		{ "clear(@x); print(@x);", "cp" },
		{ "print(@x); clear(@y);", "pc" },
		{ "if (pid) { print(@x); clear(@x); } else { zero(@x); }", "Pz" },
		{ "if (pid) { print(@x); } clear(@x);", "pc" },
		{ "print(@x); if (pid) { clear(@x); }", "pc" },
		{ "print(@x); if (pid) { return; } clear(@x);", "pc" },
		{ "print(@x); if (pid) { exit(); } clear(@x);", "p.c" },
		{ "print(@x); if (pid) { time(); } clear(@x); clear(@x);", "P.c" },
		{ "unroll(2) { print(@x); clear(@x); }", "P" },
		{ "print(@s); clear(@s); print(@s, 1); zero(@s);", "Ppz" },
	};
	struct object object;
	char text[512], outputs[32];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text),
			 "kprobe:vfs_read { @x = count(); @y[pid] = 1; @s[pid] = comm; } interval:s:1 { %s }",
			 cases[i].body);
		must_compile(text, &object);
		outputs_of(&object, outputs);
		assert_string_equal(outputs, cases[i].outputs);
		object_free(&object);
	}
}

/* The same through all statements: no byte is read before it is written. */
static void test_probes(void **state)
{
	static const struct {
		const char *probe, *provider, *target, *name;
	} cases[] = {
		{ "BEGIN", "special", "begin", "BEGIN" },
		{ "END", "special", "end", "END" },
		{ "interval:s:2", "interval", "2000000000", "interval:s:2" },
		{ "i:ms:10", "interval", "10000000", "interval:ms:10" },
		{ "interval:hz:4", "interval", "250000000", "interval:hz:4" },
		{ "profile:hz:99", "profile", "hz 99", "profile:hz:99" },
		{ "p:us:100", "profile", "100000", "profile:us:100" },
		{ "fentry:vfs_read", "fentry", "vfs_read", "fentry:vfs_read" },
		{ "f:vmlinux:vfs_read", "fentry", "vfs_read", "f:vmlinux:vfs_read" },
		{ "kfunc:vfs_read", "fentry", "vfs_read", "kfunc:vfs_read" },
		{ "fexit:vfs_read", "fexit", "vfs_read", "fexit:vfs_read" },
		{ "fr:vfs_read", "fexit", "vfs_read", "fr:vfs_read" },
		{ "kretfunc:vfs_read", "fexit", "vfs_read", "kretfunc:vfs_read" },
		{ "software:page-faults:5", "software", "2 5", "software:page-faults:5" },
		{ "s:faults:1e3", "software", "2 1000", "software:faults:1e3" },
		{ "s:minor-faults:", "software", "5 100", "software:minor-faults:" },
		{ "s:cs", "software", "3 1000", "software:cs:" },
		{ "software:cpu-clock:", "profile", "1000000", "software:cpu-clock:" },
		{ "s:task-clock:1", "profile", "10000", "software:task-clock:1" },
		{ "hardware:cycles:", "hardware", "0 1000000", "hardware:cycles:" },
		{ "h:branch-misses:7", "hardware", "5 7", "hardware:branch-misses:7" },
		{ "watchpoint:0xffffffff81000000:8:rw", "watchpoint",
		  "0xffffffff81000000 8 3", "watchpoint:0xffffffff81000000:8:rw" },
		{ "w:some_data+0x10:1:x", "watchpoint", "0xffffffff81005010 1 4",
		  "watchpoint:some_data+0x10:1:x" },
		{ "rt:sched_switch", "rawtracepoint", "sched_switch",
		  "rt:sched_switch" },
	};
	struct object object;
	char text[128];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(text, sizeof(text), "%s { print(pid); }",
			 cases[i].probe);
		must_compile(text, &object);
		assert_string_equal(object.probes[0].provider,
				    cases[i].provider);
		assert_string_equal(object.probes[0].targets[0],
				    cases[i].target);
		assert_string_equal(object.probes[0].name, cases[i].name);
		object_free(&object);
	}
}

static void test_preprocessor(void **state)
{
	struct object object;

	(void)state;
	reset_machine(NULL);
	must_compile("#include <linux/sched.h>\n"
		     "#ifdef BPFTRACE_HAVE_BTF\n"
		     "}\n"
		     "#else\n"
		     "#define ANSWER (ALSO)\n"
		     "#define ALSO 42\n"
		     "#endif\n"
		     "/*\n#define ANSWER 43\n*/\n"
		     "kprobe:vfs_read { print(ANSWER); }", &object);
	run_clause(&m, &object, 0);
	assert_string_equal(m.said, "0:42 ");
	object_free(&object);
}

/* What files declare is the program's, each of them once, and its clauses come first. */
static void test_import(void **state)
{
	struct object object;

	(void)state;
	reset_machine(NULL);
	must_compile("import \"tests/import/one.bt\"; import \"tests/import/folder\";\n"
		     "kprobe:vfs_read { let $d: duo *; print((one, two(), sizeof($d))); }\n"
		     "BEGIN { @second = 1; }", &object);
	assert_int_equal(object.nr_probes, 3);
	assert_string_equal(object.probes[0].targets[0], "begin");
	assert_string_equal(object.maps[0].name, "@first");
	assert_non_null(strstr(object.source, "macro two() { TWO }"));
	run_clause(&m, &object, 1);
	assert_string_equal(m.said, "0:8,22,8 ");
	object_free(&object);
}

static void test_import_fails(void **state)
{
	struct object object;

	(void)state;
	try_compile("import \"tests/import/wrong.bt\";\nBEGIN { print(nor_this); }", &object);
	assert_int_equal(nr_diags, 2);
	assert_int_equal(diags[0].at.first_line, 3);
	assert_string_equal(diags[0].message, "there is no builtin 'nothing'");
	assert_int_equal(diags[1].at.first_line, 2);
	assert_string_equal(diags[1].message, "there is no builtin 'nor_this'");
	must_fail(&(struct bad_program){
		"\nimport \"tests/import/none.bt\"; BEGIN { }", 2, 1,
		"cannot import 'tests/import/none.bt': No such file", NULL });
	must_fail(&(struct bad_program){
		"import \"tests/host\"; BEGIN { }", 1, 1, "there is no .bt file in it", NULL });
}

static void test_config(void **state)
{
	struct object object;

	(void)state;
	must_compile("config = { max_map_keys = 77; stack_mode = perf; }\n"
		     "kprobe:vfs_read { @[pid] = count(); }", &object);
	assert_int_equal(object.maps[0].max_entries, 77);
	object_free(&object);
	assert_int_equal(nr_diags, 0);
	must_compile("config = { stack_mode = perf }\n"
		     "kprobe:vfs_read { @[kstack, kstack(raw, 3), ustack(bpftrace), ustack(build_id)] = count(); }",
		     &object);
	assert_int_equal(object.maps[0].key[0].flags & 0xff, KPS_FIELD_PERF);
	assert_int_equal(object.maps[0].key[1].flags & 0xff, KPS_FIELD_RAW);
	assert_int_equal(object.maps[0].key[2].flags & 0xff, 0);
	assert_int_equal(object.maps[0].key[3].flags & KPS_FIELD_BUILD_ID, KPS_FIELD_BUILD_ID);
	object_free(&object);
	must_compile("config = { max_strlen = 10; missing_probes = ignore }\n"
		     "kprobe:vfs_read, kprobe:there_is_none { @[str(arg1)] = count(); @n[str(arg1, 4)] = count(); }",
		     &object);
	assert_int_equal(nr_diags, 0);
	assert_int_equal(object.maps[0].key[0].more, 10);
	assert_int_equal(object.maps[1].key[0].more, 0);
	object_free(&object);
	must_compile("kprobe:vfs_read { @one = str(arg1); @each[pid] = str(arg1); }", &object);
	assert_int_equal(object.maps[0].value[0].size, 1024);
	assert_int_equal(object.maps[0].value[0].more, 1023);
	assert_int_equal(object.maps[1].value[0].size, 64);
	assert_int_equal(object.maps[1].value[0].more, 63);
	object_free(&object);
	must_compile("config = { str_trunc_trailer = \"\" }\n"
		     "kprobe:vfs_read { @[str(arg1)] = count(); }", &object);
	assert_int_equal(object.maps[0].key[0].more, 0);
	object_free(&object);
	must_compile("config = { max_strlen = 10; }\n"
		     "kprobe:vfs_read { @[str(arg1)] = count(); @n[str(arg1, 40)] = count(); }", &object);
	assert_int_equal(object.maps[0].key[0].size, 16);
	assert_int_equal(object.maps[1].key[0].size, 16);
	object_free(&object);
	must_compile("config = { max_strlen = 10; }\n"
		     "kprobe:vfs_read /str(arg1) == \"0123456789a\"/ { }", &object);
	assert_int_equal(nr_diags, 1);
	object_free(&object);
	must_compile("config = { BPFTRACE_MAX_MAP_KEYS = 7; print_maps_on_exit = false }\n"
		     "kprobe:vfs_read { @[pid] = count(); }", &object);
	assert_int_equal(object.maps[0].max_entries, 7);
	assert_true(object.hides_maps);
	object_free(&object);
	must_compile("config = { MAX_STRLEN = 10240 } kprobe:vfs_read { @[str(arg1)] = count(); }",
		     &object);
	assert_int_equal(nr_diags, 1);
	assert_string_equal(diags[0].message, "MAX_STRLEN is at most 2048 here");
	assert_int_equal(object.maps[0].key[0].size, 2048);
	object_free(&object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_plain_maps),
		cmocka_unit_test(test_control),
		cmocka_unit_test(test_loops),
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_scopes),
		cmocka_unit_test(test_tuples),
		cmocka_unit_test(test_bools),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_stdlib),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_later_clause),
		cmocka_unit_test(test_absent_clause),
		cmocka_unit_test(test_timed_call),
		cmocka_unit_test(test_takes),
		cmocka_unit_test(test_probes),
		cmocka_unit_test(test_preprocessor),
		cmocka_unit_test(test_import),
		cmocka_unit_test(test_import_fails),
		cmocka_unit_test(test_config),
	};

	return cmocka_run_group_tests(tests, use_fixture_host, NULL);
}
