#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make bench: cost per event, in one VM whose clock counts instructions, beside
# bpftrace and an ftrace hist trigger.  Fails if kpstat is not the cheapest.
set -eu
TOP=$(cd "$(dirname "$0")/../.." && pwd)
exec "$TOP/selftests/vm/run.sh" --icount --timeout 600 -- ./bench/guest.sh
