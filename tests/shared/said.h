/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A judge's verdict on a packet, as text. */
#ifndef EDGEXDP_TEST_SAID_H
#define EDGEXDP_TEST_SAID_H

#include <edgexdp/abi.h>

/* "accept rule NAME", "accept reply NAME" (a reply of that rule) or "drop reason NAME". */
#define SAID_BYTES 96

/* What the manual demands. */
struct said {
    char text[SAID_BYTES];
    char also[SAID_BYTES]; /* what the manual allows as well; empty: nothing */
};

bool said_matches(const struct said *said, const char *text);

/* Write OUTCOME as text; RULE is the name of its rule, if it has one. Returns TEXT. */
char *said_outcome(const struct outcome *outcome, const char *rule, char text[SAID_BYTES]);

#endif
