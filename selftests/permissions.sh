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
must rmmod kpstat
refuses "the module is not loaded" "kpstat.ko is not loaded" kpctl status
finish
