// SPDX-License-Identifier: GPL-2.0
/*
 * International Atomic Time where the kernel has no clock of it that can be read
 * in any context: what it has waits for an update of the time to end, and a probe
 * in the middle of that would wait for itself. But wall clock time can be read
 * anywhere, and TAI is ahead of it by what changes with leap seconds, and when
 * somebody tells the kernel.
 */
#include "compat.h"

#ifndef KPS_HAS_TAI_FAST
u64 kps_tai_ahead;

/** kps_tai_look() - learn how far ahead it is. Context: task. */
void kps_tai_look(void)
{
	ktime_t utc, tai;

	do {
		utc = ktime_mono_to_any(0, TK_OFFS_REAL);
		tai = ktime_mono_to_any(0, TK_OFFS_TAI);
		/* Unless somebody has set the time in between. */
	} while (utc != ktime_mono_to_any(0, TK_OFFS_REAL));
	WRITE_ONCE(kps_tai_ahead, tai - utc);
}
#endif
