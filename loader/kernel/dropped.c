/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The map `dropped`: its room, and reading it. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"
#include "guard.h"

#define LINES_NONE 1u                   /* as it is made: a policy that needs no room takes none */
#define LINES_ROOM (DROPPED_LINES + 1u) /* with the line for the rest */

int dropped_make_room(struct guard *guard, const struct tables_header *header, struct why *why)
{
    return header->switches.log_drops ? guard_resize_map(guard, PIN_DROPPED, LINES_ROOM, why) : 0;
}

void dropped_sweep(struct guard *guard)
{
    struct why ignored;

    for (u32 seat = 0; seat < SEATS; seat++) {
        const struct tables_header *header = guard->generations[seat].block.memory;
        if (seat_is_live(guard, seat) && header && header->switches.log_drops)
            return;
    }
    guard_resize_map(guard, PIN_DROPPED, LINES_NONE, &ignored);
}

int guard_dropped(const struct guard *guard, struct dropped **rows, size_t *count, struct why *why)
{
    CLEANUP_FREE struct dropped_line *lines = NULL;
    size_t taken = 0;
    int map = guard->maps[PIN_DROPPED], line_count = guard_map_entries(map);
    int cpus = line_count < 0
                   ? line_count
                   : guard_read_percpu(map, (size_t)line_count, sizeof(*lines), (void **)&lines);
    if (cpus < 0)
        return why_kernel(why, cpus, "cannot read what was dropped by default");
    size_t room = (size_t)line_count * (size_t)cpus * DROPPED_WAYS;
    struct dropped *all = calloc(room + 1, sizeof(*all));
    if (!all)
        return why_set(why, -ENOMEM, "out of memory");
    for (size_t i = 0; i < room; i++) {
        const struct dropped *row = &lines[i / DROPPED_WAYS].ways[i % DROPPED_WAYS];
        if (row->packets)
            all[taken++] = *row;
    }
    *rows = all;
    *count = taken;
    return 0;
}
