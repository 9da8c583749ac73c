#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# check-debug.sh [TEST...]: the suite on a kernel with KASAN, lockdep, UBSAN,
# kmemleak and fault injection, or (KPSTAT_KERNEL=kcsan) on one that looks for data
# races.  What any of them reports fails the test in which it did, with its text.
set -eu -o pipefail
# shellcheck source=selftests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

# They look at every step: all takes several times as long.
export KPSTAT_KERNEL=${KPSTAT_KERNEL:-debug} KPSTAT_SLOW=4 KPSTAT_JOBS=${KPSTAT_JOBS:-2} KPSTAT_BATCH=6
exec "$LAB/check.sh" "${@:-selftests}"
