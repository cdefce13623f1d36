/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/labels.h"
#include "../base/say.h"
#include "../base/text.h"
#include "../event/event.h"

/* Nobody needs to know where in our source an event came from. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

/* JOURNAL_STREAM names the socket that systemd made our stderr; stderr may have been redirected
 * since. */
static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat status;

    return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
           !fstat(STDERR_FILENO, &status) && status.st_dev == device && status.st_ino == inode;
}

static int send_fields(const struct guarding *guarding, int priority, const char *event,
                       const char *text)
{
    const struct service_options *options = guarding->options;
    const struct service_snapshot *snapshot = &guarding->snapshot;
    bool known = guarding->ifindex;

    return sd_journal_send(
        "MESSAGE=%s: %s", HARMLESS(options->interface), HARMLESS(text), "PRIORITY=%i", priority,
        "EDGEXDP_EVENT=%s", event, "EDGEXDP_INTERFACE=%s", options->interface, "EDGEXDP_FILE=%s",
        options->policy, "EDGEXDP_POLICY=%s", known ? snapshot->policy : "", "EDGEXDP_MODE=%s",
        known ? snapshot->mode : "", "EDGEXDP_RULES=%u", known ? snapshot->rules : 0,
        "EDGEXDP_ATTACH_MODE=%s", known ? guard_status_ingress(&snapshot->status) : "",
        "EDGEXDP_EGRESS=%s", known ? guard_status_egress(&snapshot->status) : "",
        "EDGEXDP_ERROR=%s", guarding->trouble.text, NULL);
}

static int send_packet(const struct guarding *guarding, const struct event *event, const char *rule,
                       const char *text)
{
    const char *reason = event_reason(event);
    const char *reject = outcome_reject(&event->outcome, event->protocol);
    struct event_fields fields;

    event_fields(event, &fields);
    return sd_journal_send(
        "MESSAGE=%s: %s", HARMLESS(guarding->options->interface), text, "PRIORITY=%i", LOG_INFO,
        "EDGEXDP_EVENT=packet", "EDGEXDP_INTERFACE=%s", guarding->options->interface,
        "EDGEXDP_POLICY=%s", guarding->snapshot.policy, "EDGEXDP_DIRECTION=%s",
        direction_names[event->direction], "EDGEXDP_VERDICT=%s",
        verdict_names[event->outcome.verdict], "EDGEXDP_REJECT=%s", reject ? reject : "",
        "EDGEXDP_RULE=%s", rule ? rule : "", "EDGEXDP_REASON=%s", reason ? reason : "",
        "EDGEXDP_PROTOCOL=%s", fields.protocol, "EDGEXDP_SOURCE=%s", fields.source,
        "EDGEXDP_SOURCE_PORT=%s", fields.source_port, "EDGEXDP_DESTINATION=%s", fields.destination,
        "EDGEXDP_DESTINATION_PORT=%s", fields.destination_port, "EDGEXDP_LENGTH=%u",
        event->frame_bytes, NULL);
}

void journal_packet(const struct guarding *guarding, const struct event *event, const char *rule)
{
    char text[EVENT_TEXT_BYTES];

    event_print(event, rule, text);
    if (!stderr_is_journal() || send_packet(guarding, event, rule, text))
        say_note("%s: %s", guarding->options->interface, text);
}

void journal(const struct guarding *guarding, int priority, const char *event, const char *format,
             ...)
{
    va_list arguments;
    char text[1536];

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (stderr_is_journal() && !send_fields(guarding, priority, event, text))
        return;
    (priority <= LOG_WARNING ? say_warning : say_note)("%s: %s", guarding->options->interface,
                                                       text);
}
