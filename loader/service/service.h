/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guarding an interface for as long as the process lives: what `edgexdp run` does. Nothing here is
 * needed by the filter. The service follows the interface, the policy file and what other commands
 * do, and tells systemd and the journal of it. */
#ifndef EDGEXDP_SERVICE_H
#define EDGEXDP_SERVICE_H

#include "../kernel/kernel.h"

#define LISTEN_NONE "none"

struct service_options {
    const char *interface;
    const char *policy; /* the file */
    struct attach_options attach;
    const char *listen;   /* for metrics by HTTP; NULL: where everybody looks; or LISTEN_NONE */
    const char *names;    /* by which those may be asked for besides the host's own; or NULL */
    const char *textfile; /* for metrics as a file, or NULL */
    bool detach_on_stop;
    bool force; /* also a policy that would cut the caller's own SSH session */
};

/* Returns 0 after SIGTERM or SIGINT, or -errno (it has been said) when the interface could not be
 * guarded at the start. */
int service_run(const struct service_options *options);

#endif
