#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# fentry and fexit: a function's arguments by their names and types, at its entry and at
# its return, and what it returns; those of raw tracepoints.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

CALLS=3000
PANIC=/proc/sys/kernel/panic

# says NAME TEXT PROGRAM: it is refused, and why
says() {
	no "$1 is refused" kpctl check -e "$3"
	cp "$WORK/yes" "$WORK/said"
	yes "$1: it says why" grep -qF "$2" "$WORK/said"
}

load_module

# Without names they are kprobe and kretprobe.
load_text plain 'fentry:vfs_read /comm == "reader"/ { @[probe, probetype, func] = count(); @arg[arg2] = count(); }
fexit:vfs_read /comm == "reader"/ { @ret[probe] = count(); @ns = hist(duration); @kept[arg2] = count(); }
kfunc:ksys_read, f:ksys_read /comm == "reader"/ { @old[probe] = count(); }'
"$LOAD/calls" reader 0 $CALLS
is "what an entry is called" "$(value plain @ 'fentry:vmlinux:vfs_read, fentry, vfs_read')" $CALLS
is "and a return" "$(value plain @ret 'fexit:vmlinux:vfs_read')" $CALLS
is "by their older and shorter names" "$(total plain @old 'fentry:vmlinux:ksys_read')" $((2 * CALLS))
is "an argument by its number" "$(value plain @arg 1)" $CALLS
is "and as it was, at the return" "$(value plain @kept 1)" $CALLS
done_with plain

says "an offset" "a fentry has no offset" 'fentry:vfs_read+4 { @ = count(); }'
if [ ! -r /sys/kernel/btf/vmlinux ]; then
	says "what nobody knows" "the names of the arguments of 'vfs_read' are not known here" 'fentry:vfs_read { @ = sum(args.count); }'
	for what in names types returns "raw tracepoints" lists "functions of modules"; do
		skip "$what" "this kernel does not tell of its types"
	done
	must rmmod kpstat
	finish
fi

load_text names 'fentry:vfs_read /comm == "reader"/ { @count[args.count] = count(); @file[str(args.file.f_path.dentry.d_name.name)] = count(); }
kprobe:vfs_read /comm == "reader"/ { @same[args.count == arg2 && (uint64)args.buf == arg1] = count(); }
fentry:vfs_read, fentry:ksys_read /comm == "reader"/ { @both[probe, args.count] = count(); }'
"$LOAD/calls" reader 0 $CALLS
is "an argument by its name" "$(value names @count 1)" $CALLS
is "what it points to" "$(value names @file zero)" $CALLS
is "it is the argument in its register" "$(value names @same true)" $CALLS
is "the same name, of one function" "$(value names @both 'fentry:vmlinux:vfs_read, 1')" $CALLS
is "and of another" "$(value names @both 'fentry:vmlinux:ksys_read, 1')" $CALLS
done_with names

# An int, its second argument: "write", or "dir".
write=$(kpctl probes -v fentry:proc_dointvec | sed -n '3s/.* //p')

# What comes back belongs to the call that it was given to, whoever sleeps in between.
load_text returns 'fexit:vfs_read /comm == "dd"/ { @right[args.count == retval] = count(); @least = min(duration); }
fexit:proc_dointvec { @[args.'"$write"', retval] = count(); @size[sizeof(args.'"$write"'), sizeof(retval)] = count(); @less[retval < 0] = count(); }'
for ((i = 1; i <= 6; i++)); do
	dd if=/dev/zero of=/dev/null bs=$((i * 100)) count=2000 2>/dev/null &
done
wait
before=$(cat $PANIC)
for ((i = 0; i < 5; i++)); do echo nonsense >$PANIC; done 2>/dev/null
for ((i = 0; i < 3; i++)); do echo "$before" >$PANIC; done
between "each call has its own argument" "$(value returns @right true)" 12000 12060
between "but what dd reads of its libraries" "$(value returns @right false)" 0 60
is "int is 32 bits with a sign: what was refused" "$(value returns @ '1, -22')" 5
is "and what was not" "$(value returns @ '1, 0')" 3
is "it is compared as such" "$(value returns @less true)" 5
is "sizes are the types'" "$(value returns @size '4, 4')" "$(total returns @)"
done_with returns

load_text raw 'rawtracepoint:sys_enter /comm == "reader"/ { @id[args.id] = count(); @regs[args.regs->orig_ax == args.id] = count(); }
rawtracepoint:sched_switch { @same[args.next.pid == ((struct task_struct *)arg2)->pid] = count(); }'
"$LOAD/calls" reader 0 $CALLS
is "a raw tracepoint's argument by its name" "$(value raw @id 0)" $CALLS
is "what it points to" "$(value raw @regs false)" 0
is "it is the argument in its register" "$(value raw @same false)" 0
done_with raw

# As a reader of BTF says that is not kpctl's.
python3 types/btf.py --functions vfs_read ksys_read proc_dointvec vfs_open wake_up_new_task >"$WORK/known"
for function in $(cut -d' ' -f1 "$WORK/known"); do
	is "$function: its arguments, as BTF has them" \
		"$(kpctl probes -v "fentry:$function" | sed -n 's/^  .* //p' | paste -sd' ')" \
		"$(sed -n "s/^$function //p" "$WORK/known")"
done
yes "fexit lists what is returned" eval "kpctl probes -v fexit:vfs_read | grep -qx '    ssize_t retval'"
yes "as they are declared" eval "kpctl probes -v fentry:vfs_read | grep -qx '    struct file \* file'"
says "a name that it has not" "did you mean count?" 'fentry:vfs_read { @ = sum(args.cont); }'
says "a name that is not the same for all" "write a clause for each of them" 'fentry:vfs_read* { @ = sum(args.count); }'

# Their BTF is not looked into.
if modprobe nf_conntrack 2>/dev/null && grep -q ' nf_conntrack_in.*\[nf_conntrack\]' /proc/kallsyms; then
	yes "a function of a module" kpctl check -e 'fexit:nf_conntrack:nf_conntrack_in { @[probe] = count(); }'
	says "its names" "are not known here" 'fentry:nf_conntrack:nf_conntrack_in { @ = sum(args.skb); }'
else
	skip "functions of modules" "there is no nf_conntrack"
fi

if has_bpf; then
	bpftrace -e 'kretfunc:vfs_read /comm == "reader"/ { @[args->count, retval] = count(); }' >"$WORK/theirs" 2>"$WORK/err" & pid=$!
	kpctl run -e 'kretfunc:vfs_read /comm == "reader"/ { @[args->count, retval] = count(); }' >"$WORK/ours" & ours=$!
	until_attached
	for ((i = 0; i < 150; i++)); do grep -q Attaching "$WORK/theirs" && break; sleep 0.2; done
	sleep 3
	"$LOAD/calls" reader 0 $CALLS
	kill -INT $pid $ours 2>/dev/null
	wait $pid $ours
	if grep -q '^@' "$WORK/theirs"; then
		is "bpftrace says the same" "$(grep '^@' "$WORK/ours")" "$(grep '^@' "$WORK/theirs")"
	else
		skip "bpftrace says the same" "it does not attach: $(head -n1 "$WORK/err")"
	fi
else
	skip "bpftrace says the same" "no bpf()"
fi

rm -rf /var/cache/kpstat
hide_btf
says "what is not known any more" "the names of the arguments of 'vfs_read' are not known here" 'fentry:vfs_read { @ = sum(args.count); }'
must rmmod kpstat
finish
