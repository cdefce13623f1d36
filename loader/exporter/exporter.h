/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The metrics by HTTP, from two processes. The exporter proper talks to clients: it has no
 * capability, can open nothing and start nothing, and reads maps by descriptors that can only read.
 * Those it gets from the keeper, its parent, who has the privilege to open them and talks to nobody
 * else. The filter and the service need neither.
 */
#ifndef EDGEXDP_EXPORTER_H
#define EDGEXDP_EXPORTER_H

#include <sys/types.h>

#include "../base/why.h"

#define EXPORTER_ADDRESS "127.0.0.1:9469"

struct exporter_options {
    int listener;          /* from exporter_listen(); stays the caller's */
    const char *interface; /* NULL: all that are guarded in this network namespace */
    const char *names;     /* by which it may be asked besides its own, with commas; or NULL */
};

/* *listener, for the caller to close, is a socket that listens on ADDRESS, "127.0.0.1:9469" or
 * "[::1]:9469"; or, if systemd has passed one (see sd_listen_fds(3)), the first of those. Returns 0
 * or -errno with WHY. */
int exporter_listen(const char *address, int *listener, struct why *why);

/* Start the keeper, and it the exporter: *process is the caller's to wait for. Both end when the
 * caller does; when one of them ends, so does the other. Only for a caller with a single thread. */
int exporter_start(const struct exporter_options *options, pid_t *process, struct why *why);

/* The same in this process, which becomes the keeper. Returns when the exporter has ended: 0 or
 * -errno with WHY. */
int exporter_main(const struct exporter_options *options, struct why *why);

#endif
