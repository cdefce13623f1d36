/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How fast each CPU may take samples. Pure. */
#ifndef EDGEXDP_PACE_H
#define EDGEXDP_PACE_H

#include <edgexdp/types.h>

/* The next pace (ns for one sample of one CPU) after there came SAMPLES in NS of time with PACE_NS,
 * and some that were LOST. One process reads the samples of all CPUs: the more of them are busy,
 * the fewer each may take. Never below LEAST_NS. */
u32 pace_next(u32 pace_ns, u32 least_ns, u64 samples, u64 ns, bool lost);

#endif
