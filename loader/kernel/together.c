/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several interfaces at once. A journal is pinned before the first of them is touched: which ones
 * there are, and what was in force. As long as it is there, the change can be undone, or completed
 * where it cannot. Removing it is the one step that decides. Whoever gets the exclusive lock and
 * finds a journal knows that its writer has died.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/memory.h"
#include "guard.h"

/* No folder of an interface can have this name. */
#define TOGETHER_FOLDER PINS_ROOT "/%together"
#define JOURNAL_PIN     TOGETHER_FOLDER "/journal"

struct member {
    u32 ifindex;
    u32 generation; /* that was in force */
};

struct journal {
    u32 kind; /* enum together_kind */
    u32 count;
    struct member members[TOGETHER_MAX];
};

struct together {
    int lock;
    bool is_pinned;
    struct journal journal;
};

bool together_is_left(void)
{
    return !access(TOGETHER_FOLDER, F_OK);
}

static void remove_journal(void)
{
    unlink(JOURNAL_PIN);
    rmdir(TOGETHER_FOLDER);
}

static int pin_journal(const struct journal *journal)
{
    CLEANUP_CLOSE int map =
        bpf_map_create(BPF_MAP_TYPE_ARRAY, "together", sizeof(u32), sizeof(*journal), 1, NULL);
    u32 zero = 0;
    int error = map < 0 ? -errno : bpf_map_update_elem(map, &zero, journal, BPF_ANY);

    if (!error && mkdir(TOGETHER_FOLDER, 0700) && errno != EEXIST)
        error = -errno;
    if (!error && bpf_obj_pin(map, JOURNAL_PIN))
        error = -errno;
    if (error)
        remove_journal();
    return error;
}

static int read_journal(struct journal *journal)
{
    struct bpf_map_info info = {0};
    u32 size = sizeof(info), zero = 0;
    CLEANUP_CLOSE int map = bpf_obj_get(JOURNAL_PIN);

    if (map < 0 || bpf_obj_get_info_by_fd(map, &info, &size))
        return -errno;
    if (info.value_size != sizeof(*journal)) /* another version's */
        return -EPROTO;
    if (bpf_map_lookup_elem(map, &zero, journal))
        return -errno;
    return journal->count <= TOGETHER_MAX ? 0 : -EPROTO;
}

static void undo_change(struct guard *guard, const struct member *member)
{
    const struct tables_header *now = guard_tables(guard);
    const struct tables_header *before = guard_fallback_tables(guard);

    if (now && now->seated.generation != member->generation && before &&
        before->seated.generation == member->generation)
        seat_turn_back(guard);
}

/* Undoes or completes what was done to one interface. One that is gone needs neither. */
static void settle_member(enum together_kind kind, const struct member *member)
{
    const bool removes = kind == TOGETHER_ATTACH || kind == TOGETHER_DETACH;
    CLEANUP(guard_closep) struct guard *guard = NULL;
    struct interface interface;
    struct why ignored;

    if (interface_by_index(member->ifindex, &interface) ||
        guard_open(interface.name, removes ? GUARD_REMOVE : GUARD_CHANGE, &guard, &ignored))
        return;
    if (removes)
        guard_detach(guard, &ignored);
    else if (kind == TOGETHER_CONFIRM)
        guard_confirm(guard, &ignored);
    else
        undo_change(guard, member);
}

static void settle(const struct journal *journal)
{
    for (u32 i = 0; i < journal->count; i++)
        settle_member(journal->kind, &journal->members[i]);
}

void together_recover(int lock)
{
    struct journal journal;

    if (!together_is_left())
        return;
    bpffs_share_lock(lock);
    if (!read_journal(&journal))
        settle(&journal);
    bpffs_share_lock(-1);
    remove_journal();
}

/* Adds INTERFACE as it is now. */
static int add_member(struct journal *journal, const char *name, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    struct member *member = &journal->members[journal->count];
    struct interface interface;
    int error = guard_open(name, GUARD_CHANGE, &guard, why);

    if (journal->kind == TOGETHER_ATTACH && !error)
        return why_set(why, -EEXIST,
                       "%s is guarded already: edgexdp reload puts another policy in force", name);
    if (journal->kind == TOGETHER_ATTACH && error != -ENOENT)
        return error;
    if (journal->kind != TOGETHER_ATTACH && error)
        return error;
    error = interface_by_name(name, &interface);
    if (error)
        return why_set(why, error, "there is no interface %s in this network namespace", name);
    member->ifindex = interface.ifindex;
    if (guard && guard_tables(guard))
        member->generation = guard_tables(guard)->seated.generation;
    journal->count++;
    return 0;
}

int together_begin(enum together_kind kind, char *const *interfaces, size_t count,
                   struct together **together, struct why *why)
{
    CLEANUP(together_endp) struct together *made = calloc(1, sizeof(*made));
    int error;

    if (!made)
        return why_set(why, -ENOMEM, "out of memory");
    made->lock = -1;
    made->journal.kind = kind;
    if (count > TOGETHER_MAX)
        return why_set(why, -E2BIG, "at most %d interfaces can be changed at once", TOGETHER_MAX);
    error = bpffs_lock(true, kind == TOGETHER_ATTACH, &made->lock, why);
    if (error == -ENOENT)
        return why_set(why, error, "%s is not guarded: nothing is, here", interfaces[0]);
    if (error)
        return error;
    recover_leftovers(made->lock);
    bpffs_share_lock(made->lock);
    for (size_t i = 0; i < count && !error; i++)
        error = add_member(&made->journal, interfaces[i], why);
    if (error)
        return error;
    error = pin_journal(&made->journal);
    if (error)
        return why_kernel(why, error, "cannot note what is about to be done");
    made->is_pinned = true;
    *together = TAKE_PTR(made);
    return 0;
}

int together_commit(struct together *together, struct why *why)
{
    if (unlink(JOURNAL_PIN))
        return why_kernel(why, -errno, "cannot end what was begun");
    rmdir(TOGETHER_FOLDER);
    together->is_pinned = false;
    return 0;
}

void together_end(struct together *together)
{
    if (!together)
        return;
    if (together->is_pinned) {
        settle(&together->journal);
        remove_journal();
    }
    if (together->lock >= 0)
        bpffs_share_lock(-1);
    close_descriptor(&together->lock);
    free(together);
}

void together_endp(struct together **together)
{
    together_end(*together);
}
