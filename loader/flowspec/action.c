/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "action.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../base/memory.h"

/* The first 16 bits of a community. */
enum {
    RATE_BYTES = 0x8006,
    RATE_PACKETS = 0x800c,
    TRAFFIC_ACTION = 0x8007,
    REDIRECT_AS2 = 0x8008,
    REDIRECT_IPV4 = 0x8108,
    REDIRECT_AS4 = 0x8208,
    MARKING = 0x8009,
    REDIRECT_NEXT_HOP = 0x0800,   /* draft-simpson-idr-flowspec-redirect */
    REDIRECT_IP = 0x010c,         /* draft-ietf-idr-flowspec-redirect-ip */
    INTERFACE_SET = 0x0702,       /* draft-ietf-idr-flowspec-interfaceset */
    REDIRECT_IPV6_DRAFT = 0x000b, /* of 160 bits */
    REDIRECT_IP6 = 0x000c,        /* of 160 bits */
};

/* Such a community does not leave the AS. It means the same. */
#define NOT_TRANSITIVE 0x4000

enum { ACTION_TERMINAL = 1, ACTION_SAMPLE = 2 };

/* A rate of 0, and any below it, drops. Of several the lowest holds. */
static void add_rate(struct flow_action *action, u32 bits, bool *limits, double *rate)
{
    float value;

    memcpy(&value, &bits, sizeof(value));
    if (isnan(value))
        action->refusal = "its rate is not a number";
    else if (value <= 0)
        action->drops = true;
    else if (!isinf(value)) {
        *rate = *limits && *rate < (double)value ? *rate : (double)value;
        *limits = true;
        if (action->limits_bytes && action->limits_packets)
            action->refusal = "it has a rate in bytes and one in packets: only one can be held";
    }
}

void action_add(struct flow_action *action, u64 community)
{
    switch ((u32)(community >> 48) & ~(u32)NOT_TRANSITIVE) {
    case RATE_BYTES:
        add_rate(action, (u32)community, &action->limits_bytes, &action->bytes);
        break;
    case RATE_PACKETS:
        add_rate(action, (u32)community, &action->limits_packets, &action->packets);
        break;
    case TRAFFIC_ACTION:
        if (community & ACTION_SAMPLE)
            action->refusal = "packets cannot be sampled (traffic-action sample)";
        else if (community & ACTION_TERMINAL)
            action->refusal = "flows behind it cannot be asked as well (traffic-action terminal)";
        break;
    case REDIRECT_AS2:
    case REDIRECT_IPV4:
    case REDIRECT_AS4:
    case REDIRECT_NEXT_HOP:
    case REDIRECT_IP:
        action->refusal = "packets cannot be redirected";
        break;
    case MARKING:
        action->refusal = "packets cannot be marked (traffic-marking)";
        break;
    case INTERFACE_SET:
        action->refusal = "it is for some sets of interfaces only (interface-set)";
        break;
    default:
        break;
    }
}

void action_add_ipv6(struct flow_action *action, u16 type)
{
    if (type == ACTION_REDIRECT_IPV6 || type == REDIRECT_IPV6_DRAFT || type == REDIRECT_IP6)
        action->refusal = "packets cannot be redirected";
}

/* What a limit may say of one unit. */
#define AMOUNT_MAX 1000000000.0

/* A limit gives its burst back in this time, or it could not be kept count of. */
#define BURST_SECONDS 3600

/* Writes AMOUNT with UNIT; a burst that would take too long to come back is made smaller. Returns
 * false if no limit has such a rate. */
static bool write_limit(u64 amount, const char *unit, double rate, char text[LIMIT_TEXT_BYTES])
{
    u64 burst = rate * BURST_SECONDS < 1 ? 1 : (u64)(rate * BURST_SECONDS);
    struct limit limit;
    struct fault fault;

    snprintf(text, LIMIT_TEXT_BYTES, "%llu%s", amount, unit);
    if (!limit_read(piece_of(text), &limit, &fault))
        return true;
    snprintf(text, LIMIT_TEXT_BYTES, "%llu%s burst %llu", amount, unit, burst);
    return !limit_read(piece_of(text), &limit, &fault);
}

/* What a limit may be said in: SECONDS of a period in which ONE is one unit. */
struct rate_unit {
    const char *name;
    double one, seconds;
};

/* Writes RATE in the first of COUNT UNITS in which it is a number of at most AMOUNT_MAX and, but
 * for the last, at least 10. Rates that no limit can have are none. */
static char *write_rate(double rate, const struct rate_unit *units, size_t count,
                        char text[LIMIT_TEXT_BYTES])
{
    for (size_t i = 0; i < count; i++) {
        double amount = rate * units[i].seconds / units[i].one;
        if (amount <= AMOUNT_MAX && (amount >= 10 || i + 1 == count) &&
            write_limit(amount < 1 ? 1 : (u64)(amount + 0.5), units[i].name, rate, text))
            return text;
    }
    *text = '\0';
    return text;
}

char *action_limit(const struct flow_action *action, char text[LIMIT_TEXT_BYTES])
{
    static const struct rate_unit bytes[] = {{" bytes/second", 1, 1},
                                             {" kbit/second", 125, 1},
                                             {" Mbit/second", 125e3, 1},
                                             {" Gbit/second", 125e6, 1},
                                             {" bytes/hour", 1, 3600}};
    static const struct rate_unit packets[] = {{"/second", 1, 1}, {"/hour", 1, 3600}};

    if (action->drops)
        return NULL;
    if (action->limits_bytes)
        return write_rate(action->bytes, bytes, ARRAY_SIZE(bytes), text);
    if (action->limits_packets)
        return write_rate(action->packets, packets, ARRAY_SIZE(packets), text);
    *text = '\0';
    return text;
}

bool actions_are_same(const struct flow_action *a, const struct flow_action *b)
{
    return a->drops == b->drops && a->limits_bytes == b->limits_bytes &&
           a->limits_packets == b->limits_packets && a->bytes == b->bytes &&
           a->packets == b->packets;
}
