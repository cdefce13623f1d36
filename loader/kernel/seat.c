/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which generation is in force: seating, swapping, confirming, rolling back. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../base/memory.h"
#include "guard.h"

bool seat_is_live(const struct guard *guard, u32 seat)
{
    return seat < SEATS && (seat == guard->word->active || seat == guard->word->fallback);
}

const struct tables_header *guard_tables(const struct guard *guard)
{
    return guard->word->active < SEATS ? guard->generations[guard->word->active].block.memory
                                       : NULL;
}

const struct tables_header *guard_fallback_tables(const struct guard *guard)
{
    u32 seat = guard->word->fallback;
    return seat < SEATS ? guard->generations[seat].block.memory : NULL;
}

void guard_count_reload(struct guard *guard, enum reload_result result)
{
    __atomic_add_fetch(&guard->state->reloads[result], 1, __ATOMIC_RELAXED);
}

bool guard_audits(const struct guard *guard)
{
    return guard->state->audit;
}

void guard_set_audit(struct guard *guard, bool audit)
{
    guard->state->audit = audit;
}

const char *tables_mode(const struct tables_header *header)
{
    if (header->switches.unguarded)
        return "unguarded";
    return header->switches.audit ? "audit" : "enforce";
}

const char *tables_path(const struct tables_header *header)
{
    return (const char *)((const u32 *)header + header->path);
}

const char *tables_rule_path(const struct tables_header *header, const struct tables_rule *rule)
{
    return tables_path(header) + rule->file;
}

const struct tables_rule *tables_rules(const struct tables_header *header)
{
    return (const struct tables_rule *)((const u32 *)header + header->rules);
}

const void *tables_archive(const struct tables_header *header, size_t *length)
{
    *length = header->archive_words * sizeof(u32);
    return (const u32 *)header + header->archive;
}

typedef int archive_reader(const void *bytes, size_t length, const char *path,
                           struct policy **policy, struct diag *diag);

static int read_policy(const struct tables_header *header, archive_reader *read,
                       struct policy **policy, struct diag *diag)
{
    size_t length;
    const void *archive = tables_archive(header, &length);

    if (!length)
        return -ENOENT;
    int error = read(archive, length, tables_path(header), policy, diag);
    if (!error && header->switches.audit)
        (*policy)->mode = MODE_AUDIT;
    return error;
}

int tables_policy(const struct tables_header *header, struct policy **policy, struct diag *diag)
{
    return read_policy(header, archive_read_own, policy, diag);
}

int tables_whole_policy(const struct tables_header *header, struct policy **policy,
                        struct diag *diag)
{
    return read_policy(header, archive_read, policy, diag);
}

static u32 spare_seat(const struct guard *guard)
{
    u32 seat = 0;
    while (seat_is_live(guard, seat))
        seat++;
    return seat;
}

static void tables_pin_name(u32 seat, char name[16])
{
    snprintf(name, 16, "tables_%u", seat);
}

/* One store for both fields, so that no reader sees half of a swap and no killed writer leaves
 * one. */
static void store_seats(struct guard *guard, u32 active, u32 fallback)
{
    struct seat_word word = {.active = active, .fallback = fallback};
    u64 both;
    memcpy(&both, &word, sizeof(both));
    __atomic_store_n((u64 *)(void *)guard->word, both, __ATOMIC_RELEASE);
}

static void store_deadline(struct guard *guard, u64 confirm_by_ns)
{
    __atomic_store_n(&guard->word->confirm_by_ns, confirm_by_ns, __ATOMIC_RELEASE);
}

static void announce(struct guard *guard)
{
    __atomic_add_fetch(&guard->state->swaps, 1, __ATOMIC_SEQ_CST);
}

/* Called before the seat is in force: otherwise a command killed in between would leave a policy in
 * force since 1970. SINCE_NS is of CLOCK_REALTIME. */
static void say_since(struct guard *guard, u32 seat, u64 since_ns)
{
    ((struct tables_header *)guard->generations[seat].block.memory)->seated.loaded_at_ns = since_ns;
}

static bool audits(const struct guard *guard, u32 seat)
{
    const struct tables_header *header =
        seat < SEATS ? guard->generations[seat].block.memory : NULL;
    return header && header->switches.audit;
}

/* Called after a swap; BEFORE was in force. Flows that it made in audit mode are no longer valid,
 * and can be removed. */
static void swapped(struct guard *guard, u32 before)
{
    rule_maps_place(guard);
    if (!audits(guard, before) || audits(guard, guard->word->active))
        return;
    guard_wait_for_programs();
    flows_forget_audit(guard);
}

/* The swap. The deadline is stored before the seat that it limits, and the fallback before the
 * deadline: between any two stores the seat that was in force still is. (A candidate that replaces
 * another is stored first, because the other's deadline may pass at any moment.) */
static void turn_to(struct guard *guard, u32 active, u32 fallback, u64 confirm_by_ns)
{
    u32 before = guard->word->active;

    announce(guard);
    say_since(guard, active, realtime_ns());
    if (confirm_by_ns) {
        store_seats(guard, guard_is_pending(guard) ? active : guard->word->active, fallback);
        store_deadline(guard, confirm_by_ns);
    }
    store_seats(guard, active, fallback);
    swapped(guard, before);
}

static u32 seat_before(const struct guard *guard)
{
    return guard->word->fallback < SEATS ? guard->word->fallback : guard->word->active;
}

/* Ends a candidate, before or after its deadline. The fallback is in force from the first store on,
 * whatever the deadline says. The deadline is cleared only when no running program has read the
 * candidate's seat any more; otherwise such a program would return to it. */
void seat_turn_back(struct guard *guard)
{
    u32 candidate = guard->word->active, fallback = seat_before(guard);

    announce(guard);
    store_seats(guard, fallback, fallback);
    guard_wait_for_programs();
    store_deadline(guard, 0);
    store_seats(guard, fallback, NO_SEAT);
    swapped(guard, candidate);
}

static void forget_seat(struct guard *guard, u32 seat)
{
    char name[16], path[PATH_BYTES];
    struct generation *generation = &guard->generations[seat];

    generation_leave(guard, seat);
    tables_pin_name(seat, name);
    bpffs_join(guard->path, name, path);
    unlink(path);
    mapping_close(&generation->block);
    close_descriptor(&generation->tables);
    generation->tables = -1;
}

/* Frees what no seat in force needs. */
static void sweep(struct guard *guard)
{
    rule_maps_sweep(guard);
    dropped_sweep(guard);
}

/* Loads IMAGE into SEAT, which no program reads. */
static int fill_seat(struct guard *guard, u32 seat, const struct image *image, struct why *why)
{
    struct generation *generation = &guard->generations[seat];
    CLEANUP(programs_close) struct programs programs = {-1, -1};
    char name[16];

    int error = dropped_make_room(guard, image->header, why);
    if (!error)
        error = limit_bans_prepare(guard, image->header, why);
    if (!error)
        error = generation_create_tables(image->header, &generation->tables, why);
    if (error)
        return error;
    generation->block.bytes = (size_t)image->header->words * sizeof(u32);
    error = mapping_open(generation->tables, true, &generation->block);
    if (error)
        return why_kernel(why, error, "cannot map the tables");
    struct tables_header *header = generation->block.memory;
    header->seated.generation = guard->state->next_generation++;
    header->seated.programs = embedded_version();
    header->seated.bare = guard->layer == LINK_BARE;
    header->seated.blind = header->switches.tcp_state && guard_hides_sockets(guard);
    header->seated.conntrack =
        (header->switches.tcp_state == TCP_STATE_SOCKET_CONNTRACK || header->arrivals_count) &&
        !tracking_missing();
    error = limit_lines_prepare(guard, header, why);
    if (!error)
        error = completer_prepare(guard, header, why);
    if (!error)
        error = generation_load(guard, header, generation->tables, &programs, why);
    if (!error && guard_is_pinned(guard)) {
        tables_pin_name(seat, name);
        error = guard_pin(guard, name, generation->tables, why);
    }
    return error ? error : generation_enter(guard, seat, &programs, why);
}

static bool is_unguarded(const struct guard *guard, u32 seat)
{
    const struct tables_header *header =
        seat < SEATS ? guard->generations[seat].block.memory : NULL;
    return header && header->switches.unguarded;
}

/* Going back to accepting everything is possible only by the deadline that was set for it. */
static u32 drop_unguarded(struct guard *guard, u32 seat)
{
    return is_unguarded(guard, seat) ? NO_SEAT : seat;
}

int guard_admits(const struct guard *guard, u64 confirm_ns, struct why *why)
{
    if (!guard_is_pending(guard) || confirm_ns)
        return 0;
    return why_set(why, -EBUSY,
                   "%s waits for confirmation of its policy: edgexdp confirm %s, or edgexdp "
                   "rollback %s, or reload with --confirm",
                   guard->interface, guard->interface, guard->interface);
}

/* Makes SEAT, which no program reads, ready to be put in force with IMAGE. */
static int prepare_seat(struct guard *guard, u32 seat, const struct image *image, struct why *why)
{
    int error = fill_seat(guard, seat, image, why);

    if (!error)
        error = roots_renew(guard, why);
    if (error) {
        forget_seat(guard, seat);
        sweep(guard);
    }
    return error;
}

int guard_seat(struct guard *guard, const struct image *image, u64 confirm_ns, struct why *why)
{
    u32 seat = spare_seat(guard), active = guard->word->active, fallback = guard->word->fallback;
    bool pending = guard_is_pending(guard);

    int error = prepare_seat(guard, seat, image, why);
    if (error)
        return error;
    /* A candidate that is replaced before it was confirmed does not become the fallback. */
    u32 back = pending ? fallback : confirm_ns ? active : drop_unguarded(guard, active);
    u32 stale[] = {pending ? active : fallback, active == back ? NO_SEAT : active};
    turn_to(guard, seat, back, confirm_ns ? monotonic_ns() + confirm_ns : 0);
    guard->state->expired_at_ns = 0; /* nothing has expired for what is in force now */
    if (pending)
        guard_wait_for_programs(); /* those that have read the previous candidate's seat */
    for (size_t i = 0; i < ARRAY_SIZE(stale); i++)
        if (stale[i] < SEATS && !seat_is_live(guard, stale[i]))
            forget_seat(guard, stale[i]);
    sweep(guard);
    return 0;
}

int guard_reseat(struct guard *guard, const struct image *image, struct why *why)
{
    u32 seat = spare_seat(guard), before = guard->word->active;
    int error = prepare_seat(guard, seat, image, why);

    if (error)
        return error;
    turn_to(guard, seat, guard->word->fallback, guard->word->confirm_by_ns);
    guard_wait_for_programs(); /* those that have read the seat that was in force */
    forget_seat(guard, before);
    sweep(guard);
    return 0;
}

bool guard_is_pending(const struct guard *guard)
{
    return guard->word->confirm_by_ns;
}

bool seat_is_overdue(const struct guard *guard)
{
    return guard->word->confirm_by_ns && monotonic_ns() > guard->word->confirm_by_ns;
}

bool seat_is_between(const struct guard *guard)
{
    const struct seat_word *word = guard->word;
    return word->active == word->fallback || (word->confirm_by_ns && word->fallback >= SEATS);
}

void seats_forget_stale(struct guard *guard)
{
    guard_wait_for_programs();
    for (u32 seat = 0; seat < SEATS; seat++)
        if (!seat_is_live(guard, seat))
            forget_seat(guard, seat);
}

static void give_up_candidate(struct guard *guard, u64 since_ns)
{
    u32 candidate = guard->word->active;

    say_since(guard, seat_before(guard), since_ns);
    seat_turn_back(guard);
    if (!seat_is_live(guard, candidate))
        forget_seat(guard, candidate);
    sweep(guard);
}

/* The root programs have returned to the fallback by themselves at the deadline; now the word and
 * the state follow. */
void seat_settle(struct guard *guard)
{
    guard->state->expired_at_ns = realtime_ns() - (monotonic_ns() - guard->word->confirm_by_ns);
    give_up_candidate(guard, guard->state->expired_at_ns);
}

int guard_confirm(struct guard *guard, struct why *why)
{
    u32 fallback = guard->word->fallback;
    if (!guard_is_pending(guard))
        return why_set(why, -ENOENT, "%s does not wait for confirmation%s", guard->interface,
                       guard->state->expired_at_ns
                           ? ": it was not confirmed in time, and the previous policy is in force"
                           : "");
    store_deadline(guard, 0);
    if (is_unguarded(guard, fallback)) {
        store_seats(guard, guard->word->active, NO_SEAT);
        guard_wait_for_programs(); /* the deadline may have been about to pass */
        forget_seat(guard, fallback);
    }
    guard->state->expired_at_ns = 0;
    return 0;
}

int guard_rollback(struct guard *guard, struct why *why)
{
    u32 active = guard->word->active, fallback = guard->word->fallback;
    if (fallback >= SEATS)
        return why_set(why, -ENOENT, "%s has no previous policy: there is nothing to go back to",
                       guard->interface);
    if (guard_is_pending(guard))
        give_up_candidate(guard, realtime_ns());
    else
        turn_to(guard, fallback, active, 0);
    return 0;
}
