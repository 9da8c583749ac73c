#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Padding of events' records, read by clauses that are sent as raw netlink: it is
# zeros, and not what was on the kernel's stack.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

load_module
ip link set lo up
# That there are flows; where there is no conntrack its check is left out.
nft -f - 2>/dev/null <<-END
	table inet track {
		chain output {
			type filter hook output priority 0
			ct state new counter
		}
	}
END
exec "$HERE/raw/gaps"
