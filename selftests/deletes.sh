#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# delete() of a key of an aggregation, while another CPU counts: what was counted before
# is gone for good, what came behind it is there, whatever the map keeps of an event. The
# load itself knows how many reads began behind a delete(), and how many had not ended.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(nproc)" -ge 2 ] || skip_all "there is one CPU"
ROUNDS=2000 CALLS=100
load_module

# rounds NAME MAP READS ANSWER: what @ has of a read, and how many reads that says
rounds() {
	local name=$1 key=$2 reads=$3 answer=$4
	load_text "$name" "
	kprobe:vfs_read /comm == \"deleting\"/ { @x$key = $reads; @reads = count(); }
	kprobe:null_lseek /comm == \"deleting\" && arg2 == 1/ {
		if (delete(@x$key)) { @deleted = count(); }
		if (arg1 != 0) { @strange = count(); }
	}
	kprobe:null_lseek /comm == \"deleting\" && arg2 == 0/ {
		\$n = $answer;
		if (\$n < (arg1 >> 32)) { @lost = count(); }
		if (\$n > (arg1 & 0xffffffff)) { @back = count(); }
		@checked = count();
	}"
	must "$LOAD/deletes" $ROUNDS $CALLS
	is "$name: every read was counted" "$(value "$name" @reads)" $((ROUNDS * CALLS))
	is "$name: every round was checked" "$(value "$name" @checked)" $ROUNDS
	between "$name: deleted" "$(value "$name" @deleted)" $((ROUNDS / 2)) $ROUNDS
	is "$name: no read behind a delete() is lost" "$(value "$name" @lost)" 0
	is "$name: none before it comes again" "$(value "$name" @back)" 0
	yes "$name: the ledger adds up" adds_up "$name"
	must kpctl unload "$name"
}

rounds count '[1, "key"]' 'count()' '(int64)@x[1, "key"]'
rounds sum '[comm]' 'sum(3)' '(int64)@x[comm] / 3'
rounds bare '' 'count()' '(int64)@x'
finish
