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
is "nothing was loaded" "$(kpctl status -j | jq .programs)" 0
must rmmod kpstat
refuses "the module is not loaded" "kpstat.ko is not loaded" kpctl status
finish
