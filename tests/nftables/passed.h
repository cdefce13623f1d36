/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hears from the kernel which packets got through a ruleset (a log group of nftables). */
#ifndef EDGEXDP_TEST_PASSED_H
#define EDGEXDP_TEST_PASSED_H

#include <stdbool.h>

struct mnl_socket;

#define PASSED_GROUP "7"
#define PASSED_WORD  "passed" /* the prefix of what has passed */
#define PASSED_END   "end"    /* the prefix of what was sent after it */

/* In the present network namespace. */
struct mnl_socket *passed_open(void);

/* Has a packet passed since the last end? Waits for the next end. */
bool passed_wait(struct mnl_socket *log);

#endif
