#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Flows: as many new and destroyed as were made and as conntrack -E saw; full
# as often as conntrack -S says; lifetimes between the timeout and the time of
# their end.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

TEXT='conntrack:new { @new[args.protocol] = count(); }
conntrack:destroy { @destroy[args.protocol] = count(); @ms = lhist(args.lifetime / 1000000, 0, 10000, 500);
	@shortest = min(args.lifetime / 1000000); @longest = max(args.lifetime / 1000000); }
conntrack:full { @full[args.saddr, args.protocol] = count(); }'

rules() {
	nft -f - <<-END
	table inet track {
		chain output {
			type filter hook output priority 0
			ct state new counter
		}
	}
	END
	sysctl -q -w net.netfilter.nf_conntrack_udp_timeout=1 \
		net.netfilter.nf_conntrack_udp_timeout_stream=1 \
		net.netfilter.nf_conntrack_icmp_timeout=1
}

watch() {
	# Listing the table ends all of them at once: room for the messages.
	sysctl -q -w net.core.rmem_default=16777216
	stdbuf -oL conntrack -E -e NEW,DESTROY -p udp >"$WORK/events" 2>"$WORK/events.err" &
	WATCH=$!
	sleep 1
}

seen() { grep -c "\[$1\]" "$WORK/events"; }

table_size() { cat /proc/sys/net/netfilter/nf_conntrack_count; }

# Listing the table throws expired flows out of it.
until_empty() {
	local i
	for ((i = 0; i < 40; i++)); do
		conntrack -L >"$WORK/table" 2>&1
		[ "$(table_size)" = 0 ] && return 0
		sleep 0.5
	done
	cat "$WORK/table"
	return 1
}

drops() { conntrack -S | grep -o ' drop=[0-9]*' | awk -F= '{ n += $2 } END { print n + 0 }'; }

flows_made() {
	local before
	before=$(($(seen NEW) + 0))
	must "$LOAD/udp" flows 127.0.0.1 9000 3 "$1"
	yes "$1 flows, 3 packets each, come and time out" until_empty
	sleep 1
	MADE=$((MADE + $1))
	is "new: the flows made" "$(value ct @new udp)" "$MADE"
	is "new: what conntrack -E saw" "$(value ct @new udp)" "$(seen NEW)"
	is "destroyed: all of them" "$(value ct @destroy udp)" "$MADE"
	is "destroyed: what conntrack -E saw" "$(value ct @destroy udp)" "$(seen DESTROY)"
}

table_full() {
	local before
	sysctl -q -w net.netfilter.nf_conntrack_max=64
	before=$(drops)
	must "$LOAD/udp" flows 127.0.0.1 9000 1 500
	between "a full table: conntrack -S has drops" $(($(drops) - before)) 50 500
	is "full: as many as conntrack -S" "$(total ct @full)" $(($(drops) - before))
	is "full: all of them from 127.0.0.1, by udp" "$(value ct @full '127.0.0.1, udp')" "$(total ct @full)"
}

MADE=0
load_module
must rules
must until_empty
load_text ct "$TEXT"
watch
flows_made 1
flows_made 250
# In jiffies, which a busy machine moves on late.
between "the shortest lifetime is the timeout, 1 s, or more" "$(value ct @shortest '')" 900 3000
between "the longest ended with the test" "$(value ct @longest '')" 1000 10000
is "full: never yet" "$(total ct @full)" 0
table_full
kill $WATCH
nothing_lost ct
done_with ct

# The shipped program has the same numbers.
must until_empty
sysctl -q -w net.netfilter.nf_conntrack_max=65536
must kpctl load conntrack
must "$LOAD/udp" flows 127.0.0.1 9000 1 40
must until_empty
is "the shipped program: 40 new" "$(total conntrack @new udp)" 40
is "the shipped program: 40 destroyed" "$(total conntrack @destroyed udp)" 40
done_with conntrack
must rmmod kpstat
finish
