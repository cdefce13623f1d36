/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "../base/memory.h"
#include "report.h"

static void take_away(struct sum *sum, const struct sum *part)
{
    sum->packets -= part->packets;
    sum->bytes -= part->bytes;
}

/* What was dropped, and is in no talk that is still known and in no other sum. */
static struct sum find_forgotten(const struct collection *collection, struct talk **list,
                                 size_t count)
{
    struct sum rest = collection->dropped;

    take_away(&rest, &collection->replies);
    take_away(&rest, &collection->continuing);
    take_away(&rest, &collection->unasked);
    take_away(&rest, &collection->errors);
    for (size_t i = 0; i < count; i++)
        take_away(&rest, &(struct sum){list[i]->packets, list[i]->bytes});
    return rest;
}

int findings_make(const struct collection *collection, const struct suggested_wish *wish,
                  struct findings *findings)
{
    CLEANUP_FREE struct talk **list = NULL;
    struct findings made = {.forgotten_talks = talks_forgotten(collection->talks)};
    size_t count;
    int error = talks_list(collection->talks, &list, &count);

    if (error)
        return error;
    made.forgotten = find_forgotten(collection, list, count);
    scans_find(list, count);
    error = scans_list(list, count, &made.scans, &made.scan_count);
    for (size_t i = 0; i < made.scan_count; i++) {
        made.scanned.packets += made.scans[i].packets;
        made.scanned.bytes += made.scans[i].bytes;
    }
    if (!error)
        error = suggestions_make(list, count, wish, &made.suggestions);
    if (error)
        findings_clear(&made);
    else
        *findings = made;
    return error;
}

void findings_clear(struct findings *findings)
{
    suggestions_clear(&findings->suggestions);
    free(findings->scans);
    *findings = (struct findings){0};
}
