#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Clocks that a clause reads are the kernel's own, and can be read anywhere: also
# in the middle of the kernel's setting them.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

# now CLOCK: as the kernel tells user space, ns
now() { python3 -c "import time; print(time.clock_gettime_ns(time.CLOCK_$1))"; }

# The kernel does not know how far TAI is ahead until somebody says so.
set_tai() {
	python3 - "$1" <<'END'
import ctypes, struct, sys
timex = ctypes.create_string_buffer(256)
struct.pack_into("I", timex, 0, 0x80)			# modes: ADJ_TAI
struct.pack_into("q", timex, 48, int(sys.argv[1]))	# constant
sys.exit(ctypes.CDLL(None).adjtimex(timex) < 0)
END
}

# tells EXPRESSION CLOCK
tells() {
	local before
	before=$(now "$2")
	load_text clock "BEGIN { @ = $1; }"
	between "$1 is CLOCK_$2" "$(value clock @ '')" "$before" "$(now "$2")"
	done_with clock
}

load_module
yes "TAI is set to be 37 s ahead" set_tai 37
is "and is" "$(python3 -c "import time; print(round(time.clock_gettime(time.CLOCK_TAI) - time.time()))")" 37
tells nsecs MONOTONIC
tells 'nsecs(boot)' BOOTTIME
tells 'nsecs(tai)' TAI
tells 'nsecs(sw_tai)' TAI

# Where the kernel's own readers of the time wait for it to be set.
CLAUSE='{ @n = count(); @t = nsecs; @b = nsecs(boot); @a = nsecs(sw_tai); @e = elapsed; printf("%d\n", nsecs); }'
SETTING=
for function in update_vsyscall timekeeping_update tk_update_leap_state tk_update_ktime_data; do
	kpctl load --name try -e "kprobe:$function { @ = count(); }" 2>/dev/null || continue
	kpctl unload try
	SETTING+="kprobe:$function $CLAUSE "
done
[ -n "$SETTING" ] || SETTING="kprobe:tick_do_update_jiffies64 $CLAUSE "
load_text setting "$SETTING" --cpu-budget 0
sleep 2
yes "in the middle of setting them: they were read" [ "$(value setting @n '')" -gt 10 ]
done_with setting
must set_tai 0
must rmmod kpstat
finish
