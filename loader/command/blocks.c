/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../apply/block.h"
#include "../base/clock.h"
#include "../base/labels.h"
#include "../base/memory.h"
#include "../base/text.h"
#include "../show/json.h"
#include "../show/table.h"
#include "../show/times.h"
#include "command.h"
#include "showing.h"

const struct option_help blocks_options_help[] = {
    {"--json", "as JSON"},
    {NULL, NULL},
};

/* All blocks of an interface, by origin, with what they have dropped. */
struct listing {
    const char *interface;
    struct blocks blocks[BLOCK_ORIGINS];
    struct block_counter *counts[BLOCK_ORIGINS];
    u64 until_ns[BLOCK_ORIGINS];
    u64 now_ns;
};

static void listing_clear(struct listing *listing)
{
    for (enum block_origin origin = 0; origin < BLOCK_ORIGINS; origin++) {
        blocks_clear(&listing->blocks[origin]);
        free(listing->counts[origin]);
    }
}

static int read_origin(struct guard *guard, enum block_origin origin, struct listing *listing,
                       struct why *why)
{
    struct blocks *blocks = &listing->blocks[origin];

    listing->until_ns[origin] = guard_blocks_held_until(guard, origin);
    int error = listing->until_ns[origin] > listing->now_ns
                    ? apply_read_blocks(guard, origin, blocks, why)
                    : 0;
    if (error)
        return error;
    listing->counts[origin] = calloc(blocks->count + 1, sizeof(**listing->counts));
    if (!listing->counts[origin])
        return why_set(why, -ENOMEM, "out of memory");
    for (size_t i = 0; !error && i < blocks->count; i++)
        error = guard_block_count(guard, blocks->list[i].number, &listing->counts[origin][i], why);
    return error;
}

static u64 expiry(const struct listing *listing, enum block_origin origin, size_t at)
{
    u64 own_ns = listing->blocks[origin].list[at].expires_ns;

    return own_ns < listing->until_ns[origin] ? own_ns : listing->until_ns[origin];
}

static struct json_object *block_json(const struct listing *listing, enum block_origin origin,
                                      size_t at)
{
    const struct block *block = &listing->blocks[origin].list[at];
    const struct block_counter *count = &listing->counts[origin][at];
    u64 expires_ns = expiry(listing, origin, at);
    struct json_object *object = json_object_new_object();

    json_add_text(object, "interface", listing->interface);
    json_add_text(object, "name", block->name);
    json_add_text(object, "origin", block_origin_names[origin]);
    json_add_text(object, "pattern", block->patterns);
    json_add_text(object, "limit", block->limit);
    json_add_time(object, "since", time_from_monotonic(block->since_ns));
    json_add_time(object, "expires",
                  expires_ns == BLOCK_FOREVER ? 0 : time_from_monotonic(expires_ns));
    json_add_number(object, "packets", count->packets);
    json_add_number(object, "bytes", count->bytes);
    json_add_time(object, "last_seen",
                  count->last_seen_ns ? time_from_monotonic(count->last_seen_ns) : 0);
    return object;
}

static void add_json(struct json_object *array, const struct listing *listing)
{
    for (enum block_origin origin = 0; origin < BLOCK_ORIGINS; origin++)
        for (size_t i = 0; i < listing->blocks[origin].count; i++)
            json_object_array_add(array, block_json(listing, origin, i));
}

/* A block of several patterns has a line for each. */
static int add_rows(struct libscols_table *table, const struct listing *listing,
                    enum block_origin origin, size_t at)
{
    const struct block *block = &listing->blocks[origin].list[at];
    const struct block_counter *count = &listing->counts[origin][at];
    char left[TIME_TEXT_BYTES] = "never", packets[32], bytes[32];
    CLEANUP_FREE char *patterns = strdup(block->patterns);
    u64 expires_ns = expiry(listing, origin, at);
    int error = patterns ? 0 : -ENOMEM;

    if (expires_ns != BLOCK_FOREVER)
        time_print_left(expires_ns > listing->now_ns ? expires_ns - listing->now_ns : 0, left);
    snprintf(packets, sizeof(packets), "%llu", (unsigned long long)count->packets);
    snprintf(bytes, sizeof(bytes), "%llu", (unsigned long long)count->bytes);
    for (char *rest = patterns, *pattern; !error && (pattern = strsep(&rest, "\n"));) {
        bool first = pattern == patterns;
        const char *row[] = {first ? block->name : "",
                             pattern,
                             !first         ? ""
                             : block->limit ? block->limit
                                            : "-",
                             first ? left : "",
                             first ? packets : "",
                             first ? bytes : "",
                             first ? block_origin_names[origin] : ""};
        error = table_row(table, row, ARRAY_SIZE(row));
    }
    return error;
}

static int print_table(const struct listing *listing)
{
    static const struct column columns[] = {
        {"NAME", false},   {"PATTERN", false}, {"LIMIT", false}, {"EXPIRES IN", true},
        {"PACKETS", true}, {"BYTES", true},    {"ORIGIN", false}};
    size_t sum = 0;

    for (enum block_origin origin = 0; origin < BLOCK_ORIGINS; origin++)
        sum += listing->blocks[origin].count;
    if (!sum) {
        printf("nothing is blocked on %s\n", HARMLESS(listing->interface));
        return 0;
    }
    struct libscols_table *table = table_new(columns, ARRAY_SIZE(columns));
    int error = table ? 0 : -ENOMEM;
    for (enum block_origin origin = 0; origin < BLOCK_ORIGINS; origin++)
        for (size_t i = 0; !error && i < listing->blocks[origin].count; i++)
            error = add_rows(table, listing, origin, i);
    return table_end(table, error);
}

static int blocks_of(const char *interface, void *context, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    CLEANUP(listing_clear) struct listing listing = {.now_ns = monotonic_ns()};
    struct showing *showing = context;
    int error = guard_open(interface, GUARD_READ, &guard, why);

    for (enum block_origin origin = 0; !error && origin < BLOCK_ORIGINS; origin++)
        error = read_origin(guard, origin, &listing, why);
    if (error)
        return error;
    guard_unlock(guard);
    listing.interface = guard_interface(guard);
    showing_heading(showing, guard);
    if (showing->json)
        add_json(showing->json, &listing);
    else
        error = print_table(&listing);
    showing_end(showing, guard, error);
    return 0;
}

int command_blocks(const struct command *command, int argc, char **argv)
{
    return showing_command(command, argc, argv, blocks_of);
}
