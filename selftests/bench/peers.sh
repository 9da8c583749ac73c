# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# Whom the bench compares kpstat with: the guest's own bpftrace, and what the disk
# at /peers has, if the bench was given one: see vm/fetch-peers.sh.

# peer PROGRAM ARGUMENT...: with the libraries that came with it, which are not for
# what it starts
peer() {
	local usr=/peers/usr program=$1
	shift
	"$usr/lib64/ld-linux-x86-64.so.2" --library-path "$usr/lib/x86_64-linux-gnu" "$usr/bin/$program" "$@"
}

tool_kpstat() { kpctl run -q "$@"; }
tool_bpftrace() { bpftrace -q "$@"; }
tool_newest() { peer bpftrace -q "$@"; }
perf_() { peer perf "$@"; }

# getppid's function: one by several names, of which ftrace knows one
getppid() { grep -m1 -E '^__[a-z0-9]+_sys_getppid$' /sys/kernel/tracing/available_filter_functions; }

# about WHAT IS
about() { printf 'about\t%s\t%s\n' "$@"; }

# version TOOL
version() {
	[[ " ${PEERS[*]} " == *" $1 "* ]] || { echo none; return; }
	"tool_$1" --version | sed 's/^bpftrace v//'
}

about_peers() {
	about kernel "$(uname -r)"
	about bpftrace "$(version bpftrace)"
	about "newest bpftrace" "$(version newest)"
	about perf "$([ -z "$PERF" ] && echo none || perf_ --version | sed 's/^perf version //')"
}

# Those that can run here.
PEERS=()
PERF=
if has_bpf; then
	PEERS+=(bpftrace)
	! tool_newest -e 'BEGIN { exit(); }' >/dev/null 2>&1 || PEERS+=(newest)
fi
! perf_ --version >/dev/null 2>&1 || PERF=1
