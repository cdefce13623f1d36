/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel that is only imagined: the linker leads here what the apply layer asks of guards, flows
 * and sessions. It has one interface, writes down what is asked, and answers as it is told to.
 */
#ifndef EDGEXDP_TEST_IMAGINED_H
#define EDGEXDP_TEST_IMAGINED_H

#include "../../loader/kernel/kernel.h"

struct imagined {
    char steps[512];              /* what has been asked, a word each */
    struct tables_header *seated; /* in force, or NULL: the interface is not guarded */
    int compiled, numbered;       /* how often */
    bool is_old;                  /* by the programs of another version */
    bool is_pending;              /* a confirmation is awaited */
    bool is_audited;              /* attached with --audit */
    bool is_open;                 /* somebody has taken the programs off */
    bool cuts;                    /* somebody would be locked out */
    int refuses_bans;             /* -errno */
    void (*meanwhile)(void);      /* while nobody holds the lock */
};

extern struct imagined imagined;

/* As at the beginning: nothing is guarded, nothing was asked. */
void imagined_reset(void);

#endif
