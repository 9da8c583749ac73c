#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A probe in a module that is not loaded is pending, attaches when the module
# comes, lets it go, and attaches again.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# kmemleak

traffic() {
	nft -f - <<-END
	table inet track {
		chain output {
			type filter hook output priority 0
			ct state new counter
		}
	}
	END
	"$LOAD/udp" flows 127.0.0.1 9000 1 "$1"
}

round() {
	yes "$1: nf_conntrack comes with a rule that needs it" traffic "$2"
	is "$1: all probes are attached" "$(states conntrack)" attached
	is "$1: by name too" "$(states byname)" attached
	between "$1: new flows are counted" "$(value byname @new '')" "$2" $(($2 + 5))
	yes "$1: nf_conntrack goes, our probes do not hold it" no_conntrack
	is "$1: the probes are pending again" "$(states conntrack) $(states byname)" "pending pending"
}

load_module
must no_conntrack
yes "conntrack is loaded without nf_conntrack" kpctl load conntrack
is "its probes are pending" "$(states conntrack)" pending
load_text byname 'kprobe:nf_conntrack:nf_conntrack_in { @packets = count(); }
	conntrack:new { @new = count(); }'
is "a symbol of the absent module is pending" "$(states byname)" pending
no "nothing of ours pulled nf_conntrack in" grep -q '^nf_conntrack ' /proc/modules
round first 20
must kpctl reset byname
round second 30
between "what was counted stays when the module goes" "$(value byname @new '')" 30 35
done_with conntrack
done_with byname
must rmmod kpstat
finish
