#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Those of bpftrace's tools that read the kernel's structs, unmodified and all at
# once, on real traffic: addresses, ports, states, names and sizes as they were.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=300
# a guest of its own: a victim is killed for lack of memory

TOOLS="biosnoop dcsnoop mdflush naptime oomkill runqlen tcpaccept tcpconnect
tcpdrop tcplife tcpretrans tcpsynbl undump"
PORT=4321 CLOSED=4322

# What each must show, from what the load below does.
declare -A SHOWS=(
	[biosnoop]='^[0-9]+ +[a-z]+[a-z0-9]* +[a-z]+[^ ]* +[0-9]+ +[0-9]+$'
	[dcsnoop]=' cat +[RM] here-i-am$'
	[mdflush]=' dd +md7$'
	[naptime]=' tools-fields.sh +[0-9]+ +kps_nap +1\.250$'
	[oomkill]='OOM kill of PID [0-9]+ \("kps_victim"\), [0-9]+ pages, loadavg: [0-9.]+ '
	[runqlen]='^@runqlen:'
	[tcpaccept]=" 127\.0\.0\.1 +[0-9]+ +127\.0\.0\.1 +$PORT +0/7\$"
	[tcpconnect]=" 127\.0\.0\.1 +[0-9]+ +127\.0\.0\.1 +$PORT *\$"
	[tcpdrop]=" 127\.0\.0\.1:[0-9]+ +127\.0\.0\.1:$CLOSED +SYN_SENT"
	[tcplife]=" 127\.0\.0\.1 +[0-9]+ +127\.0\.0\.1 +$PORT +1024 +0 [0-9]+\$"
	[tcpretrans]=" 127\.0\.0\.1:[0-9]+ +127\.0\.0\.1:$CLOSED +SYN_SENT"
	[tcpsynbl]='^@backlog\[7\]:'
	[undump]=' [0-9]+ +12 +from a cat: $'
)
# ... and as often as this, where that is known.
declare -A TIMES=([tcpaccept]=3 [tcpconnect]=3 [tcplife]=3 [naptime]=1 [oomkill]=1 [undump]=1)

tcp() {
	local i
	nft -f - <<-END
		table ip fields {
			chain out { type filter hook output priority 0; tcp dport $CLOSED drop; }
		}
	END
	socat -u "TCP4-LISTEN:$PORT,bind=127.0.0.1,fork,backlog=7,reuseaddr" OPEN:/dev/null &
	local server=$!
	sleep 0.5
	for i in 1 2 3; do
		head -c 1048576 /dev/zero | socat -u - "TCP4:127.0.0.1:$PORT"
	done
	timeout 4 socat -u - "TCP4:127.0.0.1:$CLOSED" </dev/null
	kill $server
	nft delete table ip fields
}

unix() {
	socat -u "UNIX-LISTEN:$WORK/socket" OPEN:/dev/null &
	sleep 0.3
	printf 'from a cat: ' | socat -u - "UNIX-CONNECT:$WORK/socket"
}

victim() {
	"$LOAD/naps" kps_victim 60 0 &
	local pid=$!
	sleep 0.3
	echo 1000 >/proc/$pid/oom_score_adj
	echo f >/proc/sysrq-trigger
	wait $pid
}

# A mirror of two files, and a write that must reach both.
mirror() {
	local disk disks=()
	modprobe -a loop raid1
	for disk in one two; do
		truncate -s 16M "$WORK/$disk"
		disks+=("$(losetup -f --show "$WORK/$disk")")
	done
	export MDADM_NO_UDEV=1
	mdadm --build /dev/md7 --level=1 --raid-devices=2 --assume-clean "${disks[@]}"
	dd if=/dev/zero of=/dev/md7 bs=64k count=4 conv=fsync
	mdadm --stop /dev/md7
	losetup -d "${disks[@]}"
}

loads() {
	: >"$WORK/here-i-am"
	(cd "$WORK" && cat here-i-am)
	tcp
	unix
	"$LOAD/naps" kps_nap 1 250000000
	victim
	mirror
	dd if=/dev/zero of=/root/written bs=64k count=16 conv=fsync
	sync
	"$LOAD/reads" kps_busy 1x300000 &
	"$LOAD/reads" kps_busy 1x300000
	wait $!
} >/dev/null 2>&1

shows() {
	local tool=$1
	if [ -n "${TIMES[$tool]-}" ]; then
		is "$tool: shows ${SHOWS[$tool]}" "$(grep -cE "${SHOWS[$tool]}" "$WORK/$tool.out")" "${TIMES[$tool]}"
	else
		yes "$tool: shows ${SHOWS[$tool]}" grep -qE "${SHOWS[$tool]}" "$WORK/$tool.out"
	fi
	grep -qE "${SHOWS[$tool]-.}" "$WORK/$tool.out" || head -n 20 "$WORK/$tool.out" "$WORK/$tool.err" | diag
}

find_tools
load_module
must install_types
ip link set lo up
modprobe md_mod 2>/dev/null
able=()
for tool in $TOOLS; do
	if grep -q 'error: .*\(this kernel has no\|has no field\|has no member\)' <(kpctl check "$TOOLS_DIR/$tool.bt" 2>&1); then
		skip "$tool" "this kernel lacks what it asks for"
	elif [ -n "$(inlined_for "$tool")" ]; then
		skip "$tool" "it shows nothing: $(inlined_for "$tool") is inlined"
	else
		able+=("$tool")
	fi
done
start_tools "${able[@]}"
loads
end_tools
for tool in "${able[@]}"; do shows "$tool"; done
is "no memory is held" "$(status memory)" 0
must rmmod kpstat
finish
