/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An imagined kernel: the linker directs here the calls that the apply layer makes for guards,
 * flows and sessions. It has one interface, records the calls, and answers as it is told to.
 */
#ifndef EDGEXDP_TEST_IMAGINED_H
#define EDGEXDP_TEST_IMAGINED_H

#include "../../loader/kernel/kernel.h"

struct imagined {
    char steps[512];              /* the calls made so far, a word each */
    struct tables_header *seated; /* in force, or NULL: the interface is not guarded */
    int compiled, numbered;       /* how often */
    bool is_old;                  /* its programs are of another version */
    bool is_pending;              /* a confirmation is awaited */
    bool is_audited;              /* attached with --audit */
    bool is_open;                 /* somebody has detached the programs */
    bool loses_answers;           /* senders of rejected packets are not told */
    bool cuts;                    /* somebody would be locked out */
    int refuses_bans;             /* -errno */
    const char *host;             /* the addresses, as host_parse() reads them; NULL: none */
    void (*meanwhile)(void);      /* called while nobody holds the lock */
};

extern struct imagined imagined;

/* Back to the beginning: nothing is guarded, and no calls are recorded. */
void imagined_reset(void);

#endif
