/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes on until somebody ends it: by a signal, or by not reading any more what it prints. */
#ifndef EDGEXDP_LIVE_H
#define EDGEXDP_LIVE_H

#include <edgexdp/types.h>

#include "../base/why.h"

/* From now on SIGINT, SIGTERM, SIGHUP and SIGQUIT ask for the end. A second one kills, as one must
 * be able to where another command holds the lock for long. SIGPIPE is ignored. */
int live_begin(struct why *why);

enum live_news { LIVE_TIME, LIVE_INPUT, LIVE_END };

/* Wait until DESCRIPTOR (-1: none) can be read, or until UNTIL_NS of CLOCK_MONOTONIC, or for the
 * end. */
enum live_news live_wait(int descriptor, u64 until_ns);

/* Send out what was printed to stdout. Returns 0, or -errno with WHY; without where it is -EPIPE,
 * since nobody reads it any more: that is an end like any other. */
int live_flush(struct why *why);

/* The same for who writes to stdout himself and has failed with ERROR: what was not written is
 * forgotten, and need not be complained of again. Returns ERROR. */
int live_failed(int error, struct why *why);

#endif
