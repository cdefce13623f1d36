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

/* Convert a moment of CLOCK_MONOTONIC to CLOCK_REALTIME. */
u64 time_from_monotonic(u64 ns);

/* NS as a duration: "12s", "5m", "3h", "2d". Returns TEXT. */
char *time_print_span(u64 ns, char text[TIME_TEXT_BYTES]);

/* The same for time remaining, rounded up: an hour that has just begun has "60m" left. */
char *time_print_left(u64 ns, char text[TIME_TEXT_BYTES]);

/* How long ago NS of CLOCK_REALTIME was. Returns TEXT. */
char *time_print_age(u64 ns, char text[TIME_TEXT_BYTES]);

#endif
