/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who sends most, by the kernel's samples of all packets. It takes none until somebody asks, and
 * stops when nobody has asked for a while. For the keeper, because only it may listen. */
#ifndef EDGEXDP_SAMPLING_H
#define EDGEXDP_SAMPLING_H

#include <stdbool.h>

#include "../kernel/kernel.h"

#define SAMPLING_TEND_MS 250 /* how often to call sampling_tend(): rings are small */

struct sampling {
    struct sample **list; /* one for each interface */
    size_t count, capacity;
    u64 until_ns;
};

/* Is there anything to tend? */
bool sampling_is_active(const struct sampling *sampling);

/* Take in the samples received, and stop listening when nobody is interested any more. */
void sampling_tend(struct sampling *sampling);

/* Call TELL with a JSON object for each interface that snapshot_visit_guards() finds, and listen to
 * them from now on. If TELL returns anything but 0, that ends it and is returned. */
int sampling_answer(struct sampling *sampling, const char *interface,
                    int (*tell)(const char *text, size_t bytes, void *context), void *context);

/* Stop listening, and tell the kernel. */
void sampling_end(struct sampling *sampling);

#endif
