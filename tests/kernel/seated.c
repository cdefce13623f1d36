/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seated.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "../../loader/base/clock.h"
#include "../../loader/base/memory.h"
#include "../../loader/kernel/new_guard.h"
#include "asked.h"
#include "sandbox.h"

#define FLOWS  4096
#define LIMITS 262144 /* as many as the judge in user space has room for */

static _Noreturn void give_up(const struct why *why)
{
    fprintf(stderr, "seated: %s\n", why->text);
    exit(1);
}

static int seat(struct seated *seated, struct why *why)
{
    struct rule_number *numbers = NULL;
    struct image *image = NULL;
    int error = guard_number(seated->guard, seated->court.policy, &numbers, why);

    if (!error)
        error = image_number(seated->court.image, seated->court.policy, numbers, &image);
    if (!error)
        error = guard_seat(seated->guard, image, 0, why);
    image_free(image);
    free(numbers);
    asker_free(seated->asker); /* that of the policy before */
    seated->asker = NULL;
    return error;
}

/* Loaded when somebody asks: many tests do not, and by emulation it takes a second. */
static struct asker *asker_of(struct seated *seated)
{
    struct why why = {""};

    if (seated->asker)
        return seated->asker;
    if (asker_new(seated->guard, &seated->asker, &why))
        give_up(&why);
    asked_of_stranger(seated->asker, seated->of_stranger);
    asked_charges(seated->asker);
    return seated->asker;
}

static void open_on(struct seated *seated, const char *interface, const char *text)
{
    static const struct attach_options options = {.flows_max = FLOWS, .limits_max = LIMITS};
    struct why why = {""};

    seated->bans = (struct bans){0};
    seated->asker = NULL;
    seated->of_stranger = false;
    court_open(&seated->court, text);
    if (guard_create(interface, &options, seated->court.image->entry_count, &seated->made, &why))
        give_up(&why);
    seated->guard = new_guard_guard(seated->made);
    /* Whoever shares a way in user space shares one here, too. */
    memcpy(seated->guard->state->limit_secrets, seated->court.image->header->seated.limit_secrets,
           sizeof(seated->guard->state->limit_secrets));
    if (seat(seated, &why))
        give_up(&why);
}

void seated_open(struct seated *seated, const char *text)
{
    seated->is_bare = false;
    open_on(seated, INSIDE, text);
}

void seated_open_bare(struct seated *seated, const char *text)
{
    seated->is_bare = true;
    open_on(seated, BARE, text);
}

void seated_reseat(struct seated *seated, const char *text)
{
    struct why why = {""};

    court_close(&seated->court);
    court_open(&seated->court, text);
    if (seat(seated, &why))
        give_up(&why);
}

void seated_close(struct seated *seated)
{
    bans_clear(&seated->bans);
    asker_free(seated->asker);
    new_guard_close(seated->made);
    court_close(&seated->court);
}

static void ban_all(struct seated *seated)
{
    struct why why = {""};

    if (seated->bans.count && guard_ban(seated->guard, &seated->bans, &why))
        give_up(&why);
}

void seated_ban(struct seated *seated, const struct banned *banned, unsigned int seconds)
{
    struct banned one = *banned;

    one.since_ns = monotonic_ns();
    one.expires_ns = seconds ? one.since_ns + seconds * SECOND_NS : BAN_FOREVER;
    if (bans_add(&seated->bans, &one))
        abort();
    ban_all(seated);
}

static void unban_all(struct seated *seated)
{
    struct bans missing = {0}; /* that have expired */
    struct why why = {""};

    if (seated->bans.count && guard_unban(seated->guard, &seated->bans, &missing, &why))
        give_up(&why);
    bans_clear(&missing);
    bans_clear(&seated->bans);
}

/* As if they had been made that much earlier. */
static void age_bans(struct seated *seated, u64 ns)
{
    for (size_t i = 0; i < seated->bans.count; i++) {
        struct banned *one = &seated->bans.list[i];
        if (one->expires_ns != BAN_FOREVER)
            one->expires_ns = one->expires_ns > ns ? one->expires_ns - ns : 1;
    }
    ban_all(seated);
}

static void set_blocks(struct seated *seated, enum block_origin origin, const struct image *image)
{
    struct why why = {""};

    if (guard_set_blocks(seated->guard, origin, image, &why))
        give_up(&why);
}

static void unblock_all(struct seated *seated)
{
    for (enum block_origin origin = 0; origin < BLOCK_ORIGINS; origin++)
        set_blocks(seated, origin, NULL);
}

void seated_block(struct seated *seated, enum block_origin origin, const char *text, u64 until_s,
                  u64 now_s)
{
    court_block(&seated->court, text, until_s);
    struct tables_header *header = seated->court.blocks_image->header;
    u32 *words = (u32 *)header;
    const struct tables_blocks *blocks = (void *)(words + header->blocks);
    struct tables_block *list = (void *)(words + blocks->list);

    for (u32 i = 0; i < blocks->list_count; i++)
        if (list[i].expires_ns != BLOCK_FOREVER)
            list[i].expires_ns = until_s <= now_s ? 1 : BLOCK_FOREVER;
    unblock_all(seated);
    set_blocks(seated, origin, seated->court.blocks_image);
    for (u32 i = 0; i < blocks->list_count; i++)
        if (list[i].expires_ns == 1)
            list[i].expires_ns = until_s * SECOND_NS;
}

void seated_opened(struct seated *seated, bool stranger)
{
    court_opened(&seated->court, stranger);
    seated->of_stranger = stranger;
    asked_of_stranger(asker_of(seated), stranger);
}

void seated_forget(struct seated *seated)
{
    unban_all(seated);
    unblock_all(seated);
    court_forget(&seated->court);
    asked_forget(asker_of(seated));
}

bool seated_wait(struct seated *seated, unsigned int seconds)
{
    struct why why = {""};
    int error = asked_age(asker_of(seated), seconds);

    age_bans(seated, seconds * SECOND_NS);

    if (error && error != -ERANGE) {
        snprintf(why.text, sizeof(why.text), "cannot age what is remembered: %s", strerror(-error));
        give_up(&why);
    }
    return !error;
}

bool seated_can_ask(const struct seated *seated, const struct wire *wire)
{
    size_t shortest = 15;

    if (wire->direction == DIRECTION_IN && !seated->is_bare)
        return wire->length >= 14;
    if (!memcmp(wire->bytes + 12, "\x08\x00", 2))
        shortest = 14 + 20;
    else if (!memcmp(wire->bytes + 12, "\x86\xdd", 2))
        shortest = 14 + 40;
    return wire->length >= shortest && wire->length <= 3000;
}

int seated_root(const struct seated *seated, enum direction direction)
{
    return seated->made->roots.programs[direction];
}

void seated_may_answer(struct seated *seated)
{
    static struct refusals none[1024]; /* more than there are CPUs */
    struct why why = {"cannot clear the limit of answers"};

    if (guard_cpus() > (int)ARRAY_SIZE(none) ||
        bpf_map_update_elem(seated->guard->maps[PIN_REFUSALS], &(u32){0}, none, BPF_ANY))
        give_up(&why);
}

void seated_counters(const struct seated *seated, struct counters *counters)
{
    struct view view;
    struct why why = {""};

    guard_view(seated->guard, &view);
    if (view_counters(&view, counters, &why))
        give_up(&why);
}

char *seated_ask(struct seated *seated, const struct wire *wire, char text[SAID_BYTES])
{
    struct outcome outcome;
    struct why why = {""};
    size_t capacity;
    const struct rule_entry *rules = guard_rules(seated->guard, &capacity);
    const char *rule = "";

    asker_arrives(asker_of(seated), wire->arrives);
    if (asker_ask(asker_of(seated), wire->direction, wire->bytes, wire->length, &outcome, &why))
        give_up(&why);
    seated->block = outcome_is_block(&outcome) ? outcome.rule : 0;
    if (outcome.kind != OUTCOME_REASON)
        rule = outcome.rule < capacity ? rules[outcome.rule].name : "(no such rule)";
    return said_outcome(&outcome, rule, text);
}
