/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Publishing the metrics: by HTTP, and as a file for node-exporter. The filter needs neither, and
 * the service goes on without them. */
#ifndef EDGEXDP_PUBLISH_H
#define EDGEXDP_PUBLISH_H

#include <sys/types.h>
#include <systemd/sd-event.h>

#include <stdbool.h>

#include "guarding.h"

struct publishing {
    const struct guarding *guarding; /* whose trouble is reported; not ours */
    sd_event *loop;                  /* not ours */
    const char *address;             /* to listen on, or NULL: not by HTTP */
    bool is_default;                 /* not chosen by the user, so other services want it too */
    int listener;                    /* -1: none yet */
    pid_t exporter;                  /* 0: none, or it has ended */
    struct why trouble_by_http, trouble_by_file; /* reported, and still lasts; empty: none */
};

/* Begin publishing as GUARDING's options say. Failures are reported as if they were GUARDING's, and
 * publishing_renew() tries again. */
void publishing_begin(struct publishing *publishing, const struct guarding *guarding,
                      sd_event *loop);

/* Write the file again, and start the exporter if there is none. */
void publishing_renew(struct publishing *publishing);

void publishing_end(struct publishing *publishing);

#endif
