/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pace.h"

#define SAMPLES_A_SECOND 400000.0 /* that one process can read: less than half of a core */
#define PACE_MOST_NS     (1u << 27)

u32 pace_next(u32 pace_ns, u32 least_ns, u64 samples, u64 ns, bool lost)
{
    double share = ns ? (double)samples * 1e9 / (double)ns / SAMPLES_A_SECOND : 0;
    double next = (double)pace_ns * (lost && share < 2 ? 2 : share);

    if (next < least_ns)
        return least_ns;
    return next < PACE_MOST_NS ? (u32)next : PACE_MOST_NS;
}
