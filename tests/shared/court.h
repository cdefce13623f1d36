/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy with both judges of user space: native_judge() over its image, and brute_judge(). */
#ifndef EDGEXDP_TEST_COURT_H
#define EDGEXDP_TEST_COURT_H

#include "../../loader/compile/image.h"
#include "../../loader/judge/native.h"
#include "brute.h"
#include "wire.h"

struct court {
    const char *text;
    struct diag *diag;
    struct policy *whole;  /* NULL unless it has zones; then: */
    struct policy *policy; /* that of its first zone */
    struct image *image;
    struct native *native;
    struct brute *brute;
    struct policy *blocks_whole; /* likewise */
    struct policy *blocks;       /* NULL: none */
    struct image *blocks_image;
    u64 *blocks_until_s;
    u32 blocks_before; /* the number of the first block is one more */
};

/* TEXT, a valid policy, must outlive COURT. Aborts when no court can be opened. */
void court_open(struct court *court, const char *text);
void court_close(struct court *court);

/* Compile COURT's policy, and appoint its judges. Returns the same as policy_compile(). */
int court_convene(struct court *court, const struct bounds *bounds);

/* Ban before both judges: until UNTIL_S; 0: forever. */
void court_ban(struct court *court, const struct banned *banned, u64 until_s);

/* Block what rules of another policy, TEXT, say, before both judges: the last ones until UNTIL_S,
 * the others forever. Their limits ban nobody. Forgetting ends that. */
void court_block(struct court *court, const char *text, u64 until_s);

/* The number of the block that dropped the last packet, by brute_judge(); 0: none did. */
u32 court_blocked_by(const struct court *court);

/* From now on, did a stranger open the connections of outbound packets? Otherwise nobody knows. */
void court_opened(struct court *court, bool stranger);

/* Forget every flow and ban. */
void court_forget(struct court *court);

/* The verdict of native_judge(), and the same as text. Returns TEXT. */
struct outcome court_outcome(struct court *court, const struct wire *wire, u64 now_s);
char *court_say(const struct court *court, const struct outcome *outcome, char text[SAID_BYTES]);
char *court_native(struct court *court, const struct wire *wire, u64 now_s, char text[SAID_BYTES]);

/* The manual's verdict. */
struct said court_brute(struct court *court, const struct wire *wire, u64 now_s);

#endif
