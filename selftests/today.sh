#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The language as bpftrace has it today: what its newest version, on the disk of
# vm/fetch-peers.sh, prints for the programs of language/today is on record, and kpctl
# must print the same on every kernel. Where that disk is, bpftrace is asked itself:
#
#	selftests/vm/run.sh --disk "$(selftests/vm/fetch-peers.sh)" --timeout 900 -- ./today.sh [TOPIC]
#
# A TOPIC is one file of the folder, without its suffix.
# timeout=900
PROGRAMS=(language/today/"${1:-}"*.programs)
USR=/peers/usr
ASK=("$USR/lib64/ld-linux-x86-64.so.2" --library-path "$USR/lib/x86_64-linux-gnu" "$USR/bin/bpftrace")
# shellcheck source=selftests/language.sh
. "$(dirname "$0")/language.sh"
