#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Functions of programs and libraries: each call is seen once, by whatever name it is
# probed, with its arguments, its value and its time; and nothing that happens to the
# program or its file does harm.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=400

FUNCS=$LOAD/funcs

# funcs WHAT N [THREADS]: how many calls it says it made
funcs() { "$FUNCS" "$@"; }

# printed TEXT WHAT N: what kpctl run prints of it meanwhile
printed() {
	kpctl run -q -c "sh -c 'exec $FUNCS $2 $3 >/dev/null'" -e "$1" 2>"$WORK/printed.err"
}

# refused TEXT: the first line of why
refused() { kpctl check -e "$1" 2>&1 >/dev/null | sed -n '1s/^-e:[0-9:]* error: //p'; }

load_module
needs_uprobes "uprobe:$FUNCS:work"

# Counts are those of the program itself.
load_text calls "uprobe:$FUNCS:work { @ = count(); @sum = sum(arg0); }
	uretprobe:$FUNCS:work { @ret = count(); @vals = sum(retval); }"
n=$(funcs work 5000 4)
is "calls of 4 threads" "$(value calls @)" "$n"
is "their returns" "$(value calls @ret)" "$n"
is "the sum of an argument" "$(value calls @sum)" $((4 * 4999 * 5000 / 2))
is "the sum of the values" "$(value calls @vals)" $((4 * 4999 * 5000))
is "how" "$(how calls)" "uprobe: "
nothing_lost calls
done_with calls

load_text later "uprobe:$FUNCS:work /arg0 == 3/ { @[comm, func, probe] = count(); }"
for i in 1 2 3; do funcs work 10 >/dev/null; done
is "programs that start later; func and probe" "$(kpctl read later)" "@[funcs, work, uprobe:$FUNCS:work]: 3"
done_with later

load_text names "uprobe:$FUNCS:work_alias { @alias = count(); }"
n=$(funcs work 100)
is "another name of the function" "$(value names @alias)" "$n"
done_with names

PATH=$LOAD:$PATH load_text names "u:$FUNCS:wor[k]* { @glob[func] = count(); }
	uprobe:funcs:work { @path = count(); }"
(cd "$LOAD" && load_text relative "uprobe:./funcs:work { @ = count(); }")
n=$(funcs work 100)
is "a pattern has functions of two names once" "$(kpctl read names @glob)" "@glob[work]: $n"
is "a program that is found in \$PATH" "$(value names @path)" "$n"
is "a path that is relative" "$(value relative @)" "$n"
done_with names
must kpctl unload relative

# The first place behind the entry where an instruction begins, and its address.
inside() {
	local offset
	for ((offset = 1; offset < 15; offset++)); do
		kpctl check -e "uprobe:$FUNCS:work+$offset { @ = count(); }" >/dev/null 2>&1 &&
			{ echo $offset; return; }
	done
}
offset=$(inside)
load_text inside "uprobe:$FUNCS:work+$offset { @[func] = count(); }"
n=$(funcs work 100)
is "inside of a function, at +$offset" "$(kpctl read inside)" "@[work]: $n"
done_with inside

# Arguments, strings, registers.
is "arguments in registers, of all widths" \
	"$(printed "uprobe:$FUNCS:many { printf(\"%d %d %d %d %d %d\", arg0, (int32)arg1, (uint8)arg2, arg3, arg4, arg5); }" args 1)" \
	"1 -2 3 4 5 6"
is "those behind them lie on the stack" \
	"$(printed "uprobe:$FUNCS:many { printf(\"%d %d\", *(uint64 *)(reg(\"sp\") + 8), *(uint64 *)(reg(\"sp\") + 16)); }" args 1)" \
	"77 88"
is "and have names" "$(printed "uprobe:$FUNCS:many { printf(\"%d %d\", sarg0, sarg1); }" args 1)" "77 88"
is "a variable of the program, before the call and behind it" \
	"$(printed "uprobe:$FUNCS:work /arg0 == 9/ { printf(\"%d \", *uaddr(\"calls\")); }
	uretprobe:$FUNCS:work /retval == 18/ { printf(\"%d\", *uaddr(\"calls\")); }" work 10)" "9 10"
is "one that is not there" "$(refused "uprobe:$FUNCS:work { @ = *uaddr(\"called\"); }")" \
	"'$FUNCS' has no symbol 'called'"
is "by their names and types" \
	"$(printed "uprobe:$FUNCS:many { printf(\"%d %d %d\", args.a, args.b, args.c); }
	uprobe:$FUNCS:greet { printf(\" %s\", str(args.name, args.len + 1)); }" args 1)" "1 -2 3 hello, "
is "members of what they point to" "$(kpctl run -q -c "$LOAD/shapes calls 3" \
	-e "uprobe:$LOAD/shapes:cpp:\"lab::Shape::area(long) const\" { @[args.this->n] = sum(args.a); }" 2>&1 | grep @)" "@[3]: 12"
is "a name that it does not have" "$(refused "uprobe:$FUNCS:greet { print(args.nme); }")" \
	"uprobe:$FUNCS:greet has no field 'nme'"
is "a file without debug information" "$(refused "uprobe:/bin/bash:readline { print(args.prompt); }")" \
	"the names of the arguments of '/bin/bash:readline' are not known here"
is "strings in and out" \
	"$(printed "uprobe:$FUNCS:greet { printf(\"%s|%s;\", str(arg0), str(arg0, arg1 + 1)); }
	uretprobe:$FUNCS:greet { printf(\"%s\", str(retval)); }" args 1)" \
	"hello, world|hello, ;world"
is "reg()" \
	"$(printed "uprobe:$FUNCS:also_work { printf(\"%d\", reg(\"di\")); }" args 1)" 5
load_text symbols "uprobe:$FUNCS:greet { @[usym(reg(\"ip\")), ustack(1)] = count(); }"
"$FUNCS" args 1 >/dev/null
between "a stack and a symbol of user space are there" "$(kpctl read symbols | grep -c '1$')" 1 1
done_with symbols

# Memory that is not there. What bpftrace makes of the same: an empty string.
mount -o remount,rw / 2>/dev/null
absent=$(mktemp /var/tmp/absent.XXXXXX)
for i in 0 1 2 3 4 5 6 7; do printf '%-4096s' "page $i "; done >"$absent"
text="uprobe:$FUNCS:greet { @n = count(); @word[str(arg0, 8)] = count(); @long[strlen(str(arg0))] = count(); }"
load_text absent "$text"
n=$(funcs absent 8 1 "$absent")
is "text of a file that nobody has read yet is there" "$(kpctl read absent @word | sort | paste -sd' ')" \
	"$(for i in 0 1 2 3 4 5 6 7; do printf '@word[page %d ]: 1 ' $i; done | sed 's/ $//')"
is "all of it" "$(value absent @long 1023) $(value absent @n)" "$n $n"
nothing_lost absent
done_with absent
if has_bpf; then
	is "bpftrace has none of it" "$(bpftrace -c "$FUNCS absent 8 1 $absent" \
		-e "uprobe:$FUNCS:greet { @word[str(arg0, 8)] = count(); }" 2>/dev/null |
		grep '^@word')" "@word[]: 8"
else
	skip "bpftrace has none of it" "this kernel has no bpf()"
fi
rm "$absent"

# Memory that never comes is a fault, and nobody waits for it for long.
if funcs never 1 >/dev/null 2>&1; then
	load_text never "uprobe:$FUNCS:greet { @n = count(); @word[str(arg0)] = count(); }"
	began=$(date +%s%N)
	n=$(funcs never 5)
	between "milliseconds of a call that waits in vain" $((($(date +%s%N) - began) / 1000000 / n)) 10 1000
	is "its memory is a fault" "$(ledger never fault) $(value never @n)" "$n $n"
	is "and nothing more" "$(kpctl read never @word)" "@word[]: $n"
	for i in 1 2 3 4; do "$FUNCS" never 0 >/dev/null & done
	sleep 0.3
	for i in 1 2 3 4 5; do kpctl read --reset never >/dev/null; done
	ledger_adds_up never
	must kpctl enable never
	sleep 0.3
	began=$(date +%s%N)
	must kpctl unload never
	between "milliseconds until it is unloaded" $((($(date +%s%N) - began) / 1000000)) 0 4000
	load_text never "uprobe:$FUNCS:greet { @word[str(arg0)] = count(); }"
	sleep 0.3
	yes "rmmod in the midst of it" rmmod kpstat
	load_module
	kill %1 %2 %3 %4
	wait
else
	skip "memory that never comes" "this kernel has no userfaultfd"
fi

# Time: of each call its own, also where it calls itself.
load_text deep "uprobe:$FUNCS:deep { @n = count(); }
	uretprobe:$FUNCS:deep { @ms[retval] = max(duration / 1000000); @all = count(); }"
n=$(funcs deep 10)
is "each return of a recursion" "$(value deep @all)" "$n"
is "an outer call takes longer than an inner one" \
	"$(for i in 1 2 3 4 5 6 7 8 9 10; do value deep @ms $i; done | sort -n -c && echo sorted)" sorted
between "milliseconds of the innermost" "$(value deep @ms 1)" 1 200
between "and of the outermost" "$(value deep @ms 10)" 19 4000
nothing_lost deep
done_with deep

# The kernel follows 64 calls of a task.
load_text deeper "uprobe:$FUNCS:deep { @n = count(); }
	uretprobe:$FUNCS:deep { @r = hist(duration); @all = count(); }"
n=$(funcs deep 80)
is "80 calls inside of each other are entered" "$(value deeper @n)" "$n"
is "of their returns 64 are seen" "$(value deeper @all)" 64
is "and 16 are said to be missed" "$(ledger deeper missed)" 16
done_with deeper

load_text jump "uprobe:$FUNCS:leave { @n = count(); }
	uretprobe:$FUNCS:leave { @r = count(); @ms = max(duration / 1000000000); }"
n=$(funcs jump 500)
is "calls that longjmp() leaves, and others" "$(value jump @n)" "$n"
is "the others return" "$(value jump @r)" 500
is "in less than a second each" "$(value jump @ms)" 0
nothing_lost jump
done_with jump

load_text split "uprobe:$FUNCS:split { @n = count(); }
	uretprobe:$FUNCS:split { @r[retval == 0] = count(); @t = max(duration); }"
n=$(funcs fork 20)
is "a call that forks" "$(value split @n)" "$n"
is "returns in its parent" "$(value split @r false)" 20
is "and in the children, or is missed there" \
	$(($(value split @r true) + $(ledger split missed))) 20
done_with split

load_text end "uprobe:$FUNCS:end { @n[arg0] = count(); } uretprobe:$FUNCS:end { @r = hist(duration); }"
funcs exit 40 >/dev/null
is "a call that ends its process, or becomes another" "$(value end @n 0) $(value end @n 1)" "20 20"
is "does not return" "$(kpctl read end @r)" ""
done_with end

# A process that was there before, and one that is told by its number.
"$FUNCS" late 7 >"$WORK/late" &
late=$!
until [ -s "$WORK/late" ]; do sleep 0.1; done
load_text late "uprobe:$FUNCS:work { @[pid] = count(); }"
kpctl run -p $late -e "uprobe:$FUNCS:work { @[pid] = count(); }" >"$WORK/only" 2>"$WORK/only.err" & only=$!
until_attached 2
funcs work 50 >/dev/null
kill -USR1 $late
wait $late
wait $only
is "a process that ran before the probe came" "$(value late @ $late)" 7
is "-p sees that process alone" "$(grep @ "$WORK/only")" "@[$late]: 7"
done_with late

# The file that a process runs, though another has its name by now.
cp "$FUNCS" "$WORK/running"
"$WORK/running" late 6 >"$WORK/late" & late=$!
until [ -s "$WORK/late" ]; do sleep 0.1; done
cp "$LOAD/marks" "$WORK/new"
mv "$WORK/new" "$WORK/running"
kpctl run -q -p $late -e "uprobe:$WORK/running:work { @ = count(); } uprobe:*:also_work, uprobe:*:work { @all = count(); }" \
	>"$WORK/only" 2>"$WORK/only.err" & only=$!
until_attached
kill -USR1 $late
wait $late
wait $only
is "-p finds what that process runs" "$(grep @ "$WORK/only" | paste -sd' ')" "@: 6 @all: 6"

# Processes that somebody else looks after.
load_text kept "uprobe:$FUNCS:work { @[comm] = count(); } uretprobe:$FUNCS:work { @r = count(); }"
n=$(strace -f -o /dev/null "$FUNCS" work 40 2)
is "a process that is traced" "$(value kept @ funcs) $(value kept @r)" "$n $n"
cp "$FUNCS" "$WORK/setuid"
load_text setuid "uprobe:$WORK/setuid:work { @[uid] = count(); }"
chown 65534 "$WORK/setuid"
chmod 4755 "$WORK/setuid" "$WORK"
is "a set-uid program" "$("$WORK/setuid" work 30) $(kpctl read setuid @)" "30 @[0]: 30"
done_with setuid
done_with kept
if funcs sealed 1 >/dev/null 2>&1; then
	load_text sealed "uprobe:$FUNCS:work { @ = count(); }"
	is "a process that may read, write and exit" "$(funcs sealed 40) $(value sealed @)" "40 40"
	done_with sealed
else
	skip "a process that may read, write and exit" "this kernel has no seccomp"
fi

# Of 32 bits: its arguments are on its stack.
OLDEN=$LOAD/olden
if "$OLDEN" 2>/dev/null; then
	load_text olden "uprobe:$OLDEN:work { @ = count(); @sum = sum(*(uint32 *)(reg(\"sp\") + 4)); }
		uretprobe:$OLDEN:work { @vals = sum(retval); @t = hist(duration); }
		uprobe:$OLDEN:greet { @s[str(*(uint32 *)(reg(\"sp\") + 4), 6)] = count(); }
		uretprobe:$OLDEN:greet { @r[str(retval)] = count(); }"
	"$OLDEN"
	is "a program of 32 bits" "$(value olden @) $(value olden @sum) $(value olden @vals)" "40 780 1560"
	is "and its strings" "$(kpctl read olden @s) $(kpctl read olden @r)" "@s[hello]: 1 @r[world]: 1"
	nothing_lost olden
	done_with olden
	is "and its names" "$(kpctl run -q -c "$OLDEN" -e "uprobe:$OLDEN:greet { @[usym(reg(\"ip\"))] = count(); }" 2>/dev/null | grep @)" "@[greet]: 1"
	is "arguments in registers it has not" \
		"$(kpctl check -e "uprobe:$OLDEN:work { @ = sum(arg0); }" 2>&1 | sed -n 's/^-e:[0-9:]* warning: //p')" \
		"'$OLDEN' is code of 32 bits, whose arguments are on the stack: arg0 is a register"
else
	skip "a program of 32 bits" "this kernel does not run it"
fi

is "-c, too" "$(kpctl run -c "$FUNCS work 25" -q -e "uprobe:$FUNCS:work { @ = count(); }" 2>/dev/null | grep @)" "@: 25"

# A library, and what the C library's own functions are called by.
load_text libc 'uprobe:libc:getppid /comm == "python3"/ { @ = count(); }
	uretprobe:libc.so.6:getppid /comm == "python3"/ { @r[retval == ppid] = count(); }'
python3 -c 'import os
for i in range(300): os.getppid()'
is "a library by its name" "$(value libc @)" 300
is "what it returns" "$(kpctl read libc @r)" "@r[true]: 300"
done_with libc

# What is no place for a probe.
is "a function that is not there, and one with nearly its name" \
	"$(kpctl check -e "uprobe:$FUNCS:wrok { @ = count(); }" 2>&1 >/dev/null | sed -n 's/^-e:[0-9:]* error: //p; s/^ *hint: //p')" \
	"'$FUNCS' has no function 'wrok'
did you mean work?"
is "the middle of an instruction" "$(refused "uprobe:$FUNCS:work+$((offset - 1)) { @ = count(); }")" \
	"no probe can be at 'uprobe:$FUNCS:work+$((offset - 1))': that is in the middle of an instruction"
is "an instruction that the kernel cannot execute elsewhere" "$(refused "uprobe:$FUNCS:locked { @ = count(); }")" \
	"no probe can be at 'uprobe:$FUNCS:locked': the kernel cannot probe an instruction with the prefix lock"
is "a device" "$(refused 'uprobe:/dev/null:x { @ = count(); }')" "'/dev/null' is not a regular file"
mkfifo "$WORK/fifo"
is "a pipe" "$(refused "uprobe:$WORK/fifo:x { @ = count(); }")" "'$WORK/fifo' is not a regular file"
is "a directory" "$(refused 'uprobe:/etc:x { @ = count(); }')" "'/etc' is not a regular file"
is "a script" "$(refused "uprobe:$0:x { @ = count(); }")" "'$0' is not an ELF file, as programs and libraries are"
is "a file that is not there" "$(refused 'uprobe:/nowhere:x { @ = count(); }')" \
	"cannot open '/nowhere': No such file or directory"
head -c 5000 "$FUNCS" >"$WORK/cut"
is "a file that was cut off" "$(refused "uprobe:$WORK/cut:work { @ = count(); }")" \
	"'$WORK/cut' has no function 'work'"
# What is made to take our time, and our memory.
hostile() {
	python3 "$LOAD/bad_elf.py" "$1" "$WORK/hostile"
	(ulimit -v 400000; refused "$2:$WORK/hostile:work { @ = count(); }")
}
for what in count overlapping names; do
	is "a hostile file: $what" "$(hostile $what uprobe)" "'$WORK/hostile' has no function 'work'"
done
is "a hostile file: notes" "$(hostile notes usdt)" "'$WORK/hostile' has no marks, and so no 'work'"
is "nothing is left behind" "$(status programs)" 0

# The file goes, or becomes another: what was probed is what was there.
cp "$FUNCS" "$WORK/copy"
load_text gone "uprobe:$WORK/copy:work { @ = count(); }"
"$WORK/copy" late 5 >"$WORK/late" & late=$!
until [ "$(wc -l <"$WORK/late")" = 1 ]; do sleep 0.1; done
cp "$FUNCS" "$WORK/new"
mv "$WORK/new" "$WORK/copy"
"$WORK/copy" work 9 >/dev/null
kill -USR1 $late
wait $late
is "a file that was replaced: those who still run it" "$(value gone @)" 5
rm "$WORK/copy"
must kpctl disable gone
must kpctl enable gone
ledger_adds_up gone
must kpctl unload gone

# A library may be cut off while it is mapped.
cp "$LOAD/shapes.so" "$WORK/library.so"
load_text cut "uprobe:$WORK/library.so:in_library { @ = count(); }"
: >"$WORK/library.so"
must kpctl disable cut
no "a place that is not in the file any more" kpctl enable cut
ledger_adds_up cut
must kpctl unload cut

# All comes and goes while 8 threads are in it.
load_text fire "uprobe:$FUNCS:work { @[tid] = count(); } uretprobe:$FUNCS:work { @t = hist(duration); }"
"$FUNCS" work 0 8 >"$WORK/fire" & fire=$!
sleep 0.5
done_with fire
# Others fork, end, become another program, leave by longjmp(), unmap a library, and have
# their file replaced while they run it.
cp "$FUNCS" "$WORK/other"
come_and_go() {
	until [ -e "$WORK/enough" ]; do
		"$FUNCS" fork 3 && "$FUNCS" exit 4 && "$FUNCS" jump 3 &&
			"$LOAD/shapes" unload || return 1
		cp "$FUNCS" "$WORK/newer"
		"$WORK/other" work 2000 2 &
		mv "$WORK/newer" "$WORK/other"
		wait $! || return 1
	done >/dev/null
}
come_and_go & others=$!
# Each time there is a library anew, which is cut off while somebody is in it.
reloads() {
	local i cut
	for ((i = 0; i < $1; i++)); do
		rm -f "$WORK/cut.so"
		cp "$LOAD/shapes.so" "$WORK/cut.so"
		(exec -a "$WORK/cut" "$LOAD/shapes" stay) & cut=$!
		kpctl load --name fire -e "uprobe:$FUNCS:work, uprobe:$WORK/other:work { @[tid] = count(); }
			uretprobe:$FUNCS:work, uretprobe:$WORK/other:work { @t = hist(duration); }
			uprobe:$FUNCS:split, uprobe:$FUNCS:end, uprobe:$FUNCS:leave, uprobe:$LOAD/shapes.so:in_library { @o[func] = count(); }
			uprobe:$WORK/cut.so:in_library { @c = count(); } uretprobe:$WORK/cut.so:in_library { @cr = count(); }
			uretprobe:$FUNCS:split, uretprobe:$FUNCS:end, uretprobe:$FUNCS:leave { @r[func] = count(); }" || return 1
		: >"$WORK/cut.so"
		if [ $((i % 2)) = 1 ]; then
			kpctl unload fire || return 1
		else
			rmmod kpstat && insmod "$KPSTAT_KO" cpu_budget=0 || return 1
		fi
		! wait $cut || return 1
	done
}
times=${KPSTAT_TEST_LONG:+200}
yes "${times:-20} times unload or rmmod while 8 threads call it" reloads "${times:-20}"
touch "$WORK/enough"
wait $others
is "all others came to their end" $? 0
kill $fire
wait $fire
is "they lived" $? 0
between "and did nothing else all the time" "$(cat "$WORK/fire")" 1000 1000000000000

# Beside bpftrace.
beside() {
	local text=$1
	bpftrace -c "$FUNCS work 700 2" -e "$text" 2>/dev/null | grep '^@' | sort >"$WORK/theirs"
	kpctl run -q -c "$FUNCS work 700 2" -e "$text" 2>/dev/null | grep '^@' | sort >"$WORK/ours"
	[ -s "$WORK/theirs" ] && diff -u "$WORK/theirs" "$WORK/ours"
}
if has_bpf; then
	for text in "uprobe:$FUNCS:work { @[comm, probe] = count(); }" \
		"uprobe:$FUNCS:work { @ = sum(arg0); @h = hist(arg0); }" \
		"uretprobe:$FUNCS:work { @[comm, probe] = count(); @s = sum(retval); }" \
		"uprobe:$FUNCS:*o_work { @[probe] = count(); }" \
		"uprobe:$FUNCS:work { @s[tid] = nsecs; } uretprobe:$FUNCS:work /@s[tid]/ { @ = count(); delete(@s[tid]); }"; do
		yes "as bpftrace: ${text//"$FUNCS"/funcs}" beside "$text"
	done
else
	skip "as bpftrace" "this kernel has no bpf()"
fi

must rmmod kpstat
is "the kernel did not complain" \
	"$(dmesg | grep -E 'WARNING|BUG|Oops|rcu:.*stall|hung task|uprobe:.*failed|kpstat: .*error')" ""
finish
