#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make demo: what a user sees.  Boots a VM and runs demo-guest.sh in it.
set -eu
# shellcheck source=selftests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

if [ -t 1 ]; then
	export KPSTAT_TEST_COLOUR=1
fi
start=$SECONDS
status=0
# A kernel without bpf() is what kpstat is for; it takes ten minutes to compile.
kernel=$DEFAULT_KERNEL
if "$LAB/fetch-kernel.sh" --have nobpf; then kernel=nobpf; fi
"$LAB/setup.sh"
"$LAB/fetch-kernel.sh" "$kernel"
say "kpstat demo: Debian 12 in a VM (QEMU, no KVM needed), kernel $(cat "$CACHE/kernels/$kernel/release")"
"$LAB/run.sh" --kernel "$kernel" --timeout 240 -- ./vm/demo-guest.sh || status=$?
if [ $status = 0 ]; then
	say "done in $((SECONDS - start)) s; 'make shell' gives a shell in such a VM"
fi
exit $status
