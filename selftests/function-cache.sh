#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The kernel's functions are read once and kept in /run, for as long as the
# modules stay the same; nobody but root is believed.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=300
# a guest of its own: what kpctl leaves behind is looked at

CACHE=/run/kpstat/functions

check() { kpctl check -e "kprobe:$1 { @ = count(); }"; }

# asks FUNCTION: whether the kernel is asked for its symbols
asks() {
	strace -f -e trace=openat -o "$WORK/trace" kpctl check -e "kprobe:$1 { @ = count(); }" >"$WORK/said" 2>&1 ||
		return 2
	grep -q '"/proc/kallsyms"' "$WORK/trace"
}

load_module
rm -rf /run/kpstat
yes "the first time the kernel is asked" asks vfs_read
is "what it said is root's" "$(stat -c '%U %a' /run/kpstat $CACHE | tr '\n' ' ')" "root 700 root 600 "
no "the second time it is not" asks vfs_open
is "and nothing else is left there" "$(ls /run/kpstat)" functions
yes "every function is in it" diff \
	<(grep -E '^[0-9a-f]+ [tTwW] ' /proc/kallsyms | grep -vE '\[(bpf|__builtin[^]]*|kpstat)\]$' | sort) \
	<(tail -n +2 $CACHE | sort)

is "by name" "$(tail -n +2 $CACHE | awk '{ print $3 }' | LC_ALL=C sort -c 2>&1)" ""
# The first, the last, some between, and some that several functions bear.
functions() { grep -E '^[0-9a-f]+ [tTwW] ' /proc/kallsyms | grep -v '\[kpstat\]$'; }
shared=$(functions | awk '!($3 in at) { at[$3] = $1 } at[$3] != $1 && !told[$3]++ { print $3 }' | sort)
{
	tail -n +2 $CACHE | awk 'NR % 300 == 1 { print $3 } END { print $3 }'
	awk 'NR % 10 == 1' <<<"$shared"
} | sort -u >"$WORK/names"
kpctl check -e "$(sed 's/^/kprobe:/' "$WORK/names" | paste -sd, | sed 's/,/,\n/g') { @ = count(); }" >"$WORK/said" 2>&1
between "a name is looked for" "$(wc -l <"$WORK/names")" 100 1000
is "and found" "$(grep 'has no function' "$WORK/said")" ""
is "and said to be several functions' if it is" \
	"$(sed -n "s/.* functions are called '\(.*\)'$/\1/p" "$WORK/said" | sort)" \
	"$(comm -12 "$WORK/names" - <<<"$shared")"

# Our own are nobody's: no name is several functions' because we have it, too.
grep -E '^[0-9a-f]+ [tTwW] .*\[kpstat\]$' /proc/kallsyms | awk '{ print $3 }' | LC_ALL=C sort -u >"$WORK/ours"
between "kpstat has functions of its own" "$(wc -l <"$WORK/ours")" 100 5000
LC_ALL=C comm -12 "$WORK/ours" <(functions | awk '{ print $3 }' | LC_ALL=C sort | uniq -u) >"$WORK/both"
for function in $(cat "$WORK/both"); do
	check "$function" 2>&1 | grep 'functions are called'
done >"$WORK/said"
is "a name that we have too ($(wc -l <"$WORK/both")) is the other's" "$(cat "$WORK/said")" ""
is "ours are not listed" "$(kpctl probes 'kprobe:kpstat:*'; kpctl probes 'kretprobe:kpstat:*')" ""
no "nor does a pattern match them" check 'kps_*'
for function in kps_load kpstat:kps_load; do
	check $function
	[ $? = 1 ] || echo "$function"
done >"$WORK/said" 2>&1
yes "nor a name" grep -q "this kernel has no function 'kps_load'" "$WORK/said"
yes "the module's name says why" grep -q "kpstat's own functions cannot be probed" "$WORK/said"

if modprobe -n dummy 2>/dev/null; then
	modprobe -r dummy 2>/dev/null
	load_text d 'kprobe:dummy:dummy_xmit { @ = count(); }'
	is "before its module comes a function is pending" \
		"$(states d)" pending
	must kpctl unload d
	must modprobe dummy
	yes "a module has come: the kernel is asked" asks dummy_xmit
	no "once" asks dummy_xmit
	must modprobe -r dummy
	yes "it has gone: the kernel is asked" asks vfs_read
	no "the function is gone, too" check dummy_xmit
else
	skip "a module comes and goes" "there is no module dummy"
fi

# while_modules_change COMMAND...: how often it fails, of ten times without a cache
while_modules_change() {
	local i failed=0 changes
	while [ ! -e "$WORK/enough" ]; do
		modprobe dummy; sleep 0.7; modprobe -r dummy; sleep 0.7
	done &
	changes=$!
	for ((i = 0; i < 10; i++)); do
		rm -f $CACHE
		"$@" >"$WORK/said" 2>&1 || failed=$((failed + 1))
	done
	touch "$WORK/enough"
	wait $changes
	echo $failed
}

if modprobe -n dummy 2>/dev/null && modprobe veth 2>/dev/null; then
	is "a function is found while other modules come and go" \
		"$(while_modules_change check veth:veth_xmit)" 0
else
	skip "a function is found while other modules come and go" "there are no such modules"
fi
# That of the modules as they are now.
must check vfs_read

# Each of these says that there is no function but one.
forge() { { head -n1 $CACHE; echo 'ffffffff81000000 T forged'; } >"$WORK/forged"; }
forge
cp "$WORK/forged" $CACHE
yes "root's is believed" check forged
chown nobody $CACHE
no "another's is not" check forged
yes "and is replaced" eval "asks vfs_read; [ \$(stat -c %U $CACHE) = root ]"
cp "$WORK/forged" $CACHE
chmod o+w $CACHE
no "nor one that others may write to" check forged
cp "$WORK/forged" "$WORK/elsewhere"
ln -sf "$WORK/elsewhere" $CACHE
no "nor one behind a link" check forged
rm -f $CACHE
sed '1s/ [0-9a-f]*-/ 00000000-/' "$WORK/forged" >$CACHE
chmod 600 $CACHE
no "nor one of another boot" check forged
for damage in ':' 'head -c 20' "sed -n 1p" 'tr -d \\n'; do
	eval "$damage" <"$WORK/forged" >$CACHE
	chmod 600 $CACHE
	yes "damaged by '$damage': as if it were not there" asks vfs_read
done
# The kernel is told where functions are, and does not believe it.
rm -f $CACHE
must check vfs_fallocate
other=$(awk '$3 == "vfs_open" { print $1 }' $CACHE)
sed -i "s/^[0-9a-f]* \(. vfs_fallocate\)$/$other \1/" $CACHE
is "a function with another's address" "$(grep -c "^$other " $CACHE)" 2
load_text wrong 'kprobe:vfs_fallocate { @[func] = count(); } kretprobe:vfs_fallocate { @r[func] = count(); }'
must "$LOAD/words" words 20 1
is "is found by its name" "$(kpctl read wrong)" $'@[vfs_fallocate]: 20\n@r[vfs_fallocate]: 20'
done_with wrong
sed -i "s/^$other \(. vfs_fallocate\)$/ffff800012345678 \1/" $CACHE
load_text wrong 'kprobe:vfs_fallocate { @[func] = count(); }'
must "$LOAD/words" words 20 1
is "nor is one where there is none" "$(kpctl read wrong)" '@[vfs_fallocate]: 20'
done_with wrong

rm -rf /run/kpstat
ln -s /nowhere /run/kpstat
yes "no place for it: no harm" check vfs_read
rm /run/kpstat

echo 2 >/proc/sys/kernel/kptr_restrict
setpriv --reuid=65534 --clear-groups --inh-caps=-all kpctl check -e 'kprobe:vfs_read { @ = count(); }' >/dev/null 2>&1
is "without addresses none is made" "$(ls /run/kpstat 2>/dev/null)" ""
echo 0 >/proc/sys/kernel/kptr_restrict
must rmmod kpstat
finish
