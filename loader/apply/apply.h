/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Putting a prepared policy in force: what the commands and the service have in common. Nothing is
 * printed or logged here. Every function that fails returns -errno, says in WHY what went wrong and
 * what to do, and leaves in force what was; what people should know besides is in NOTES.
 */
#ifndef EDGEXDP_APPLY_H
#define EDGEXDP_APPLY_H

#include "../kernel/kernel.h"
#include "prepared.h"

struct apply_request {
    const char *interface;         /* any of its names */
    struct attach_options options; /* `audit` is also for one that is attached already */
    u64 confirm_ns;                /* go back to what was in force unless guard_confirm() comes
                                      within this time; 0: stay */
    bool force;                    /* even if somebody would be locked out */
};

/* Each is empty when there is nothing to be told. Of a failure there may be some too. */
struct apply_notes {
    struct why mended; /* what had been taken off the interface, and was put back first */
    struct why mode;   /* why native mode was not possible, and what is used instead */
    struct why bans;   /* why the bans are not in force */
    struct why lease;  /* see apply_lease() */
};

/* guard_open() to change INTERFACE. What somebody took off it is put back first: MENDED says what.
 * MAKE_WAY as guard_may_make_way() has it. */
int apply_open(const char *interface, bool make_way, struct guard **guard, struct why *mended,
               struct why *why);

/* Would PREPARED's policy lock out whoever asks, or who is logged in? Then -EPERM, unless REQUEST
 * says to force it or to enforce nothing. See lockout.h. */
int apply_lockout(const struct apply_request *request, const struct prepared *prepared,
                  struct why *why);

/* Would a lease of INTERFACE's address end for want of DHCP? NOTE says so then, and what to add. */
void apply_lease(const struct prepared *prepared, const char *interface, struct why *note);

/* Guard an interface that is not guarded yet: -EEXIST when it is. BANS, or NULL: whom to ban from
 * the beginning; that they cannot be banned is no failure. They are sorted meanwhile. */
int apply_attach(const struct apply_request *request, struct prepared *prepared, struct bans *bans,
                 struct apply_notes *notes, struct why *why);

/* What apply_change() has done. */
enum applied {
    APPLIED_NOTHING,  /* it was in force already */
    APPLIED_SWAP,     /* another policy, mode or list */
    APPLIED_PROGRAMS, /* it was judged by the programs of another version */
};

/* See to it that PREPARED's policy is in force on an interface that is guarded, without a deadline.
 * Room for flows and the attach mode stay as they are. *applied is set on success only. */
int apply_change(const struct apply_request *request, struct prepared *prepared,
                 enum applied *applied, struct apply_notes *notes, struct why *why);

/* What `reload` does: read PATH, or NULL: the file that the policy in force was read from, and put
 * it in force. What PREPARED, empty before, has in the end is the caller's to clear, also after a
 * failure: see prepared_read(). The metrics have counted how it ended. */
int apply_reload(const struct apply_request *request, const char *path, struct prepared *prepared,
                 struct apply_notes *notes, struct why *why);

/* Put the policy before in force again. Of REQUEST, interface and force matter. */
int apply_rollback(const struct apply_request *request, struct apply_notes *notes, struct why *why);

/* Count for the metrics that somebody asked for a reload of INTERFACE, and that it ended with ERROR
 * (0: well). */
void apply_count_reload(const char *interface, int error);

#endif
