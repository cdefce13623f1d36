/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fuzzers share. An input is parts with a line "@@" between them, so that a part can grow
 * and shrink without the others becoming something else.
 */
#ifndef EDGEXDP_TEST_FUZZ_H
#define EDGEXDP_TEST_FUZZ_H

#include "../shared/court.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct part {
    const u8 *bytes;
    size_t length;
};

/* Take the first part of REST off it; an empty one when nothing is left. */
struct part part_take(struct part *rest);

/* The first bytes of PART as a number. */
u64 part_number(struct part part);

/* Read the policy TEXT. No file is opened: LIST is what every set file holds. Aborts when nothing
 * is read and nothing is said. Returns NULL when TEXT has faults. */
struct policy *fuzz_read(struct part text, struct part list, struct diag *diag);

/* Does the judge say what the manual says? Aborts otherwise. */
void fuzz_judge(struct court *court, const struct wire *wire, u64 now_s);

/* Where nobody reads what is printed. */
FILE *fuzz_nowhere(void);

/* No shorter than two seconds, as stamps are exact to one, and some around what anything lasts. */
u64 fuzz_later(u64 now_s, unsigned int choice);

#endif
