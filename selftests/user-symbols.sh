#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Names of functions of user space: wherever the symbols are, of C++ as they were written,
# and also when the process, its program, its library or its file is gone.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=240

SHAPES=$LOAD/shapes

# printed TEXT WHAT...: the maps at the end of a run
printed() {
	local text=$1
	shift
	kpctl run -q -c "$*" -e "$text" 2>"$WORK/err" | grep -v '^[0-9]*$'
}

# while_running TEXT COMMAND...: the same of whatever runs meanwhile
while_running() {
	local text=$1 run
	shift
	kpctl run -q -e "$text" >"$WORK/run" 2>"$WORK/err" & run=$!
	until_attached
	"$@" >/dev/null
	kill -INT $run
	wait $run
	cat "$WORK/run"
}

# names: of the frames of one stack, without offsets
names() { sed -n 's/^ *\([a-z_:A-Z()]*\)+[0-9]*$/\1/p' | paste -sd' '; }

load_module
needs_uprobes "uprobe:$SHAPES:plain"

# Of C++. Counts are the program's own.
load_text cpp "uprobe:$SHAPES:cpp:\"lab::Shape::area\" { @both = count(); }
	uprobe:$SHAPES:cpp:\"lab::Shape::area(long) const\" { @one[func] = count(); }
	uprobe:$SHAPES:cpp:\"int lab::twice<int>\" { @int[func, probe] = count(); }
	uprobe:$SHAPES:cpp:*lab::twice* { @twice[func] = count(); }
	uprobe:$SHAPES:cpp:\"lab::Shape::operator==\" { @op = count(); }
	uprobe:$SHAPES:cpp:plain, uprobe:$SHAPES:_ZNK3lab5Shape4areaEl { @c = count(); }
	uprobe:$SHAPES:cpp:* /comm == \"shapes\"/ { @all[func] = count(); }"
n=$("$SHAPES" calls 50)
is "a function of C++, and the others of its name" "$(value cpp @both) $n" "100 300"
is "one of them by its parameters, and what it is called" "$(kpctl read cpp @one)" \
	"@one[lab::Shape::area(long) const]: 50"
is "one form of a template" "$(kpctl read cpp @int)" \
	"@int[int lab::twice<int>(int), uprobe:$SHAPES:cpp:_ZN3lab5twiceIiEET_S1_]: 50"
is "all forms of it" "$(kpctl read cpp @twice | sort)" \
	"@twice[double lab::twice<double>(double)]: 50
@twice[int lab::twice<int>(int)]: 50"
is "an operator" "$(value cpp @op)" 50
is "names of C, and those of the linker" "$(value cpp @c)" 100
is "all of them" "$(kpctl read cpp @all | grep -c ': 50$')" 6
done_with cpp
is "cpp_demangle = false" \
	"$(printed "config = { cpp_demangle = false } uprobe:$SHAPES:cpp:\"lab::Shape::operator==\" { @[func] = count(); }" "$SHAPES calls 7")" \
	"@[_ZNK3lab5ShapeeqERKS0_]: 7"

# Where the symbols are.
for file in shapes.mini shapes.linked; do
	is "$file: a function that its own tables have not" \
		"$(printed "uprobe:$LOAD/$file:plain { @ = count(); }" "$LOAD/$file calls 9")" "@: 9"
done
is "a file without symbols" "$(kpctl check -e "uprobe:$LOAD/shapes.bare:plain { @ = count(); }" 2>&1 >/dev/null |
	sed -n 's/^-e:[0-9:]* error: //p')" "'$LOAD/shapes.bare' has no function 'plain'"
id=$(LC_ALL=C tail -c +1 "$LOAD/shapes.debug" | python3 -c 'import sys
data = sys.stdin.buffer.read()
at = data.index(b"\x14\0\0\0\x03\0\0\0GNU\0") + 12
print(data[at:at + 20].hex())')
mount -t tmpfs none /usr/lib/debug 2>/dev/null || { mount -o remount,rw / && mkdir -p /usr/lib/debug; }
mkdir -p "/usr/lib/debug/.build-id/${id:0:2}"
cp "$LOAD/shapes.debug" "/usr/lib/debug/.build-id/${id:0:2}/${id:2}.debug"
is "a debug file by its build id" \
	"$(printed "uprobe:$LOAD/shapes.bare:plain { @ = count(); }" "$LOAD/shapes.bare calls 9")" "@: 9"
cp "$LOAD/funcs" "/usr/lib/debug/.build-id/${id:0:2}/${id:2}.debug"
no "one of another build" kpctl check -e "uprobe:$LOAD/shapes.bare:work { @ = count(); }"
rm "/usr/lib/debug/.build-id/${id:0:2}/${id:2}.debug"
is "a function that chooses among its forms is pointed out" \
	"$(kpctl check -e 'uprobe:libc:strlen { @ = count(); }' 2>&1 | sed -n 's/^-e:[0-9:]* warning: //p')" \
	"'strlen' chooses among forms of itself, once in each process: calls do not come here"

# Stacks of processes that are gone.
# At its first instruction inner() has no frame of its own yet.
CHAIN="inner(long) outer(long) main"
stack="uprobe:$SHAPES:cpp:*inner* { @[ustack(4)] = count(); }"
is "a stack of a process that has ended" "$(printed "$stack" "$SHAPES chain" | names)" "$CHAIN"
is "of one that has become another" "$(printed "$stack" "$SHAPES become" | names)" "$CHAIN"
five_times() { for _ in 1 2 3 4 5; do "$@"; done; }
# As perf script writes it, as addresses, and as places in files.
perf=$(printed "uprobe:$SHAPES:cpp:*inner* { @[ustack(perf, 1)] = count(); }" "$SHAPES chain")
is "a stack as perf has it" "$(sed -n 's/^\t[0-9a-f]* //p' <<<"$perf")" "inner(long)+0 ($SHAPES)"
read -r raw place < <(kpctl run -q -c "$SHAPES chain" \
	-e "uprobe:$SHAPES:cpp:*inner* { printf(\"%s %s\", ustack(raw, 1), ustack(build_id, 1)); }" \
	2>"$WORK/err" | tr '\n' ' ' | sed 's/^[0-9]* *//')
is "by build id" "${place% *}" "$id"
is "and the place in the file" "$(((0x$raw - ${place#* }) % 4096)) $((${place#* } > 4096))" "0 1"
text=$(while_running "uprobe:$SHAPES:cpp:*inner* { @[ustack] = count(); }" five_times "$SHAPES" chain)
is "the same code of five processes" "$(names <<<"$text")" "$CHAIN"
is "is one line" "$(tail -n1 <<<"$text")" "]: 5"
is "with the process in the key it is five" \
	"$(while_running "uprobe:$SHAPES:cpp:*inner* { @[pid, ustack(1)] = count(); }" \
		five_times "$SHAPES" chain | grep -c ']: 1$')" 5
is "of children that are what their parent was" \
	"$(while_running "uprobe:$LOAD/funcs:end { @[usym(reg(\"ip\"))] = count(); }" \
		"$LOAD/funcs" exit 10 | grep @)" "@[end]: 10"
is "of a library that was unloaded" \
	"$(printed "uprobe:$SHAPES.so:in_library { @[ustack(2)] = count(); }" "$SHAPES unload" | names)" in_library
# In a mount namespace of its own, which goes with it.
mkdir "$WORK/inner"
cat >"$WORK/hidden.sh" <<EOF
mount -t tmpfs none $WORK/inner && cp $SHAPES $WORK/inner/hidden && $WORK/inner/hidden compile && rm /tmp/perf-*.map
EOF
is "of a container that is gone" \
	"$(while_running 'kprobe:'"$SYS"'getppid /comm == "hidden"/ { @[ustack] = count(); }' \
		unshare -m sh "$WORK/hidden.sh" | grep -c ' main+')" 1
# What has no file.
getppid='kprobe:'"$SYS"'getppid /comm == "shapes"/ { @[ustack(2)] = count(); }'
is "code that a process has written itself" \
	"$(printed "$getppid" "$SHAPES compile" | grep -c ' written_by(itself)+11$')" 1
rm -f /tmp/perf-*.map
is "code that the kernel gives to all" \
	"$(printed 'profile:hz:2000 /comm == "python3"/ { @[ustack(perf, 1)] = count(); }' \
		python3 -c "'import time; [time.monotonic() for i in range(2000000)]'" |
		grep -c -m1 ' [a-z_]*clock_gettime+[0-9]* (\[vdso\])')" 1

# What was allocated and never freed, by whom, to the byte.
cat >"$WORK/leaks.bt" <<'EOF'
uprobe:libc:malloc { @asked[tid] = arg0; }
uretprobe:libc:malloc /has_key(@asked, tid)/ {
	@bytes[retval] = @asked[tid];
	@where[retval] = ustack(2);
	delete(@asked, tid);
}
uprobe:libc:free { delete(@bytes, arg0); delete(@where, arg0); }
END {
	for ($kv : @bytes) { @leaked[@where[$kv.0]] = sum($kv.1); }
	clear(@bytes); clear(@where); clear(@asked);
}
EOF
kpctl run -q -c "$LOAD/leaks 60" "$WORK/leaks.bt" >"$WORK/leaks" 2>"$WORK/err"
leaked() { awk -v name=" $1+" 'index($0, name) { found = 1 } 
	/^\]/ { if (found) n += $NF; found = 0 } END { print n + 0 }' "$WORK/leaks"; }
is "a leak: bytes by the function that has lost them" "$(leaked forgets) $(leaked loses)" "6000 120000"
is "and none by the one that frees" "$(leaked cares)" 0
is "what it said" "$(cat "$WORK/err")" ""

must rmmod kpstat
is "the kernel did not complain" "$(dmesg | grep -E 'WARNING|BUG|Oops|kpstat: .*error')" ""
finish
