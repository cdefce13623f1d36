/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The map `limit_lines`: made with one line, and large once a policy limits anything. */
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include <edgexdp/limit.h>

#include "../base/memory.h"
#include "guard.h"

/* How many lines are for the limits of sources: they are half full when as many of them as there
 * may be are ahead at once. Then hardly any line has more of them than ways. */
static u32 lines_for(u32 sources)
{
    u32 lines = 1;

    while (lines < sources / (LIMIT_WAYS / 2))
        lines *= 2;
    return lines;
}

int guard_limit_line(const struct guard *guard, u32 at, struct limit_line *line)
{
    return bpf_map_lookup_elem(guard->maps[PIN_LIMIT_LINES], &at, line) ? -errno : 0;
}

int limit_lines_prepare(struct guard *guard, struct tables_header *header, struct why *why)
{
    u32 sources = lines_for(guard->state->limits_max);

    memcpy(header->seated.limit_secrets, guard->state->limit_secrets,
           sizeof(header->seated.limit_secrets));
    header->seated.limit_lines = sources - 1;
    /* No seat has a use for the old table, which has a single line. */
    return header->limits_count
               ? guard_resize_map(guard, PIN_LIMIT_LINES, sources + LIMIT_RULE_LINES, why)
               : 0;
}
