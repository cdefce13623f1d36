/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "owners.h"

#include <errno.h>
#include <stdlib.h>

#include "../base/memory.h"

static u32 identity_of(const struct rule_number *numbers, size_t at)
{
    return numbers ? numbers[at].identity : (u32)at + 1;
}

static u32 numbers_end(const struct rule_number *numbers, size_t count)
{
    u32 end = 0;

    for (size_t i = 0; i < count; i++)
        if (entry_number(numbers, i) >= end)
            end = entry_number(numbers, i) + 1;
    return end;
}

static int by_identity(const void *left, const void *right)
{
    u32 a = ((const struct rule_number *)left)->identity;
    u32 b = ((const struct rule_number *)right)->identity;

    return a < b ? -1 : a > b;
}

/* Fills LIST, which has room for all OWNERS, by identity. Returns how many have one. */
static u32 list_identities(const u32 *owners, u32 owners_count, struct rule_number *list)
{
    u32 count = 0;

    for (u32 number = 0; number < owners_count; number++)
        if (owners[number])
            list[count++] = (struct rule_number){.number = number, .identity = owners[number]};
    qsort(list, count, sizeof(*list), by_identity);
    return count;
}

static void write_identities(const struct rule_number *list, u32 count, u32 *words)
{
    for (u32 i = 0; i < count; i++) {
        words[i] = list[i].identity;
        words[count + i] = list[i].number;
    }
}

/* More than a list can have, which are more than 65,000, are found by their numbers only. */
static int build_identities(struct words *words, struct tables_header *header)
{
    CLEANUP_FREE struct rule_number *list = calloc(header->owners_count + 1, sizeof(*list));
    u32 at;

    if (!list)
        return -ENOMEM;
    u32 count = list_identities(words->words + header->owners, header->owners_count, list);
    if (!count || count > LIST_MASK)
        return 0;
    int error = words_append(words, NULL, (size_t)2 * count, &at);
    if (error)
        return error;
    write_identities(list, count, words->words + at);
    header->identities = at;
    header->identities_count = count;
    return 0;
}

int owners_build(const struct policy *policy, const struct entry *entries, size_t count,
                 const struct rule_number *numbers, struct words *words,
                 struct tables_header *header)
{
    header->identities = header->identities_count = 0;
    header->owners_count = numbers_end(numbers, count);
    int error = words_append(words, NULL, header->owners_count, &header->owners);

    for (size_t i = 0; !error && i < count; i++)
        if (entries[i].direction == DIRECTION_OUT &&
            policy->rules[entries[i].rule].action == VERDICT_ACCEPT)
            words->words[header->owners + entry_number(numbers, i)] = identity_of(numbers, i);
    return error || !policy->zone_count ? error : build_identities(words, header);
}

int owners_rename(struct tables_header *header, const u32 *identities, size_t count)
{
    u32 *words = (u32 *)header, *owners = words + header->owners;
    CLEANUP_FREE struct rule_number *list = calloc(header->owners_count + 1, sizeof(*list));

    if (!list)
        return -ENOMEM;
    for (u32 number = 0; number < header->owners_count && number < count; number++)
        if (owners[number])
            owners[number] = identities[number];
    if (header->identities_count &&
        list_identities(owners, header->owners_count, list) == header->identities_count)
        write_identities(list, header->identities_count, words + header->identities);
    return 0;
}
