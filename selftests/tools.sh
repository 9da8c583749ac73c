#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The tools that Debian's bpftrace package ships, unmodified: what becomes of
# each is a table in docs/tools.md, which must be true.  Those that run are
# given something to see.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=600

DOCS=$HERE/../docs/tools.md

# What an error means for the table: the construct that is missing.
missing() {
	sed -n 's/.*error: //p' "$1" | head -n1 | sed -E '
		s/probes of type .(uprobe|uretprobe|usdt). are not supported/user-space probes/
		s/this kernel has (no function|none of the program.s probes).*/no such function in this kernel/'
}

row() {
	local what=runs
	kpctl check "$2" >"$WORK/check" 2>&1 || what=$(missing "$WORK/check")
	printf '| %s | %s |\n' "$1" "$what"
}

table() {
	local tool
	for tool in "$DIR"/*.bt; do
		row "$(basename "$tool" .bt)" "$tool"
	done
}

# Tools that docs/tools.md says run, and that this kernel is no excuse for.
broken() {
	join -t'|' -1 2 -2 2 <(sort "$WORK/documented") <(sort "$WORK/table") |
		awk -F'|' '$3 == " runs " && $6 !~ /^ runs | has no (field|member) |no such/ { print $1 ":" $6 }'
}

documented() { sed -n '/^| [a-z]* | /p' "$DOCS" | grep -v '^| tool '; }

# sees NAME PATTERN COMMAND...: the tool shows what the command did.
sees() {
	local name=$1 pattern=$2
	shift 2
	if ! grep -q "^| $name | runs |" "$WORK/table"; then
		skip "$name: shows $pattern" "this kernel lacks what it asks for"
		return
	fi
	kpctl run -d 3 "$DIR/$name.bt" >"$WORK/out" 2>"$WORK/err" &
	local pid=$! status=0
	until_attached
	"$@" >/dev/null 2>&1
	wait $pid || status=$?
	is "$name: status" $status 0
	no "$name: no complaint" grep -E '^(kpctl|lost|Lost)' "$WORK/err"
	yes "$name: shows $pattern" grep -qE "$pattern" "$WORK/out"
}

# Writes that reach a disk.
write_file() { dd if=/dev/zero of=/root/written bs=64k count=16 conv=fsync; sync; }

wakeups() { for ((i = 0; i < 50; i++)); do sleep 0.01; done; }

DIR=$(dirname "$(command -v execsnoop.bt || echo /usr/sbin/.)")
ls "$DIR"/*.bt >/dev/null 2>&1 || skip_all "bpftrace's tools are not here"
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
between "tools that run" "$(grep -c '| runs |' "$WORK/table")" 28 40

sees bitesize '@\[.*\]:' write_file
sees capable 'chown' chown 1 /tmp
sees cpuwalk '^@cpu:' true
sees execsnoop 'uname -s -m' uname -s -m
sees killsnoop "kill|bash +0 +1 +0" kill -0 1
sees loads 'load averages: [0-9]+\.[0-9]+' true
sees opensnoop 'cat .* 0 /etc/hosts$' cat /etc/hosts
sees opensnoop 'cat +-1 +2 /nonexistent$' cat /nonexistent
sees pidpersec 'PIDs/sec: @: [0-9]+' wakeups
sees runqlat '^@usecs:' wakeups
sees setuids 'setuid +uid=7 \(0\)' python3 -c 'import os; os.setuid(7)'
sees statsnoop 'stat|/etc/passwd' stat /etc/passwd
sees syncsnoop 'sync +tracepoint:syscalls:sys_enter_sync' sync
sees syscount '@process\[cat\]|@syscall\[' cat /etc/hosts
sees vfscount '@\[vfs_read\]: [0-9]+' cat /etc/hosts
sees vfsstat '@\[vfs_open\]: [0-9]+' cat /etc/hosts
sees writeback 'TIME +DEVICE' write_file
sees biolatency 'Tracing' write_file
sees biostacks 'Tracing' write_file
sees swapin '^[0-9][0-9]:[0-9][0-9]' true
[ ! -d /sys/module/xfs ] || sees xfsdist 'Tracing XFS' true
is "no memory is held" "$(memory_used)" 0
must rmmod kpstat
finish
