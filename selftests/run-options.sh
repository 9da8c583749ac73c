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
	unshare -pf kpctl run -q -c "$READS" -e 'kprobe:vfs_read /pid == cpid && comm == "counted"/ { @ = count(); }' >"$WORK/out" 2>&1
	is "-c: in a pid namespace, too" "$(sed -n 's/^@: //p' "$WORK/out")" 35
	no "-c: a command that is not there" kpctl run -c /nonexistent -e 'BEGIN { exit(); }'
	is "-c: cpid without it is 0, with a warning" \
		"$(kpctl run -q -e 'BEGIN { printf("%d", cpid); exit(); }' 2>"$WORK/err") $(grep -c 'no command is given' "$WORK/err")" "0 1"
	no "-c --: all that follows is the command's" kpctl run -q -c -- "$LOAD/reads" counted 1x10 -e 'BEGIN { }'
	kpctl run -q -e 'kprobe:vfs_read /pid == cpid && comm == "my reads"/ { @ = count(); }' -c -- "$LOAD/reads" "my reads" 10x7 >"$WORK/out" 2>&1
	is "-c --: a command with a blank in a word" "$(sed -n 's/^@: //p' "$WORK/out")" 7
	kpctl run -q -e 'BEGIN { }' -c -- sh -c 'exit 7' >"$WORK/out" 2>&1
	is "-c: its status is ours" $? 7
	sleep 3 &
	yes "-p: ends with the process" timeout 10 kpctl run -q -p $! -e 'interval:s:60 { exit(); }'
	"$LOAD/calls" counted 0 0 >/dev/null & busy=$!
	kpctl run -q -d 1 -p $busy -e 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }
		profile:hz:99 { @p[comm] = count(); } interval:ms:100 { @i = count(); }' >"$WORK/out" 2>&1
	is "-p: sees that process alone, and time goes on" \
		"$(sed -n 's/^\(@.*\): .*/\1/p' "$WORK/out" | sort | paste -sd' ')" "@[counted] @i @p[counted]"
	kpctl run -q -d 1 -p $busy -e 'kprobe:vfs_read /pid == getopt("pid", 0)/ { @mine = count(); } profile:hz:99 { @p[cpu] = count(); }' >"$WORK/out" 2>&1
	is "-p: a program that has a parameter pid sees all" \
		"$(grep -c '^@p' "$WORK/out") $(grep -c '^@mine' "$WORK/out")" "$(nproc) 1"
	kill $busy
	no "-p: a process that is not there" kpctl run -p 4194000 -e 'BEGIN { exit(); }'
}

version() {
	is "kpctl and the module are of one version" "$(kpctl -V)" "kpctl $(modinfo -F version "$KPSTAT_KO")"
	is "and so it says in JSON" "$(kpctl -j --version | jq -r .version)" "$(modinfo -F version "$KPSTAT_KO")"
}

# What systemd waits for, of a service of Type=notify.
notified() {
	local said waiter
	python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
s.settimeout(20)
print("listens", flush=True)
for i in range(2):
    print(s.recv(4096).decode().split("\n")[0], flush=True)
' "$1" >"$WORK/told" & waiter=$!
	for ((i = 0; i < 100; i++)); do grep -q listens "$WORK/told" && break; sleep 0.1; done
	NOTIFY_SOCKET=$1 kpctl run -q -d 1 -e 'interval:s:60 { exit(); }' >/dev/null
	wait $waiter
	said=$(sed 1d "$WORK/told" | paste -sd' ')
	is "$2" "$said" "READY=1 STOPPING=1"
}

notify() {
	notified "$WORK/notify" "who has started it is told when it is attached, and when it ends"
	yes "nobody who listens is no error" env NOTIFY_SOCKET="$WORK/nobody" kpctl run -q -e 'BEGIN { exit(); }'
	yes "nor is what is no socket" env NOTIFY_SOCKET=nowhere kpctl run -q -e 'BEGIN { exit(); }'
}

environment() {
	local text='BEGIN { printf("%d\n", sizeof(str(0))); exit(); }'
	BPFTRACE_STRLEN=4 kpctl run -q -c '/bin/cat /etc/passwd' -e '
		t:syscalls:sys_enter_openat /pid == cpid/ { @[str(args.filename)] = count(); }' >"$WORK/out" 2>&1
	yes "BPFTRACE_STRLEN: the bytes of str()" grep -q '^@\[/etc\.\.\]: ' "$WORK/out"
	BPFTRACE_LOG_SIZE=1 BPFTRACE_BTF=/x BPFTRACE_MAX_MAP_KEYS=7 kpctl check -v -e 'kprobe:vfs_read { @[pid] = count(); }' >"$WORK/out" 2>"$WORK/err"
	is "other variables are named as ignored" "$(tr ',' '\n' <"$WORK/err" | grep -o 'BPFTRACE_.*' | sort | paste -sd' ')" "BPFTRACE_BTF BPFTRACE_LOG_SIZE"
	yes "BPFTRACE_MAX_MAP_KEYS: the keys of a map" grep -q '@ count, 7 keys' "$WORK/out"
	no "a variable that is no number" env BPFTRACE_STRLEN=long kpctl check -e "$text"
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
	echo 'kprobe:vfs_rea? { @ = count(); } interval:s:5 { exit(); } END { print(1); }' >"$WORK/listed.bt"
	is "-l: what a program is going to be attached to" "$(kpctl -l "$WORK/listed.bt" | paste -sd' ')" "kprobe:vfs_read interval:s:"
	is "-l -e: the same of a text" "$(kpctl -l -e 'kprobe:vfs_rea? { @ = count(); }')" "kprobe:vfs_read"
	no "-l -e: a program that has no such probe" kpctl -l -e 'kprobe:vfs_raed { @ = count(); }'
	is "a provider's name lists its probes" "$(kpctl probes conntrack | paste -sd' ')" "conntrack:new conntrack:destroy conntrack:full"
	yes "a pattern of it, too" grep -qx conntrack:new <(kpctl probes 'conntrack*')
	yes "system calls by their names" grep -qx syscall:read <(kpctl probes 'syscall:*')
	is "what is without number: how it is written" "$(kpctl probes watchpoint) $(kpctl probes BEGIN)" "watchpoint:ADDRESS:LENGTH:MODE BEGIN"
	yes "-lv: a tracepoint's fields" grep -q 'unsigned int fd\|size_t count' <(kpctl run -lv 'tracepoint:syscalls:sys_enter_read')
}

unsafe() {
	no "system() without --unsafe" kpctl run -e 'BEGIN { system("echo hi"); exit(); }'
	is "system() with it" "$(kpctl run -q --unsafe -e 'BEGIN { system("echo hi"); exit(); }' | head -n1)" hi
	is "cat()" "$(kpctl run -q -e 'BEGIN { cat("/proc/sys/kernel/ostype"); exit(); }' | head -n1)" Linux
}

# ends_in SECONDS NAME: $PID ends within them; STATUS is how.
ends_in() {
	local i
	for ((i = 0; i < $1 * 10; i++)); do
		kill -0 $PID 2>/dev/null || break
		sleep 0.1
	done
	no "$2" kill -0 $PID
	kill -KILL $PID 2>/dev/null
	STATUS=0
	wait $PID 2>/dev/null || STATUS=$?
}

# starts TEXT [OPTION...]: in the background, as PID, until its probes are attached
starts() {
	local text=$1
	shift
	: >"$WORK/err"
	kpctl run -q "$@" -e "$text" >"${OUT:-$WORK/out}" 2>"$WORK/err" &
	PID=$!
	until_attached
}

# A pipe that is open, and that nobody reads.
unread() {
	OUT=$WORK/pipe
	mkfifo "$OUT"
	exec 7<>"$OUT"
	starts 'interval:us:500 { printf("%1000d\n", 1); }'
	sleep 3
	kill -TERM $PID
	ends_in 15 "TERM ends it although nobody reads what it writes"
	is "and it says what was not written" "$STATUS $(sed -nE '/^kpctl/s/[0-9]+/N/p' "$WORK/err")" \
		"1 kpctl: N bytes of output were not written: nobody reads them"
	timeout 3 kpctl run -q -e 'interval:us:500 { printf("%1000d\n", 1); }' >"$OUT" 2>&1 &
	PID=$!
	ends_in 20 "timeout without -k ends it, with stderr in that pipe, too"
	exec 7>&-
	OUT=
}

signals() {
	starts 'BEGIN { @ = 5; } interval:s:60 { exit(); }'
	kill -USR1 $PID
	sleep 1
	yes "USR1 prints the maps" grep -qx '@: 5' "$WORK/out"
	kill -HUP $PID
	ends_in 15 "and goes on; HUP ends it"
	is "with the maps once more" "$STATUS $(grep -cx '@: 5' "$WORK/out")" "0 2"
	trap '' HUP
	starts 'BEGIN { @ = 5; } interval:s:60 { exit(); }'
	trap - HUP
	kill -HUP $PID
	sleep 1
	yes "HUP is ignored where nohup has it ignored" kill -0 $PID
	kill -INT $PID
	ends_in 15 "and INT ends it"
	starts 'interval:ms:1 { system("sleep 0.1"); } END { system("echo the end; sleep 50"); }' --unsafe
	sleep 1
	kill -INT $PID
	for ((i = 0; i < 100; i++)); do
		grep -q end "$WORK/out" && break
		sleep 0.1
	done
	yes "system() behind a busy probe: INT ends the run, and END's commands are run" grep -qx 'the end' "$WORK/out"
	kill -INT $PID
	ends_in 5 "another INT ends it at once"
	is "by that signal" $STATUS 130
	pkill -x sleep
	starts 'interval:ms:1 { system("sleep 0.1"); }' --unsafe
	sleep 1
	kill -INT $PID
	ends_in 15 "and without END"
	yes "what was not run is counted" grep -qE 'warning: system\(\): the run was ended, and [1-9][0-9]+ commands were not run' "$WORK/err"
}

children() {
	local status=0
	kpctl run -q -c 'sh -c "exit 3"' -e 'BEGIN { }' >"$WORK/out" 2>&1 || status=$?
	is "-c: the command's status is that of the run, and is said" "$status $(grep -c 'exit status 3' "$WORK/out")" "3 1"
	status=0
	kpctl run -q -c 'sh -c "kill -KILL \$\$"' -e 'BEGIN { }' >"$WORK/out" 2>&1 || status=$?
	is "-c: so is the signal that it died of" "$status $(grep -c 'killed by signal 9' "$WORK/out")" "137 1"
	kpctl run -f json -c 'echo from the child' -e 'BEGIN { @ = 1; }' >"$WORK/out" 2>"$WORK/err"
	yes "-c with JSON: its output is not in it" jq . "$WORK/out"
	yes "but on standard error" grep -qx 'from the child' "$WORK/err"
	is "attached_probes has its number where bpftrace has it, old and new" \
		"$(head -n1 "$WORK/out")" '{"type": "attached_probes", "count": 1, "data": {"probes": 1}}'
	is "-q -f json: it is not there" \
		"$(kpctl run -q -f json -e 'BEGIN { @ = 1; exit(); }')" '{"type": "map", "data": {"@": 1}}'
	sh -c 'sleep 2 & echo $! >"$0"; exec sleep 50' "$WORK/zombie" &
	local parent=$!
	sleep 0.5
	yes "-p: ends with a process that nobody waits for" \
		timeout 15 kpctl run -q -p "$(cat "$WORK/zombie")" -e 'interval:s:60 { exit(); }'
	no "-p: and does not begin with one" kpctl run -q -p "$(cat "$WORK/zombie")" -e 'interval:s:60 { exit(); }'
	kill $parent
}

# terminal COMMAND: what it writes to one
terminal() {
	printf '#!/bin/sh\n%s\nsleep 0.5\nexit 0\n' "$1" >"$WORK/command"
	chmod +x "$WORK/command"
	socat -u EXEC:"$WORK/command",pty,stderr,rawer - 2>/dev/null
}

# Its own name is that of somebody who means no good.
names() {
	local name=$'\e[31m\xff' colour
	printf '%s\n' 'BEGIN { printf("\x1b[1m a\tb %s.\n", comm); @[comm] = 1; exit(); }' >"$WORK/names.bt"
	cp "$(command -v kpctl)" "$WORK/$name"
	printf '#!/bin/sh\nexec "%s" "$@"\n' "$WORK/$name" >"$WORK/odd.sh"
	chmod +x "$WORK/odd.sh"
	colour=$'\e[1m a\tb'
	is "a file gets names as they are" \
		"$("$WORK/odd.sh" run -q "$WORK/names.bt" | paste -sd' ')" "$colour $name.  @[$name]: 1"
	is "a terminal does not, but what printf's own format has" \
		"$(terminal "$WORK/odd.sh run -q $WORK/names.bt" | paste -sd' ')" \
		"$colour \\x1b[31m\\xff.  @[\\x1b[31m\\xff]: 1"
	"$WORK/odd.sh" load --name named -e 'BEGIN { @[comm] = 1; printf("%s", comm); }'
	is "read, too" "$(terminal "kpctl read named")" "@[\\x1b[31m\\xff]: 1"
	yes "and output" grep -qF '\x1b[31m\xff' <(terminal "kpctl output named")
	must kpctl unload named
	colour=$'\e[31m'
	yes "errors, too" grep -qF '/tmp/\x1b[31m.bt: No such file' \
		<(terminal "kpctl check '/tmp/$colour.bt'")
}

# red WORD COMMAND: whether it stands in colour in what a terminal gets
is_red() { grep -qF $'\e[1;31m'"$1"$'\e[0m' <(terminal "$2"); }

colours() {
	local wrong="kpctl check -e 'kprobe:vfs_read { @ = 5 +; }'"
	export TERM=xterm
	yes "an error is red on a terminal" is_red error: "$wrong"
	yes "so is one of the command line" is_red kpctl: "kpctl read nobody"
	no "NO_COLOR: it is not" is_red error: "NO_COLOR=1 $wrong"
	no "--color=never: nor so" is_red error: "${wrong/check/check --color=never}"
	no "before the command, too" is_red error: "${wrong/kpctl/kpctl --color=never}"
	is "--color=always: in a file, too" "$(kpctl check --color=always -e 'k:vfs_read { @ = 5 +; }' 2>&1 | grep -c $'\e\[1;31m')" 1
	is "a file has none" "$(kpctl check -e 'k:vfs_read { @ = 5 +; }' 2>&1 | grep -c $'\e')" 0
	no "--color takes no other word" kpctl check --color=red -e 'k:vfs_read { }'
}

# Those that the load's own count is known of.
system_calls() {
	local call
	for call in syscall:read "syscall:rea[d]" kprobe:sys_read kretprobe:sys_read; do
		kpctl run -q -c "$READS" -e "$call /pid == cpid && comm == \"counted\"/ { @ = count(); }" >"$WORK/out" 2>&1
		is "$call is each read()" "$(sed -n 's/^@: //p' "$WORK/out")" 35
	done
	is "a run of 1m1ms, of which a second is enough" \
		"$(timeout -s INT 3 kpctl run -q -d 1m1ms -e 'BEGIN { printf("on\n"); }' 2>&1 | head -n1)" on
	is "-d 0.5s500ms ends after a second" "$(kpctl run -q -d 0.5s500ms -e 'interval:ms:300 { @ = count(); }' 2>&1 | sed -n 's/^@: //p')" 3
	no "-d takes no other unit" kpctl run -d 1m30x -e 'BEGIN { }'
}

# What kpctl does itself. While nothing happens it sleeps: a few calls begin and end it.
itself() {
	local text='tracepoint:raw_syscalls:sys_enter /comm == "kpctl"/ { @ = count(); }
		BEGIN { printf("begin\n"); } interval:s:4 { printf("tick\n"); exit(); } END { printf("end\n"); }'
	kpctl run -q -e "$text" >"$WORK/out" 2>&1
	diag <<<"system calls of an idle kpctl in 4 s: $(sed -n 's/^@: //p' "$WORK/out")"
	between "an idle kpctl is seen" "$(sed -n 's/^@: //p' "$WORK/out")" 1 100
	kpctl run -q --no-self -e "$text" >"$WORK/out" 2>&1
	is "--no-self: it is not seen, but does what it does" "$(paste -sd' ' <"$WORK/out" | sed 's/ *$//')" "begin tick end"
	kpctl run -q --no-self -c "$READS" -e 'kprobe:vfs_read /comm == "counted"/ { @ = count(); }' >"$WORK/out" 2>&1
	is "--no-self: others are" "$(sed -n 's/^@: //p' "$WORK/out")" 35
	unshare -pf kpctl run -q --no-self -e "$text" >"$WORK/out" 2>&1
	is "--no-self: in a pid namespace, too" "$(grep -c '^@' "$WORK/out")" 0
}

# What bpftrace has by the same names.
borrowed() {
	kpctl run -q --dry-run -e 'BEGIN { print("ran"); @ = 1; }' >"$WORK/out" 2>&1
	is "--dry-run: attached, and nothing else" "$? $(cat "$WORK/out")" "0 "
	kpctl run -q --output "$WORK/out" -e 'BEGIN { 5; print("out"); exit(3); }' 2>"$WORK/err"
	is "exit(3) is the status" "$? $(head -n 1 "$WORK/out") $(grep -c warning "$WORK/err")" "3 out 1"
	kpctl run -q --no-warnings --cmd true -e 'BEGIN { 5; }' >"$WORK/out" 2>&1
	is "--no-warnings: none" "$? $(grep -c warning "$WORK/out")" "0 0"
	kpctl run -q -e 'BEGIN { print((getopt("size", 1), getopt("on"), $1)); exit(); }' -- 7 --size=5 --on >"$WORK/out" 2>&1
	is "parameters with names" "$(head -n 1 "$WORK/out")" "(5, true, 7)"
	no "one that the program does not ask for" kpctl run -q -e 'BEGIN { exit(); }' -- --size=5
	yes "pid(curr_ns) is known in the initial namespace" kpctl check -e 'BEGIN { print(pid(curr_ns) == pid(init)); }'
	no "and refused in another" unshare -pf kpctl check -e 'BEGIN { print(pid(curr_ns)); }'
	kpctl run -q -e 'BEGIN { print(1); errorf("bad %d", 5); exit(); }' >"$WORK/out" 2>"$WORK/err"
	is "errorf() says where" "$(cat "$WORK/err")" "-e:1:19-38: ERROR: bad 5"
	kpctl run -q -f json -e 'BEGIN { errorf("bad %d", 5); warnf("x"); $x = 5; print($x / 0); exit(); }' >"$WORK/out" 2>"$WORK/err"
	is "in JSON they are documents, as a division by 0 is" \
		"$(jq -c 'select(.msg) | [.type, .msg[:8], .line, .col]' "$WORK/out" | paste -sd' ')" \
		'["errorf","bad 5",1,9] ["warnf","x",1,30] ["runtime_error","Divide o",1,56]'
}

# The load's call chains are the numbers 5 and 6 in binary, the outermost frame the lowest.
numbers() {
	awk -F';' '/^stacked;/ {
		n = 0; bit = 0.5
		for (i = 1; i <= NF; i++) {
			if ($i == "right") n += bit
			if ($i == "left" || $i == "right") bit *= 2
		}
		sub(/.* /, ""); print n, $0
	}' "$1" | sort | paste -sd' '
}

folded() {
	local text='kprobe:vfs_read /comm == "stacked"/ { @[kstack, ustack(32), comm] = count();
		@all = count(); if (arg2 == 6) { exit(); } }'
	kpctl run -f folded -c "$LOAD/stacks stacked 0 5 6 1" -e "$text" >"$WORK/out" 2>"$WORK/err"
	is "-f folded: each stack is a line, root first" "$(numbers "$WORK/out")" "5 1 6 1"
	is "-f folded: the kernel's frames are below user space's" \
		"$(grep -cE '^stacked(;[^;]*[^]])+(;[^; ]+_\[k\])*;vfs_read_\[k\] 1$' "$WORK/out")" 2
	is "-f folded: what has no stack is left out, and said" "$(grep -c '@all is left out' "$WORK/err")" 1
	must kpctl load --name folds -e 'kprobe:vfs_read /comm == "counted"/ { @[kstack(1)] = count(); }'
	$READS
	is "read -f folded" "$(kpctl read -f folded folds)" "vfs_read_[k] 35"
	must kpctl unload folds
	no "-f takes no other word" kpctl read -f svg folds
}

load_module
folded
names
colours
system_calls
itself
borrowed
commands
children
signals
unread
version
notify
environment
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
