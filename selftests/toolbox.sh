#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The tools that come with kpstat: what kpctl says of them, and what they show of a load
# whose numbers are known from elsewhere. They run all at once.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=300

TOOLS=$(dirname "$(command -v kpctl)")/../share/kpstat/programs

described() {
	is "each file is a tool, and is listed" "$(kpctl tools -j | jq -r '.tools[].name' | sort | paste -sd' ')" \
		"$(basename -s .bt "$TOOLS"/*.bt | sort | paste -sd' ')"
	is "none has no subject" "$(kpctl tools | sed -n '/^others:/,/^$/p')" ""
	yes "a subject's" grep -q '^  fork  *who starts tasks?' <(kpctl tools processes)
	no "and no others" grep -q drops <(kpctl tools processes)
	is "tools -v is run --help" "$(kpctl tools -v fork)" "$(kpctl run fork --help)"
	yes "it says how to read it" grep -q '^Forks by the command' <(kpctl run fork --help)
	yes "and what its parameters are" grep -q '^  --min-us=10000 .*microseconds' <(kpctl run runqslower --help)
	is "a file beside them is found by its name" \
		"$(cd "$WORK" && echo 'BEGIN { print("mine"); exit(); }' >fork.bt && kpctl run -q fork.bt | head -n1)" mine
}

# "TOOL PARAMETERS|PATTERN": what each shows of the load, a line of its output.
shown() {
	cat <<-'END'
	runqlat --by-process|^@usecs_of\[naps\]:
	runqlen --by-cpu|^@waiting_for\[1\]:
	cpudist --off --by-process|^@usecs_of\[naps\]:
	profile --kernel|^@kernel\[
	hardirqs|^@usecs\[virtio[0-9]
	softirqs|^@usecs\[TIMER\]: [0-9]+
	migrations|^@moves\[toolpin, [01], [01]\]: [0-9]+
	loads|load averages: [0-9]+\.[0-9][0-9] [0-9]+\.[0-9][0-9] [0-9]+\.[0-9][0-9]$
	execsnoop| toolbox.sh +[0-9]+ +[0-9]+ +(.*/)?uname -s -m$
	exitsnoop --failed| toolexit +[0-9]+ +[0-9]+ +[0-9]+\.[0-9]{3} code 7$
	exitsnoop --failed| toolkill +[0-9]+ +[0-9]+ +[0-9]+\.[0-9]{3} signal 9 \(Killed\)$
	forks| toolbox.sh +[0-9]+ +[0-9]+ +process$
	threadsnoop| python3 +[0-9]+$
	killsnoop --signal=9| toolbox.sh +9 +[0-9]+ +0$
	syscount|^@syscall\[nanosleep\]: [0-9]+
	syscalls-slower| naps +[0-9]+ +nanosleep +[0-9]{5,6} 0$
	capable| chown +0 +CAP_CHOWN +1$
	setuids| python3 +0 +setuid +7 +-1 +-1 +0$
	opensnoop --failed| cat +-1 +2 /nonexistent$
	statsnoop| stat +0 /etc/passwd$
	syncsnoop| dd +tracepoint:syscalls:sys_enter_fsync$
	fsdist|^@usecs\[ext4, vfs_write\]:
	vfsstat|^@calls\[vfs_fsync_range\]: 1$
	cachestat|^[0-9:]{8} +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+%$
	dcstat|^[0-9:]{8} +[1-9][0-9]* +[0-9]+ +[0-9]+$
	mountsnoop|^mount +[0-9]+ +0 +mount\("none", "/.*/mnt", "tmpfs"\)$
	mountsnoop|^umount +[0-9]+ +0 +umount\("/.*/mnt"\)$
	biolatency --by-disk|^@usecs_of\[vda\]:
	biosnoop| dd +[0-9]+ +vda +W[A-Z]* +[0-9]+ +[0-9]+ +[0-9]+\.[0-9]{3}$
	bitesize|^@bytes\[dd\]:
	faults|^@user\[uname\]: [0-9]+
	slabrate|^@count\[.*\]: [0-9]+
	tcpconnect| socat +127.0.0.1 +[0-9]+ +127.0.0.1 +4242
	tcpaccept| socat +127.0.0.1 +[0-9]+ +127.0.0.1 +4242 +[0-9]/5$
	tcplife| 127.0.0.1 +[0-9]+ +127.0.0.1 +4242 +[0-9]+ +[0-9]+ +[0-9]+$
	tcpstates| +4242 +[A-Z_]*CLOSE +-> [A-Z_]*SYN_SENT 
	tcprtt|^@usecs:
	tcpsynbl|^@backlog\[5\]:
	funccount vfs_fsync*|^@calls\[vfs_fsync_range\]: 1$
	funclatency vfs_fsync_range|^@nsecs\[vfs_fsync_range\]:
	funcslower vfs_fsync_range --min-us=0| dd +[0-9]+ +[0-9]+ 0x0 +vfs_fsync_range$
	schedlat|^naps +[0-9]+ +[0-9]+ +[0-9]+\.[0-9]{3} +[0-9]+\.[0-9]{3} +[0-9]+\.[0-9]{3}$
	filetop|^@written\[[0-9]+, dd, written\]: 262144$
	cachetop|^ +[0-9]+ +dd +[0-9]+ +[0-9]+ +[1-9][0-9]* +[0-9]+%$
	dcsnoop| cat +nonexistent$
	biotop| vda +W[A-Z]* +[1-9][0-9]* +[1-9][0-9]* +[0-9]+\.[0-9]{3}$
	tcptop|^@sent\[[0-9]+, socat, [0-9]+, 127.0.0.1, 4242\]: 4096$
	tcptop|^@received\[[0-9]+, socat, 4242, 127.0.0.1, [0-9]+\]: 4096$
	udptop|^@sent\[[0-9]+, toolbox.sh, [0-9]+\]: 2$
	skblife|^@usecs\[socat\]:
	arp-storm --per-second=5| hears +10\.9\.0\.1 +9$
	argdist vfs_read --arg=2|^@\[vfs_read\]:
	stackcount vfs_fsync_range|^ +vfs_fsync_range\+
	END
}

# What differs between two runs of a tool is in its name's file.
run_of() { tr -c 'a-z0-9\n' '_' <<<"$1"; }

start_all() {
	local tool
	RUNNING=()
	while read -r tool; do
		# shellcheck disable=SC2086
		kpctl run -q $tool >"$WORK/$(run_of "$tool").out" 2>"$WORK/$(run_of "$tool").err" &
		RUNNING+=("$(run_of "$tool") $!")
	done < <(shown | cut -d'|' -f1 | uniq)
	until_attached ${#RUNNING[@]}
}

# A shell by a name of its own.
named() { cp /bin/bash "$WORK/$1" && "$WORK/$1" -c "$2"; }

threads() {
	python3 -c 'import os, threading
for i in range(5):
    t = threading.Thread(target=print)
    t.start()
    t.join()
os.setuid(7)'
}

# Three, one after the other, with 4,096 bytes each.
connections() {
	local i
	ip link set lo up
	socat -u TCP-LISTEN:4242,reuseaddr,fork,backlog=5 /dev/null & SERVER=$!
	sleep 0.5
	for ((i = 0; i < 3; i++)); do head -c 4096 /dev/zero | socat -u - TCP:127.0.0.1:4242; done
	kill $SERVER
	wait $SERVER
}

# Nine who do not answer, and so are asked for; two bytes for each.
questions() {
	local i
	ip netns add hears
	ip link add asks type veth peer name hears netns hears
	ip address add 10.9.0.1/24 dev asks
	ip link set asks up
	ip -n hears link set hears up
	sleep 0.2
	for i in {2..10}; do exec 3>"/dev/udp/10.9.0.$i/9" && echo x >&3 && exec 3>&-; done
	sleep 1
	ip netns delete hears
}

load_everything() {
	for _ in {1..20}; do uname -s -m; done
	named toolexit 'exit 7' || :
	cp /bin/bash "$WORK/toolkill"
	"$WORK/toolkill" -c 'sleep 20; :' & KILLED=$!
	named toolpin 'for i in 0 1 0 1 0 1; do taskset -cp $i $$; done'
	"$LOAD/naps" naps 0 30000000
	chown 1 /tmp
	threads
	sleep 0.3
	kill -9 $KILLED
	wait $KILLED
	dd if=/dev/zero of=/root/written bs=64k count=4 conv=fsync
	cat /nonexistent
	stat /etc/passwd
	mkdir "$WORK/mnt"
	mount -t tmpfs none "$WORK/mnt"
	umount "$WORK/mnt"
	connections
	questions
	# Some look once a second.
	sleep 1
}

# From 7 on fsync() has that function inlined.
is_inlined() { [[ "$*" = *fsync* ]] && [ "$(uname -r | cut -d. -f1)" -ge 7 ]; }

shows() {
	local tool pattern
	while IFS='|' read -r tool pattern; do
		if is_inlined "$tool $pattern"; then
			skip "$tool: $pattern" "vfs_fsync_range is inlined"
			continue
		fi
		if grep -qE -- "$pattern" "$WORK/$(run_of "$tool").out"; then
			result 0 "$tool: $pattern"
			continue
		fi
		result 1 "$tool: $pattern"
		{ tail -n 15 "$WORK/$(run_of "$tool").out"; head -n 5 "$WORK/$(run_of "$tool").err"; } | diag
	done < <(shown)
}

# lines TOOL PATTERN
lines() { grep -cE -- "$2" "$WORK/$(run_of "$1").out"; }

numbers() {
	is "tcpconnect: each connection is a line" "$(lines tcpconnect ' socat .* 4242')" 3
	is "tcpaccept: at the other end, too" "$(lines tcpaccept ' socat .* 4242 ')" 3
	is "tcplife: and what went through each" "$(lines tcplife ' 4242 +4 +0 ')" 3
	is "biosnoop: bytes of dd's writes are those of its file" \
		"$(awk '$2 == "dd" && $5 ~ /^W/ && $7 >= 65536 { n += $7 } END { print n + 0 }' "$WORK/biosnoop.out")" 262144
	is "execsnoop: each uname was a line" "$(lines execsnoop 'uname -s -m$')" 20
	is "forks: and each a fork" "$(join <(awk '/uname -s -m/ { print $3 }' "$WORK/execsnoop.out" | sort) \
		<(awk '$NF == "process" { print $(NF - 1) }' "$WORK/forks.out" | sort) | wc -l)" 20
	is "threadsnoop: each thread is a line" "$(lines threadsnoop ' python3 ')" 5
	is "killsnoop: one signal 9" "$(lines 'killsnoop --signal=9' " 9 +$KILLED +0\$")" 1
}

# alone TOOL PARAMETERS PATTERN TIMES COMMAND: what would see the others write what they
# see; so often a line of the command's.
alone() {
	# shellcheck disable=SC2086
	kpctl run -q --no-self -c "$4" $1 >"$WORK/alone" 2>"$WORK/alone.err"
	is "$1: $2" "$(grep -cE -- "$2" "$WORK/alone")" "$3"
}

# Four writes, in each of which the file system syncs the file, and a sync of its own.
DSYNC="dd if=/dev/zero of=/root/synced bs=64k count=4 oflag=dsync conv=fsync status=none"

by_themselves() {
	local naps="$LOAD/naps naps 0 30000000"
	alone "offcputime" '^, naps\]: ([3-9][0-9]{4}|[0-9]{6,})$' 1 "$naps"
	alone "offwaketime" '^@usecs\[naps, ' 1 "$naps"
	alone "runqslower --min-us=1000000000" 'TIME +COMM +TID +LAT\(us\)' 1 "$naps"
	alone "fsslower --min-us=0" ' dd +[0-9]+ +vfs_write +ext4 .* synced$' 4 "$DSYNC"
	alone "fsslower --min-us=0" ' dd +[0-9]+ +fsync +ext4 .* synced$' 1 "$DSYNC"
	alone "fsdist" '^@usecs\[ext4, (vfs_write|fsync)\]:' 2 "$DSYNC"
	alone "fileslower --min-us=0" ' dd +[0-9]+ +vfs_write +65536 .* synced$' 4 "$DSYNC"
}

# share FILE NAME: per cent that a flame graph gives a frame, without what is behind the point
share() { sed -nE "s/.*<title>$2 \(.*, ([0-9]+)\.[0-9]+%\).*/\1/p" "$1" | sort -n | tail -n1; }

flames() {
	local svg="$WORK/flame.svg" load
	"$LOAD/calls" flamed 0 0 >"$WORK/calls" & load=$!
	yes "flame draws" kpctl flame -d 2 -p $load -o "$svg"
	is "a process alone is all there is" "$(share "$svg" flamed)" 100
	between "most of it is in read()" "$(share "$svg" vfs_read)" 30 100
	kpctl flame -d 60 -o "$svg" & flame=$!
	until_attached 1
	sleep 1
	kill -INT $flame
	wait $flame
	is "Ctrl-C ends it with what there is" "$?" 0
	between "one of two CPUs is busy" "$(share "$svg" flamed)" 25 100
	kill $load
	wait $load
	is "no sample is an error" "$(kpctl flame -d 0.2 -p $load -o "$WORK/none.svg" 2>&1)" \
		"kpctl: there is no sample: nothing has run, or there is nothing of that process"
	no "and no picture" test -e "$WORK/none.svg"
	is "the program is shown" "$(kpctl flame --print -F 99 -p 7)" \
		'profile:hz:99 /pid == 7/ { @samples[kstack, ustack, comm] = count(); }'
	kpctl flame --offcpu -d 2 -o "$svg" & flame=$!
	until_attached 1
	"$LOAD/naps" naps 0 30000000
	wait $flame
	between "a nap of 30 ms off the CPU" \
		"$(sed -nE 's/.*<title>naps \(([0-9]+) us.*/\1/p' "$svg")" 30000 100000000
	is "a file that is none is said" "$(echo 'main x' | kpctl flame - 2>&1 >"$WORK/none.svg")" \
		'kpctl: -:1: no folded stack: a line is "main;read 5"'
}

load_module
must install_types
described
start_all
load_everything >"$WORK/load" 2>&1
end_tools
shows
numbers
by_themselves
flames
is "no memory is held" "$(status memory)" 0
must rmmod kpstat
finish
