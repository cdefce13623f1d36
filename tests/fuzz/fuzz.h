/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fuzzers share. An input consists of parts with a line "@@" between them, so that a part
 * can grow and shrink without changing the others.
 */
#ifndef EDGEXDP_TEST_FUZZ_H
#define EDGEXDP_TEST_FUZZ_H

#include "../../loader/policy/host.h"
#include "../shared/court.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct part {
    const u8 *bytes;
    size_t length;
};

/* Takes the first part off REST; an empty part if nothing is left. */
struct part part_take(struct part *rest);

/* The first bytes of PART as a number. */
u64 part_number(struct part part);

/* The host on which everything is read, with addresses of both families. */
const struct host *fuzz_host(void);

/* Reads the policy TEXT. No file is opened: every set file holds LIST. Aborts if the policy is
 * refused without a message. Returns NULL if TEXT has faults. */
struct policy *fuzz_read(struct part text, struct part list, struct diag *diag);

/* Aborts unless the judge says what the manual says. */
void fuzz_judge(struct court *court, const struct wire *wire, u64 now_s);

/* A stream that nobody reads. */
FILE *fuzz_nowhere(void);

/* A later time: steps of at least two seconds, because stamps are exact to one, and some about as
 * long as what is remembered. */
u64 fuzz_later(u64 now_s, unsigned int choice);

#endif
