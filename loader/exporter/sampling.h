/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where dropped packets come from: a sample of the last minutes, of what the kernel tells of single
 * packets. It tells of none until somebody asks, and stops when nobody has asked for a while. For
 * the keeper, which alone may listen. */
#ifndef EDGEXDP_SAMPLING_H
#define EDGEXDP_SAMPLING_H

#include <stdbool.h>

#include "../kernel/kernel.h"

#define SAMPLING_TEND_MS 250 /* how often sampling_tend() wants to be called: rings are small */

struct sampling {
    struct sample **list; /* one for each interface */
    size_t count, capacity;
    u64 until_ns;
};

/* Is there anything to tend? */
bool sampling_is_active(const struct sampling *sampling);

/* Take in what has been heard, and stop when nobody wants to know. */
void sampling_tend(struct sampling *sampling);

/* Call TELL with an object of JSON for each interface that snapshot_visit_guards() finds, and
 * listen to them from now on. What TELL returns, if it is not 0, ends it and is returned. */
int sampling_answer(struct sampling *sampling, const char *interface,
                    int (*tell)(const char *text, size_t bytes, void *context), void *context);

/* Nobody listens any more; the kernel is told. */
void sampling_end(struct sampling *sampling);

#endif
