/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the service knows about its interface, and what it does about it. Between two of these calls
 * no lock is held and nothing is open: other commands come and go, and the next look shows what
 * they did. */
#ifndef EDGEXDP_GUARDING_H
#define EDGEXDP_GUARDING_H

#include <net/if.h>

#include "../apply/apply.h"
#include "../base/clock.h"
#include "../kernel/interface.h"
#include "service.h"

/* What was in force when we last looked. */
struct service_snapshot {
    struct guard_status status; /* without the flows */
    char policy[NAME_BYTES];
    const char *mode;
    u32 rules;
    u64 loaded_at_ns;
    u32 generation; /* of what is in force */
    u64 events_lost;
    u64 ban_changes;   /* differs when somebody has banned or unbanned */
    bool bans_expired; /* some have, and are still in the tables */
    u64 block_changes;
    bool blocks_expired; /* likewise */
    bool uses_host;      /* addresses of the host are in the policy */
    bool has_limits;
    bool drops_are_heard;     /* by somebody else: the losses may be theirs */
    char called[IF_NAMESIZE]; /* what the interface is called now; empty: as the service knows it */
};

/* What is known of the bans, or blocks, written down. */
struct ban_store {
    u64 attached_at_ns, changes; /* those written last: see struct service_snapshot */
    u64 not_before_ns;           /* when to write again */
    struct why trouble;          /* what was reported and still lasts */
};

struct guarding {
    const struct service_options *options;
    struct name_asking *asking; /* how names are asked for, and what is known of them; not ours */
    u32 ifindex;                /* of the guarded interface; 0: none, we wait for one */
    bool detached;              /* by a command: stays so until we are told to guard again */
    bool is_blind;              /* the last look failed, and `trouble` says why */
    u64 retry_at_ns;
    struct prepared last; /* last good: for an interface made anew while the file is broken */
    struct service_snapshot snapshot;
    struct ban_store ban_store, block_store;
    struct why trouble;     /* the last failure that is not put right */
    u64 readdress_at_ns;    /* not before: see readdress.h */
    u32 readdress_compared; /* the generation whose addresses were found to be the host's, or made
                             * so; 0: none */
    struct why readdress_failed; /* what was reported and still lasts */
};

/* Put the policy file in force: attach, or swap if the file differs from what is in force. FIRST is
 * true at the start of the service. Without an interface it also returns 0, with guarding->ifindex
 * 0: we wait for one. Errors are reported here. */
int guarding_apply(struct guarding *guarding, bool first);

/* The same for several, which are guarded already or not: all of them, or none. */
void guarding_apply_all(struct guarding *const *list, size_t count);

/* Look at what has become of the interface, report it, and guard the interface if it is there
 * anew. */
void guarding_follow(struct guarding *guarding);

/* The service ends: do what --on-stop says. */
void guarding_stop(struct guarding *guarding);

void guarding_clear(struct guarding *guarding);

/* "policy web (enforce), 12 rules; in: native, out: tcx". */
#define DESCRIPTION_BYTES 192
void service_snapshot_describe(const struct service_snapshot *snapshot,
                               char text[DESCRIPTION_BYTES]);

/* What the files of guarding share. */
enum look {
    LOOK_GUARDED, /* *snapshot shows how */
    LOOK_OPEN,    /* there, and not guarded */
    LOOK_ABSENT,  /* not there */
    LOOK_FAILED,  /* WHY says why we cannot tell */
};
enum look guarding_look(const struct guarding *guarding, struct service_snapshot *snapshot,
                        struct why *why);

enum taking { TAKEN_ATTACHED, TAKEN_SWAPPED, TAKEN_UNCHANGED, TAKEN_UPGRADED };
extern const char *const taking_events[];

/* The name by which to open the interface now: the one that the service was given, or, when no
 * interface has that name, the current name of the one that it guards. */
void guarding_name(const struct guarding *guarding, char name[INTERFACE_NAME_BYTES]);
/* guard_open() by that name. */
int guarding_open(const struct guarding *guarding, enum guard_use use, struct guard **guard,
                  struct why *why);

/* A request to the apply layer for the interface, by NAME, which is not copied. */
struct apply_request guarding_request(const struct guarding *guarding, const char *name);

/* Put POLICY in force on the interface, guarded or not. Returns 0, -ENODEV when it is not there, or
 * -errno with WHY. */
int guarding_take(struct guarding *guarding, struct prepared *policy, enum taking *how,
                  struct why *why);

/* Read and test the policy file. Messages go to stderr; WHY names the first error. */
int guarding_read_file(const struct guarding *guarding, struct prepared *fresh, struct why *why);

/* FRESH is what the file holds: keep it as the last good one. */
void guarding_keep(struct guarding *guarding, struct prepared *fresh);

#endif
