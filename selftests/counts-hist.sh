#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Aggregations of the return value of vfs_read, for a program that reads known
# sizes: every bucket, sum and extreme is what the sizes say.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

# 34 reads: -21 (EISDIR) 3 times, 0 twice, and so on; the sum is 80,062.
LOADS=(-1x3 0x2 1x4 2x3 3x2 4x1 7x2 8x5 100x3 1000x2 1024x1 4095x2 4096x1 65000x1)
NR=32
SUM=$((-21 * 3 + 1 * 4 + 2 * 3 + 3 * 2 + 4 + 7 * 2 + 8 * 5 + 100 * 3 + 1000 * 2 + \
	1024 + 4095 * 2 + 4096 + 65000))

PROGRAM='kretprobe:vfs_read /comm == "sizes"/ {
	@hist = hist(retval);
	@lhist = lhist(retval, 0, 1000, 100);
	@count = count();
	@sum = sum((int64)retval);
	@avg = avg((int64)retval);
	@min = min((int64)retval);
	@max = max((int64)retval);
	@stats = stats((int64)retval);
}'

# Buckets that are not empty, as "label count".
buckets() {
	kpctl read sizes "$1" | sed -n 's/^\([([].*[])]\) *\([0-9][0-9]*\) *|.*/\1 \2/p' |
		awk '$NF != 0'
}

expected_hist() {
	cat <<-END
	(..., 0) 3
	[0] 2
	[1] 4
	[2, 4) 5
	[4, 8) 3
	[8, 16) 5
	[64, 128) 3
	[512, 1K) 2
	[1K, 2K) 1
	[2K, 4K) 2
	[4K, 8K) 1
	[32K, 64K) 1
	END
}

expected_lhist() {
	cat <<-END
	(..., 0) 3
	[0, 100) 19
	[100, 200) 3
	[1000, ...) 7
	END
}

load_module
load_text sizes "$PROGRAM"
must "$LOAD/reads" sizes "${LOADS[@]}"
must "$LOAD/reads" others 5x100
is "hist: the buckets of the sizes read, no others" "$(buckets @hist)" "$(expected_hist)"
is "lhist: likewise" "$(buckets @lhist)" "$(expected_lhist)"
is "count" "$(value sizes @count '')" $NR
is "sum" "$(value sizes @sum '')" $SUM
is "avg" "$(value sizes @avg '')" $((SUM / NR))
is "min" "$(value sizes @min '')" -21
is "max" "$(value sizes @max '')" 65000
is "stats" "$(value sizes @stats '')" "{ .count = $NR, .average = $((SUM / NR)), .total = $SUM }"
nothing_lost sizes
is "the ledger: recorded" "$(ledger sizes recorded)" $NR
done_with sizes
must rmmod kpstat
finish
