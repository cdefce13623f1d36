/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report.h"

#include <stdio.h>
#include <string.h>

#include <systemd/sd-daemon.h>

#include "../base/text.h"
#include "../show/times.h"

#define STATUS_BYTES 1600

static void describe_guarded(const struct guarding *guarding, char text[STATUS_BYTES])
{
    const struct service_snapshot *snapshot = &guarding->snapshot;
    const char *interface = guarding->options->interface;
    u64 confirm_by_ns = snapshot->status.seat.confirm_by_ns;
    char what[DESCRIPTION_BYTES], time[TIME_TEXT_BYTES];

    service_snapshot_describe(snapshot, what);
    int length = snprintf(text, STATUS_BYTES, "%s: %s%s", interface,
                          guard_status_is_whole(&snapshot->status) ? "" : "NOT GUARDED: ", what);
    if (snapshot->called[0])
        length += snprintf(text + length, STATUS_BYTES - (size_t)length, "; it is called %s now",
                           snapshot->called);
    if (confirm_by_ns)
        snprintf(text + length, STATUS_BYTES - (size_t)length, "; to be confirmed by %s",
                 time_print(time_from_monotonic(confirm_by_ns), time));
}

static void describe(const struct guarding *guarding, char text[STATUS_BYTES])
{
    const char *interface = guarding->options->interface;

    if (guarding->detached)
        snprintf(text, STATUS_BYTES, "%s: detached by a command; a reload guards it again",
                 interface);
    else if (guarding->ifindex)
        describe_guarded(guarding, text);
    else if (guarding->trouble.text[0])
        snprintf(text, STATUS_BYTES, "%s: NOT GUARDED", interface);
    else
        snprintf(text, STATUS_BYTES, "%s: waiting for this interface to appear", interface);
    if (guarding->trouble.text[0]) {
        size_t length = strlen(text);
        snprintf(text + length, STATUS_BYTES - length, "; failed: %s", guarding->trouble.text);
    }
}

void report_status(const struct guarding *guarding)
{
    static char sent[STATUS_BYTES];
    char text[STATUS_BYTES];

    describe(guarding, text);
    if (!strcmp(text, sent))
        return;
    memcpy(sent, text, sizeof(sent));
    sd_notifyf(0, "STATUS=%s", HARMLESS(text));
}

void report_ready(void)
{
    sd_notify(0, "READY=1");
}

/* systemd 253 and later want the time with Type=notify-reload. */
void report_reloading(void)
{
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)(monotonic_ns() / 1000));
}

void report_stopping(void)
{
    sd_notify(0, "STOPPING=1");
}
