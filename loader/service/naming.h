/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of hosts in the policy in force: asked for again when their time to live is over, and
 * kept in a file. What is asked for one interface is answered for all that the service guards. */
#ifndef EDGEXDP_NAMING_H
#define EDGEXDP_NAMING_H

#include <systemd/sd-event.h>

#include "../names/lookup.h"
#include "guarding.h"

struct naming {
    const struct guarding *guarding; /* not ours */
    struct naming *next;             /* of another interface; they are a ring */
    struct name_asking asking;
    sd_event *loop;                   /* not ours */
    sd_event_source *clock, *answers; /* answers: NULL: nobody is being asked */
    struct lookup *lookup;
    u32 generation;     /* the one whose names are known */
    u64 written_ns;     /* when the file was written last */
    struct why trouble; /* with the file: what was reported and still lasts */
    void (*on_change)(void *context);
    void *context;
};

/* Take what is in the file, before the policy is read. OTHER has begun for another interface; NULL:
 * this is the first. */
void naming_begin(struct naming *naming, struct guarding *guarding, struct naming *other);

/* From now on ask; ON_CHANGE is called with CONTEXT when names stand for other addresses. Returns a
 * negative error of sd-event, or something else. */
int naming_serve(struct naming *naming, sd_event *loop, void (*on_change)(void *context),
                 void *context);

/* Call after each look at the interface: other names may be in force. */
void naming_follow(struct naming *naming);

/* Whom nobody could tell us before, somebody may now: the network has changed. */
void naming_hurry(struct naming *naming);

void naming_end(struct naming *naming);

#endif
