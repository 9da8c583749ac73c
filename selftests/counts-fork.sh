#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Forks counted are forks made: by command, and all of them beside the kernel's
# own "processes" in /proc/stat.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

shipped() {
	local n
	must kpctl load fork
	for n in 1 2 77 1000; do
		must "$LOAD/forks" "forks_$n" "$n"
		is "fork: $n forks are $n" "$(total fork "" "forks_$n]")" "$n"
	done
	nothing_lost fork
	done_with fork
}

processes() {
	local word n
	while read -r word n _; do
		[ "$word" != processes ] || PROCESSES=$n
	done </proc/stat
}

# Both ends are read without a fork of our own in between: the shell's fork for
# "reset" comes before the reset, that for "disable" before it stops.
against_proc_stat() {
	local before
	load_text all 'kprobe:do_fork { @ = count(); }'
	kpctl reset all
	processes; before=$PROCESSES
	must "$LOAD/forks" some 500
	for _ in {1..100}; do (:); done
	kpctl disable all
	processes
	is "kprobe:do_fork: as many as /proc/stat has" "$(value all @ '')" $((PROCESSES - before))
	between "they are those we made" "$(value all @ '')" 600 650
	nothing_lost all
	done_with all
}

load_module
shipped
against_proc_stat
must rmmod kpstat
finish
