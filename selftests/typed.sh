#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Events that come often have handlers of kpstat's own.  Field by field they see
# what perf gives for the same events: the same clauses are loaded twice, once for
# either way, and count what tasks do whose names begin with vs_.
# timeout=240
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

EVENTS=/sys/kernel/tracing/events
[ -d $EVENTS ] || EVENTS=/sys/kernel/debug/tracing/events

# Those that must have a handler wherever the kernel has the event.
NAMES=(
	sched:{sched_switch,sched_waking,sched_wakeup,sched_wakeup_new}
	sched:sched_{migrate_task,process_fork,process_exec,process_exit,process_free}
	raw_syscalls:{sys_enter,sys_exit}
	irq:{irq_handler_entry,irq_handler_exit,softirq_entry,softirq_exit,softirq_raise}
	napi:napi_poll skb:{kfree_skb,consume_skb}
	net:{net_dev_queue,netif_receive_skb,netif_rx}
	tcp:tcp_retransmit_skb sock:inet_sock_set_state
	block:{block_rq_insert,block_rq_issue,block_rq_complete}
	kmem:{kmalloc,kfree,mm_page_alloc,mm_page_free}
	vmscan:mm_vmscan_direct_reclaim_{begin,end}
	writeback:{writeback_dirty_page,writeback_dirty_folio}
)
# Nothing here makes these happen, or not on every kernel.
MAY_BE_QUIET=' mm_vmscan_direct_reclaim_begin mm_vmscan_direct_reclaim_end sched_migrate_task sched_process_free block_rq_insert netif_rx '

# clause EVENT: counts by each field that is a number, a string or bytes
clause() {
	echo "tracepoint:$1 /strncmp(comm, \"vs_\", 3) == 0/ {"
	sed -nE 's/^\tfield:(.*[ *])([a-z_0-9]+)(\[[^;]*\])?;.*size:([0-9]+);.*/\1|\2|\3|\4/p' "$EVENTS/${1/://}/format" |
		while IFS='|' read -r type name array size; do
			case $type$name in
			*common_*) continue ;;
			# Who exits is a zombie or dead, as its parent may change
			# at that very moment.
			*prev_state) echo "@${name}[args.$name & ~0x30] = count();" ; continue ;;
			esac
			case $type$array in
			*char*\[*|*__data_loc*char*) echo "@${name}[args.$name] = count();" ;;
			*u8*\[*) echo "@${name}[buf(args.$name, $size)] = count();" ;;
			*\[*) ;;
			*) echo "@${name}[args.$name] = count();" ;;
			esac
		done
	echo "@all = count(); }"
}

# vs NAME COMMAND...: run it under that name
vs() {
	cp "$(readlink -f "$(type -P "$2")")" "$WORK/$1"
	"$WORK/$1" "${@:3}"
}

TRANSFER='import socket
l = socket.create_server(("127.0.0.1", 7000))
a = socket.create_connection(("127.0.0.1", 7000)); b, _ = l.accept()
for i in range(60):
	a.sendall(bytes(1000)); n = 0
	while n < 1000: n += len(b.recv(1000))
a.close(); b.close()'

loads() {
	local busy=() i
	# Interrupts come to somebody: to these.
	cp "$(type -P bash)" "$WORK/vs_busy"
	for i in 0 1; do
		"$WORK/vs_busy" -c 'while :; do :; done' &
		busy+=($!)
	done
	"$LOAD/mixed.sh"
	"$LOAD/sleepers" vs_sleep 4 50
	vs vs_dd dd if=/dev/vda of=/dev/null bs=64k count=40 iflag=direct 2>/dev/null
	vs vs_write dd if=/dev/zero of=/root/typed bs=4k count=50 conv=fsync 2>/dev/null
	vs vs_rm rm /root/typed
	vs vs_sh bash -c ': </dev/tcp/127.0.0.1/1' 2>/dev/null
	if tc qdisc add dev lo root netem loss 10% 2>/dev/null; then
		vs vs_py python3 -c "$TRANSFER"
		tc qdisc del dev lo root
	fi
	kill "${busy[@]}"
	wait "${busy[@]}" 2>/dev/null
	sleep 0.5
}

load_module
ip link set lo up
present=()
for event in "${NAMES[@]}"; do
	[ -e "$EVENTS/${event/://}/format" ] || continue
	present+=("$event")
	name=${event#*:}
	clause "$event" >"$WORK/$name"
	# Where all do not fit, whoever comes first is seen, and interrupts come between.
	keys=1024
	[[ $name != mm_page_* ]] || keys=2048
	must kpctl load --max-keys $keys --name "ours_$name" "$WORK/$name"
	must kpctl load --max-keys $keys --attach perf --name "perf_$name" "$WORK/$name"
done
between "this kernel has most of them" ${#present[@]} 25 99
loads
for event in "${present[@]}"; do
	name=${event#*:}
	is "$event: by our own handler" "$(how "ours_$name")" "raw: "
	is "$event: or by perf" "$(how "perf_$name")" "perf: asked for"
	kpctl read "ours_$name" >"$WORK/ours" 2>&1
	kpctl read "perf_$name" >"$WORK/perf" 2>&1
	seen=$(sed -n 's/^@all: //p' "$WORK/ours")
	fields=$(grep -c '^@' "$WORK/$name")
	if [ "${seen:-0}" = 0 ] && [[ $MAY_BE_QUIET == *" $name "* ]]; then
		skip "$event: all fields" "it did not happen"
	else
		between "$event: it happened" "${seen:-0}" 1 1000000000
		yes "$event: all $((fields - 1)) fields the same" diff "$WORK/perf" "$WORK/ours"
	fi
	done_with "ours_$name"
	must kpctl unload "perf_$name"
done

# Whatever else a clause may want of an event.
STACK='tracepoint:raw_syscalls:sys_enter /comm == "words"/ { @[kstack(5)] = count(); @s[probe] = count(); }'
load_text ours "$STACK"
load_text perf "$STACK" --attach perf
must "$LOAD/words" words 20 1
yes "stacks begin at the tracepoint, either way" diff <(kpctl read perf) <(kpctl read ours)
done_with ours
must kpctl unload perf

load_text common 'tracepoint:raw_syscalls:sys_enter { @[args.common_pid] = count(); }'
is "common fields are perf's" "$(how common)" "perf: fields common to all events are asked for"
done_with common
load_text other 'tracepoint:timer:timer_start { @ = count(); }'
is "an event without a handler" "$(how other)" "perf: kpstat has no handler for it"
done_with other

# A kernel whose headers are not what it was built from.
FIELDS='tracepoint:sched:sched_process_exec { @ = count(); }'
if [ -e /kpstat/kps_break.ko ] && insmod /kpstat/kps_break.ko what=fields; then
	load_text fields "$FIELDS"
	is "an event whose fields are elsewhere is left to perf" "$(how fields)" \
		"perf: its format file has other fields, or cannot be looked at"
	done_with fields
	must rmmod kps_break
	load_text fields "$FIELDS"
	is "where they should be it is not" "$(how fields)" "raw: "
	done_with fields
else
	skip "an event whose fields are elsewhere" "there is no module that breaks this kernel"
fi

# A record is never longer than its room: nor is a file's name.
long=$WORK/$(printf 'd%.0s' {1..200})/$(printf 'e%.0s' {1..200})
mkdir -p "$long"
cp "$(readlink -f "$(type -P true)")" "$long/vs_long"
EXEC='tracepoint:sched:sched_process_exec /comm == "vs_long"/ { @[str(args.filename)] = count(); @pid[args.pid != 0, args.old_pid != 0] = count(); }'
load_text ours "$EXEC"
load_text perf "$EXEC" --attach perf
"$long/vs_long"
is "a name of 400 letters: it was run" "$(value ours @pid 'true, true')" 1
yes "the same of it" diff <(kpctl read perf) <(kpctl read ours)
done_with ours
must kpctl unload perf

# Bytes that a __data_loc word tells of: as many as the event has.
BYTES='tracepoint:net:net_dev_queue /comm == "bash"/ { @n[buf(args.name)] = count(); @[args.name, buf(args.name, 2)] = count(); }'
load_text ours "$BYTES"
load_text perf "$BYTES" --attach perf
bash -c ': </dev/tcp/127.0.0.1/1' 2>/dev/null
yes "bytes of a name, its end counted" grep -q '^@n\[lo\\x00\]: ' <(kpctl read ours)
yes "and its first two" grep -q '^@\[lo, lo\]: ' <(kpctl read ours)
yes "the same of them" diff <(kpctl read perf) <(kpctl read ours)
done_with ours
must kpctl unload perf

# commands_of FILE: the bytes that it has, in hex, sorted
commands_of() {
	python3 - "$1" <<-'END'
		import re, sys
		for line in sorted(re.sub(rb"\\x(..)", lambda m: bytes([int(m[1], 16)]),
		                          line.rstrip(b"\n")).hex(" ")
		                   for line in open(sys.argv[1], "rb")):
		    print(line)
	END
}
SCSI=$EVENTS/scsi/scsi_dispatch_cmd_start
if modprobe -q scsi_mod && [ -e "$SCSI/format" ] && modprobe -qn scsi_debug; then
	echo >"${EVENTS%/*}/trace"
	echo 1 >"$SCSI/enable"
	kpctl run -q -c 'modprobe scsi_debug dev_size_mb=8 delay=0' -e '
		tracepoint:scsi:scsi_dispatch_cmd_start {
			$half = args.cmd_len / 2;
			printf("%r\n", buf(args.cmnd)); @all = count();
			printf("half %r\n", buf(args.cmnd, $half));
			printf("two %r\n", buf(args.cmnd, 2)); }' >"$WORK/printed"
	echo 0 >"$SCSI/enable"
	sed -n 's/.* raw=\([0-9a-f ]*\)).*/\1/p' "${EVENTS%/*}/trace" | LC_ALL=C sort >"$WORK/theirs"
	between "commands of a disk" "$(wc -l <"$WORK/theirs")" 5 10000
	grep -av '^half \|^two \|^@\|^$' "$WORK/printed" >"$WORK/whole"
	yes "their bytes are those of the trace" diff "$WORK/theirs" <(commands_of "$WORK/whole")
	sed -n 's/^half //p' "$WORK/printed" >"$WORK/half"
	yes "half of each" diff <(awk '{ NF /= 2 } 1' "$WORK/theirs" | LC_ALL=C sort) <(commands_of "$WORK/half")
	sed -n 's/^two //p' "$WORK/printed" >"$WORK/two"
	yes "two of each" diff <(awk '{ NF = 2 } 1' "$WORK/theirs" | LC_ALL=C sort) <(commands_of "$WORK/two")
else
	skip "bytes of a disk's commands" "there is no scsi_debug"
fi

no "no such way" kpctl load --attach magic --name x -e 'tracepoint:raw_syscalls:sys_enter { @ = count(); }'
must rmmod kpstat
finish
