/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets that match rules with log = yes, reported to the journal. */
#ifndef EDGEXDP_LOG_H
#define EDGEXDP_LOG_H

#include <systemd/sd-event.h>

#include "../event/names.h"
#include "guarding.h"

struct log {
    const struct guarding *guarding; /* not ours */
    sd_event *loop;                  /* not ours */
    struct listener *listener;       /* NULL: there is nothing to hear */
    sd_event_source *source;
    struct rule_names names;
    u64 attached_at_ns; /* of the state that we listen to */
    u64 lost;           /* events already reported as lost */
    bool complained;    /* reported that we cannot listen */
};

/* Call after each look at the interface: listens to its present state, and goes on listening. */
void log_follow(struct log *log);

void log_end(struct log *log);

#endif
