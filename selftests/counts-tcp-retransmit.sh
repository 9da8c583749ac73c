#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Retransmits over a line that loses packets: as many as the kernel's own
# TcpRetransSegs, in both network namespaces.
#
# The tracepoint fires once per skb, TcpRetransSegs counts segments: so each
# skb is held to one segment.  Turning TSO and GSO off is not enough for that,
# since TCP builds large skbs for software segmentation all the same; gso_max_segs
# 1 is what it obeys.  A SYN/ACK that is sent again is in TcpRetransSegs, but is
# another tracepoint; so the line loses nothing until the connection stands.
# A retransmit that failed on its way out would be in TcpRetransSegs only: the
# kernel's TCPRetransFail says that there was none.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

client() { ip netns exec client "$@"; }

network() {
	ip netns add client &&
	ip link add veth0 gso_max_segs 1 type veth peer name eth0 netns client gso_max_segs 1 &&
	ip addr add 10.9.0.1/24 dev veth0 &&
	ip link set veth0 up &&
	ip -n client addr add 10.9.0.2/24 dev eth0 &&
	ip -n client link set eth0 up &&
	ip -n client link set lo up &&
	ethtool -K veth0 tso off gso off gro off &&
	client ethtool -K eth0 tso off gso off gro off
}

# lossy PERCENT, on the way to the server and back
lossy() {
	client tc qdisc replace dev eth0 root netem limit 10000 delay 2ms loss "$1" &&
	tc qdisc replace dev veth0 root netem limit 10000 delay 2ms loss "$1"
}

# tcp_stat NAME: in both namespaces together
tcp_stat() {
	{ nstat -asz "$1"; client nstat -asz "$1"; } | awk -v name="$1" '
		$1 == name { n += $2 } END { print n + 0 }'
}

# Sends BYTES over a connection made before the loss begins.
SERVER='import socket
l = socket.create_server(("10.9.0.1", 7000)); open("/tmp/listening", "w")
c, _ = l.accept()
while c.recv(65536): pass
c.send(b"done")
c.close()'
CLIENT='import socket, sys, time
s = socket.create_connection(("10.9.0.1", 7000)); open("/tmp/connected", "w")
sys.stdin.readline()
s.sendall(bytes(int(sys.argv[1]))); s.shutdown(socket.SHUT_WR)
assert s.recv(10) == b"done"'

wait_for() {
	local i
	for ((i = 0; i < 100; i++)); do
		[ ! -e "$1" ] || return 0
		sleep 0.1
	done
	bail "$1 did not come"
}

# transfer BYTES LOSS
transfer() {
	local server sender status=0
	rm -f /tmp/listening /tmp/connected "$WORK/go"
	mkfifo "$WORK/go"
	python3 -c "$SERVER" & server=$!
	wait_for /tmp/listening
	client python3 -c "$CLIENT" "$1" <"$WORK/go" & sender=$!
	exec 9>"$WORK/go"
	wait_for /tmp/connected
	must lossy "$2"
	echo >&9
	exec 9>&-
	wait "$sender" || status=1
	must lossy 0
	wait "$server" || status=1
	return "$status"
}

compare() {
	local before failed
	before=$(tcp_stat TcpRetransSegs)
	failed=$(tcp_stat TcpExtTCPRetransFail)
	must kpctl reset tcp_retransmit
	yes "a transfer of $1 bytes, $2 of packets lost" transfer "$1" "$2"
	sleep 1
	between "there were retransmits" "$(($(tcp_stat TcpRetransSegs) - before))" 5 100000
	is "none of them failed" "$(tcp_stat TcpExtTCPRetransFail)" "$failed"
	is "ours are as many as TcpRetransSegs" "$(total tcp_retransmit @retransmits)" \
		$(($(tcp_stat TcpRetransSegs) - before))
}

load_module
must network
must lossy 0
must kpctl load tcp_retransmit
compare 2000000 2%
compare 1000000 8%
nothing_lost tcp_retransmit
done_with tcp_retransmit
must rmmod kpstat
finish
