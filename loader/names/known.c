/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "known.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/memory.h"

#define DAY_NS (86400 * SECOND_NS)

/* After a failure; twice as long after each further one. */
#define RETRY_FIRST_NS SECOND_NS
#define RETRY_MAX_NS   (60 * SECOND_NS)

/* While addresses are gone, somebody has to look whether flows of theirs still live. */
#define GONE_LOOK_NS (60 * SECOND_NS)

static void name_clear(struct known_name *name)
{
    free(name->host);
    free(name->addresses);
}

void known_clear(struct known_names *known)
{
    for (size_t i = 0; i < known->count; i++)
        name_clear(&known->list[i]);
    free(known->list);
    *known = (struct known_names){0};
}

struct known_name *known_find(const struct known_names *known, const char *host)
{
    for (size_t i = 0; i < known->count; i++)
        if (!strcmp(known->list[i].host, host))
            return &known->list[i];
    return NULL;
}

struct known_name *known_add(struct known_names *known, const char *host)
{
    struct known_name *grown = known_find(known, host);
    char *copy;

    if (grown)
        return grown;
    grown = array_grow(known->list, known->count, &known->capacity, sizeof(*grown));
    if (!grown)
        return NULL;
    known->list = grown;
    copy = strdup(host);
    if (!copy)
        return NULL;
    grown[known->count] = (struct known_name){.host = copy};
    return &grown[known->count++];
}

static const struct host_word *word_of(const struct host *host, const char *name)
{
    char word[HOST_NAME_BYTES + sizeof("name:")];

    snprintf(word, sizeof(word), "name:%s", name);
    return host ? host_find(host, piece_of(word)) : NULL;
}

void known_keep_only(struct known_names *known, const struct host *host)
{
    size_t kept = 0;

    for (size_t i = 0; i < known->count; i++) {
        if (word_of(host, known->list[i].host))
            known->list[kept++] = known->list[i];
        else
            name_clear(&known->list[i]);
    }
    known->count = kept;
}

static struct known_address *find(struct known_name *name, enum family family, u128 address)
{
    for (size_t i = 0; i < name->count; i++)
        if (name->addresses[i].family == family && name->addresses[i].address == address)
            return &name->addresses[i];
    return NULL;
}

static int take_address(struct known_name *name, enum family family, u128 address)
{
    struct known_address *known = find(name, family, address);

    if (!known) {
        known = array_grow(name->addresses, name->count, &name->capacity, sizeof(*known));
        if (!known)
            return -ENOMEM;
        name->addresses = known;
        known = &known[name->count++];
    }
    *known = (struct known_address){.family = family, .address = address};
    return 0;
}

/* Nobody knows what has become of the addresses of a family that could not be asked for. */
static void take_gone(struct known_name *name, const struct name_answer *answer, u64 realtime)
{
    for (size_t i = 0; i < name->count; i++) {
        struct known_address *known = &name->addresses[i];

        known->is_live = false;
        if (!known->gone_ns && answer->family[known->family - FAMILY_IPV4].state != ANSWER_FAILED)
            known->gone_ns = name->answered_ns ? name->answered_ns : realtime;
    }
}

static void fail(struct known_name *name, u64 monotonic)
{
    u64 wait_ns = RETRY_MAX_NS;

    if (name->failures < 6)
        wait_ns = RETRY_FIRST_NS << name->failures;
    name->failures++;
    name->due_ns = monotonic + (wait_ns < RETRY_MAX_NS ? wait_ns : RETRY_MAX_NS);
}

int known_take(struct known_name *name, const struct name_answer *answer, u64 realtime,
               u64 monotonic)
{
    bool is_answered = answer_explain(answer, name->trouble, sizeof(name->trouble));
    int error = 0;

    name->asked_ns = monotonic;
    if (!is_answered) {
        fail(name, monotonic);
        return 0;
    }
    take_gone(name, answer, realtime);
    for (int i = 0; i < 2; i++) {
        const struct address_list *list = &answer->family[i].addresses;

        for (size_t j = 0; j < list->count && !error; j++)
            error = take_address(name, FAMILY_IPV4 + (enum family)i, list->ranges[j].first);
    }
    name->failures = 0;
    name->answered_ns = realtime;
    name->due_ns = monotonic + answer->ttl_s * SECOND_NS;
    if (known_has_gone(name) && answer->ttl_s * SECOND_NS > GONE_LOOK_NS)
        name->due_ns = monotonic + GONE_LOOK_NS;
    return error;
}

static int take_addresses_from(struct known_name *name, const struct known_name *from, u64 realtime)
{
    int error = 0;

    for (size_t i = 0; i < name->count; i++) {
        name->addresses[i].is_live = false;
        if (!name->addresses[i].gone_ns)
            name->addresses[i].gone_ns = name->answered_ns ? name->answered_ns : realtime;
    }
    for (size_t i = 0; i < from->count && !error; i++)
        if (!from->addresses[i].gone_ns)
            error = take_address(name, from->addresses[i].family, from->addresses[i].address);
    return error;
}

int known_take_from(struct known_name *name, const struct known_name *from, u64 realtime)
{
    int error = 0;

    if (from->answered_ns && from->answered_ns != name->answered_ns)
        error = take_addresses_from(name, from, realtime);
    memcpy(name->trouble, from->trouble, sizeof(name->trouble));
    name->failures = from->failures;
    name->answered_ns = from->answered_ns ? from->answered_ns : name->answered_ns;
    name->asked_ns = from->asked_ns;
    name->due_ns = from->due_ns;
    if (known_has_gone(name) && name->due_ns > from->asked_ns + GONE_LOOK_NS)
        name->due_ns = from->asked_ns + GONE_LOOK_NS;
    return error;
}

bool known_has_gone(const struct known_name *name)
{
    for (size_t i = 0; i < name->count; i++)
        if (name->addresses[i].gone_ns)
            return true;
    return false;
}

/* Those of the last answer first, then those that are gone for the shortest time. */
static int by_presence(const void *left, const void *right)
{
    const struct known_address *a = left, *b = right;

    if (!a->gone_ns != !b->gone_ns)
        return a->gone_ns ? 1 : -1;
    if (a->gone_ns != b->gone_ns)
        return a->gone_ns > b->gone_ns ? -1 : 1;
    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    return (a->address > b->address) - (a->address < b->address);
}

void known_sweep(struct known_name *name, u64 realtime)
{
    size_t kept = 0;

    for (size_t i = 0; i < name->count; i++) {
        const struct known_address *known = &name->addresses[i];

        if (!known->gone_ns ||
            (known->is_live && (realtime < known->gone_ns || realtime - known->gone_ns < DAY_NS)))
            name->addresses[kept++] = *known;
    }
    if (kept)
        qsort(name->addresses, kept, sizeof(*name->addresses), by_presence);
    name->count = kept < NAME_ADDRESSES_MAX ? kept : NAME_ADDRESSES_MAX;
}

int known_addresses(const struct known_name *name, bool gone, struct address_list lists[2])
{
    int error = 0;

    for (size_t i = 0; i < name->count && !error; i++) {
        const struct known_address *known = &name->addresses[i];

        if (gone || !known->gone_ns)
            error = address_list_add(&lists[known->family - FAMILY_IPV4],
                                     (struct address_range){known->address, known->address});
    }
    return error;
}

/* A clock that was set back makes everything in force newer than all answers: then they count. */
static bool is_newer(const struct known_name *name, u64 since)
{
    return name && name->answered_ns && (name->answered_ns > since || since > realtime_ns());
}

int known_define(const struct known_names *known, const struct host *kept, u64 since,
                 struct host *host)
{
    int error = 0;

    for (size_t i = 0; i < host_count(kept) && !error; i++) {
        const struct host_word *word = host_at(kept, i);
        struct piece item = piece_of(word->name);

        if (!host_word_is_name(word))
            continue;
        const struct known_name *name = known_find(known, word->name + piece_find(item, ':') + 1);
        if (!is_newer(name, since)) {
            error = host_keep(host, kept, item);
            continue;
        }
        struct host_word *defined = host_define(host, item);
        error = defined ? known_addresses(name, true, defined->family) : -ENOMEM;
    }
    return error;
}
