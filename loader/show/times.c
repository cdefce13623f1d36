/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "times.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <edgexdp/abi.h>

#include "../base/clock.h"

char *time_print(u64 ns, char text[TIME_TEXT_BYTES])
{
    time_t seconds = (time_t)(ns / SECOND_NS);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    strftime(text, TIME_TEXT_BYTES, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

char *time_print_exact(u64 ns, char text[TIME_TEXT_BYTES])
{
    char *end = strchr(time_print(ns, text), 'Z');
    snprintf(end, (size_t)(text + TIME_TEXT_BYTES - end), ".%06uZ",
             (unsigned int)(ns % SECOND_NS / 1000));
    return text;
}

u64 time_from_monotonic(u64 ns)
{
    return realtime_ns() - monotonic_ns() + ns;
}

char *time_print_span(u64 ns, char text[TIME_TEXT_BYTES])
{
    u64 seconds = ns / SECOND_NS;

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

char *time_print_left(u64 ns, char text[TIME_TEXT_BYTES])
{
    u64 seconds = ns / SECOND_NS;
    u64 unit = seconds < 120 ? 1 : seconds < 7200 ? 60 : seconds < 172800 ? 3600 : 86400;
    u64 unit_ns = unit * SECOND_NS;

    return time_print_span((ns + unit_ns - 1) / unit_ns * unit_ns, text);
}

char *time_print_age(u64 ns, char text[TIME_TEXT_BYTES])
{
    u64 now = realtime_ns();
    return time_print_span(now > ns ? now - ns : 0, text);
}
