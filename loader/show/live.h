/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Output that goes on until the user ends it, by a signal or by no longer reading what it
 * prints. */
#ifndef EDGEXDP_LIVE_H
#define EDGEXDP_LIVE_H

#include <edgexdp/types.h>

#include "../base/why.h"

/* From now on SIGINT, SIGTERM, SIGHUP and SIGQUIT ask for the end. A second one kills, because
 * another command may hold the lock for long. SIGPIPE is ignored. */
int live_begin(struct why *why);

enum live_news { LIVE_TIME, LIVE_INPUT, LIVE_END };

/* Wait until DESCRIPTOR (-1: none) is readable, UNTIL_NS of CLOCK_MONOTONIC is reached, or the end
 * is asked for. */
enum live_news live_wait(int descriptor, u64 until_ns);

/* Flush stdout. Returns 0, or -errno with WHY. WHY is not set for -EPIPE: nobody reads any more,
 * and that is an end like any other. */
int live_flush(struct why *why);

/* The same for a caller that writes to stdout itself and failed with ERROR: unwritten output is
 * discarded, so that no second complaint follows. Returns ERROR. */
int live_failed(int error, struct why *why);

#endif
