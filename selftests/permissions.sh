#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Who may use kpstat: CAP_SYS_ADMIN or CAP_PERFMON in the initial user
# namespace, and only in the initial network namespace.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }

with_capability() {
	local cap=$1
	shift
	setpriv --reuid 65534 --regid 65534 --clear-groups \
		--inh-caps "+$cap" --ambient-caps "+$cap" "$@"
}

# refuses NAME SENTENCE COMMAND...: status 1, exactly one line, that one.
refuses() {
	local name=$1 sentence=$2 status=0
	shift 2
	"$@" >"$WORK/out" 2>&1 || status=$?
	is "$name: status" $status 1
	yes "$name: \"$sentence\"" grep -qF -- "$sentence" "$WORK/out"
	is "$name: one line" "$(wc -l <"$WORK/out")" 1
}

load_module
refuses "nobody reads the status" "needs root" as_nobody kpctl status
refuses "nobody lists" "needs root" as_nobody kpctl list
refuses "nobody loads" "needs root" as_nobody kpctl load --name x \
	-e 'kprobe:vfs_read { @ = count(); }'
no "nobody reads debugfs" as_nobody cat "$DEBUGFS/status"
yes "CAP_PERFMON is enough" with_capability perfmon kpctl status
yes "CAP_SYS_ADMIN is enough" with_capability sys_admin kpctl status
refuses "CAP_NET_ADMIN is not" "needs root" with_capability net_admin kpctl status
refuses "root of a user namespace" "CAP_SYS_ADMIN or CAP_PERFMON is needed" \
	unshare --user --map-root-user kpctl status
refuses "another network namespace" "initial network namespace" \
	unshare --net kpctl status

# Every command that the family has, past kpctl's own checks.
family=$("$HERE/netlink/refused" 0)

# answers ERRNO: what "refused" prints if all commands end with it.  STOPPED is
# the kernel's to send, not to take.
answers() {
	awk -v want="$1" '{
		print $1, $1 == "STOPPED" && want == "EPERM" ? "EOPNOTSUPP" : want
	}' "$WORK/commands"
}

# each_is NAME ERRNO COMMAND...: all commands end with that error.
each_is() {
	local name=$1 want=$2
	shift 2
	is "$name: each command" \
		"$("$@" | sort)" "$(answers "$want")"
}

# has_no_family NAME COMMAND...: neither by name nor by number
has_no_family() {
	local name=$1
	shift
	is "$name: no family" "$("$@" "$HERE/netlink/refused" 0)" -2
	each_is "$name" ENOENT "$@" "$HERE/netlink/refused" "$family"
}

"$HERE/netlink/refused" "$family" | sort >"$WORK/commands"
is "root is not refused" "$(grep EPERM "$WORK/commands")" ""
is "these are all" "$(wc -l <"$WORK/commands")" \
	"$(awk '/KPS_CMD_UNSPEC/ { c = 1 } /__KPS_CMD_MAX/ { print n - 1; exit } c { n++ }' /kpstat/uapi/linux/kpstat.h)"
each_is "nobody" EPERM as_nobody "$HERE/netlink/refused" "$family"
each_is "CAP_NET_ADMIN" EPERM \
	with_capability net_admin "$HERE/netlink/refused" "$family"
each_is "root of a user namespace" EPERM \
	unshare --user --map-root-user "$HERE/netlink/refused" "$family"
each_is "all capabilities of a user namespace" EPERM \
	unshare --user --map-root-user --keep-caps "$HERE/netlink/refused" "$family"
has_no_family "another network namespace" unshare --net
has_no_family "that of a user namespace" unshare --user --map-root-user --net
has_no_family "nobody in another network namespace" as_nobody unshare --user --net
# Who opened a socket and who sends must both be allowed to.
each_is "root with a socket of nobody's" EPERM \
	"$HERE/netlink/refused" "$family" opened-by-nobody
each_is "nobody with a socket of root's" EPERM \
	"$HERE/netlink/refused" "$family" sent-by-nobody

refuses "CAP_PERFMON does not hear of others' programs" "CAP_SYS_ADMIN is needed to listen" \
	with_capability perfmon kpctl monitor
is "nothing was loaded" "$(status programs)" 0

# A program belongs to who loaded it.
PROGRAM='kprobe:vfs_read { @ = count(); printf("x"); }'
load_text theirs "$PROGRAM"
yes "CAP_PERFMON loads" with_capability perfmon kpctl load --name mine -e "$PROGRAM"
is "it sees that there are others'" "$(with_capability perfmon kpctl list -j | jq -r '.programs[].name' | paste -sd' ')" \
	"theirs mine"
OTHERS='belongs to user 0: CAP_SYS_ADMIN is needed'
for command in read "read --reset" show reset disable enable unload; do
	# shellcheck disable=SC2086
	refuses "root's program, $command" "$OTHERS" with_capability perfmon kpctl $command theirs
	# shellcheck disable=SC2086
	[ "$command" = unload ] ||
		yes "one's own, $command" with_capability perfmon kpctl $command mine
done
is "every command on root's program" \
	"$(with_capability perfmon "$HERE/netlink/refused" "$family" "" theirs | awk '$2 == "EPERM" { print $1 }' | sort | paste -sd' ')" \
	"DISABLE ENABLE OUTPUT READ RESET SHOW UNLOAD"
refuses "another user" "belongs to user 65534" setpriv --reuid 65533 --clear-groups \
	--inh-caps +perfmon --ambient-caps +perfmon kpctl read mine
yes "CAP_SYS_ADMIN reads all" with_capability sys_admin kpctl read theirs
yes "root reads all" kpctl read mine
# A socket that the owner was made to write to.
is "the owner with another's socket" \
	"$("$HERE/netlink/refused" "$family" opened-by-perfmon theirs | awk '$2 == "EPERM" { print $1 }' | sort | paste -sd' ')" \
	"DISABLE ENABLE OUTPUT READ RESET SHOW UNLOAD"
is "root's program is untouched" "$(states theirs)" attached
yes "one's own, unload" with_capability perfmon kpctl unload mine
must kpctl unload theirs

# said WHAT: a line of the kernel's log
said() { dmesg | grep -qE -- "$1"; }
yes "the log says who loads" said 'kpstat: loaded program "mine": user 65534, process [0-9]+ \(kpctl\)'
yes "and who unloads" said 'kpstat: unloaded program "theirs": user 0, process [0-9]+ \(kpctl\)'

# Auditing is switched on, and goes to the log where no daemon is.
switch_auditing() {
	python3 -c '
import socket, struct, sys
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9)
status = struct.pack("=11I", 1, int(sys.argv[1]), *[0] * 9)
s.send(struct.pack("=IHHII", 16 + len(status), 1001, 5, 1, 0) + status)
sys.exit(-struct.unpack_from("=i", s.recv(4096), 16)[0])' "$1" 2>/dev/null
}

if switch_auditing 1; then
	must with_capability perfmon kpctl load --name audited -e "$PROGRAM"
	must kpctl unload audited
	switch_auditing 0
	yes "auditors are told who loads" said 'audit.*module=kpstat op=load program="audited".* uid=65534 '
	yes "and who unloads" said 'audit.*module=kpstat op=unload program="audited".* uid=0 '
else
	skip "auditors are told who loads and unloads" "this kernel has no audit"
fi

# What is asked of the kernel about a task, and would be logged as denied.
EVENTS=/sys/kernel/tracing/kprobe_events
capabilities_asked() {
	echo 1 >/sys/kernel/tracing/events/kprobes/asked/enable
	with_capability "$1" kpctl status >/dev/null
	echo 0 >/sys/kernel/tracing/events/kprobes/asked/enable
	sed -nE 's/.*kpctl-.*asked.* cap=(21|38) .*/\1/p' /sys/kernel/tracing/trace | sort -u | paste -sd' '
	echo >/sys/kernel/tracing/trace
}
# With options nothing is to be logged.
if echo 'p:asked cap_capable cap=%dx:s32 opts=%cx:u32' >"$EVENTS" 2>/dev/null; then
	echo 'opts == 0' >/sys/kernel/tracing/events/kprobes/asked/filter
	is "CAP_PERFMON is not denied CAP_SYS_ADMIN" "$(capabilities_asked perfmon)" 38
	is "CAP_SYS_ADMIN is not denied CAP_PERFMON" "$(capabilities_asked sys_admin)" 21
	echo >"$EVENTS"
else
	skip "CAP_PERFMON is not denied CAP_SYS_ADMIN" "this kernel has no kprobe events"
	skip "CAP_SYS_ADMIN is not denied CAP_PERFMON" "this kernel has no kprobe events"
fi

must rmmod kpstat
refuses "the module is not loaded" "kpstat.ko is not loaded" kpctl status
finish
