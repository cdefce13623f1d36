/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "misfit.h"

#include "../policy/address.h"
#include "../policy/protocols.h"

const char *const field_names[FIELDS] = {
    [FIELD_DIRECTION] = "direction", [FIELD_PROTOCOL] = "protocol",
    [FIELD_FROM] = "from",           [FIELD_TO] = "to",
    [FIELD_PORT] = "port",           [FIELD_SOURCE_PORT] = "source-port",
    [FIELD_ICMP_TYPE] = "icmp-type",
};

/* How far other protocols, types and directions are: as a port some hundreds away, or farther than
 * any port and address. */
#define FAR_TYPE      6u
#define FAR_PROTOCOL  9u
#define FAR_DIRECTION 64u

struct probe probe_of(enum direction direction, const struct native_question *question)
{
    return (struct probe){
        .direction = direction,
        .family = question->family,
        .protocol = question->protocol,
        .source = address_from_bytes(question->family, question->source),
        .destination = address_from_bytes(question->family, question->destination),
        .source_port = question->source_port,
        .destination_port = question->destination_port,
    };
}

static bool in_numbers(const struct number_ranges *ranges, u16 number)
{
    for (size_t i = 0; i < ranges->count; i++)
        if (number >= ranges->ranges[i].first && number <= ranges->ranges[i].last)
            return true;
    return false;
}

static bool in_set(const struct address_set *set, enum family family, u128 address)
{
    const struct address_ranges *ranges = &set->family[family - 1];
    size_t low = 0, high = ranges->count;

    while (low < high) { /* a set may hold a million */
        size_t middle = low + (high - low) / 2;
        if (ranges->ranges[middle].last < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < ranges->count && ranges->ranges[low].first <= address;
}

unsigned int rule_misfits(const struct rule *rule, const struct probe *probe)
{
    int family = (int)probe->family - 1;
    bool ports = protocol_has_ports(probe->protocol);
    bool icmp = probe->protocol == (family ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP);
    unsigned int misfits = 0;

    if (!rule->direction[probe->direction])
        misfits |= 1u << FIELD_DIRECTION;
    if (!rule->protocol_any &&
        !(rule->protocols[family][probe->protocol / 64] >> probe->protocol % 64 & 1))
        misfits |= 1u << FIELD_PROTOCOL;
    if (!in_set(rule->from, probe->family, probe->source))
        misfits |= 1u << FIELD_FROM;
    if (!in_set(rule->to, probe->family, probe->destination))
        misfits |= 1u << FIELD_TO;
    if (!rule->port_any && !(ports && in_numbers(&rule->ports, probe->destination_port)))
        misfits |= 1u << FIELD_PORT;
    if (!rule->source_port_any && !(ports && in_numbers(&rule->source_ports, probe->source_port)))
        misfits |= 1u << FIELD_SOURCE_PORT;
    if (!rule->icmp_any && !(icmp && in_numbers(&rule->icmp[family], probe->destination_port)))
        misfits |= 1u << FIELD_ICMP_TYPE;
    return misfits;
}

size_t probe_first_rule(const struct policy *policy, const struct probe *probe)
{
    size_t i = 0;

    while (i < policy->rule_count && rule_misfits(&policy->rules[i], probe))
        i++;
    return i;
}

static unsigned int bits(u128 distance)
{
    unsigned int count = 0;

    for (; distance; distance >>= 1)
        count++;
    return count;
}

/* The number in RANGES that is nearest to NUMBER; NUMBER itself where there is none. */
static u16 nearest_number(const struct number_ranges *ranges, u16 number)
{
    unsigned int least = ~0u;
    u16 nearest = number;

    for (size_t i = 0; i < ranges->count; i++) {
        u16 first = ranges->ranges[i].first, last = ranges->ranges[i].last;
        u16 edge = number < first ? first : last;
        unsigned int distance = (unsigned int)(number < edge ? edge - number : number - edge);
        if (distance < least) {
            least = distance;
            nearest = edge;
        }
    }
    return nearest;
}

static u128 nearest_address(const struct address_ranges *ranges, u128 address)
{
    u128 least = ~(u128)0, nearest = address;

    for (size_t i = 0; i < ranges->count; i++) {
        u128 first = ranges->ranges[i].first, last = ranges->ranges[i].last;
        u128 edge = address < first ? first : last;
        u128 distance = address < edge ? edge - address : address - edge;
        if (distance < least) {
            least = distance;
            nearest = edge;
        }
    }
    return nearest;
}

static unsigned int mend_number(const struct number_ranges *ranges, u16 *number)
{
    u16 before = *number;

    *number = nearest_number(ranges, before);
    return bits((u128)(before < *number ? *number - before : before - *number));
}

static unsigned int mend_address(const struct address_set *set, enum family family, u128 *address)
{
    u128 before = *address;

    *address = nearest_address(&set->family[family - 1], before);
    return bits(before ^ *address) / (family == FAMILY_IPV6 ? 4 : 1);
}

static u8 first_protocol(const struct rule *rule, const struct probe *probe)
{
    for (unsigned int protocol = 0; protocol < 256; protocol++)
        if (rule->protocols[probe->family - 1][protocol / 64] >> protocol % 64 & 1)
            return (u8)protocol;
    return probe->protocol;
}

unsigned int misfit_mend(const struct rule *rule, const struct probe *probe, enum field field,
                         struct probe *mended)
{
    *mended = *probe;
    switch (field) {
    case FIELD_DIRECTION:
        mended->direction = probe->direction == DIRECTION_IN ? DIRECTION_OUT : DIRECTION_IN;
        return FAR_DIRECTION;
    case FIELD_PROTOCOL:
        mended->protocol = first_protocol(rule, probe);
        return FAR_PROTOCOL;
    case FIELD_FROM:
        return mend_address(rule->from, probe->family, &mended->source);
    case FIELD_TO:
        return mend_address(rule->to, probe->family, &mended->destination);
    case FIELD_PORT:
        return mend_number(&rule->ports, &mended->destination_port);
    case FIELD_SOURCE_PORT:
        return mend_number(&rule->source_ports, &mended->source_port);
    default:
        mend_number(&rule->icmp[probe->family - 1], &mended->destination_port);
        return FAR_TYPE;
    }
}
