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

static bool is_whole(const struct guarding *guarding)
{
    return guarding->ifindex && !guarding->detached &&
           guard_status_is_whole(&guarding->snapshot.status);
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

/* Several in short: how many, and then those that are not guarded as they should be. */
static void describe_several(struct guarding *const *list, size_t count, char text[STATUS_BYTES])
{
    size_t whole = 0, used;

    for (size_t i = 0; i < count; i++)
        whole += is_whole(list[i]);
    used = (size_t)snprintf(text, STATUS_BYTES, "%zu of %zu interfaces guarded", whole, count);
    for (size_t i = 0; i < count && used < STATUS_BYTES; i++) {
        char one[STATUS_BYTES];

        describe(list[i], one);
        if (!is_whole(list[i]) || list[i]->trouble.text[0])
            used += (size_t)snprintf(text + used, STATUS_BYTES - used, "; %s", one);
    }
}

void report_status(struct guarding *const *list, size_t count)
{
    static char sent[STATUS_BYTES];
    char text[STATUS_BYTES];

    if (count == 1)
        describe(list[0], text);
    else
        describe_several(list, count, text);
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
