/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets that rules with log = yes match, to the journal. */
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
    u64 lost;           /* that we have told of */
    bool complained;    /* that we cannot listen */
};

/* After each look at the interface: listen to the state that there is now, and go on listening. */
void log_follow(struct log *log);

void log_end(struct log *log);

#endif
