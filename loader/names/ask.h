/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking for the names in a policy while it is read. */
#ifndef EDGEXDP_NAMES_ASK_H
#define EDGEXDP_NAMES_ASK_H

#include "known.h"

/* Initialise with zeros. */
struct name_asking {
    struct known_names known; /* before, and with all answers after; the caller clears it */
    /* The service: whatever was known once is not asked for now, unless nobody has been asked since
     * SINCE_NS (CLOCK_MONOTONIC), and goes on if nobody answers; that nothing is known is a
     * warning. Otherwise all is asked for, once within its time to live, and no answer is an
     * error. */
    bool is_service;
    u64 since_ns;
    /* Returns what another interface has been told of HOST since SINCE_NS, which need not be asked
     * for yet; or NULL. NULL: there are no others. */
    const struct known_name *(*told)(void *context, const char *host, u64 since_ns);
    /* Sets `is_live` of all addresses that are gone; NULL: no flow lives. */
    void (*look)(void *context, struct known_names *known);
    void *context; /* for both */
};

/* A host_asker whose CONTEXT is a struct name_asking. */
host_asker names_answer;

#endif
