#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Bad input gets one clear error that names the place and the remedy, and leaves
# nothing behind.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=240

errors() { grep -c 'error:\|^kpctl: ' "$WORK/out"; }

# bad NAME STATUS PATTERN ARGUMENTS...: kpctl fails with that status and says
# exactly one error, which matches the pattern.
bad() {
	local name=$1 want=$2 pattern=$3 status=0
	shift 3
	kpctl "$@" >"$WORK/out" 2>&1 || status=$?
	is "$name: status" $status "$want"
	if grep -qE -- "$pattern" "$WORK/out"; then
		result 0 "$name: says so"
	else
		result 1 "$name: says so"
		{ echo "want: $pattern"; cat "$WORK/out"; } | diag
	fi
	is "$name: one error" "$(errors)" 1
}

# bad_text NAME PATTERN TEXT [OPTION...]
bad_text() {
	local name=$1 pattern=$2 text=$3
	shift 3
	bad "$name" 1 "$pattern" load "$@" --name bad -e "$text"
}

# A name that several functions bear: the first such in this kernel.
twice_borne() {
	awk '$2 ~ /^[tT]$/ && NF == 3 && $3 ~ /^[a-z_]+$/ { n[$3]++ }
	     END { for (s in n) if (n[s] > 1) print s }' /proc/kallsyms | sort | head -n1
}

blacklisted() {
	awk '{ print $NF }' /sys/kernel/debug/kprobes/blacklist | grep -x 'exc_[a-z0-9_]*' | head -n1
}


# Key parts enough that a clause takes more than 4,096 instructions.
long_clause() {
	local i
	echo 'kprobe:vfs_read {'
	for ((i = 0; i < 700; i++)); do echo "@m[arg0 + $i, arg1] = count();"; done
	echo '}'
}

# unwritten NAME SENTENCE ARGUMENTS...: what $OUT cannot take is one sentence and status 1.
unwritten() {
	local name=$1 want=$2 status=0
	shift 2
	if [ -n "$OUT" ]; then
		kpctl "$@" >"$OUT" 2>"$WORK/out" || status=$?
	else
		kpctl "$@" >&- 2>"$WORK/out" || status=$?
	fi
	is "$name: status, and all it says" "$status $(cat "$WORK/out")" "1 kpctl: $want"
}

# Every command that prints, as text and as JSON; all but probes is one flush, the last.
unwritten_by_all() {
	local sentence=$1 command
	while read -r command; do
		# shellcheck disable=SC2086
		unwritten "$command >${OUT:-&-}" "$sentence" $command
	done <<-'END'
		list
		list -j
		show printed
		show -v printed
		show -j printed
		read printed
		read -j printed
		output printed
		output -j printed
		probes kprobe:vfs_*
		probes -j kprobe:vfs_*
		check -v fork
		status
		status -j
		reset -j printed
		--help
		run --help
	END
	unwritten "run >${OUT:-&-}" "$sentence" run -q -e 'BEGIN { printf("text\n"); exit(); }'
	unwritten "run -j >${OUT:-&-}" "$sentence" run -j -e 'BEGIN { exit(); }'
	unwritten "run -B full >${OUT:-&-}" "$sentence" run -q -B full -e 'BEGIN { @ = 1; exit(); }'
}

cannot_write() {
	local small="$WORK/small" status
	must kpctl load --name printed -e 'BEGIN { @ = 1; printf("text\n"); } interval:ms:20 { @ = 1; printf("more\n"); }'
	OUT=/dev/full unwritten_by_all "standard output: No space left on device"
	OUT='' unwritten_by_all "standard output: Bad file descriptor"
	mkdir "$small"
	must mount -t tmpfs -o size=16k none "$small"
	OUT=/dev/null unwritten "run -o, a disk that gets full" "-o $small/file: No space left on device" \
		run -q -o "$small/file" -e 'interval:ms:10 { printf("%1000d\n", 1); }'
	must umount "$small"
	OUT=/dev/null unwritten "run -o /dev/full" "-o /dev/full: No space left on device" \
		run -q -o /dev/full -e 'BEGIN { exit(); }'
	yes "what prints nothing needs no output" eval 'kpctl unload printed >&-'
	# systemd has SIGPIPE ignored, and so have its children.
	status=$(trap '' PIPE
		timeout 20 kpctl run -q -e 'interval:ms:10 { printf("line\n"); }' 2>"$WORK/out" | head -n1 >"$WORK/head"
		echo "${PIPESTATUS[0]}")
	is "| head, with SIGPIPE ignored: quiet and quick" "$status $(cat "$WORK/head" "$WORK/out")" "141 line"
}

load_module

bad_text "a function that is not there" "-e:1:1: error: .*vfs_raed" \
	'kprobe:vfs_raed { @ = count(); }'
yes "near names are offered" grep -q vfs_read "$WORK/out"
bad_text "an event that is not there" "sched_process_frok" \
	'tracepoint:sched:sched_process_frok { @ = count(); }'
yes "near events are offered" grep -q sched_process_fork "$WORK/out"
bad_text "a function that must not be probed" "blacklist" \
	"kprobe:$(blacklisted) { @ = count(); }"
bad_text "a name that several functions bear" "error: .*$(twice_borne)" \
	"kprobe:$(twice_borne) { @ = count(); }"
bad_text "an offset inside of an instruction" "vfs_read\+[1-9]" \
	'kprobe:vfs_read+1 { @ = count(); }'
bad_text "an offset outside of the function" "vfs_read\+" \
	'kprobe:vfs_read+1000000 { @ = count(); }'
bad_text "a syntax error" "-e:1:23: error: unexpected" 'kprobe:vfs_read { @ = } count();'
yes "it shows the line" grep -q 'kprobe:vfs_read { @ = } count' "$WORK/out"
yes "and a caret" grep -q '\^' "$WORK/out"
bad_text "a string where a number is wanted" "error: " \
	'kprobe:vfs_read { @ = sum("x"); }'
bad_text "a comparison of number and string" "error: " \
	'kprobe:vfs_read /pid == "x"/ { @ = count(); }'
bad_text "a key of two types" "error: " \
	'kprobe:vfs_read { @m[1] = count(); @m["a"] = count(); }'
bad_text "a field that is not there" "no_such" \
	'tracepoint:sched:sched_process_fork { @[args.no_such] = count(); }'
bad_text "a call that changes what it observes" "signal" \
	'kprobe:vfs_read { signal(9); }'
bad_text "too many instructions" "4096" "$(long_clause)"
bad_text "too many keys" "" 'kprobe:vfs_read { @[tid] = hist(arg2); }' \
	--max-keys 1000000
yes "memory: the remedy is named" grep -q max_memory_mb "$WORK/out"
bad "a program that is not there" 1 'no program "drosp"' load drosp
yes "those there are, are named" grep -q drops "$WORK/out"
bad "a file that is not there" 1 '/tmp/none.bt: No such file' load /tmp/none.bt
bad "no command" 2 'no command' frobnicate
bad "an option that neither run nor the program has" 1 'no option --by-user, and the program has no such parameter' run -q fork --by-user
bad "an option, and no program" 2 'no option --by-user' run --by-user
bad "tools of no subject" 1 'no tools for "cooking"' tools cooking
bad "no program" 2 'one program is needed' load
bad "-e without a name" 2 'name' load -e 'kprobe:vfs_read { @ = count(); }'
bad "a number that is none" 2 'max-keys' load --max-keys x drops
bad "a name with a slash" 1 'is not a name for a program' load --name a/b drops
bad "reading what is not loaded" 1 'no program "x" is loaded' read x
kpctl load fork
bad "loading it twice" 1 'is loaded already' load fork
bad "a map that is not there" 1 'has no map @nope' read fork @nope
kpctl unload fork
cannot_write

bad "-e twice" 2 '-e stands twice' run -e 'BEGIN { exit(); }' -e 'BEGIN { exit(); }'
bad "a duration that is none" 2 'with ms, s, m, h or d .*, not "1y"' run -d 1y drops
printf '\377\376B\0' >"$WORK/utf16.bt"
bad "a file in UTF-16" 1 'UTF-16' check "$WORK/utf16.bt"
printf '\357\273\277BEGIN { printf("good\\n"); exit(); }' >"$WORK/bom.bt"
is "a byte order mark is none of the program" "$(kpctl run -q "$WORK/bom.bt")" good
is "a program on standard input" "$(kpctl run -q - <"$WORK/bom.bt")" good
yes "a duration in another unit" timeout 30 kpctl run -d 100ms -e 'BEGIN { }'

is "nothing is loaded" "$(status programs)" 0
is "no memory is held" "$(status memory)" 0
is "debugfs is empty" "$(ls "$DEBUGFS/programs")" ""
is "no kprobe is left" "$(armed)" 0

umount /sys/kernel/debug
yes "without debugfs a program loads" kpctl load fork
yes "and is read" kpctl read fork
must kpctl unload fork
must rmmod kpstat
must mount -t debugfs none /sys/kernel/debug
finish
