/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "publish.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "../exporter/exporter.h"
#include "../metrics/metrics.h"

static int on_end(sd_event_source *source, const siginfo_t *info, void *context)
{
    struct publishing *publishing = context;

    (void)info;
    fprintf(stderr, "edgexdp: the exporter has ended; it is started again\n");
    publishing->exporter = 0;
    sd_event_source_unref(source);
    return 0;
}

/* Of the same trouble once only: it is tried again and again. */
static void complain(struct publishing *publishing, const struct why *why)
{
    if (!publishing->complained)
        fprintf(stderr, "edgexdp: %s\n", why->text);
    publishing->complained = true;
}

static int start(struct publishing *publishing, struct why *why)
{
    sd_event_source *source;

    if (publishing->listener < 0) {
        int error = exporter_listen(publishing->address, &publishing->listener, why);
        if (error)
            return error;
    }
    struct exporter_options options = {.listener = publishing->listener};
    int error = exporter_start(&options, &publishing->exporter, why);
    if (error)
        return error;
    error = sd_event_add_child(publishing->loop, &source, publishing->exporter, WEXITED, on_end,
                               publishing);
    return error < 0 ? why_set(why, error, "the exporter cannot be watched: %s", strerror(-error))
                     : 0;
}

void publishing_begin(struct publishing *publishing, sd_event *loop)
{
    publishing->loop = loop;
    if (!publishing->address && sd_listen_fds(0) > 0)
        publishing->address = EXPORTER_ADDRESS; /* the socket that systemd passed stands for it */
    publishing_renew(publishing);
}

void publishing_renew(struct publishing *publishing)
{
    struct why why = {{0}};
    int error = 0;

    if (publishing->address && !publishing->exporter)
        error = start(publishing, &why);
    if (!error && publishing->textfile)
        error = metrics_write(publishing->textfile, NULL, &why);
    if (error)
        complain(publishing, &why);
    else
        publishing->complained = false;
}

void publishing_end(struct publishing *publishing)
{
    if (publishing->listener >= 0)
        close(publishing->listener);
}
