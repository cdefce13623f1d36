/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rate.h"

#include <string.h>

#include "../base/memory.h"
#include "../policy/limit.h"

#define DAY_HOURS 24

static u64 bytes_in(const char *unit)
{
    return !strcmp(unit, "bytes")    ? 1
           : !strcmp(unit, "kbytes") ? 1024
           : !strcmp(unit, "mbytes") ? 1024 * 1024
                                     : 0;
}

/* A day's packets are no whole number of an hour's, except by chance. */
static const char *set_period(const char *period, struct limit *limit)
{
    static const struct {
        const char *name;
        u32 seconds, divisor;
    } periods[] = {
        {"second", 1, 1},
        {"minute", 60, 1},
        {"hour", 3600, 1},
        {"day", 3600, DAY_HOURS},
        {"week", 3600, 7 * DAY_HOURS},
    };

    for (size_t i = 0; i < ARRAY_SIZE(periods); i++) {
        if (strcmp(periods[i].name, period) != 0)
            continue;
        if (limit->amount % periods[i].divisor)
            return "edgexdp has rates by second, minute and hour";
        limit->amount /= periods[i].divisor;
        limit->seconds = periods[i].seconds;
        return NULL;
    }
    return "edgexdp has rates by second, minute and hour";
}

const char *rate_check(struct arena *arena, const struct limit *limit)
{
    char text[LIMIT_TEXT_BYTES];
    struct limit read;
    struct fault fault;

    if (!limit_read(piece_of(limit_print(limit, text)), &read, &fault))
        return NULL;
    return arena_copy(arena, fault.text);
}

const char *rate_limit(struct arena *arena, const struct rate *rate, struct limit *limit)
{
    u64 bytes = bytes_in(rate->unit);
    const char *reason;

    *limit = (struct limit){
        .amount = bytes ? rate->amount * bytes : rate->amount,
        .unit = bytes ? LIMIT_BYTES_UNIT : LIMIT_PACKETS_UNIT,
        .bits = {LIMIT_BITS4, LIMIT_BITS6},
        .burst = rate->burst,
    };
    if (rate->amount > UINT32_MAX || rate->burst > UINT32_MAX || !rate->amount)
        return "edgexdp has no such rate";
    reason = set_period(rate->period, limit);
    if (reason)
        return reason;
    if (bytes) /* nftables lets a second's bytes through, and the burst besides */
        limit->burst = limit->amount + rate->burst * (bytes_in(rate->burst_unit) ?: 1);
    else if (!limit->burst)
        limit->burst = 5;
    return rate_check(arena, limit);
}
