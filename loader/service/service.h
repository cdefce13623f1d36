/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guarding interfaces for as long as the process lives: what `edgexdp run` does. The filter needs
 * nothing from here. The service follows the interfaces, the policy file and the actions of other
 * commands, and reports them to systemd and the journal. */
#ifndef EDGEXDP_SERVICE_H
#define EDGEXDP_SERVICE_H

#include "../kernel/kernel.h"

#define LISTEN_NONE "none"

struct service_options {
    const char *interface; /* of the service as a whole: a list, or `all`, see interfaces.h */
    const char *policy;    /* the file */
    struct attach_options attach;
    const char *listen;   /* for metrics by HTTP; NULL: the default; or LISTEN_NONE */
    const char *names;    /* names the host may also be asked for by; or NULL */
    const char *textfile; /* for metrics as a file, or NULL */
    bool detach_on_stop;
    bool force; /* even a policy that would cut the caller's own SSH session */
};

/* Returns 0 after SIGTERM or SIGINT, or -errno, already reported, when the interface could not be
 * guarded at the start. */
int service_run(const struct service_options *options);

#endif
