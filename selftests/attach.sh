#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# By ftrace or by a kprobe: show says which way each probe went and why, and both
# ways see the same.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

grep -q ' vfs_fallocate$' /proc/kallsyms || skip_all "this kernel has no fallocate"
QUESTION='kprobe:vfs_fallocate { @[comm, arg1, arg2, arg3] = count(); @s[kstack(6)] = count(); @f[func] = count(); @i = max(reg("'"$IP"'")); }'

load_module
load_text ours "$QUESTION"
load_text kernels "$QUESTION" --attach kprobe
is "as asked" "$(how kernels)" "$KPROBE_AT_ENTRY: asked for"
if [ "$(how ours)" = "kprobe: this kernel's ftrace gives no arguments" ]; then
	skip_rest=1
	skip "by ftrace" "this kernel's ftrace gives no arguments"
else
	skip_rest=
	is "by ftrace" "$(how ours)" "ftrace: "
fi
must "$LOAD/words" words 50 0 7 18446744073709551615
for map in @ @s @f @i; do
	yes "the same in $map" diff <(kpctl read kernels $map) <(kpctl read ours $map)
done
is "arguments" "$(value ours @ 'words, 0, 7, 2')" 50
yes "a stack begins with the function" eval "kpctl read ours @s | grep -A1 '^@s\[' | grep -qE 'vfs_fallocate[+][015]\$'"
done_with ours
done_with kernels

# The first instruction behind ftrace's call.
for offset in $BEHIND_CALL; do
	kpctl load --name inside -e "kprobe:vfs_fallocate+$offset { @ = count(); }" 2>/dev/null && break
done
# The kernel may put a jump in the place of a breakpoint, after a moment.
as_the_kernel_says() {
	if grep "vfs_fallocate+0x$offset .*OPTIMIZED" "$KPROBES"; then how=optimised; else how=$BREAKPOINT; fi
	echo "$how, and not $(how inside)?"
	[ "$(how inside)" = "$how: ftrace is not called here" ]
}
sleep 1
yes "inside of a function: as the kernel says" as_the_kernel_says
must "$LOAD/words" words 10 1
is "inside: every call" "$(total inside @)" 10
done_with inside

# A breakpoint may stand for a push, which has not been done yet: its stack is the entry's.
FUNCTIONS="vfs_read vfs_write vfs_open ksys_read ksys_write ksys_lseek do_sys_openat2 path_openat
	do_filp_open vfs_statx vfs_fstat vfs_getattr filp_close dput"
stacks=()
for function in $FUNCTIONS; do
	kpctl load --max-keys 64 --name "at_$function" -e "kprobe:$function /comm == \"dd\"/ { @e[kstack] = count(); }
		kprobe:$function+$offset /comm == \"dd\"/ { @i[kstack] = count(); }" 2>/dev/null && stacks+=("$function")
done
dd if=/etc/passwd of="$WORK/copy" bs=64 2>/dev/null
for function in "${stacks[@]}"; do
	yes "stacks at $function+$offset: by $(kpctl show -j "at_$function" | jq -r '.probes[1].sites[0].how')" diff \
		<(kpctl read "at_$function" @e | sed '/^@e\[$/{N;s/.*/stack/}' | sort) \
		<(kpctl read "at_$function" @i | sed '/^@i\[$/{N;s/.*/stack/}' | sort)
	done_with "at_$function"
done

# What a breakpoint calls is an NMI to the kernel. Two CPUs want the same number all
# the time, and wait for each other.
OPTIMISE=/proc/sys/debug/kprobes-optimization
CALLS=100000
[ ! -e $OPTIMISE ] || echo 0 >$OPTIMISE
if kpctl load --cpu-budget 0 --name shared -e "kprobe:vfs_read+$offset /comm == \"shared\"/ { @x++; @y[arg2 % 2] = nsecs; @ = count(); }" 2>"$WORK/err"; then
	is "two CPUs at a breakpoint" "$(how shared)" "$BREAKPOINT: ftrace is not called here"
	for cpu in 0 1; do
		"$LOAD/calls" shared $cpu $CALLS & PIDS[cpu]=$!
	done
	wait "${PIDS[@]}"
	is "two CPUs at a breakpoint: no update of a number is lost" \
		"$(total shared @x) $(total shared @) $(ledger shared busy)" "$((2 * CALLS)) $((2 * CALLS)) 0"
	done_with shared
else
	skip "two CPUs at a breakpoint" "$(head -n1 "$WORK/err")"
fi
[ ! -e $OPTIMISE ] || echo 1 >$OPTIMISE

load_text many 'kprobe:vfs_* { @f[func] = count(); @p[probe] = count(); @n = count(); } ' --max-probes 1000
sites=$(kpctl show -j many | jq '[.probes[].sites[] | select(.state == "attached")] | length')
between "a glob: functions" "$sites" 20 1000
before=$(value many @f vfs_fallocate)
must "$LOAD/words" words 100 1
is "a glob: one of them, by name" "$(($(value many @f vfs_fallocate) - before))" 100
# In one reading: kpctl itself makes such calls.
kpctl read many >"$WORK/many"
of() { sed -n "s/^$1: //p" "$WORK/many"; }
is "a glob: the same by probe" "$(of '@p\[kprobe:vfs_fallocate\]')" "$(of '@f\[vfs_fallocate\]')"
is "a glob: all together" "$(awk '/^@f/ { n += $2 } END { print n }' "$WORK/many")" "$(of @n)"
if [ -z "$skip_rest" ]; then
	is "a glob: those that ftrace can serve are one hook" \
		"$(kpctl show -j many | jq -r '[.probes[].sites[] | select(.state == "attached") | .how] | unique | length')" 1
	no "ftrace cannot be switched off below it" eval 'echo 0 >/proc/sys/kernel/ftrace_enabled'
	must "$LOAD/words" words 100 1
	is "and it goes on" "$(($(value many @f vfs_fallocate) - before))" 200
fi
done_with many
is "nothing is left" "$(armed)" 0

# Whoever looks meanwhile sees it attached or not, and never what is being taken
# apart.
load_text flip 'kprobe:vfs_fallocate { @ = count(); }'
while kpctl show flip >/dev/null; do
	tail -n +2 "$DEBUGFS/programs/flip/probes"
done >"$WORK/looked" 2>&1 &
looker=$!
for _ in $(seq 20); do
	must kpctl disable flip
	must kpctl enable flip
done
kill $looker
wait $looker 2>/dev/null
between "seen while it came and went" "$(wc -l <"$WORK/looked")" 20 100000
is "attached or detached" "$(awk '{ print $1, NF }' "$WORK/looked" | sort -u)" $'attached 4\ndetached 3'
done_with flip

load_text raw 'rawtracepoint:sys_enter /comm == "words"/ { @[kstack] = count(); }'
must "$LOAD/words" words 10 1
yes "a raw tracepoint: its stacks begin where it is" \
	eval "kpctl read raw | grep -A1 '^@\[' | grep -qE 'syscall|entry'"
no "and have nothing of kpstat's" eval 'kpctl read raw | grep -E "raw_fired|kpstat"'
done_with raw

# One of several functions of a name: m_start of /proc/PID/maps and of /proc/modules.
kpctl probes 'kprobe:m_start' >"$WORK/m_start"
between "functions of one name are listed" "$(grep -c '^kprobe:m_start#[1-9]$' "$WORK/m_start")" 2 9
load_text several "$(sed 's,$, /comm == "cat"/ { @[probe] = count(); },' "$WORK/m_start")"
fired() { kpctl read --reset several @ | sed -n 's/^@.\(.*\).: [0-9]*$/\1/p'; }
cat /proc/self/maps >/dev/null
maps=$(fired)
cat /proc/modules >/dev/null
modules=$(fired)
yes "each by its number" eval "grep -qxF '$maps' $WORK/m_start && grep -qxF '$modules' $WORK/m_start"
no "and another for each file" [ "$maps" = "$modules" ]
done_with several
address=$(awk '$3 == "m_start" && !($1 in seen) { seen[$1] = 1; print $1 }' /proc/kallsyms | sed -n "${maps#*#}p")
load_text several "kprobe:0x$address,kretprobe:0x$address /comm == \"cat\"/ { @[probe] = count(); }"
cat /proc/self/maps >/dev/null
is "and by its address" "$(fired | sort)" "$maps"$'\n'"kret${maps#k}"
done_with several

# A name is all that the compiler made of its function.
targets() { kpctl show -j "$1" | jq -r '[.probes[].sites[] | select(.state == "attached") | .target] | sort | join(" ")'; }
grep -oE '^[a-zA-Z_0-9]+[.](constprop|isra)[.][0-9]+' /sys/kernel/tracing/available_filter_functions |
	sort | uniq -u >"$WORK/copies"
# alone or beside: FUNCTION of which there is nothing else, or the function itself, too
form() {
	awk -v want="$1" '
		NR == FNR { copy[$1] = 1; base = $1; sub(/[.].*/, "", base); copies[base]++; next }
		$2 ~ /^[tTwW]$/ { base = $3; sub(/[.].*/, "", base); if (base in copies) { all[base]++; plain[base] += $3 == base } }
		END { for (c in copy) { base = c; sub(/[.].*/, "", base)
			if (copies[base] == 1 && plain[base] == (want == "beside") && all[base] == 1 + plain[base]) print c } }' \
		"$WORK/copies" /proc/kallsyms | sort | head -n1
}
for want in alone beside; do
	copy=$(form $want) name=${copy%%.*}
	if [ -z "$copy" ]; then
		skip "a copy $want is probed by the function's name" "this kernel has none"
		continue
	fi
	load_text forms "kprobe:$name { @ = count(); }"
	[ $want = alone ] && name=
	is "a copy $want is probed by the function's name" "$(targets forms)" "${name:+$name }$copy"
	done_with forms
done

no "no such way" kpctl load --attach magic --name x -e 'kprobe:vfs_fallocate { @ = count(); }'
must rmmod kpstat
is "nothing is left" "$(armed)" 0
finish
