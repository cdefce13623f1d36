/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Putting a prepared policy in force: what the commands and the service have in common. Nothing is
 * printed or logged here. Every function that fails returns -errno, says in WHY what went wrong and
 * what to do, and leaves in force what was in force. NOTES holds what else people should know.
 */
#ifndef EDGEXDP_APPLY_H
#define EDGEXDP_APPLY_H

#include "../kernel/kernel.h"
#include "named.h"
#include "prepared.h"

struct apply_request {
    const char *interface;         /* any of its names */
    struct attach_options options; /* `audit` also applies to one already attached */
    u64 confirm_ns;                /* go back to what was in force unless guard_confirm() comes
                                      within this time; 0: stay */
    bool force;                    /* even if this would lock somebody out */
};

/* An empty note has nothing to tell. A call that fails may set notes too. */
struct apply_notes {
    struct why mended;  /* what had been taken off the interface, and was put back first */
    struct why mode;    /* why native mode was not possible, and what is used instead */
    struct why answers; /* why the senders of rejected packets are not told */
    struct why hidden;  /* which connections tcp-state does not know of */
    struct why cookies; /* why no SYN is answered with a cookie */
    struct why bans;    /* why the bans are not in force */
    struct why zone;    /* why flows are not shared as the policy says */
    /* See apply_note_policy(): */
    struct why lease;
    struct why redirected;
};

/* prepared_read() for this host, as it is seen from INTERFACE. Names of hosts are asked for as
 * ASKING says, which is also what is known of them afterwards; NULL: now, and no answer is an
 * error. */
int apply_read(const char *interface, const char *path, struct name_asking *asking,
               struct prepared *prepared, struct why *why);

/* guard_open() to change INTERFACE. Puts back first whatever somebody took off it; MENDED says what
 * that was. MAKE_WAY is as for guard_may_make_way(). */
int apply_open(const char *interface, bool make_way, struct guard **guard, struct why *mended,
               struct why *why);

/* Returns -EPERM if PREPARED's policy would lock out the caller, or somebody who is logged in,
 * unless REQUEST says to force it or to enforce nothing. See lockout.h. */
int apply_lockout(const struct apply_request *request, const struct prepared *prepared,
                  struct why *why);

/* Note what PREPARED's policy would do here by oversight: let the lease of INTERFACE's address end
 * because DHCP is blocked, or cut connections that the kernel passes on; and what to write. */
void apply_note_policy(const struct prepared *prepared, const char *interface,
                       struct apply_notes *notes);

/* Guard an interface that is not guarded yet; -EEXIST when it is. BANS, or NULL, lists whom to ban
 * from the beginning, and is sorted in the process. Failing to ban them is not an error. */
int apply_attach(const struct apply_request *request, struct prepared *prepared, struct bans *bans,
                 struct apply_notes *notes, struct why *why);

/* What apply_change() did. */
enum applied {
    APPLIED_NOTHING,  /* the policy was in force already */
    APPLIED_SWAP,     /* another policy, mode or list */
    APPLIED_PROGRAMS, /* only the programs are new: it was judged by those of another version */
};

/* Make sure that PREPARED's policy is in force, without a deadline, on an interface that is
 * guarded. Room for flows and the attach mode stay as they are. *applied is set on success only. */
int apply_change(const struct apply_request *request, struct prepared *prepared,
                 enum applied *applied, struct apply_notes *notes, struct why *why);

/* What `reload` does: read PATH (NULL: the file that the policy in force was read from) and put it
 * in force. PREPARED is empty before; the caller clears it, also after a failure: see
 * prepared_read(). The outcome is counted for the metrics. */
int apply_reload(const struct apply_request *request, const char *path, struct prepared *prepared,
                 struct apply_notes *notes, struct why *why);

/* Put the previous policy in force again. Only `interface` and `force` of REQUEST matter. */
int apply_rollback(const struct apply_request *request, struct apply_notes *notes, struct why *why);

/* If the policy in force on INTERFACE uses addresses of the host or names (as KNOWN has them), and
 * they have changed, put it in force for those of now, as its files were read, in the place of what
 * is in force: what rollback or a deadline would return to stays. *changes, for the caller to free,
 * says what has changed; NULL: nothing has, and nothing was done. PREPARED is empty before, and the
 * caller clears it; its diag has the warnings. Also returns -EAGAIN if others changed what is in
 * force meanwhile. */
int apply_readdress(const char *interface, const struct known_names *known,
                    struct prepared *prepared, char **changes, struct why *why);

/* Count for the metrics that somebody asked for a reload of INTERFACE, which ended with ERROR (0:
 * success). */
void apply_count_reload(const char *interface, int error);

#endif
