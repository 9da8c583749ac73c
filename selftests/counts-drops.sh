#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Packets that nft drops, on their way in and out, are drops for the reason
# NETFILTER_DROP, as many as nft itself has counted.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

rules() {
	nft -f - <<-END
	table inet kps {
		counter on_input { }
		counter on_output { }
		chain input {
			type filter hook input priority 0
			udp dport 9001 counter name on_input drop
		}
		chain output {
			type filter hook output priority 0
			udp dport 9002 counter name on_output drop
		}
	}
	END
}

nft_counter() {
	nft list counter inet kps "$1" | sed -n 's/.*packets \([0-9]*\) .*/\1/p'
}

# Older kernels give no reason; netfilter gives up in one function.
by=NETFILTER_DROP
grep -q 'field:.* reason;' /sys/kernel/tracing/events/skb/kfree_skb/format || by=nf_hook_slow

dropped() { total drops '' "$by"; }

load_module
must rules
must kpctl load drops
before=$(dropped)
is "no traffic, no drops" "$before" 0
must "$LOAD/udp" out_4 127.0.0.1 9002 137
is "137 packets dropped on output, by nft's counter" "$(nft_counter on_output)" 137
is "the same by ours" "$(dropped)" 137
must "$LOAD/udp" in_4 127.0.0.1 9001 611
sleep 0.5
is "611 packets dropped on input, by nft's counter" "$(nft_counter on_input)" 611
is "the same by ours" "$(dropped)" $((137 + 611))
must "$LOAD/udp" in_6 ::1 9001 53
sleep 0.5
is "with IPv6: nft's counters and ours" "$(dropped)" \
	$(($(nft_counter on_input) + $(nft_counter on_output)))
nothing_lost drops
done_with drops
must rmmod kpstat
finish
