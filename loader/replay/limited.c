/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "limited.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../judge/lru.h"

/* Most sources are never limited, and a flood may come from millions of them: they must not
 * displace those who were. Each key is in one of the two tables. */
struct limited {
    struct lru *held, *others;
    struct limited_sums total;
    u64 keys;
};

struct limited *limited_new(u32 most)
{
    struct limited *limited = calloc(1, sizeof(*limited));
    if (!limited)
        return NULL;
    limited->held = lru_new(sizeof(struct limited_key), sizeof(struct limited_sums), most);
    limited->others = lru_new(sizeof(struct limited_key), sizeof(struct limited_sums), most);
    if (limited->held && limited->others)
        return limited;
    limited_free(limited);
    return NULL;
}

void limited_free(struct limited *limited)
{
    if (!limited)
        return;
    lru_free(limited->held);
    lru_free(limited->others);
    free(limited);
}

static void count(struct limited_sums *sums, u64 bytes, u64 time_ns, bool refused)
{
    sums->packets++;
    sums->bytes += bytes;
    if (!refused)
        return;
    if (!sums->limited_packets || time_ns < sums->first_ns)
        sums->first_ns = time_ns;
    if (time_ns > sums->last_ns)
        sums->last_ns = time_ns;
    sums->limited_packets++;
    sums->limited_bytes += bytes;
}

/* Returns the sums of KEY, or NULL when memory is short. Whoever is REFUSED for the first time
 * takes along what was counted before; what it leaves behind is never looked at again. */
static struct limited_sums *sums_of(struct limited *limited, const struct limited_key *key,
                                    bool refused)
{
    static const struct limited_sums none;
    struct limited_sums *sums = lru_find(limited->held, key);

    if (sums)
        return sums;
    sums = lru_find(limited->others, key);
    if (refused) {
        limited->keys++;
        return lru_add(limited->held, key, sums ? sums : &none);
    }
    return sums ? sums : lru_add(limited->others, key, &none);
}

int limited_add(struct limited *limited, const struct limited_key *key, u64 bytes, u64 time_ns,
                bool refused)
{
    struct limited_sums *sums = sums_of(limited, key, refused);

    if (!sums)
        return -ENOMEM;
    count(sums, bytes, time_ns, refused);
    count(&limited->total, bytes, time_ns, refused);
    return 0;
}

struct limited_sums limited_total(const struct limited *limited)
{
    return limited->total;
}

u64 limited_keys(const struct limited *limited)
{
    return limited->keys;
}

struct filling {
    struct limited_row *rows;
    size_t count;
};

static void fill(const void *key, void *sums, void *context)
{
    struct filling *filling = context;
    struct limited_row *row = &filling->rows[filling->count++];

    memcpy(&row->key, key, sizeof(row->key));
    memcpy(&row->sums, sums, sizeof(row->sums));
}

static int by_rule_and_packets(const void *a, const void *b)
{
    const struct limited_row *one = a, *other = b;

    if (one->key.rule != other->key.rule)
        return one->key.rule < other->key.rule ? -1 : 1;
    if (one->sums.limited_packets != other->sums.limited_packets)
        return one->sums.limited_packets < other->sums.limited_packets ? 1 : -1;
    return memcmp(&one->key, &other->key, sizeof(one->key));
}

/* Keeps the first MOST rows of each rule. Returns how many that are. */
static size_t keep_first(struct limited_row *rows, size_t count, size_t most)
{
    size_t kept = 0, of_rule = 0;

    for (size_t i = 0; i < count; i++) {
        of_rule = i && rows[i].key.rule == rows[i - 1].key.rule ? of_rule + 1 : 1;
        if (of_rule <= most)
            rows[kept++] = rows[i];
    }
    return kept;
}

int limited_top(const struct limited *limited, size_t most, struct limited_row **rows,
                size_t *count)
{
    struct filling filling = {calloc((size_t)lru_count(limited->held) + 1, sizeof(**rows)), 0};

    if (!filling.rows)
        return -ENOMEM;
    lru_each(limited->held, fill, &filling);
    qsort(filling.rows, filling.count, sizeof(*filling.rows), by_rule_and_packets);
    *rows = filling.rows;
    *count = keep_first(filling.rows, filling.count, most);
    return 0;
}

static void keep_worse(const void *key, void *value, void *context)
{
    const struct limited_sums *sums = value;
    struct limited_row *worst = context;
    struct filling filling = {worst, 0};

    if (sums->limited_packets > worst->sums.limited_packets)
        fill(key, value, &filling);
}

struct limited_row limited_worst(const struct limited *limited)
{
    struct limited_row worst = {0};

    lru_each(limited->held, keep_worse, &worst);
    return worst;
}
