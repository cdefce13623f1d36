/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "clock.h"

#include <time.h>

#include <edgexdp/abi.h>

static u64 now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (u64)now.tv_sec * SECOND_NS + (u64)now.tv_nsec;
}

u64 monotonic_ns(void)
{
    return now_ns(CLOCK_MONOTONIC);
}

u64 realtime_ns(void)
{
    return now_ns(CLOCK_REALTIME);
}

u64 clock_tick_ns(void)
{
    struct timespec tick;
    clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
    return (u64)tick.tv_sec * SECOND_NS + (u64)tick.tv_nsec;
}

u64 clock_used_ns(void)
{
    return now_ns(CLOCK_PROCESS_CPUTIME_ID);
}
