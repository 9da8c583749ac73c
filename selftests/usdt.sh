#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Marks in programs: each is seen as often as the program comes by, with its arguments,
# wherever the compiler has put them; and the program is told that somebody looks.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=240

MARKS=$LOAD/marks

# printed TEXT WHAT: what a program prints while the marks are come by
printed() {
	kpctl run -q -c "sh -c 'exec $MARKS $2 >/dev/null'" -e "$1" 2>"$WORK/printed.err"
}

# refused TEXT: the first line of why, and the hint
refused() { kpctl check -e "$1" 2>&1 >/dev/null | sed -n 's/^-e:[0-9:]* error: //p; s/^ *hint: //p'; }

load_module
needs_uprobes "usdt:$MARKS:lab:twice"

is "arguments of all widths, with and without a sign" \
	"$(printed "usdt:$MARKS:lab:widths { printf(\"%d %d %d %d %d %lu %ld %lu\", arg0, arg1, arg2, arg3, arg4, arg5, arg6, arg7); }" widths)" \
	"-1 200 -300 60000 -70000 4000000000 -5000000000 10000000000000000000"
is "twelve of them" \
	"$(printed "usdt:$MARKS:twelve { printf(\"%d %d %d\", arg0 + arg1 + arg2 + arg3, arg4 + arg5 + arg6 + arg7, arg8 + arg9 * 10 + arg10 * 100 + arg11 * 1000); }" widths)" \
	"10 26 13209"
is "in memory, by a base, an index and a scale" \
	"$(printed "usdt:$MARKS:indexed { printf(\"%d %d %lx %d %d\", arg0, arg1, arg2, arg3, arg4); }" places)" \
	"12 15 d0000000c 0 11"
is "in parts of registers" \
	"$(printed "usdt:$MARKS:parts { printf(\"%x %d %x\", arg0, arg1, arg2); }" places)" \
	"fe -127 fe81"
is "numbers" "$(printed "usdt:$MARKS:numbers { printf(\"%d %d %d\", arg0, arg1, arg2); }" places)" "-5 16 255"
is "by the name of a variable" \
	"$(printed "usdt:$MARKS:named { printf(\"%d %d\", arg0, arg1); }" places)" "-77 11"
is "beside one that cannot be read" "$(printed "usdt:$MARKS:floats { printf(\"%d\", arg0); }" places)" 1
is "and that one is refused" "$(refused "usdt:$MARKS:floats { @ = sum(arg1); }")" \
	"arg1 of '$MARKS:lab:floats' is where kpctl cannot read it: 8f@%xmm0"
is "no arguments" "$(refused "usdt:$MARKS:none { @ = sum(arg0); }")" \
	"'$MARKS:lab:none' has 0 arguments, so there is no arg0
leave it out"

load_text twice "usdt:$MARKS:lab:twice { @is[arg0 == 1000000] = count(); @sum = sum(arg0); @n = count(); @p[probe] = count(); }"
n=$("$MARKS" twice 300)
is "two marks of one name" "$(value twice @n)" "$n"
is "each has its own argument" "$(value twice @is false) $(value twice @is true)" "300 300"
is "their sum" "$(value twice @sum)" $((300 * 1000000 + 299 * 300 / 2))
is "and they have one name" "$(kpctl read twice @p)" "@p[usdt:$MARKS:lab:twice]: $n"
nothing_lost twice
done_with twice

load_text all "usdt:$MARKS:*:* { @[probe] = count(); } U:$MARKS:l*b:t* { @t = count(); }"
n=$("$MARKS" places)
is "patterns" "$(kpctl read all | grep -c ': 1$')" "$n"
n=$("$MARKS" widths)
is "of names" "$(value all @t)" 1
done_with all

# Who is not looked at does not come by.
is "nobody looks" "$("$MARKS" counted 50)" 0
load_text counted "usdt:$MARKS:counted { @ = count(); @max = max(arg0); }"
n=$("$MARKS" counted 50)
is "somebody looks" "$n" 50
is "and sees each" "$(value counted @) $(value counted @max)" "50 49"
done_with counted
is "nobody looks any more" "$("$MARKS" counted 50)" 0

mkfifo "$WORK/in"
"$MARKS" wait <"$WORK/in" >"$WORK/out" & waits=$!
exec 3>"$WORK/in"
until [ -s "$WORK/out" ]; do sleep 0.1; done
load_text counted "usdt:$MARKS:counted { @ = count(); } usdt:$MARKS:counted { @again = count(); }"
exec 3>&-
wait $waits
is "a process that was there before is told, too" "$(tail -n1 "$WORK/out")" 5
is "and seen, twice by who asks twice" "$(value counted @) $(value counted @again)" "5 5"
done_with counted

rm "$WORK/in" "$WORK/out"
mkfifo "$WORK/in"
"$MARKS" wait <"$WORK/in" >"$WORK/out" & waits=$!
exec 3>"$WORK/in"
until [ -s "$WORK/out" ]; do sleep 0.1; done
kpctl run -q --usdt-file-activation -p $waits 3>&- -e 'usdt:*:lab:counted { @ = count(); } usdt:*:counted { @too = count(); }' \
	>"$WORK/ours" 2>"$WORK/err" & run=$!
until_attached
exec 3>&-
wait $waits
wait $run
is "all that a process runs is looked through with -p" "$(grep @ "$WORK/ours" | paste -sd' ')" "@: 5 @too: 5"
is "without it there is nothing to look through" "$(refused 'usdt:*:lab:counted { @ = count(); }')" \
	"'*' stands for all that a process runs, and no process is given
name a file, or a process with -p or -c"
is "with -c the program itself is" "$(kpctl run -q -c "$MARKS twice 20" -e "usdt:*:lab:twice { @ = count(); }" 2>/dev/null | grep @)" "@: 40"
is "a pattern of files" "$(kpctl run -q -c "$MARKS twice 20" -e "usdt:$LOAD/mark[s]:lab:twice { @ = count(); }" 2>/dev/null | grep @)" "@: 40"
is "-p and -c see one process" \
	"$(kpctl run -q -c "$MARKS twice 20" -e "usdt:$MARKS:twice { @ = count(); }" 2>/dev/null | grep @)" "@: 40"

is "a name that is nearly there" "$(refused "usdt:$MARKS:lab:twise { @ = count(); }")" \
	"'$MARKS' has no mark 'twise'
did you mean twice?"
is "a program without marks" "$(refused "usdt:$LOAD/funcs:lab:twice { @ = count(); }" | head -n1)" \
	"'$LOAD/funcs' has no marks, and so no 'twice'"
is "the list of all" "$(kpctl probes "usdt:$MARKS:*" | sort | tr '\n' ' ' | sed "s,usdt:$MARKS:,,g")" \
	"lab:counted lab:floats lab:indexed lab:named lab:none lab:numbers lab:parts lab:twelve lab:twice lab:widths "

is "with their arguments" "$(kpctl probes -v "usdt:$MARKS:lab:widths" | sed 1d | paste -sd' ' | tr -s ' ')" \
	" int8 arg0 uint8 arg1 int16 arg2 uint16 arg3 int32 arg4 uint32 arg5 int64 arg6 uint64 arg7"

# Marks of a library: the C library has some of its own.
if kpctl probes 'usdt:libc:libc:*' >"$WORK/libc" 2>/dev/null && [ -s "$WORK/libc" ]; then
	yes "the C library's own can be attached" kpctl load --name libc -e 'usdt:libc:libc:* { @[probe] = count(); }'
	python3 -c pass
	ledger_adds_up libc
	must kpctl unload libc
else
	skip "the C library's own can be attached" "it has none"
fi

beside() {
	bpftrace -c "$MARKS $2" -e "$1" 2>/dev/null | grep '^[@=]' | sort >"$WORK/theirs"
	kpctl run -q -c "$MARKS $2" -e "$1" 2>/dev/null | grep '^[@=]' | sort >"$WORK/ours"
	[ -s "$WORK/theirs" ] && diff -u "$WORK/theirs" "$WORK/ours"
}
if has_bpf; then
	yes "as bpftrace: two marks of one name" beside "usdt:$MARKS:lab:twice { @[comm] = count(); @s = sum(arg0); }" "twice 100"
	yes "as bpftrace: widths" beside "usdt:$MARKS:lab:widths { printf(\"= %d %d %d %d\\n\", arg0, arg1, arg2, arg3); }" widths
	yes "as bpftrace: a counter" beside "usdt:$MARKS:lab:counted { @ = hist(arg0); }" "counted 70"
else
	skip "as bpftrace" "this kernel has no bpf()"
fi

must rmmod kpstat
is "the kernel did not complain" \
	"$(dmesg | grep -E 'WARNING|BUG|Oops|rcu:.*stall|hung task|ref_ctr|kpstat: .*error')" ""
finish
