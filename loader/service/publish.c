/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "publish.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../exporter/exporter.h"
#include "../metrics/metrics.h"
#include "journal.h"

/* Report each trouble only once, because it is retried again and again. */
static void tell(const struct publishing *publishing, int priority, struct why *said,
                 const struct why *why)
{
    if (why->text[0] && strcmp(said->text, why->text) != 0)
        journal(publishing->guarding, priority, "metrics-failed", "%s", why->text);
    *said = *why;
}

static int on_end(sd_event_source *source, const siginfo_t *info, void *context)
{
    struct publishing *publishing = context;
    static const struct why why = {"the metrics exporter has ended; it is started again"};

    (void)info;
    publishing->exporter = 0;
    tell(publishing, LOG_WARNING, &publishing->trouble_by_http, &why);
    sd_event_source_unref(source);
    return 0;
}

static int start(struct publishing *publishing, struct why *why)
{
    sd_event_source *source;

    if (publishing->listener < 0) {
        int error = exporter_listen(publishing->address, &publishing->listener, why);
        if (error)
            return error;
    }
    struct exporter_options options = {.listener = publishing->listener,
                                       .names = publishing->guarding->options->names};
    int error = exporter_start(&options, &publishing->exporter, why);
    if (error)
        return error;
    error = sd_event_add_child(publishing->loop, &source, publishing->exporter, WEXITED, on_end,
                               publishing);
    return error < 0 ? why_set(why, error, "the exporter cannot be watched: %s", strerror(-error))
                     : 0;
}

/* The exporter has lived since the last look: only now is its trouble over, so that one that cannot
 * live is not reported again and again. */
static void settle(struct publishing *publishing)
{
    if (publishing->trouble_by_http.text[0])
        journal(publishing->guarding, LOG_NOTICE, "metrics-served", "metrics are served here now");
    publishing->trouble_by_http.text[0] = 0;
}

/* Each exporter serves all interfaces, so one is enough: among services that were given no address,
 * the first gets the default one. Early in the boot there may be no address yet. */
static void renew_exporter(struct publishing *publishing)
{
    struct why why = {{0}};
    int priority = LOG_WARNING;

    if (publishing->exporter)
        return settle(publishing);
    int error = start(publishing, &why);
    if (!error)
        return;
    if (publishing->is_default && (error == -EADDRINUSE || error == -EADDRNOTAVAIL))
        priority = LOG_NOTICE;
    if (publishing->is_default && error == -EADDRINUSE)
        why_set(&why, error,
                "another process listens on " EXPORTER_ADDRESS
                "; metrics are served here once it has ended");
    tell(publishing, priority, &publishing->trouble_by_http, &why);
}

void publishing_begin(struct publishing *publishing, const struct guarding *guarding,
                      sd_event *loop)
{
    const char *address = guarding->options->listen;

    publishing->guarding = guarding;
    publishing->loop = loop;
    publishing->is_default = !address;
    if (!address)
        publishing->address = EXPORTER_ADDRESS;
    else if (strcmp(address, LISTEN_NONE) != 0)
        publishing->address = address;
    publishing_renew(publishing);
}

void publishing_renew(struct publishing *publishing)
{
    const char *textfile = publishing->guarding->options->textfile;
    struct why why = {{0}};

    if (publishing->address)
        renew_exporter(publishing);
    if (textfile) {
        metrics_write(textfile, NULL, &why);
        tell(publishing, LOG_WARNING, &publishing->trouble_by_file, &why);
    }
}

void publishing_end(struct publishing *publishing)
{
    if (publishing->listener >= 0)
        close(publishing->listener);
}
