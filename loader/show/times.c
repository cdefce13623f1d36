/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "times.h"

#include <stdio.h>
#include <time.h>

#include <edgexdp/abi.h>

static u64 now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (u64)now.tv_sec * SECOND_NS + (u64)now.tv_nsec;
}

char *time_print(u64 ns, char text[TIME_TEXT_BYTES])
{
    time_t seconds = (time_t)(ns / SECOND_NS);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    strftime(text, TIME_TEXT_BYTES, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

u64 time_from_monotonic(u64 ns)
{
    return now_ns(CLOCK_REALTIME) - now_ns(CLOCK_MONOTONIC) + ns;
}

char *time_print_age(u64 ns, char text[TIME_TEXT_BYTES])
{
    u64 now = now_ns(CLOCK_REALTIME);
    u64 seconds = now > ns ? (now - ns) / SECOND_NS : 0;

    if (seconds < 120)
        snprintf(text, TIME_TEXT_BYTES, "%llus", (unsigned long long)seconds);
    else if (seconds < 7200)
        snprintf(text, TIME_TEXT_BYTES, "%llum", (unsigned long long)(seconds / 60));
    else if (seconds < 172800)
        snprintf(text, TIME_TEXT_BYTES, "%lluh", (unsigned long long)(seconds / 3600));
    else
        snprintf(text, TIME_TEXT_BYTES, "%llud", (unsigned long long)(seconds / 86400));
    return text;
}
