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
	runqslower --min-us=0| naps +[0-9]+ +[0-9]+ +
	cpudist --off --by-process|^@usecs_of\[naps\]:
	offcputime|^ +(do_nanosleep|hrtimer_nanosleep)
	offwaketime|^ +hrtimer_wakeup
	profile --kernel|^@kernel\[
	hardirqs|^@usecs\[virtio[0-9]
	softirqs|^@usecs\[TIMER\]: [0-9]+
	migrations|^@moves\[toolpin, [01], [01]\]: [0-9]+
	loads|load averages: [0-9]+\.[0-9][0-9] [0-9]+\.[0-9][0-9] [0-9]+\.[0-9][0-9]$
	execsnoop| toolbox.sh +[0-9]+ +[0-9]+ +(.*/)?uname -s -m$
	exitsnoop --failed| toolexit +[0-9]+ +[0-9]+ +0\.[0-9]{3} code 7$
	exitsnoop --failed| toolkill +[0-9]+ +[0-9]+ +[0-9]\.[0-9]{3} signal 9 \(Killed\)$
	forks| toolbox.sh +[0-9]+ +[0-9]+ +process$
	threadsnoop| python3 +[0-9]+$
	killsnoop --signal=9| toolbox.sh +9 +[0-9]+ +0$
	syscount|^@syscall\[nanosleep\]: [0-9]+
	syscalls-slower| naps +[0-9]+ +nanosleep +[0-9]{5,6} 0$
	capable| chown +0 +CAP_CHOWN +1$
	setuids| python3 +0 +setuid +7 +-1 +-1 +0$
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
	dd if=/dev/zero of="$WORK/written" bs=64k count=4 conv=fsync
	# Some look once a second.
	sleep 1
}

shows() {
	local tool pattern
	while IFS='|' read -r tool pattern; do
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
	is "execsnoop: each uname was a line" "$(lines execsnoop 'uname -s -m$')" 20
	is "forks: and each a fork" "$(join <(awk '/uname -s -m/ { print $3 }' "$WORK/execsnoop.out" | sort) \
		<(awk '$NF == "process" { print $(NF - 1) }' "$WORK/forks.out" | sort) | wc -l)" 20
	is "threadsnoop: each thread is a line" "$(lines threadsnoop ' python3 ')" 5
	is "killsnoop: one signal 9" "$(lines 'killsnoop --signal=9' " 9 +$KILLED +0\$")" 1
}

load_module
must install_types
described
start_all
load_everything >"$WORK/load" 2>&1
end_tools
shows
numbers
is "no memory is held" "$(status memory)" 0
must rmmod kpstat
finish
