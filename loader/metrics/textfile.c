/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Metrics in a file. */
#include <string.h>

#include "../base/file.h"
#include "../base/memory.h"
#include "metrics.h"

static void print(FILE *stream, const void *snapshots)
{
    metrics_print(stream, snapshots);
}

int metrics_write(const char *path, const char *interface, struct why *why)
{
    CLEANUP(snapshots_clear) struct snapshots snapshots = {.count_sources = true};
    int unread = snapshots_take(interface, &snapshots, why);
    int error = file_replace(path, 0644, print, &snapshots);

    if (error)
        return why_set(why, error, "cannot write %s: %s", path, strerror(-error));
    return unread;
}
