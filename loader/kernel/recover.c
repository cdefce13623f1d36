/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What killed commands left behind: the next command of any kind puts it in order, so that nobody
 * ever reads half of a change. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../base/memory.h"
#include "guard.h"

static void remove_unfinished(const char *path)
{
    attach_detach_links(path);
    bpffs_remove(path);
}

/* Whatever is being done to several interfaces under a lock that is shared is not left over. */
void recover_leftovers(int lock)
{
    bpffs_each_unfinished(remove_unfinished);
    if (!bpffs_lock_is_shared())
        together_recover(lock);
}

bool recover_is_needed(void)
{
    return bpffs_each_unfinished(NULL) || together_is_left();
}

void recover_leftovers_alone(void)
{
    CLEANUP_CLOSE int lock = -1;
    struct why ignored;
    if (recover_is_needed() && !bpffs_lock(true, false, &lock, &ignored))
        recover_leftovers(lock);
}

bool guard_place_exists(void)
{
    return bpffs_is_mounted() && !access(PINS_ROOT, F_OK);
}

/* Is PIN a map of tables that no seat can use any more, or not yet? */
static bool is_stale_tables(const struct guard *guard, const char *pin)
{
    u32 seat;
    return sscanf(pin, "tables_%u", &seat) == 1 && !seat_is_live(guard, seat);
}

/* Calls VISIT for the path of each pin that is not part of a state at rest. Returns how many there
 * are. */
static size_t each_stray(const struct guard *guard, int (*visit)(const char *path))
{
    DIR *folder = opendir(guard->path);
    size_t count = 0;

    for (struct dirent *item; folder && (item = readdir(folder));) {
        char pin[PATH_BYTES];
        if (!strchr(item->d_name, '%') && !is_stale_tables(guard, item->d_name))
            continue;
        bpffs_join(guard->path, item->d_name, pin);
        count++;
        if (visit)
            visit(pin);
    }
    if (folder)
        closedir(folder);
    return count;
}

bool guard_needs_recovery(const struct guard *guard)
{
    return seat_is_overdue(guard) || seat_is_between(guard) || bans_are_half_done(guard) ||
           blocks_are_half_done(guard) || each_stray(guard, NULL);
}

int guard_recover(struct guard *guard, struct why *why)
{
    int error = rule_maps_recover(guard, why);

    if (!error)
        error = share_recover(guard, why);
    if (!error)
        error = bans_recover(guard, why);
    if (!error)
        error = blocks_recover(guard, why);
    if (error)
        return error;
    if (seat_is_between(guard))
        seat_turn_back(guard);
    if (seat_is_overdue(guard))
        seat_settle(guard);
    if (each_stray(guard, NULL)) {
        seats_forget_stale(guard);
        each_stray(guard, unlink);
    }
    return 0;
}
