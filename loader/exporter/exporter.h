/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The metrics by HTTP, from two processes. The exporter proper talks to clients: it has no
 * capability, can open nothing and start nothing, and reads maps through read-only descriptors. It
 * gets these from the keeper, its parent, which has the privilege to open them and talks to nobody
 * else. The filter and the service need neither.
 */
#ifndef EDGEXDP_EXPORTER_H
#define EDGEXDP_EXPORTER_H

#include <sys/types.h>

#include "../base/why.h"

#define EXPORTER_ADDRESS "127.0.0.1:9469"

struct exporter_options {
    int listener;          /* from exporter_listen(); stays the caller's */
    const char *interface; /* NULL: all guarded interfaces in this network namespace */
    const char *names;     /* additional names it may be asked by, comma-separated; or NULL */
};

/* *listener, for the caller to close, is a socket that listens on ADDRESS, "127.0.0.1:9469" or
 * "[::1]:9469"; or the first socket that systemd has passed, if any (see sd_listen_fds(3)). Returns
 * 0 or -errno with WHY. */
int exporter_listen(const char *address, int *listener, struct why *why);

/* Start the keeper, which starts the exporter: the caller waits for *process. Both end when the
 * caller does; when one of them ends, so does the other. Only for a caller with a single thread. */
int exporter_start(const struct exporter_options *options, pid_t *process, struct why *why);

/* The same in this process, which becomes the keeper. Returns 0 or -errno with WHY once the
 * exporter has ended. */
int exporter_main(const struct exporter_options *options, struct why *why);

#endif
