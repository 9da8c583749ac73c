#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The options of bpftrace's command line that kpctl run has, and its JSON.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=300

READS="$LOAD/reads counted 1x10 100x20 5000x5"

# Documents that are the same whatever order their keys are in; how many probes
# are attached is each tool's own affair.
documents() { jq -cS 'select(.type != "attached_probes")' "$1"; }

# same_json NAME TEXT: with the same command, -f json prints the same documents.
same_json() {
	bpftrace -f json -c "$READS" -e "$2" >"$WORK/theirs.raw" 2>"$WORK/theirs.err"
	kpctl run -f json -c "$READS" -e "$2" >"$WORK/ours.raw" 2>"$WORK/ours.err"
	documents "$WORK/theirs.raw" >"$WORK/theirs" && documents "$WORK/ours.raw" >"$WORK/ours"
	if bpftrace_cannot "$WORK/theirs.err"; then
		skip "JSON: $1" "bpftrace needs this kernel's headers"
	elif [ -s "$WORK/theirs" ]; then
		yes "JSON: $1" diff -u "$WORK/theirs" "$WORK/ours"
	else
		result 1 "JSON: $1"
		cat "$WORK/theirs.raw" "$WORK/theirs.err" | diag
	fi
}

commands() {
	kpctl run -q -c "$READS" -e 'kprobe:vfs_read /pid == cpid && comm == "counted"/ { @ = count(); }' >"$WORK/out" 2>&1
	is "-c: a command is run, and ends it" "$(sed -n 's/^@: //p' "$WORK/out")" 35
	no "-c: a command that is not there" kpctl run -c /nonexistent -e 'BEGIN { exit(); }'
	no "-c: cpid without it" kpctl run -e 'BEGIN { printf("%d", cpid); exit(); }'
	sleep 1 &
	yes "-p: ends with the process" timeout 10 kpctl run -q -p $! -e 'interval:s:60 { exit(); }'
	no "-p: a process that is not there" kpctl run -p 4194000 -e 'BEGIN { exit(); }'
}

files() {
	kpctl run -q -o "$WORK/file" -e 'BEGIN { printf("to the file\n"); @x = 1; exit(); }' >"$WORK/out" 2>&1
	is "-o: stdout is empty" "$(cat "$WORK/out")" ""
	yes "-o: what is printed is in the file" grep -qx 'to the file' "$WORK/file"
	yes "-o: and so are the maps" grep -qx '@x: 1' "$WORK/file"
	printf '#!/usr/bin/env -S kpctl run -q\nBEGIN { printf("%%s %%d\\n", str($1), $2); exit(); }\n' >"$WORK/script.bt"
	chmod +x "$WORK/script.bt"
	is "a script with a shebang and parameters" "$("$WORK/script.bt" first 2 | head -n1)" "first 2"
}

listing() {
	kpctl run -l 'kprobe:vfs_rea?' >"$WORK/out"
	is "-l: functions" "$(cat "$WORK/out")" "kprobe:vfs_read"
	yes "-lv: a tracepoint's fields" grep -q 'unsigned int fd\|size_t count' <(kpctl run -lv 'tracepoint:syscalls:sys_enter_read')
}

unsafe() {
	no "system() without --unsafe" kpctl run -e 'BEGIN { system("echo hi"); exit(); }'
	is "system() with it" "$(kpctl run -q --unsafe -e 'BEGIN { system("echo hi"); exit(); }' | head -n1)" hi
	is "cat()" "$(kpctl run -q -e 'BEGIN { cat("/proc/sys/kernel/ostype"); exit(); }' | head -n1)" Linux
}

load_module
commands
files
listing
unsafe
if has_bpf; then
	same_json "counts and sums" 'kprobe:vfs_read /comm == "counted"/ { @c[comm] = count(); @s = sum(arg2); @m = max(arg2); }'
	same_json "histograms" 'kprobe:vfs_read /comm == "counted"/ { @h = hist(arg2); @l = lhist(arg2, 0, 1000, 100); @k[comm] = hist(arg2); }'
	same_json "averages" 'kprobe:vfs_read /comm == "counted"/ { @a = avg(arg2); @s[comm] = stats(arg2); }'
	same_json "printf" 'BEGIN { printf("%d %s \"x\"\n", 5, "text"); }'
	same_json "values and tuples" 'BEGIN { print(5); print("text"); print((1, "b", -3)); @t = (1, 2); @v = -1; @k[1, "x"] = 2; }'
	same_json "join" 'tracepoint:syscalls:sys_enter_execve /comm == "nobody"/ { join(args->argv); } BEGIN { print(1); }'
fi
is "nothing is loaded" "$(ls "$DEBUGFS/programs")" ""
is "no memory is held" "$(status memory)" 0
must rmmod kpstat
finish
