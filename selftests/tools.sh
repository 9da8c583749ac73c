#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The tools that Debian's bpftrace package ships, unmodified: what becomes of
# each is a table in docs/tools.md, which must be true.  Those that run do so all at
# once, and are given something to see.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=600

DOCS=$HERE/../docs/tools.md

# What an error means for the table: the construct that is missing.
missing() {
	sed -n 's/.*error: //p' "$1" | head -n1 | sed -E '
		s/.*libpthread.* has no function .(.*)./no such function in this C library: \1 is in libc.so.6/
		s/this kernel has (no function|none of the program.s probes).*/no such function in this kernel/'
}

row() {
	local what=runs
	kpctl check "$2" >"$WORK/check" 2>&1 || what=$(missing "$WORK/check")
	[ "$what" != runs ] || [ -z "$(inlined_for "$1")" ] ||
		what="shows nothing: $(inlined_for "$1") is inlined"
	printf '| %s | %s |\n' "$1" "$what"
}

table() {
	local tool
	for tool in "$TOOLS_DIR"/*.bt; do
		row "$(basename "$tool" .bt)" "$tool"
	done
}

# Tools that docs/tools.md says run, and that this kernel is no excuse for.
broken() {
	join -t'|' -1 2 -2 2 <(sort "$WORK/documented") <(sort "$WORK/table") |
		awk -F'|' '$3 == " runs " && $6 !~ /^ runs | has no (field|member) |no such|is inlined/ { print $1 ":" $6 }'
}

documented() { sed -n '/^| [a-z]* | /p' "$DOCS" | grep -v '^| tool '; }

# runs NAME: whether the table says so; else what it would have shown is left out
runs() {
	grep -q "^| $1 | runs |" "$WORK/table" && return
	skip "$1" "$(sed -n "s/^| $1 | \(.*\) |$/\1/p" "$WORK/table")"
	return 1
}

# "TOOL PATTERN": those that are run, and what they show of what they are given.
shown() {
	cat <<-'END'
	bashreadline	echo typed
	biolatency	^@usecs:
	biostacks	^@usecs\[
	bitesize	@\[.*\]:
	capable	chown
	cpuwalk	^@cpu:
	execsnoop	uname -s -m
	gethostlatency	getent .*localhost
	killsnoop	kill|bash +0 +1 +0
	loads	load averages: [0-9]+\.[0-9]+
	opensnoop	cat .* 0 /etc/hosts$
	opensnoop	cat +-1 +2 /nonexistent$
	pidpersec	PIDs/sec: @: [0-9]+
	runqlat	^@usecs:
	setuids	setuid +uid=7 \(0\)
	statsnoop	stat|/etc/passwd
	threadsnoop	python3|start_thread|thread
	swapin	^[0-9][0-9]:[0-9][0-9]
	sslsnoop	openssl +[0-9]+ +17 SSL_write
	sslsnoop	openssl +[0-9]+ +17 SSL_read
	sslsnoop	openssl +[0-9]+ +18 SSL_write
	sslsnoop	openssl +[0-9]+ +18 SSL_read
	sslsnoop	openssl +[0-9]+ +1 SSL_do_handshake
	ssllatency	@stat\[SSL_write\]: \{ \.count = 2,
	ssllatency	@stat\[SSL_read\]: \{ \.count = 2,
	syncsnoop	sync +tracepoint:syscalls:sys_enter_sync
	syscount	@process\[cat\]|@syscall\[
	vfscount	@\[vfs_read\]: [0-9]+
	vfsstat	@\[vfs_open\]: [0-9]+
	writeback	TIME +DEVICE
	END
	[ ! -d /sys/module/xfs ] || echo "xfsdist	Tracing XFS"
}

# What a tool had to say, but that an event came inside of another's handler, or that the
# guest's CPU was not its own for a period: seldom, true, and no fault of a tool's.
complaints() {
	grep -E '^(kpctl|lost|Lost)' "$1" |
		grep -vE ': (inside of kpstat itself|interrupts were off for longer than a period)$'
}

# Writes that reach a disk.
write_file() { dd if=/dev/zero of=/root/written bs=64k count=16 conv=fsync; sync; }

# A bash that somebody types into.
type_into_bash() {
	python3 -c 'import os, pty, time
pid, fd = pty.fork()
if not pid: os.execv("/bin/bash", ["bash", "--norc", "-i"])
for line in b"echo typed\n", b"exit\n":
    time.sleep(1)
    os.write(fd, line)
os.waitpid(pid, 0)'
}

# until_said TEXT FILE
until_said() {
	local i
	for ((i = 0; i < 300; i++)); do
		! grep -q "$1" "$2" 2>/dev/null || return 0
		sleep 0.1
	done
	return 1
}

# openssl's server and its client, which say something to each other: 17 bytes, and 18.
talk_by_tls() {
	local server client address=127.0.0.1:4433
	ip link set lo up
	mkfifo "$WORK/to_server" "$WORK/to_client"
	exec 4<>"$WORK/to_server" 5<>"$WORK/to_client"
	openssl s_server -accept $address -naccept 1 -quiet -cert "$LOAD/tls.pem" <&4 >"$WORK/to_server.said" &
	server=$!
	until ss -tln | grep -q "$address"; do sleep 0.1; done
	openssl s_client -connect $address -quiet <&5 >"$WORK/to_client.said" &
	client=$!
	echo "said by a client" >&5
	until_said client "$WORK/to_server.said"
	echo "and by the server" >&4
	until_said server "$WORK/to_client.said"
	exec 4>&- 5>&-
	kill $client
	wait $server
}

start_threads() {
	python3 -c 'import threading
for i in range(5):
    thread = threading.Thread(target=print)
    thread.start()
    thread.join()'
}

wakeups() { for ((i = 0; i < 50; i++)); do sleep 0.01; done; }

find_tools
load_module
modprobe -a xfs md_mod 2>/dev/null
must install_types
table >"$WORK/table"
documented >"$WORK/documented"
if grep -q "Debian's kernel $(uname -r | cut -d. -f1,2) " "$DOCS" && [ -d /sys/module/xfs ] && [ -d /sys/module/md_mod ]; then
	yes "docs/tools.md says what becomes of each" diff -u "$WORK/documented" "$WORK/table"
else
	is "what runs elsewhere runs here, if this kernel has what it asks for" "$(broken)" ""
fi
between "tools that run" "$(grep -c '| runs |' "$WORK/table")" 25 40

able=()
for tool in $(shown | cut -f1 | uniq); do
	! runs "$tool" || able+=("$tool")
done
start_tools "${able[@]}"
# What the docs have for a kernel on which biolatency shows nothing.
instead=$(sed -n '/^    tracepoint:block/,/^    }/p' "$DOCS")
! kpctl check -e "$instead" >/dev/null 2>&1 || load_text instead "$instead"
{
	write_file
	chown 1 /tmp
	uname -s -m
	kill -0 1
	cat /etc/hosts
	cat /nonexistent
	wakeups
	python3 -c 'import os; os.setuid(7)'
	stat /etc/passwd
	getent hosts localhost
	type_into_bash
	start_threads
	talk_by_tls
	# Some print once a second.
	sleep 2
} >/dev/null 2>&1
end_tools
if [ -d "$DEBUGFS/programs/instead" ]; then
	yes "instead of biolatency" grep -q '^@usecs:' <(kpctl read instead)
	must kpctl unload instead
else
	skip "instead of biolatency" "this kernel has no such events"
fi
for tool in "${able[@]}"; do
	is "$tool: no complaint" "$(complaints "$WORK/$tool.err")" ""
done
while IFS=$'\t' read -r tool pattern; do
	[ ! -e "$WORK/$tool.out" ] || yes "$tool: shows $pattern" grep -qE "$pattern" "$WORK/$tool.out"
done < <(shown)
is "no memory is held" "$(status memory)" 0
must rmmod kpstat
finish
