#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The demo's part in the guest: loads kpstat and its four programs, makes
# traffic whose numbers are known, and reads the answers.
set -u
KPSTAT_KO=${KPSTAT_KO:-/kpstat/kpstat.ko}
DEBUGFS=/sys/kernel/debug/kpstat
B='' R=''
if [ "${KPSTAT_TEST_COLOUR:-0}" = 1 ]; then
	B=$'\033[1m' R=$'\033[0m'
fi

title() { printf '\n%s=== %s%s\n' "$B" "$*" "$R"; }
note() { printf '    %s\n' "$*"; }
# Shows a command as it would be typed, then its output.
try() {
	local line='' word
	for word in "$@"; do
		case $word in
		*[\ \"]*) word="'$word'" ;;
		esac
		line+=" $word"
	done
	printf '\n%s#%s%s\n' "$B" "$line" "$R"
	"$@" || { printf 'demo: "%s" failed (%d)\n' "$*" $?; FAILED=1; }
}
FAILED=0

# The guest itself is the server; "client" is a network namespace behind a veth
# pair whose line loses one packet in fifty.
network() {
	ip netns add client
	ip link add veth0 type veth peer name eth0 netns client
	ip addr add 10.9.0.1/24 dev veth0
	ip link set veth0 up
	ip -n client addr add 10.9.0.2/24 dev eth0
	ip -n client link set eth0 up
	ip -n client link set lo up
	ip netns exec client tc qdisc add dev eth0 root netem limit 10000 delay 2ms loss 2%
	tc qdisc add dev veth0 root netem limit 10000 delay 2ms loss 2%
	# The tracepoint counts packets, TcpRetransSegs segments: with one
	# segment to a packet they are the same thing.
	ip link set veth0 gso_max_segs 1
	ip -n client link set eth0 gso_max_segs 1
	# The rule that names ct brings connection tracking to life here.
	nft -f - <<-END
	table inet demo {
		counter unwanted { }
		chain input {
			type filter hook input priority 0
			udp dport 9999 counter name unwanted drop
			ct state invalid counter
		}
	}
	END
	sysctl -q -w net.netfilter.nf_conntrack_udp_timeout=2 net.ipv4.icmp_ratelimit=0
}

forks() {
	note "forks: 300 by this script, 60 by python3, 40 by awk"
	local i
	for ((i = 0; i < 300; i++)); do (:); done
	python3 -c 'import os
for _ in range(60):
    pid = os.fork()
    if not pid: os._exit(0)
    os.waitpid(pid, 0)'
	awk 'BEGIN { for (i = 0; i < 40; i++) system("") ; for (i = 0; i < 40; i++) system(":") }'
}

bulk_tcp() {
	note "TCP: 4 streams for 6 s over the line that loses packets"
	iperf3 -s -1 -D -p 5201 >/dev/null
	sleep 1
	ip netns exec client iperf3 -c 10.9.0.1 -p 5201 -t 6 -P 4 -b 4M >/dev/null 2>&1
}

unwanted() {
	note "UDP: 500 datagrams that an nft rule drops"
	python3 -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(500): s.sendto(b"no", ("127.0.0.1", 9999))'
}

tcp_flows() {
	note "TCP: 150 short connections, 12 at a time"
	python3 - <<-END &
	import socket
	l = socket.create_server(("10.9.0.1", 8080), backlog=128)
	l.settimeout(20)
	for _ in range(150):
	    c, _a = l.accept()
	    c.close()
	END
	local server=$!
	sleep 1
	ip netns exec client python3 - <<-END
	import socket, threading
	def some(n):
	    for _ in range(n):
	        c = socket.create_connection(("10.9.0.1", 8080), 10)
	        c.recv(1); c.close()
	t = [threading.Thread(target=some, args=(n,)) for n in [13] * 6 + [12] * 6]
	[x.start() for x in t]; [x.join() for x in t]
	END
	wait $server
}

udp_flows() {
	note "UDP: 400 flows into a connection table made for 200"
	sysctl -q -w net.netfilter.nf_conntrack_max=200
	ip netns exec client python3 - <<-END
	import socket, time
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	for port in range(20000, 20400):
	    s.sendto(b"hello", ("10.9.0.1", port))
	    time.sleep(0.001)
	END
	sleep 1
	conntrack -F >/dev/null 2>&1
	sysctl -q -w net.netfilter.nf_conntrack_max=65536
}

# Segments retransmitted, less those that did not get out of the host, which the
# tracepoint does not see; guest and client together.
retransmits_here() {
	awk '
	$1 == "TcpExt:" && !names { for (i = 2; i <= NF; i++) if ($i == "TCPRetransFail") fail = i; names = 1; next }
	$1 == "TcpExt:" { failed = $fail }
	$1 == "Tcp:" && $2 ~ /^[0-9]/ { sent = $13 }
	END { print sent - failed }' /proc/net/netstat /proc/net/snmp
}
retransmits() {
	local there
	there=$(ip netns exec client bash -c "$(declare -f retransmits_here); retransmits_here")
	echo $(($(retransmits_here) + there))
}
unwanted_dropped() { nft -j list counter inet demo unwanted | jq '.nftables[] | .counter? // empty | .packets'; }
table_full() { conntrack -S | grep -o '[^_]drop=[0-9]*' | awk -F= '{ n += $2 } END { print n + 0 }'; }

main() {
	local before
	title "1. Load the module and the four programs"
	try insmod "$KPSTAT_KO"
	[ $FAILED = 0 ] || return
	network
	for p in fork tcp_retransmit drops conntrack; do
		try kpctl load $p
	done
	try kpctl load --name synack -e 'tracepoint:tcp:tcp_retransmit_synack { @synack = count(); }'
	try kpctl list
	[ $FAILED = 0 ] || return

	title "2. Make traffic"
	before=$(retransmits)
	forks
	bulk_tcp
	unwanted
	tcp_flows
	udp_flows

	title "3. Who forks?"
	try kpctl read fork

	title "4. Which peers make TCP retransmit?"
	try kpctl read tcp_retransmit
	note "SYN/ACKs that were sent again are another tracepoint:"
	try kpctl read synack
	note "all by the kernel's own TcpRetransSegs less TCPRetransFail: $(($(retransmits) - before))"

	title "5. Where are packets dropped, and why?"
	try kpctl read drops
	note "nft's own counter: $(unwanted_dropped) packets dropped"

	title "6. What does connection tracking do?"
	try kpctl read conntrack
	note "conntrack -S: $(table_full) dropped, for the table was full"

	title "7. The same without kpctl: debugfs and cat"
	try ls $DEBUGFS/programs/conntrack/maps
	local map
	map=$(find $DEBUGFS/programs/conntrack/maps -name '*life*' | sort | head -n1)
	try cat "${map:-$DEBUGFS/programs/conntrack/maps/*}"
	try cat $DEBUGFS/programs/conntrack/ledger

	title "8. A question of your own: how long do reads take, by command?"
	(for ((i = 0; i < 40; i++)); do dd if=/dev/zero of=/dev/null bs=256k count=20; done 2>/dev/null) &
	try kpctl run -d 3 -e 'kretprobe:vfs_read /comm == "dd"/ { @ns = hist(duration); @bytes = hist(retval); }'
	wait

	title "9. A script as it is: bpftrace's own execsnoop"
	(sleep 1.5; uname -s; ls -d /tmp) >/dev/null &
	try kpctl run -d 3 /usr/sbin/execsnoop.bt
	wait

	title "10. Unload"
	for p in fork tcp_retransmit synack drops conntrack; do
		kpctl unload $p || FAILED=1
	done
	try rmmod kpstat
	[ $FAILED = 1 ] || note "nothing is left behind"
}

main
exit $FAILED
