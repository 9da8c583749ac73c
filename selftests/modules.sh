#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Modules that bear probed symbols go and come back while what they do is being
# asked for on all CPUs, and while other programs come and go.  Each call is
# counted, by their kprobes and their kretprobes alike: as many as the kernel's
# own tracing, nft and conntrack have.  See pending.sh for one slow round.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=600
# The kernel looks for the module of a byte twice, and it may be gone by then.
# expect=WARNING: .*jump_label_text_reserved
# a guest of its own: modules come and go

CYCLES=20
TRACE=/sys/kernel/tracing/instances/kpstat

# hits PROGRAM PROVIDER: with those that the kernel could not deliver
hits() { awk -v head="$2:" 'index($NF, head) == 1 { n += $1 } END { print n }' "$DEBUGFS/programs/$1/ledger"; }

# trace SYSTEM:EVENT [FILTER]: into buffers of which only the counts matter
trace() {
	local event=$TRACE/events/${1/://}
	[ -d $TRACE ] || mkdir $TRACE || return 1
	echo 64 >$TRACE/buffer_size_kb
	echo 1 >$TRACE/tracing_on
	echo "${2:-0}" >"$event/filter" && echo 1 >"$event/enable"
}

untrace() { echo 0 >$TRACE/events/enable; }

traced() {
	cat $TRACE/per_cpu/cpu*/stats | awk '
		/^(entries|overrun|commit overrun|dropped events|read events): / { n += $NF }
		END { print n }'
}

# Programs on the same symbols come and go; none is refused, whatever the module
# does meanwhile.
churn() {
	local n=0
	until [ -e "$WORK/enough" ]; do
		{ kpctl load --name churn -e "$1" && kpctl disable churn &&
			kpctl enable churn && kpctl unload churn; } >"$WORK/churn.out" 2>&1 || {
			cp "$WORK/churn.out" "$WORK/churn.bad"
			break
		}
		n=$((n + 1))
		sleep 0.5
	done
	echo $n >"$WORK/churned"
}

# begin TEXT: the noise, on all CPUs
begin() {
	local cpu
	rm -f "$WORK/enough" "$WORK/churn.bad"
	FLOODS=()
	for ((cpu = 0; cpu < $(nproc); cpu++)); do
		taskset -c $cpu nice -n 19 "$LOAD/udp" -f flood 10.88.0.2 9000 200 & FLOODS+=($!)
	done
	churn "$1" & CHURN=$!
}

end() {
	: >"$WORK/enough"
	wait $CHURN
	kill "${FLOODS[@]}"
	wait "${FLOODS[@]}" 2>/dev/null
	echo "# programs that came and went meanwhile: $(cat "$WORK/churned")"
	no "$1: none of them was refused" cat "$WORK/churn.bad"
	between "$1: and there were some" "$(cat "$WORK/churned")" 3 1000000
}

sink_comes() {
	modprobe dummy numdummies=0 &&
		ip link add sink0 type dummy &&
		ip address add 10.88.0.1/24 dev sink0 &&
		ip link set sink0 up
}

# again COMMAND...: what is in use for a moment yet
again() {
	local i
	for ((i = 0; i < 50; i++)); do
		"$@" && return 0
		sleep 0.1
	done
	return 1
}

gone() { ! grep -q "^$1 " /proc/modules; }

# cycles STEP: what is wrong ends them and is shown.
cycles() {
	local i
	for ((i = 1; i <= CYCLES; i++)); do
		"$1" >"$WORK/cycle" 2>&1 || {
			echo "cycle $i"
			cat "$WORK/cycle"
			return 1
		}
	done
}

# expect WHAT GOT WANT
expect() { [ "$2" = "$3" ] || { echo "$1: $2, not $3"; return 1; }; }

# A driver, that a packet may be in at any moment.
driver_cycle() {
	sink_comes || return 1
	expect "there" "$(states driver)" attached || return 1
	sleep 0.2
	again modprobe -r dummy && gone dummy && expect "gone" "$(states driver)" pending
}

driver() {
	local text='kprobe:dummy:dummy_xmit { @in = count(); } kretprobe:dummy:dummy_xmit { @out = count(); }'
	modprobe -n dummy 2>/dev/null || { skip "a driver's module" "this kernel has no dummy.ko"; return; }
	must eval 'modprobe -r dummy'
	must trace net:net_dev_start_xmit 'name == "sink0"'
	load_text driver "$text"
	is "a driver: pending" "$(states driver)" pending
	begin 'kretprobe:dummy:dummy_xmit { @out = count(); }'
	yes "a driver: its module comes and goes, $CYCLES times, under traffic" cycles driver_cycle
	end "a driver"
	untrace
	echo "# $(traced) packets"
	between "a driver: there was traffic" "$(traced)" $((CYCLES * 10)) 1000000000
	is "a driver: its entries are what the kernel's tracing has" "$(hits driver kprobe)" "$(traced)"
	is "a driver: and so are its returns" "$(hits driver kretprobe)" "$(traced)"
	done_with driver
	rmdir $TRACE
}

rules() {
	nft -f - <<-END
	table ip track {
		chain output {
			type filter hook output priority 0
			udp dport 9001 ct state new,established counter
			ct state invalid drop
		}
	}
	END
}

nft_packets() { nft list table ip track | sed -n 's/.*9001.*packets \([0-9]*\) bytes.*/\1/p'; }
flows() { conntrack -L -p udp --dport 9001 2>/dev/null | grep -c dport=9001; }
conntrack_errors() { conntrack -S | grep -oE '(drop|insert_failed|error)=[0-9]+' | awk -F= '{ n += $2 } END { print n + 0 }'; }

FLOWS=200 PACKETS=3

conntrack_cycle() {
	rules || return 1
	expect "there" "$(states ct)" attached || return 1
	"$LOAD/udp" known 10.88.0.2 9001 $PACKETS $FLOWS || return 1
	NFT=$((NFT + $(nft_packets)))
	TABLE=$((TABLE + $(flows)))
	ERRORS=$((ERRORS + $(conntrack_errors)))
	again no_conntrack && expect "gone" "$(states ct)" pending
}

conntrack_module() {
	local text='kprobe:nf_conntrack:nf_conntrack_in { @in[comm] = count(); }
		kretprobe:nf_conntrack:nf_conntrack_in { @out[comm] = count(); }
		conntrack:new { @new[args.dport] = count(); }
		conntrack:destroy { @ms = hist(args.lifetime); }'
	modprobe -n nf_conntrack 2>/dev/null || { skip "nf_conntrack" "this kernel has no nf_conntrack.ko"; return; }
	must sink_comes
	must again no_conntrack
	load_text ct "$text"
	is "nf_conntrack: pending" "$(states ct)" pending
	NFT=0 TABLE=0 ERRORS=0
	begin 'kprobe:nf_conntrack:nf_conntrack_in { @in = count(); }'
	yes "nf_conntrack: comes and goes, $CYCLES times, under traffic" cycles conntrack_cycle
	end "nf_conntrack"
	echo "# nft: $NFT packets; conntrack: $TABLE flows, $ERRORS dropped; all calls: $(hits ct kprobe)"
	is "nf_conntrack: nft saw what was sent" "$NFT" $((CYCLES * FLOWS * PACKETS))
	is "nf_conntrack: entries are what nft has" "$(value ct @in known)" "$NFT"
	is "nf_conntrack: and so are returns" "$(value ct @out known)" "$NFT"
	is "nf_conntrack: all calls returned, the traffic's too" "$(hits ct kretprobe)" "$(hits ct kprobe)"
	is "nf_conntrack: new flows are what conntrack -L had" "$(value ct @new 9001)" "$TABLE"
	is "nf_conntrack: conntrack -S has no errors" "$ERRORS" 0
	done_with ct
	must modprobe -r dummy
}

# tunnels FIRST LAST: made, and deleted again
tunnels() {
	local i
	for ((i = $1; i <= $2; i++)); do
		ip l2tp add tunnel tunnel_id "$i" peer_tunnel_id "$i" encap udp \
			local 127.0.0.1 remote 127.0.0.1 udp_sport $((5000 + i)) udp_dport $((6000 + i)) &&
			ip l2tp del tunnel tunnel_id "$i" || return 1
	done
}

no_tunnels() {
	modprobe -r l2tp_netlink
	modprobe -r l2tp_core
	gone l2tp_core
}

# perf holds the module of a tracepoint that is in use.
tracepoint() {
	local text='tracepoint:l2tp:delete_tunnel { @ = count(); }'
	modprobe l2tp_netlink 2>/dev/null && [ -d /sys/kernel/tracing/events/l2tp ] ||
		{ skip "a tracepoint of a module" "this kernel has no module l2tp_core with tracepoints"; return; }
	must trace l2tp:delete_tunnel
	load_text tp "$text"
	must tunnels 1 40
	echo "# $(traced) events"
	is "a tracepoint of a module: as many as the kernel's tracing has" "$(value tp @ '')" "$(traced)"
	is "a tracepoint of a module: as many as tunnels were deleted" "$(value tp @ '')" 40
	must untrace
	must rmdir $TRACE
	no "a tracepoint of a module: it holds the module" no_tunnels
	must kpctl disable tp
	yes "disabled, it does not" again no_tunnels
	no "without the module it is not enabled" kpctl enable tp

	# The next events may have its number.
	modprobe -a nbd kyber-iosched tls 2>/dev/null
	no "nor does it take another module's tracepoint instead" kpctl enable tp
	is "nothing is attached" "$(states tp)" detached
	no "without the module it is not loaded" kpctl load --name none -e "$text"
	is "what was counted is there" "$(value tp @ '') $(ledger tp recorded)" "40 40"
	done_with tp
	modprobe -a -r nbd kyber-iosched tls 2>/dev/null
	must modprobe l2tp_netlink
	load_text tp "$text"
	must tunnels 1 10
	is "the module is there again, and its tracepoint" "$(value tp @ '')" 10
	done_with tp
	yes "the module goes" again no_tunnels
}

load_module
sysctl -q -w net.ipv6.conf.default.disable_ipv6=1 2>/dev/null
driver
conntrack_module
tracepoint
must rmmod kpstat
finish
