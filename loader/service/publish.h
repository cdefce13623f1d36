/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telling others what is counted: by HTTP, and as a file for node-exporter. The filter needs
 * neither, and the service goes on without. */
#ifndef EDGEXDP_PUBLISH_H
#define EDGEXDP_PUBLISH_H

#include <sys/types.h>
#include <systemd/sd-event.h>

#include <stdbool.h>

#include "guarding.h"

struct publishing {
    const struct guarding *guarding; /* in whose name things are said; not ours */
    sd_event *loop;                  /* not ours */
    const char *address;             /* to listen on, or NULL: not by HTTP */
    bool is_default;                 /* nobody chose it, so other services want it too */
    int listener;                    /* -1: none yet */
    pid_t exporter;                  /* 0: there is none, or it has ended */
    struct why trouble_by_http, trouble_by_file; /* what was said of it and lasts; empty: none */
};

/* Begin what GUARDING's options want of it. What fails is said, and tried again by
 * publishing_renew(). */
void publishing_begin(struct publishing *publishing, const struct guarding *guarding,
                      sd_event *loop);

/* Write the file anew, and start the exporter if there is none. */
void publishing_renew(struct publishing *publishing);

void publishing_end(struct publishing *publishing);

#endif
