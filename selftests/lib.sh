# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# What the tests in the guest share.  A test sources this, makes its checks
# with is, yes and ledger_adds_up, and ends with "finish".
set -u

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LOAD=$HERE/load
KPSTAT_KO=${KPSTAT_KO:-/kpstat/kpstat.ko}
DEBUGFS=/sys/kernel/debug/kpstat
KPROBES=/sys/kernel/debug/kprobes/list
FTRACED=/sys/kernel/tracing/enabled_functions
# What differs by processor: how functions of system calls begin, what a kprobe puts into
# code, and how one at a function's first instruction is served; and bytes from there to
# behind ftrace's call, which are one or the other.
case $(uname -m) in
aarch64) SYS=__arm64_sys_ BREAKPOINT=brk KPROBE_AT_ENTRY=brk IP=pc BEHIND_CALL='8 12' ;;
*) SYS=__x64_sys_ BREAKPOINT=int3 KPROBE_AT_ENTRY=kprobe IP=ip BEHIND_CALL='5 9' ;;
esac
WORK=$(mktemp -d)
# What follows in the same guest has its BTF again, see hide_btf.
trap 'rm -rf "$WORK"; ! mountpoint -q /sys/kernel/btf || umount /sys/kernel/btf' EXIT

TESTS=0 BROKEN=0

diag() { sed 's/^/# /'; }

# result STATUS NAME
result() {
	TESTS=$((TESTS + 1))
	if [ "$1" = 0 ]; then
		echo "ok $TESTS - $2"
	else
		BROKEN=1
		echo "not ok $TESTS - $2"
	fi
}

skip() {
	TESTS=$((TESTS + 1))
	echo "ok $TESTS - $1 # SKIP $2"
}

skip_all() {
	echo "1..0 # SKIP $1"
	exit 4
}

bail() {
	echo "Bail out! $1"
	exit 1
}

# is NAME GOT WANT
is() {
	if [ "$2" = "$3" ]; then
		result 0 "$1"
	else
		result 1 "$1"
		printf 'got:  %s\nwant: %s\n' "$2" "$3" | diag
	fi
}

# yes NAME COMMAND...: its output is shown only when it fails.
yes() {
	local name=$1 status=0
	shift
	"$@" >"$WORK/yes" 2>&1 || status=$?
	result $status "$name"
	[ $status = 0 ] || { echo "$* -> $status"; cat "$WORK/yes"; } | diag
}

# no NAME COMMAND...: it must fail.
no() {
	local name=$1
	shift
	if "$@" >"$WORK/yes" 2>&1; then
		result 1 "$name"
		{ echo "$* did not fail"; cat "$WORK/yes"; } | diag
	else
		result 0 "$name"
	fi
}

# between NAME NUMBER LEAST MOST
between() {
	if [ "${2:-x}" -ge "$3" ] 2>/dev/null && [ "$2" -le "$4" ]; then
		result 0 "$1"
	else
		result 1 "$1"
		printf 'got:  %s\nwant: %s to %s\n' "$2" "$3" "$4" | diag
	fi
}

finish() {
	echo "1..$TESTS"
	exit $BROKEN
}

# must COMMAND...: what a test cannot go on without.
must() {
	"$@" >"$WORK/must" 2>&1 || {
		diag <"$WORK/must"
		bail "$* failed"
	}
}

# load_module [PARAMETER...]: without the overload guard, which has a test of its
# own; emulated CPUs are slow, and the load of a test is all that they do.
load_module() {
	command -v kpctl >/dev/null || bail "there is no kpctl"
	must insmod "$KPSTAT_KO" cpu_budget=0 "$@"
}

# load_text NAME TEXT [OPTION...]
load_text() {
	local name=$1 text=$2
	shift 2
	must kpctl load "$@" --name "$name" -e "$text"
}

# value PROGRAM MAP KEY: what kpctl prints behind "@MAP[KEY]: "; nothing for
# KEY is a map without keys.  A key that is not there is 0, as no event is.
value() {
	kpctl read "$1" "$2" | awk -v head="$2${3:+[$3]}: " '
		index($0, head) == 1 { print substr($0, length(head) + 1); found = 1; exit }
		END { if (!found) print 0 }'
}

# total PROGRAM [MAP [TEXT]]: the sum of all entries whose key contains TEXT
total() {
	kpctl read "$1" ${2:+"$2"} | awk -v with="${3:-}" '
		/^@/ { key = $0; sub(/: [^:]*$/, "", key)
		       if (with == "" || index(key, with)) n += $NF }
		END { print n + 0 }'
}

# ledger PROGRAM COLUMN: of the row that sums up all probes
ledger() {
	awk -v column="$2" '
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == column) c = i }
		$NF == "all" { print $c }' "$DEBUGFS/programs/$1/ledger"
}

# Stops the program, since the ledger is exact only when no handler runs, and
# adds up what the kernel says of each probe.
adds_up() {
	kpctl disable "$1" || return 1
	awk 'NR > 1 {
		sum = 0
		for (i = 2; i <= 11; i++)
			sum += $i
		if ($1 != sum || NF < 12)
			bad = 1
		if ($NF == "all")
			rows++
	}
	{ print }
	END { exit bad || rows != 1 }' "$DEBUGFS/programs/$1/ledger"
}

ledger_adds_up() {
	yes "$1: hits = recorded + filtered + every loss" adds_up "$1"
}

# nothing_lost PROGRAM: its numbers are all the events there were
nothing_lost() {
	is "$1: nothing was lost" "$(awk '$NF == "all" {
		print $4 + $5 + $6 + $7 + $8 + $9 + $10 + $11 }' "$DEBUGFS/programs/$1/ledger")" 0
}

# done_with PROGRAM: the checks that hold for every program, then it goes
done_with() {
	ledger_adds_up "$1"
	must kpctl unload "$1"
}

# until_attached [NR]: as many programs, which were just started, have their probes in
# place.
until_attached() {
	local i
	for ((i = 0; i < 300; i++)); do
		[ "$(find "$DEBUGFS/programs" -mindepth 1 -maxdepth 1 | wc -l)" -ge "${1:-1}" ] &&
			! grep -q '^detached' "$DEBUGFS"/programs/*/probes && break
		sleep 0.1
	done
	sleep 0.3
}

# Where bpftrace's tools are; without them there is nothing to test.
find_tools() {
	TOOLS_DIR=$(dirname "$(command -v execsnoop.bt || echo /usr/sbin/.)")
	ls "$TOOLS_DIR"/*.bt >/dev/null 2>&1 || skip_all "bpftrace's tools are not here"
}

# inlined_for TOOL: the first function that it goes by of which no form is a function on
# this kernel, though it is accepted, since another is; nothing if there is none
inlined_for() {
	local function wanted=
	case $1 in
	biolatency | biosnoop) wanted='blk_account_io_start blk_account_io_done' ;;
	biostacks) wanted=blk_account_io_start ;;
	esac
	for function in $wanted; do
		grep -qE " (__)?$function(\.[a-z.0-9]+)?\$" /proc/kallsyms ||
			{ echo "$function"; return; }
	done
}

# start_tools NAME...: all at once; what each prints goes to $WORK/NAME.out and .err
start_tools() {
	local tool
	RUNNING=()
	for tool in "$@"; do
		kpctl run "$TOOLS_DIR/$tool.bt" >"$WORK/$tool.out" 2>"$WORK/$tool.err" &
		RUNNING+=("$tool $!")
	done
	until_attached ${#RUNNING[@]}
}

end_tools() {
	local tool pid status
	while read -r tool pid; do
		status=0
		kill "$pid"
		wait "$pid" || status=$?
		is "$tool: status" $status 0
	done < <(printf '%s\n' "${RUNNING[@]}")
}

# how PROGRAM: how, and why, of its first site
how() { kpctl show -j "$1" | jq -r '.probes[0].sites[0] | .how + ": " + .why'; }

# armed: kprobes, and hooks of our own in ftrace. A function that ftrace serves may
# have a kprobe that is not armed, too; one with a kprobe on ftrace has a hook more,
# of the kernel's. kpstat's canaries, which stay for a second, are left out.
armed() {
	awk -v ftraced="$FTRACED" '
	$4 == "kpstat" { next }
	/DISABLED/ { idle++; next }
	{ armed++ }
	/\[FTRACE\]/ && !($1 in seen) { seen[$1]; theirs++ }
	END {
		while ((getline <ftraced) > 0)
			if (!/at_ftrace/) { gsub(/[()]/, "", $2); hooks += $2 }
		hooks -= theirs
		print armed + (hooks > idle ? hooks : idle + 0)
	}' "$KPROBES"
}

# status NAME: a number of the module's, "programs" or "memory", in bytes. As every
# helper that a test calls often, it does without jq, which takes half a second to start
# where the CPU is emulated.
status() { kpctl status -j | sed -nE "s/.*\"$1\": ?([0-9]+).*/\1/p"; }

# states PROGRAM: of its sites, each once
states() { awk 'NR > 1 { print $1 }' "$DEBUGFS/programs/$1/probes" | sort -u | paste -sd' '; }

# Caches give back what they keep for later, and KASAN what it keeps to see who uses it
# still.
shrink_caches() {
	local cache
	sync
	echo 3 >/proc/sys/vm/drop_caches
	# What waits for RCU or for a worker.
	sleep 1
	for cache in /sys/kernel/slab/*/shrink; do echo 1 >"$cache"; done
}

# What the kernel has given out of slabs, vmalloc and per-CPU chunks, in KiB.
kernel_memory() {
	shrink_caches
	awk '/^(Slab|VmallocUsed|Percpu):/ { n += $2 } END { print n }' /proc/meminfo
}

# bpftrace_cannot FILE: what it wrote there says that it has no types of this
# kernel, which it then wants the kernel's headers for.
bpftrace_cannot() { grep -q "linux/types.h' file not found" "$1"; }

# has_bpf: is there a bpf() system call?
has_bpf() { command -v bpftrace >/dev/null && bpftrace -e 'BEGIN { exit(); }' >/dev/null 2>&1; }

# needs_uprobes PROBE: one that could be attached; without CONFIG_UPROBES that is all
# there is to see.
needs_uprobes() {
	if ! kpctl load --name try -e "$1 { @ = count(); }" 2>"$WORK/try"; then
		grep -q 'built without CONFIG_UPROBES' "$WORK/try" &&
			skip_all "this kernel has no uprobes, and says so"
		bail "$(cat "$WORK/try")"
	fi
	must kpctl unload try
}

# no_conntrack: nf_conntrack goes, with what needs it.  Rules are freed some time
# after they have gone.
no_conntrack() {
	local i
	nft flush ruleset
	for ((i = 0; i < 50; i++)); do
		modprobe -r nft_ct nf_conntrack_netlink nf_conntrack && break
		sleep 0.1
	done
	! grep -q '^nf_conntrack ' /proc/modules
}

LOCKDOWN=/sys/kernel/security/lockdown

# lock LEVEL: there is no way back within one boot.
lock() { must sh -c "echo $1 >$LOCKDOWN"; }

needs_lockdown() {
	mountpoint -q /sys/kernel/security ||
		mount -t securityfs securityfs /sys/kernel/security 2>/dev/null
	[ -w "$LOCKDOWN" ] || skip_all "this kernel has no lockdown"
	grep -qF '[none]' "$LOCKDOWN" || skip_all "the kernel is locked down already"
}

# Where DKMS puts the types object.
TYPES_OBJECT=/lib/modules/$(uname -r)/updates/dkms/kpstat_types.ko

# install_types [FILE]: as DKMS would; the disk forgets it when the guest ends.
install_types() {
	mount -o remount,rw /lib/modules && mkdir -p "$(dirname "$TYPES_OBJECT")" &&
		cp "${1:-/kpstat/kpstat_types.ko}" "$TYPES_OBJECT"
}

# hide_btf: as on a kernel that has none
hide_btf() { [ ! -d /sys/kernel/btf ] || mount -t tmpfs none /sys/kernel/btf; }
