/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The map `limit_lines`: made with one line, and large once a policy limits anything. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <edgexdp/limit.h>

#include "../base/clock.h"
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

/* By how much, in units of time, a clock may be late that goes on every TICK_NS: the kernel counts
 * a tick, and somebody asks for the time, before the time is told. 0: the exact clock is asked. */
static u16 lag_for(u64 tick_ns, u32 exact_enough_ns)
{
    u64 lag = 2 * tick_ns >> LIMIT_UNIT_SHIFT;

    return tick_ns <= exact_enough_ns && lag <= UINT16_MAX ? (u16)lag : 0;
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
    header->seated.limit_lag = lag_for(clock_tick_ns(), header->limit_tick_ns);
    /* No seat has a use for the old table, which has a single line. */
    return header->limit_list_count
               ? guard_resize_map(guard, PIN_LIMIT_LINES, sources + LIMIT_RULE_LINES, why)
               : 0;
}

bool view_rule_is_limited(const struct view *view, u32 number)
{
    const struct tables_header *tables = view->tables;

    return number < tables->limits_count && ((const u32 *)tables)[tables->limits + number];
}

static void count_line(const struct limit_line *line, u64 now, u64 most,
                       struct limit_sources *sources)
{
    for (u32 i = 0; i < LIMIT_WAYS; i++)
        if (limit_ahead(line->ways[i], now, most))
            sources->owners[(line->ways[i] & LIMIT_TAG_MASK) >> LIMIT_OWNER_SHIFT]++;
}

#define LINES_AT_ONCE 4096u

/* Limits of whole rules have their lines behind those that are read. */
static int count_lines(const struct view *view, struct limit_sources *sources)
{
    u32 left = view->tables->seated.limit_lines + 1, place = 0;
    CLEANUP_FREE u32 *keys = calloc(LINES_AT_ONCE, sizeof(*keys));
    CLEANUP_FREE struct limit_line *lines = calloc(LINES_AT_ONCE, sizeof(*lines));
    int error = keys && lines ? 0 : -ENOMEM;

    for (bool first = true; left && !error; first = false) {
        u32 got = left < LINES_AT_ONCE ? left : LINES_AT_ONCE;
        u64 now = monotonic_ns() >> LIMIT_UNIT_SHIFT;
        error = bpf_map_lookup_batch(view->maps[VIEW_LIMIT_LINES], first ? NULL : &place, &place,
                                     keys, lines, &got, NULL);
        for (u32 i = 0; i < got && !error; i++)
            count_line(&lines[i], now, view->tables->limit_most, sources);
        left -= got;
    }
    return error;
}

int view_limit_sources(const struct view *view, struct limit_sources *sources, struct why *why)
{
    struct limit_sources made = {0};
    int error = view->tables->limits_count ? count_lines(view, &made) : 0;

    if (error)
        return why_kernel(why, error, "cannot read who is ahead of a limit");
    *sources = made;
    return 0;
}
