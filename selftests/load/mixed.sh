#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# mixed.sh: a bit of everything, the same every time; by commands whose names
# begin with vs_.
cd "$(dirname "$0")" || exit 1
./reads vs_a -1x2 0x3 1x5 2x4 7x3 100x9 1000x1 4096x2 65536x1
./reads vs_b 1x1 3x8 50x6 4096x12 999999x1
./opens vs_a 7 /etc/hosts
./opens vs_b 4 /no/such/file
./opens vs_b 2 "/$(printf 'long%.0s' {1..30})"
./forks vs_fork 9
./udp vs_udp 127.0.0.1 9 11
./sleepers vs_sleep 3 20
exec 2>/dev/null
for port in 1 1 2 3; do
	: </dev/tcp/127.0.0.1/$port
done
: </dev/tcp/::1/4
exit 0
