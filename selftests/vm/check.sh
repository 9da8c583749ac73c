#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# check.sh [--list | NAME...]: every test there is, or those named: "userspace", "lint",
# "dkms", "constants", "recipes", "selftests" for all that a guest runs, or one by its
# file's name without .sh.
# Results are TAP on stdout; the last line holds the totals.  KPSTAT_KERNEL,
# KPSTAT_JOBS, KPSTAT_BATCH and KPSTAT_UNTIL: below.
set -eu -o pipefail
# shellcheck source=selftests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

PASSED=0 FAILED=0 SKIPPED=0
LOGS=$TOP/build/check${KPSTAT_KERNEL:+-$KPSTAT_KERNEL}
# Guests at once, three on two cores, as each waits for a fifth of its time; one if tests
# are named, so that they can be watched.
JOBS=${KPSTAT_JOBS:-$(($# ? 1 : 3))}
# Tests in one guest; one if they are named, as what one breaks no other sees then.
BATCH=${KPSTAT_BATCH:-$(($# ? 1 : 4))}
# Whoever names tests also says in which order.
NAMED=0
case $* in ''|selftests) ;; *) NAMED=1 ;; esac
# When none is begun any more, in seconds since 1970; those that were not.
UNTIL=${KPSTAT_UNTIL:-}
LATE=()

# Counts the results in a TAP log: passed, failed, skipped, then the names of
# what failed.  A part that ended badly without saying why is one failure.
tally() {
	awk -v rc="$2" '
	function reset() { p = f = s = seen = 0; plan = -1; n = 0; all = "" }
	BEGIN { reset() }
	{ sub(/\r$/, "") }
	/^# lab: .*trying once more/ { reset(); next }
	/^(ok|not ok)([ \t]|$)/ {
		seen++
		if ($0 ~ /# *[Ss][Kk][Ii][Pp]/) s++
		else if ($1 == "ok") p++
		else { f++; failed[++n] = $0 }
	}
	/^1\.\.[0-9]+/ {
		if ($0 ~ /^1\.\.0/) { all = $0 } else { plan = plan < 0 ? 0 : plan; plan += substr($1, 4) }
	}
	/^Bail out!/ { f++; failed[++n] = $0 }
	END {
		if (rc == 4 || (all != "" && !seen)) { if (!seen) s++ }
		else if (rc != 0 && !f) { f++; failed[++n] = "ended with status " rc }
		else if (plan > seen) { f++; failed[++n] = "only " seen " of " plan " results" }
		else if (!seen && !f) p++
		print p + 0, f + 0, s + 0
		for (i = 1; i <= n; i++) print failed[i]
	}' "$1"
}

# part NAME COMMAND...: leaves its output and its status in LOGS; what it prints
# is seen at once unless others run beside it.
part() {
	local name=$1 rc=0 start=$SECONDS
	shift
	if [ "$JOBS" = 1 ]; then
		echo "# $name"
		"$@" | tee "$LOGS/$name.log" || rc=${PIPESTATUS[0]}
	else
		"$@" >"$LOGS/$name.log" 2>"$LOGS/$name.err" || rc=$?
		say "$name has ended ($((SECONDS - start)) s)"
	fi
	echo "$rc $((SECONDS - start))" >"$LOGS/$name.rc"
}

# What a part that failed says of it, as short as can be: the lines beside each
# result, what the lab said, and where in kpstat the kernel was.
reasons() {
	{
		grep -A 4 '^not ok' "$LOGS/$1.log" | grep '^#' | grep -v '^# lab'
		grep '^==> ' "$LOGS/$1.err" | grep -v 'has ended'
		grep -oE '(BUG|WARNING|Oops|RIP|UBSAN|INFO): .*|Kernel panic.*|[a-z_0-9.]+\+0x[0-9a-f/x]+ \[kpstat\]' \
			"$LOGS/$1.console"
	} 2>/dev/null | sed -E 's/^(#|==>)? */    /' | awk '!seen[$0]++ && ++n <= 40' || true
}

# Adds up what a part has left.
count() {
	local name=$1 rc took p f s
	read -r rc took <"$LOGS/$name.rc"
	if [ "$JOBS" != 1 ]; then
		echo "# $name"
		cat "$LOGS/$name.log"
		sed 's/^/    /' "$LOGS/$name.err" >&2
	fi
	{
		read -r p f s
		sed "s/^/$name: /" >>"$LOGS/failures"
	} < <(tally "$LOGS/$name.log" "$rc")
	[ "$f" = 0 ] || reasons "$name" >>"$LOGS/failures"
	PASSED=$((PASSED + p)) FAILED=$((FAILED + f)) SKIPPED=$((SKIPPED + s))
	echo "# $name: $p passed, $f failed, $s skipped ($took s)"
}

userspace() { CMOCKA_MESSAGE_OUTPUT=TAP make -s -C "$TOP/userspace" check; }

# asked NAME WHAT: the value of a test's line "# WHAT=VALUE"
asked() { [ ! -e "$TOP/selftests/$1.sh" ] || sed -n "s/^# $2=//p" "$TOP/selftests/$1.sh" | head -n1; }

# says NAME WORDS: whether a test has a line "# WORDS"
says() { grep -qE "^# ($2)" "$TOP/selftests/$1.sh" 2>/dev/null; }

# Short grace periods: a test waits for many, and an object that is freed too early is
# found sooner.  kmemleak, where there is one, makes all of it take twice as long: those
# that look for leaks say "# kmemleak".
APPEND='rcupdate.rcu_expedited=1 kmemleak=off'
SAVED=$LOGS/saved

has_kmemleak() { grep -qs '^CONFIG_DEBUG_KMEMLEAK=y' "$CACHE/kernels/$DEFAULT_KERNEL/build/.config"; }

# Most guests are copies of one that was booted.  Once, on a busy machine, the timer of a
# CPU had stopped in that one, and so in each of them: a copy must run before others are
# made.
save_guest() {
	local tries=3 each_cpu='taskset -c 0 sleep 0.5 && taskset -c 1 sleep 0.5'
	while [ $((tries--)) != 0 ]; do
		step "booting the guest that the others are copies of" \
			"$LAB/run.sh" --append "$APPEND" --save "$SAVED" &&
			step "starting a copy of it" timeout $((60 * ${KPSTAT_SLOW:-1})) \
				"$LAB/run.sh" --stage "$LOGS/stage" --append "$APPEND" --from "$SAVED" \
				--log "$LOGS/copy.console" -- "$each_cpu" &&
			return
		rm -f "$SAVED"
	done
}

# Whether test NAME may run in such a copy.
takes_copy() {
	[ -e "$SAVED" ] && [ -z "$(asked "$1" cpus)" ] && ! { says "$1" kmemleak && has_kmemleak; }
}

# guest NAME SECONDS OPTION... -- COMMAND: KPSTAT_SLOW multiplies the seconds, for kernels
# that look at every step.
guest() {
	local append=$APPEND from=()
	! says "$1" kmemleak || append=${APPEND% kmemleak=off}
	! takes_copy "$1" || from=(--from "$SAVED")
	"$LAB/run.sh" --stage "$LOGS/stage" --log "$LOGS/$1.console" "${from[@]}" \
		--timeout $(($2 * ${KPSTAT_SLOW:-1})) --append "$append" "${@:3}"
}

# A guest for one test.  One that needs longer, more CPUs, or makes the kernel complain
# says so: "# timeout=SECONDS", "# cpus=N", "# expect=REGEX".
selftest() {
	local timeout cpus expect
	timeout=$(asked "$1" timeout)
	cpus=$(asked "$1" cpus)
	expect=$(asked "$1" expect)
	guest "$1" "${timeout:-120}" --smp "${cpus:-2}" --expect "${expect:-^\$}" -- "./$1.sh"
}

selftests() {
	find "$TOP/selftests" -maxdepth 1 -name '*.sh' -perm -u+x -printf '%f\n' |
		sed 's/\.sh$//' | sort
}

run() {
	case $1 in
	userspace) part userspace userspace ;;
	lint|dkms|constants|recipes) part "$1" "$TOP/selftests/host/$1.sh" ;;
	*) part "$1" selftest "$1" ;;
	esac
}

# Those that no guest runs.
HOST_TESTS=(userspace lint dkms constants recipes)
is_of_host() { [[ " ${HOST_TESTS[*]} " = *" $1 "* ]]; }

# Tests that measure time, or want every CPU, say "# alone".
wants_all() { says "$1" alone; }

# A guest of its own: for what it asks of it, or for what it leaves behind.
wants_guest() {
	is_of_host "$1" && return
	[ "$BATCH" = 1 ] || says "$1" 'a guest of its own|cpus=|expect=|kmemleak'
}

# batch NAME...: one after the other in one guest, where starting one takes longer than
# most tests (KPSTAT_BATCH).  If that came to a bad end, it is not known whose: then
# each has a guest of its own.
batch() {
	local log=$LOGS/batch-$1 start=$SECONDS name timeout laps=()
	for name in "$@"; do
		timeout=$(asked "$name" timeout)
		laps+=("$name:$((${timeout:-120} * ${KPSTAT_SLOW:-1}))")
	done
	# shellcheck disable=SC2016
	if guest "batch-$1" 120 -- "for lap in ${laps[*]}; do"' name=${lap%:*} s=$SECONDS
			echo "lap ${lap#*:}" >/dev/kps-status
			./$name.sh; rc=$?
			rmmod kpstat 2>/dev/null; echo "# lab: $name $rc $((SECONDS - s))"; done' \
		>"$log.log" 2>"$log.err"; then
		awk -v dir="$LOGS" '
			/^# lab: [a-z-]+ [0-9]+ [0-9]+$/ {
				printf "%s", text >(dir "/" $3 ".log")
				print $4, $5 >(dir "/" $3 ".rc")
				printf "" >(dir "/" $3 ".err")
				text = ""
				next
			}
			{ text = text $0 "\n" }' "$log.log"
		say "$* have ended ($((SECONDS - start)) s)"
		return
	fi
	say "a guest with $* came to a bad end ($((SECONDS - start)) s)"
	sed 's/^/    /' "$log.err" >&2
	for name in "$@"; do run "$name"; done
}

# in_time NAME...: or else that is noted
in_time() {
	[ -n "$UNTIL" ] && [ "$(date +%s)" -ge "$UNTIL" ] || return 0
	LATE+=("$@")
	return 1
}

# start run|batch NAME...: in the background, when there is room
start() {
	while [ "$(jobs -rp | wc -l)" -ge "$JOBS" ]; do wait -n || true; done
	in_time "${@:2}" || return 0
	"$@" &
}

# by_length NAME...: those that may take longest first, so that no CPU waits for the
# last one
by_length() {
	local name timeout
	for name in "$@"; do
		timeout=$(asked "$name" timeout)
		echo "${timeout:-120} $name"
	done | sort -s -k1nr | cut -d' ' -f2
}

one_by_one() {
	local name
	for name in "$@"; do
		in_time "$name" || continue
		run "$name"
		count "$name"
	done
}

# Up to JOBS at once; those that want the machine for themselves come last.
side_by_side() {
	local name beside=() alone=() together=()
	for name in "$@"; do
		if wants_all "$name"; then alone+=("$name"); else beside+=("$name"); fi
	done
	[ $NAMED = 1 ] || mapfile -t beside < <(by_length "${beside[@]}")
	for name in "${beside[@]}"; do
		if wants_guest "$name"; then
			start run "$name"
			continue
		fi
		together+=("$name")
		[ ${#together[@]} = "$BATCH" ] || continue
		start batch "${together[@]}"
		together=()
	done
	[ ${#together[@]} = 0 ] || start batch "${together[@]}"
	wait
	for name in "${alone[@]}"; do ! in_time "$name" || run "$name"; done
	for name in "${beside[@]}" "${alone[@]}"; do
		[ -e "$LOGS/$name.rc" ] || continue
		once_more "$name"
		count "$name"
	done
}

# What failed beside another guest may have wanted for time: it is said, and the
# test has the machine for itself then.
once_more() {
	local name=$1 rc took p f s kind
	read -r rc took <"$LOGS/$name.rc"
	read -r p f s < <(tally "$LOGS/$name.log" "$rc")
	[ "$f" != 0 ] || return 0
	say "$name: $f of $((p + f + s)) failed beside another test; once more, alone"
	echo "# lab: $name failed beside another test and is run once more, alone"
	grep -E '^not ok|^Bail' "$LOGS/$name.log" | sed 's/^/#   /' || true
	for kind in log err console; do
		mv -f "$LOGS/$name.$kind" "$LOGS/$name.first.$kind" 2>/dev/null || true
	done
	run "$name"
}

# What bpftrace prints for the programs of language/NAME, in the cache.
record_of() {
	local key
	key=$(cat "$CACHE/kernels/$DEFAULT_KERNEL/release" "$LAB/build-rootfs.sh" \
		"$TOP/selftests/language.sh" "$TOP/selftests/language/$1" | sha256sum)
	echo "$CACHE/records/${key%% *}"
}

# The entries that two records agree on, and that are not empty.
agreed() {
	awk '/^== / { name = $0; next } name == "" { next }
		NR == FNR { text[name] = text[name] $0 "\n"; next }
		{ other[name] = other[name] $0 "\n" }
		END { for (n in text) if (text[n] == other[n]) printf "%s\n%s", n, text[n] }' "$@"
}

# ask_bpftrace NAME TEST: it takes seconds to begin, and so is asked once on a kernel, in
# two guests. What is not the same in both, as addresses are, the test asks each time.
ask_bpftrace() {
	local file
	file=$(record_of "$1")
	[ ! -e "$file" ] || return 0
	mkdir -p "$CACHE/records"
	KPSTAT_TEST_RECORD=1 guest asked-1 600 -- "./$2.sh" >"$LOGS/$1.1" &
	KPSTAT_TEST_RECORD=1 guest asked-2 600 -- "./$2.sh" >"$LOGS/$1.2"
	wait
	agreed "$LOGS/$1.1" "$LOGS/$1.2" >"$file.new"
	mv "$file.new" "$file"
}

# What is known of bpftrace goes to the tests that compare with it.
use_records() {
	local name file
	step "asking bpftrace what it prints" ask_bpftrace programs language || true
	step "asking it about the kernel's structs" ask_bpftrace fields fields || true
	for name in programs fields; do
		file=$(record_of $name)
		[ ! -s "$file" ] || cp "$file" "$LOGS/stage/kpstat/selftests/language/$name.asked"
	done
}

known() {
	is_of_host "$1" || [ -x "$TOP/selftests/$1.sh" ]
}

main() {
	local names=("$@") built=1
	if [ "${1:-}" = --list ]; then
		selftests
		return
	fi
	"$LAB/setup.sh"
	"$LAB/fetch-kernel.sh"
	"$LAB/fetch-qemu.sh" >/dev/null
	"$LAB/build-rootfs.sh" >/dev/null
	rm -rf "$LOGS"
	mkdir -p "$LOGS"
	: >"$LOGS/failures"
	case ${names[*]} in
	'') mapfile -t names < <(printf '%s\n' "${HOST_TESTS[@]}"; selftests) ;;
	selftests) mapfile -t names < <(selftests) ;;
	esac
	"$LAB/build.sh" || built=0
	if [ $built = 0 ]; then
		echo "not ok - the tree builds"
		echo "the tree does not build" >>"$LOGS/failures"
		FAILED=$((FAILED + 1))
	fi
	# One layout for all tests, whatever is edited meanwhile.
	stage_tree "$(cat "$CACHE/kernels/$DEFAULT_KERNEL/release")" "$LOGS/stage" >&2 || built=0
	local chosen=()
	for name in "${names[@]}"; do
		if ! known "$name"; then
			echo "not ok - no such test: $name"
			FAILED=$((FAILED + 1))
			continue
		fi
		case $built/$name in
		1/*|*/lint|*/dkms) chosen+=("$name") ;;
		esac
	done
	# Its guests are no copies: they would have the same addresses.
	[ $# != 0 ] || [ $built = 0 ] || use_records
	[ ${#chosen[@]} -lt 5 ] || save_guest
	if [ "$JOBS" = 1 ]; then one_by_one "${chosen[@]}"; else side_by_side "${chosen[@]}"; fi
	rm -f "$SAVED"
	[ ${#LATE[@]} = 0 ] || echo "# not begun, for want of time: ${LATE[*]}"
	for name in "${chosen[@]}"; do
		[ ! -e "$LOGS/$name.rc" ] && [[ " ${LATE[*]} " != *" $name "* ]] || continue
		echo "not ok - $name was not run"
		echo "$name: was not run" >>"$LOGS/failures"
		FAILED=$((FAILED + 1))
	done
	if [ -s "$LOGS/failures" ]; then
		echo "# failed:"
		sed 's/^/#   /' "$LOGS/failures"
	fi
	echo "$PASSED passed, $FAILED failed, $SKIPPED skipped"
	[ $FAILED = 0 ]
}

main "$@"
