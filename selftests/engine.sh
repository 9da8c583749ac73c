#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What an accepted clause computes is what RFC 9669 says; and no clause that
# could do what is forbidden is accepted, of thousands of random ones.
# timeout=300
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

load_module
yes "the verifier's rules, field by field" "$HERE/netlink/rules"
yes "every operation on numbers at the edges" "$HERE/netlink/compute"
yes "random clauses" "$HERE/netlink/fuzz"
is "no kprobe is left" "$(armed)" 0
must rmmod kpstat
finish
