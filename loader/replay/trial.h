/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits that are tried on what one rule accepts, in place of its own. */
#ifndef EDGEXDP_REPLAY_TRIAL_H
#define EDGEXDP_REPLAY_TRIAL_H

#include "../base/why.h"
#include "../compile/image.h"
#include "../judge/native.h"
#include "limited.h"

#define TRIALS_MAX NATIVE_ASKED_MAX

struct trial {
    struct limit limit;
    struct limited *limited;
};

/* Initialise with zeros. */
struct trials {
    struct trial list[TRIALS_MAX];
    u32 count; /* 0: nothing is tried */
    u32 rule;  /* index into policy->rules */
    struct tables_limit tables[DIRECTIONS][TRIALS_MAX];
};

/* With one limit in TRIALS, put a quarter, half, twice and four times its rate around it. */
void trials_spread(struct trials *trials);

/* Find the rule called NAME in POLICY, which can have all limits in TRIALS. Returns 0, or -EINVAL
 * with WHY; *unfit is then the number of the limit that does not fit the rule, or TRIALS_MAX. */
int trials_choose(struct trials *trials, const struct policy *policy, const char *name, u32 *unfit,
                  struct why *why);

/* Take the rule's own limits out of POLICY and compile it to *image again, which is replaced. DIAG
 * gets what policy_compile() says. Returns 0, -E2BIG or -ENOMEM. The caller clears TRIALS. */
int trials_prepare(struct trials *trials, struct policy *policy, struct image **image,
                   struct diag *diag);
void trials_clear(struct trials *trials);

/* Have NATIVE, a judge of IMAGE, ask the limits. Returns 0 or -ENOMEM. */
int trials_begin(const struct trials *trials, const struct image *image, struct native *native);

#endif
