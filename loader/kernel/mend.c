/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting back on its interface what somebody took off: a link that was detached, or the clsact
 * qdisc that was deleted. The state stands, so do counters and flows; only the root programs are
 * loaded anew. */
#include <errno.h>

#include "../memory.h"
#include "guard.h"

static int mend_out(struct guard *guard, struct why *why)
{
    CLEANUP_CLOSE int link = -1;
    int error = attach_egress(guard, &link, why);

    if (error || link < 0)
        return error;
    return guard_pin(guard, LINK_OUT_PIN, link, why);
}

static int mend_in(struct guard *guard, struct why *why)
{
    CLEANUP_CLOSE int link = -1;
    struct why note = {0};

    guard->mode = guard->state->attach_mode;
    int error = attach_ingress(guard, &link, &note, why);
    if (error || link < 0)
        return error;
    return guard_pin(guard, LINK_IN_PIN, link, why);
}

int guard_mend(struct guard *guard, struct why *why)
{
    struct guard_status status;
    int error = 0;

    guard_outline(guard, &status);
    if (status.misread)
        return why_set(
            why, -EPROTO,
            "the packets of %s begin with something else now than when it was attached, and "
            "are misread: detach and attach again",
            guard->interface);
    if (status.ingress_attached && status.egress_attached)
        return 0;
    error = load_root_over(guard, why);
    if (!error && !status.egress_attached)
        error = mend_out(guard, why);
    if (!error && !status.ingress_attached)
        error = mend_in(guard, why);
    return error;
}
