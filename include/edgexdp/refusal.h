/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the sender of a rejected packet is told. */
#ifndef EDGEXDP_REFUSAL_H
#define EDGEXDP_REFUSAL_H

#include <linux/in.h>

#include "abi.h"

/* Why a sender is not told, although a rule rejects its packet: RFC 1122, 3.2.2; RFC 4443, 2.4. */
enum untold {
    TOLD,
    UNTOLD_FRAGMENT,
    UNTOLD_SOURCE,      /* is not one host on the network */
    UNTOLD_DESTINATION, /* the same */
    UNTOLD_RESET,
    UNTOLD_ICMP_ERROR, /* it is one, or might be */
    UNTOLDS
};

/* What the sender of a packet of PROTOCOL is told by a rule with REFUSAL. */
INLINE enum refusal refusal_of(enum refusal refusal, u8 protocol)
{
    if (refusal != REFUSAL_DEFAULT)
        return refusal;
    return protocol == IPPROTO_TCP ? REFUSAL_TCP_RESET : REFUSAL_ADMIN_PROHIBITED;
}

/* The refusal of the rule that decided, or REFUSAL_NONE. */
INLINE enum refusal outcome_refusal(const struct outcome *outcome)
{
    return outcome->kind == OUTCOME_RULE ? (enum refusal)outcome->refusal : REFUSAL_NONE;
}

#endif
