/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy in force twice: attached to one interface, and exported to a ruleset for another. */
#ifndef EDGEXDP_TEST_BENCH_H
#define EDGEXDP_TEST_BENCH_H

#include "attached.h"
#include "ruled.h"

struct bench {
    struct attached attached;
    struct ruled ruled;
};

/* Does the frame pass? */
struct passes {
    bool policy, ruleset;
};

/* Enters namespaces of our own, on one CPU: what is sent has gone its whole way when the call
 * returns. Exits if that is impossible, as sandbox_enter() does. */
void bench_enter(void);

/* TEXT must outlive the bench. */
void bench_open(struct bench *bench, const char *text);

/* Returns whether every packet was counted once, by the programs and by the ruleset. */
bool bench_close(struct bench *bench);

/* Completes WIRE as the kernel wants it: with the checksum of an IPv4 header, and an identifier. */
void bench_finish(struct wire *wire);

/* Makes WIRE from TEXT, and completes it. */
void bench_read(const char *text, struct wire *wire);

struct passes bench_judge(struct bench *bench, const struct wire *wire);

#endif
