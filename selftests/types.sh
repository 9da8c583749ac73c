#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The kernel's types: fields are where the kernel's own BTF and the compiler have
# them, from the types object and from BTF alike; whatever is wrong with either is
# a sentence.
# timeout=400
# a guest of its own: what DKMS and kpctl leave behind is looked at
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

FIELDS=$HERE/types/fields
CACHE=/var/cache/kpstat/types-$(uname -r)
# Of the fields in the list so many may be missing on a kernel, and so many must be
# compared.
MISSING_MAX=130
FOUND_MIN=300
FLIPS=${KPSTAT_TEST_FLIPS:-60}

count() { grep -c '^[A-Za-z]' "$1"; }

# asks COMMAND...: whether the index is made anew
makes() {
	strace -f -e trace=execve -o "$WORK/trace" "$@" >"$WORK/said" 2>&1 || return 2
	grep -q kpctl-types "$WORK/trace"
}

# says TEXT COMMAND...: that it fails with that in one line
says() {
	local text=$1 status=0
	shift
	"$@" >"$WORK/said" 2>&1 || status=$?
	cat "$WORK/said"
	[ $status = 1 ] && [ "$(wc -l <"$WORK/said")" = 1 ] && grep -qF -- "$text" "$WORK/said"
}

# of FILE STRUCTS: its fields of those structs
of() { awk 'NR == FNR { known[$1]; next } $1 in known' "$2" "$1"; }

# agree NAME ONE OTHER: of the structs that both know they have the same fields, in
# the same places.  Of a module's structs the kernel's own BTF knows nothing.
agree() {
	local name=$1
	cut -d' ' -f1 "$2" >"$WORK/one.structs"
	cut -d' ' -f1 "$3" >"$WORK/other.structs"
	of "$2" "$WORK/other.structs" | sort >"$WORK/one"
	of "$3" "$WORK/one.structs" | sort >"$WORK/other"
	echo "# $name: $(count "$WORK/one") fields of $(sort -u "$WORK/one.structs" | wc -l) structs"
	between "$name: enough fields" "$(comm -12 "$WORK/one" "$WORK/other" | wc -l)" $FOUND_MIN 100000
	is "$name: each is in the same place" "$(comm -3 "$WORK/one" "$WORK/other" | head -n 20)" ""
}

# ---- where nothing is
hide_btf
yes "without types it says how to get them" says "dkms install kpstat" kpctl types sock
yes "and so does status's line" eval 'insmod $KPSTAT_KO && kpctl status | grep -q "^types  *none"; s=$?; rmmod kpstat; [ $s = 0 ]'
umount /sys/kernel/btf 2>/dev/null

# ---- from the types object
must install_types
no "status does not make the index" makes kpctl status
yes "the first time the index is made" makes kpctl types sock
is "it is root's, and others may read it" "$(stat -c '%U %a' "$CACHE")" "root 644"
no "the second time it is not" makes kpctl types sock
is "and nothing else is left there" "$(ls /var/cache/kpstat)" "types-$(uname -r)"
must insmod "$KPSTAT_KO"
yes "status says where types come from" eval 'kpctl status | grep -F " $TYPES_OBJECT, " | grep -E "^types .* [0-9]{4} structs$"'
is "and so in JSON" "$(kpctl status -j | jq -r '.types, .structs > 3000')" "$TYPES_OBJECT"$'\ntrue'
must rmmod kpstat
rm "$CACHE"
yes "it may be made beforehand" kpctl types --prepare
no "and then is there" makes kpctl types sock
yes "for another kernel, if it has an object" says "there are no types of this kernel" kpctl types --prepare 9.9.9
no "the types object is not for loading" insmod "$TYPES_OBJECT"

"$HERE/types/kpctl.py" "$FIELDS" >"$WORK/object"
between "fields of the list that this kernel lacks" \
	$(($(count "$FIELDS") - $(count "$WORK/object"))) 0 $MISSING_MAX
if [ -e /kpstat/kps_measure.ko ]; then
	must insmod /kpstat/kps_measure.ko
	cat /proc/kps_measure >"$WORK/measured"
	must rmmod kps_measure
	agree "object and compiler" "$WORK/object" "$WORK/measured"
fi
for name in sock 'enum zone_type' tcp_sock sk_buff dentry task_struct atomic_t gfp_t TCP_SYN_SENT 'union sigval'; do
	kpctl types "$name"
done >"$WORK/object.text" 2>&1
if [ -e /sys/kernel/btf/vmlinux ]; then
	"$HERE/types/btf.py" "$FIELDS" >"$WORK/btf"
	agree "object and BTF" "$WORK/object" "$WORK/btf"
else
	skip "object and BTF" "this kernel has no BTF"
fi

# ---- what is asked
is "a struct by its name alone" "$(kpctl types sock | head -n1)" "struct sock {"
is "as one word or two" "$(kpctl types struct sock)" "$(kpctl types 'struct sock')"
yes "an enum" eval 'kpctl types enum hrtimer_restart | grep -q "HRTIMER_RESTART = 1"'
yes "a constant of an anonymous enum" eval 'kpctl types TCP_SYN_SENT | grep -q "TCP_LISTEN = 10"'
is "an integer by any name" "$(for n in 'unsigned long' 'long unsigned' 'unsigned long int'; do kpctl types "$n"; done | sort -u)" \
	"long unsigned int; /* size: 8 */"
yes "a typedef" eval 'kpctl types atomic_t | grep -q "int counter;.* 0  *4 "'
yes "who has a field" eval 'kpctl types --find skc_family | grep -q "^struct sock_common .*short unsigned int skc_family;.* 16  *2 "'
yes "by a glob, through anonymous members" eval 'kpctl types --find "tstamp*" | grep -q "^struct sk_buff .*tstamp;"'
is "in JSON" "$(kpctl types -j --find skc_family | jq -c '.found[0] | [.in, .name, .offset, .size]')" '["struct sock_common","skc_family",16,2]'
yes "names that match" eval 'kpctl types "tcp_s*ck" | grep -qx "struct tcp_sock"'
is "in JSON" "$(kpctl types -j 'struct tcp_sock*' | jq -r '.found[0].name')" tcp_sock

# ---- what headers define
is "a macro by its name" "$(kpctl types MAP_SHARED; kpctl types macro O_DSYNC)" $'macro MAP_SHARED = 1\nmacro O_DSYNC = 4096'
is "macros that match" "$(kpctl types 'macro DT_RE[FG]*')" "macro DT_REG = 8"
is "in JSON" "$(kpctl types -j 'macro DT_REG' | jq -c .)" '{"kind":"macro","name":"DT_REG","value":8}'
yes "there is no macro" says 'no macro "O_DSYNCH"' kpctl types macro O_DSYNCH
yes "of another kernel" says "/lib/modules/1.2.3/" kpctl types --kernel 1.2.3 sock
must insmod "$KPSTAT_KO"
is "a program has them" "$(kpctl run -q -e '#include <linux/gfp.h>
#define BOTH (DT_REG | MAP_SHARED)
#define JOIN(a, b) a##b
enum { FEW = 3 };
struct names { char one[TASK_COMM_LEN]; char few[FEW]; };
begin {
	printf("%d %d %d %s", SIOCGIFCONF, BOTH, JOIN(DT_, REG), LED_FUNCTION_STANDBY);
	printf(" %d %d\n", ~PAGE_MASK, sizeof(struct names));
	exit();
}' 2>&1)" "35090 9 8 standby 4095 19"
must rmmod kpstat
yes "near names" says "did you mean sock" kpctl types struct sokc
yes "near fields" says "skc_family" kpctl types --find skc_famly
is "an error in JSON" "$(kpctl types -j sokc | jq -r 'keys[0]')" error

# ---- the cache
try_cache() {
	local what=$1
	makes kpctl types sock
	is "an index $what is made anew" "$? $(stat -c '%U %a %F' "$CACHE")" "0 root 644 regular file"
	is "an index $what: and is right" "$(kpctl types sock)" "$SOCK"
}
SOCK=$(kpctl types sock)
chown nobody "$CACHE"
try_cache "of another's"
chmod g+w "$CACHE"
try_cache "that others may write to"
mv "$CACHE" "$WORK/elsewhere"
ln -s "$WORK/elsewhere" "$CACHE"
try_cache "behind a link"
truncate -s -1 "$CACHE"
try_cache "cut at the end"
truncate -s 100 "$CACHE"
try_cache "cut at the start"
: >"$CACHE"
try_cache "without anything"
touch "$TYPES_OBJECT"
try_cache "of another object"
is "without a place for it there is an answer" "$(mount -t tmpfs -o ro none /var/cache && kpctl types sock; umount /var/cache)" "$SOCK"
is "who is not root may read it" "$(setpriv --reuid=65534 --clear-groups --inh-caps=-all kpctl types sock)" "$SOCK"
rm "$CACHE"
is "and if there is none, too" "$(setpriv --reuid=65534 --clear-groups --inh-caps=-all kpctl types sock)" "$SOCK"
no "who left none" test -e "$CACHE"

# damage FILE TURNS: bytes are changed at places that depend on the turn, COMMAND is run;
# it may succeed or fail, and says something.
damage() {
	python3 - "$1" "$2" <<'END'
import os, random, subprocess, sys
name, turns = sys.argv[1], int(sys.argv[2])
good = open(name, "rb").read()
stat = os.stat(name)
bad = 0
seen = {}
for turn in range(turns):
    r = random.Random(turn)
    with open(name, "r+b") as f:
        places = [r.randrange(len(good) if turn % 2 else min(len(good), 1100)) for _ in range(1 + turn % 7)]
        for at in places:
            f.seek(at)
            f.write(bytes([r.randrange(256)]))
    os.utime(name, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    said = subprocess.run(["kpctl", "types", *[["sock"], ["--find", "s*"], ["*"]][turn % 3]],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, errors="replace")
    seen[said.returncode] = seen.get(said.returncode, 0) + 1
    if said.returncode not in (0, 1) or not (said.stdout or said.stderr):
        print(turn, places, said.returncode, said.stderr)
        bad += 1
    with open(name, "r+b") as f:
        f.write(good)
    os.utime(name, ns=(stat.st_atime_ns, stat.st_mtime_ns))
print("# statuses:", seen)
sys.exit(bad > 0)
END
}
must kpctl types sock
yes "an index with wrong bytes: an answer or a sentence" damage "$CACHE" "$FLIPS"
rm -f "$CACHE"
# userspace/fuzz/types_fuzz.c tries many more of those, watched by sanitizers.
yes "an object with wrong bytes: an answer or a sentence" damage "$TYPES_OBJECT" $((FLIPS / 3))

# ---- objects that are not to be believed; BTF does not take their place
GOOD=/kpstat/kpstat_types.ko
remedy='"dkms install --force kpstat/'
other() { sed "s/vermagic=$(uname -r) /vermagic=9.9.9-other$(uname -r | cut -c12- | tr -c '\n' x) /" "$GOOD" >"$WORK/other.ko"; }
other
must install_types "$WORK/other.ko"
yes "of another kernel: both are named" says "of kernel 9.9.9-other" kpctl types sock
yes "of another kernel: and this one" says "and this is $(uname -r)" kpctl types sock
yes "of another kernel: how to mend it" says "$remedy" kpctl types sock
for size in 0 10 100 5000 1000000 -100; do
	head -c $size "$GOOD" >"$WORK/short.ko"
	must install_types "$WORK/short.ko"
	yes "cut at byte $size" says "$remedy" kpctl types sock
done
seq 100000 >"$WORK/text.ko"
must install_types "$WORK/text.ko"
yes "no module at all" says "$remedy" kpctl types sock

# ---- types that readers trip over
release() {
	python3 - "$1" "$(uname -r)" <<'END'
import sys
data = open(sys.argv[1], "rb").read()
sys.stdout.buffer.write(data.replace(b"@" * 64, sys.argv[2].encode().ljust(64)))
END
}
# In the words that odd says them.
odd() {
	local s
	kpctl types -j odd_bits | jq -r '[.. | objects | select(.bits)][] | "odd_bits \(.name) bit \(.offset * 8 + .bit) of \(.bits)"'
	for s in self later bits arrays huge many deep; do
		kpctl types -j odd_$s | jq -r --arg s odd_$s '"\($s) size \(.size)",
			([.. | objects | select(.offset != null and .name != "" and .bits == null)][] |
				"\($s) \(.name) offset \(.offset) size \(.size)")'
	done
}
for how in 4 5 z; do
	release "$HERE/types/odd-$how.o" >"$WORK/odd.ko"
	must install_types "$WORK/odd.ko"
	is "odd-$how: each where the compiler has it" \
		"$("$HERE/types/odd" | sort | comm -23 - <(odd | sort))" ""
	is "odd-$how: an array of arrays, a pointer to an array, to a function" \
		"$(kpctl types odd_arrays | grep -oE 'matrix.*;|\(\*pointer.*;|deep.*;|names.*;'; kpctl types odd_call)" \
		$'matrix[2][3];\nnames[4];\n(*pointer)[8];\ndeep[1][2][3];\ntypedef int (*odd_call)(); /* size: 8 */'
	is "odd-$how: enums" "$(for n in odd_sign ODD_TOP odd_wide ODD_NAMELESS; do kpctl types -j $n; done | grep -o '"enumerators".*')" \
		'"enumerators": {"ODD_MINUS": -1, "ODD_PLUS": 200}}
"enumerators": {"ODD_ZERO": 0, "ODD_TOP": 4294967295}}
"enumerators": {"ODD_WIDE": 81985529216486895}}
"enumerators": {"ODD_NAMELESS": 4711}}'
	is "odd-$how: of a struct that is declared only nothing is known" "$(kpctl types -j odd_never | jq -c '[.size, .members]')" '[0,[]]'
done

# ---- from BTF
rm "$TYPES_OBJECT"
if [ -e /sys/kernel/btf/vmlinux ]; then
	"$HERE/types/kpctl.py" "$FIELDS" >"$WORK/from_btf"
	agree "BTF as kpctl reads it, and as the test does" "$WORK/from_btf" "$WORK/btf"
	for name in sock 'enum zone_type' tcp_sock sk_buff dentry task_struct atomic_t gfp_t TCP_SYN_SENT 'union sigval'; do
		kpctl types "$name"
	done >"$WORK/btf.text" 2>&1
	yes "types are the same text from BTF and from the object" diff "$WORK/object.text" "$WORK/btf.text"
else
	skip "types from BTF" "this kernel has no BTF"
fi
finish
