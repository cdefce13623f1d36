/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a policy's rules want, as classes: the step between its sets and the diagram. */
#ifndef EDGEXDP_CLASSES_H
#define EDGEXDP_CLASSES_H

#include "partition.h"

/* What one rule wants in one family; NULL: anything. An empty list of runs: nothing, the rule
 * cannot match in this family. */
struct rule_wants {
    const struct class_runs *source, *destination, *port, *source_port;
};

struct classes {
    struct partition addresses[2]; /* IPv4, IPv6 */
    struct partition ports;        /* numbers are PORT_KEY() */
    struct partition source_ports; /* 0 to 65535 */
    struct rule_wants *wants[2];   /* per family, an element for each rule */
};

#define CLASSES_MAX 65536u /* that the tables have room for */

/* Returns 0, -E2BIG (DIAG says of what there are more than MAX classes) or -ENOMEM. classes_clear()
 * frees, also after an error. */
int classes_build(const struct policy *policy, u32 max, struct classes *classes, struct diag *diag);

void classes_clear(struct classes *classes);

#endif
