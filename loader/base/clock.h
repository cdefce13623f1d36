/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clocks, in nanoseconds. */
#ifndef EDGEXDP_CLOCK_H
#define EDGEXDP_CLOCK_H

#include <edgexdp/types.h>

/* CLOCK_MONOTONIC: what the kernel side stamps with. */
u64 monotonic_ns(void);

/* CLOCK_REALTIME: what people read. */
u64 realtime_ns(void);

/* How often the kernel's own CLOCK_MONOTONIC goes on, of which reading costs it least. */
u64 clock_tick_ns(void);

/* What this process has used of the CPUs. */
u64 clock_used_ns(void);

#endif
