#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Lockdown, raised step by step while a program runs: under integrity all goes
# on, but no unsigned module comes; under confidentiality nothing is attached
# and nothing handed out, and the sentence says why and what to do.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# a guest of its own: no one can unlock it again
needs_lockdown

TEXT='kprobe:vfs_read /comm == "locked"/ { @[arg2] = count(); }'
SENTENCE="the kernel is locked down (/sys/kernel/security/lockdown: confidentiality); boot it with lockdown=integrity, or load kpstat.ko with allow_confidential=1"

# signed MODULE: does the file carry a signature?
signed() { [ -n "$(modinfo -F signer "$1" 2>/dev/null)" ]; }

# The signature is looked at before the name: a module that is loaded already
# tells which of the two the kernel has an objection to.
reload_says() { insmod "$KPSTAT_KO" 2>&1 | grep -o 'File exists\|Operation not permitted\|Required key not available\|Key was rejected.*'; }

works() {
	is "$1: reads see what was counted" "$(value runs @ 7)" "$2"
	yes "$1: debugfs shows it" grep -q '7.*: ' "$DEBUGFS/programs/runs/maps/@"
	yes "$1: another program is loaded, and goes" eval \
		"kpctl load --name more -e 'kretprobe:vfs_read { @ = count(); }' && kpctl unload more"
	yes "$1: disable, enable" eval "kpctl disable runs && kpctl enable runs"
	must "$LOAD/reads" locked 7x10
}

# refused NAME COMMAND...: status 1, and one line with the sentence.
refused() {
	local name=$1 status=0
	shift
	"$@" >"$WORK/out" 2>&1 || status=$?
	is "confidentiality: $name is refused" $status 1
	is "confidentiality: $name: the sentence" "$(grep -oF "$SENTENCE" "$WORK/out")" "$SENTENCE"
}

until_records() {
	local i
	for ((i = 0; i < 50; i++)); do
		[ "$(grep -cx 5 "$WORK/records")" = "$1" ] && return 0
		sleep 0.1
	done
	cat "$WORK/records" "$WORK/run.err"
	return 1
}

# What ran before asks for records again, and is told.
run_ends() {
	local status=0
	timeout 20 tail --pid=$RUN -f /dev/null || kill $RUN
	wait $RUN || status=$?
	is "confidentiality: a run that goes on ends" $status 1
	is "confidentiality: with the sentence" "$(grep -oF "$SENTENCE" "$WORK/run.err")" "$SENTENCE"
}

unsigned_is_refused() {
	if [ ! -e /sys/module/module/parameters/sig_enforce ]; then
		skip "integrity: an unsigned module is refused" "this kernel does not know of signatures"
	elif signed "$KPSTAT_KO"; then
		skip "integrity: an unsigned module is refused" "kpstat.ko is signed"
	else
		is "integrity: an unsigned module is refused" "$(reload_says)" "Operation not permitted"
		yes "integrity: the kernel's log says why" eval \
			"dmesg | grep -q 'Lockdown: insmod: unsigned module loading is restricted'"
	fi
}

signed_is_accepted() {
	if signed dummy; then
		yes "integrity: a signed module is accepted" eval "modprobe dummy && modprobe -r dummy"
	else
		skip "integrity: a signed module is accepted" "this kernel's modules are not signed"
	fi
}

load_module
kpctl run -e 'kprobe:vfs_read /comm == "locked" && arg2 == 5/ { printf("%d\n", arg2); }' \
	>"$WORK/records" 2>"$WORK/run.err" &
RUN=$!
until_attached
load_text runs "$TEXT"
must "$LOAD/reads" locked 7x10
works none 10
is "none: a module that is there already" "$(reload_says)" "File exists"

lock integrity
works integrity 20
must "$LOAD/reads" locked 5x2
yes "integrity: records are handed out" until_records 2
unsigned_is_refused
signed_is_accepted

lock confidentiality
run_ends
refused "load" kpctl load --name more -e 'kprobe:vfs_read { @ = count(); }'
refused "run" kpctl run -e 'kprobe:vfs_read { @ = count(); }'
refused "a program without a probe of the kernel's code" kpctl load --name more -e 'interval:s:1 { @ = count(); }'
refused "read" kpctl read runs
refused "read, JSON" kpctl read -j runs @
refused "read and reset" kpctl read --reset runs
no "confidentiality: debugfs does not hand out maps" cat "$DEBUGFS/programs/runs/maps/@"
yes "confidentiality: the kernel's log says so too" eval \
	"dmesg | grep -q 'Lockdown: .*use of \(kprobes\|tracefs\) is restricted'"
yes "confidentiality: status" kpctl status
yes "confidentiality: list" eval "kpctl list | grep -q runs"
yes "confidentiality: show" kpctl show runs
yes "confidentiality: disable" kpctl disable runs
is "confidentiality: disabled means disarmed" "$(armed)" 0
refused "enable" kpctl enable runs
is "confidentiality: and nothing was armed" "$(armed)" 0
no "confidentiality: the exception cannot be made later" \
	sh -c 'echo 1 >/sys/module/kpstat/parameters/allow_confidential'
yes "confidentiality: unload" kpctl unload runs
is "confidentiality: nothing is left" "$(status programs)" 0
must rmmod kpstat
finish
