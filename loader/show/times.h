/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Times for people and for JSON. */
#ifndef EDGEXDP_TIMES_H
#define EDGEXDP_TIMES_H

#include <edgexdp/types.h>

#define TIME_TEXT_BYTES 32

/* NS of CLOCK_REALTIME as RFC 3339, in UTC. Returns TEXT. */
char *time_print(u64 ns, char text[TIME_TEXT_BYTES]);

/* The same, to a microsecond. */
char *time_print_exact(u64 ns, char text[TIME_TEXT_BYTES]);

/* Read a length of time: a number and s, m, h or d. Returns 0 or -EINVAL. */
int time_parse(const char *text, u64 *ns);

/* A moment of CLOCK_MONOTONIC as one of CLOCK_REALTIME. */
u64 time_from_monotonic(u64 ns);

/* How long ago NS of CLOCK_REALTIME was: "12s", "5m", "3h", "2d". Returns TEXT. */
char *time_print_age(u64 ns, char text[TIME_TEXT_BYTES]);

#endif
