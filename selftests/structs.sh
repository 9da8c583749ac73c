#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The kernel's structs in programs: what they say is what /proc, stat and the
# sockets' tools say; values of enums have names; memory that could not be read is
# counted by the line that wanted it, of which many CPUs have many.
# cpus=6
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

# A file with a size, a mode and an owner of its own, and what stat says of it.
files() {
	local file=$WORK/seen
	printf '%5000s' x >"$file"
	chown 17:23 "$file"
	chmod 640 "$file"
	load_text files "
		kprobe:vfs_read
		/comm == \"kps_files\"/
		{
			\$f = (struct file *)arg0;
			\$i = \$f->f_path.dentry->d_inode;
			@[str(\$f->f_path.dentry->d_name.name), \$i->i_ino, \$i->i_mode, \$i->i_uid.val,
			  \$i->i_gid.val, \$i->i_size, \$i->i_nlink, str(\$i->i_sb->s_type->name)] = count();
		}"
	(bash -c 'printf kps_files >/proc/self/comm; read -r line <"$1"' - "$file")
	is "a file: name, number, mode, owner, size, links, file system" \
		"$(kpctl read files | sed -n 's/^@\[seen, \(.*\)\]: .*/\1/p')" \
		"$(printf '%d, %d, 17, 23, 5000, 1, tmpfs' "$(stat -c %i "$file")" "0x$(stat -c %f "$file")")"
	done_with files
}

# The task itself, by its struct and by what builtins say.
tasks() {
	load_text tasks '
		kprobe:vfs_read
		/comm == "kps_task"/
		{
			@same = max(curtask->comm == comm && curtask->pid == tid && curtask->tgid == pid &&
				curtask->real_parent->tgid == ppid && curtask->cred->uid.val == uid);
			@calls = count();
		}'
	must "$LOAD/reads" kps_task 8x100
	is "curtask is what the builtins say" "$(total tasks @same) $(($(total tasks @calls) >= 100))" "1 1"
	done_with tasks
}

sockets() {
	local port
	load_text sockets '
		kprobe:tcp_connect
		{
			$c = ((struct sock *)arg0)->__sk_common;
			@[ntop($c.skc_family, $c.skc_rcv_saddr), ntop($c.skc_daddr), bswap($c.skc_dport), $c.skc_num] = count();
		}'
	ip link set lo up
	socat -u TCP4-LISTEN:4399,bind=127.0.0.1 OPEN:/dev/null &
	sleep 0.5
	port=$(socat -d -d -u OPEN:/dev/null TCP4:127.0.0.1:4399 2>&1 |
		sed -n 's/.*connected from local address.*127.0.0.1:\([0-9]*\).*/\1/p')
	wait
	is "a socket's addresses and ports" "$(kpctl read sockets | sed -n 's/^@\[\(.*\)\]: .*/\1/p')" \
		"127.0.0.1, 127.0.0.1, 4399, $port"
	done_with sockets
}

enums() {
	is "an enum's value has its name, as a key and with %s; %d is its number" "$(kpctl run -e '
		BEGIN { @[(enum pid_type)1] = count(); printf("%s %d\n", (enum hrtimer_restart)1, (enum hrtimer_restart)1); exit(); }' 2>/dev/null | grep -v '^$')" \
		$'HRTIMER_RESTART 1\n@[PIDTYPE_TGID]: 1'
	is "one that has no name is its number" "$(kpctl run -e '
		BEGIN { printf("%s\n", (enum pid_type)77); exit(); }' 2>/dev/null | grep -v '^$')" 77
}

# The kernel prints the same event to its trace, by itself.
bits() {
	local tracing=/sys/kernel/tracing
	local event=$tracing/events/writeback/writeback_dirty_inode
	if ! grep -q '__print_flags(REC->flags' $event/format; then
		skip "names of bits" "this kernel's event has none"
		return
	fi
	load_text bits 't:writeback:writeback_dirty_inode { @[args.ino, args.flags] = count(); }'
	: >$tracing/trace
	echo 1 >$event/enable
	touch /root/bits
	echo more >>/root/bits
	sync
	echo 0 >$event/enable
	kpctl disable bits
	sed -n 's/.* writeback_dirty_inode: .* ino=\([0-9]*\) .* flags=\(.*\)$/\1, \2/p' $tracing/trace | sort -u >"$WORK/trace"
	: >$tracing/trace
	yes "an inode was made dirty" grep -q 'I_DIRTY_SYNC' "$WORK/trace"
	kpctl read bits | sed -n 's/^@\[\(.*\)\]: .*/\1/p' | sort >"$WORK/bits"
	is "the kernel prints the same names of bits" "$(comm -23 "$WORK/trace" "$WORK/bits")" ""
	done_with bits
}

# by LINE: faults of the program "faults" that are counted there
by() { kpctl show -j faults | jq -r ".probes[0].fault_lines[\"$1\"] // 0"; }

faults() {
	load_text faults '
		kprobe:vfs_read
		/comm == "kps_fault"/
		{
			if (arg2 == 1) { @ = max(((struct task_struct *)8)->pid); }
			if (arg2 == 2) { @s[str(16)] = count(); }
			if (arg2 == 3) {
				@b[buf(24, 8)] = count();
				@t = max(((struct task_struct *)32)->pid);
			}
			@n = count();
		}'
	must "$LOAD/reads" kps_fault 1x10 2x20 3x30 4x40
	kpctl disable faults
	is "by the first line that could not read" "$(by 5) $(by 6) $(by 8) $(by 9)" "10 20 30 0"
	is "their sum is the ledger's" "$(ledger faults fault)" 60
	is "debugfs says the same" "$(awk '$1 ~ /^[0-9]+$/ { print $1 ":" $2 }' "$DEBUGFS/programs/faults/faults" | xargs)" "5:10 6:20 8:30"
	yes "so does show" eval "kpctl show faults | grep -q '^fault: kprobe:vfs_read (line 5: 10, line 6: 20, line 8: 30)\$'"
	is "what is behind them is done" "$(($(total faults @n) >= 100))" 1
	must kpctl reset faults
	is "and begin anew" "$(by 5) $(by 6) $(by 8)" "0 0 0"
	done_with faults
}

# many_lines EACH: each line reads an address that is not there, and each CPU runs
# EACH of its own, as many as have places there or more; on many CPUs they are more
# than are told apart at all.
many_lines() {
	local each=$1 places=8 told_apart=31 beyond cpus i line text
	cpus=$(nproc)
	text='kprobe:vfs_read /comm == "kps_fault"/ {'
	for ((line = 2; line < 2 + cpus * each; line++)); do
		text="$text"$'\n'"if (arg2 == $line) { @ = max(*(uint32 *)8); }"
	done
	load_text faults "$text"$'\n}'
	for ((i = 0; i < cpus * each; i++)); do
		must taskset -c $((i / each)) "$LOAD/reads" kps_fault "$((i + 2))x10"
	done
	kpctl disable faults
	told_apart=$((cpus * places < told_apart ? cpus * places : told_apart))
	beyond=$(((cpus * each - told_apart) * 10))
	is "lines beyond those that have a place are counted together" \
		"$(by 0) $(kpctl show -j faults | jq '[.probes[0].fault_lines[]] | add')" \
		"$beyond $((cpus * each * 10))"
	is "with them the sum is the ledger's" "$(ledger faults fault)" $((cpus * each * 10))
	done_with faults
}

# read()'s third argument, by the handler of our own and by perf.
record_arrays() {
	local way
	for way in auto perf; do
		load_text args 't:raw_syscalls:sys_enter /comm == "kps_args" && args.id == 0/ { @[args.args[2]] = count(); }' --attach $way
		must "$LOAD/reads" kps_args 1111x7 2222x5
		is "an array in a tracepoint's record, --attach $way" \
			"$(kpctl read args | grep -E '1111|2222' | xargs)" "@[2222]: 5 @[1111]: 7"
		done_with args
	done
}

load_module
must install_types
record_arrays
files
tasks
sockets
enums
bits
faults
many_lines 8
many_lines 12
is "no memory is held" "$(status memory)" 0
must rmmod kpstat
finish
