/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "misfit.h"

#include "../policy/address_bits.h"
#include "../policy/match.h"
#include "../policy/protocols.h"
#include "../policy/zones.h"

/* Distances of other protocols, types and directions, in bits: a type, a protocol or an interface
 * is as far as a port some tens or hundreds away, a direction is farther than any port or address.
 */
#define FAR_TYPE      6u
#define FAR_PROTOCOL  9u
#define FAR_DIRECTION 64u

const char *misfit_field_name(const struct rule *rule, const struct probe *probe, enum field field)
{
    if (field == FIELD_DIRECTION)
        return "direction";
    if (field != FIELD_ZONE)
        return field_rows[field].name;
    return !rule->forward ? "on" : probe->direction == DIRECTION_IN ? "arrives" : "leaves";
}

/* One function for each field, named after it, returns its value. */
static u128 value_family(const struct native_question *question)
{
    return question->family;
}

static u128 value_protocol(const struct native_question *question)
{
    return question->protocol;
}

static u128 value_from(const struct native_question *question)
{
    return address_from_bytes(question->family, question->source);
}

static u128 value_to(const struct native_question *question)
{
    return address_from_bytes(question->family, question->destination);
}

static u128 value_port(const struct native_question *question)
{
    return question->destination_port;
}

static u128 value_source_port(const struct native_question *question)
{
    return question->source_port;
}

static u128 value_icmp_type(const struct native_question *question)
{
    return question->destination_port;
}

#define ROW(ID, id, ...)                                                                           \
    static u128 value_##id(const struct native_question *question)                                 \
    {                                                                                              \
        return question->id;                                                                       \
    }
EDGEXDP_OWN_FIELDS(ROW)
#undef ROW

struct probe probe_of(enum direction direction, const struct native_question *question,
                      const struct policy *zones)
{
    return (struct probe){.direction = direction,
                          .family = question->family,
                          .spoken_of = question->spoken_of,
                          .zones = zones,
                          .zone = zones ? zones->zone : ZONE_HERE,
                          .values = {
#define ROW(ID, id, ...) [FIELD_##ID] = value_##id(question),
                              EDGEXDP_FIELDS(ROW)
#undef ROW
                          }};
}

bool probe_knows(const struct probe *probe, enum field field)
{
    return !probe->spoken_of || !field_is_untold(field);
}

bool probe_is_later(const struct probe *probe)
{
    return !probe->spoken_of && probe->values[FIELD_FRAGMENT] == FRAGMENT_LATER;
}

/* "More fragments" is one of the flags, and the only one of IPv6. */
static bool has_possible_flags(const struct probe *probe)
{
    u128 fragment = probe->values[FIELD_FRAGMENT], flags = probe->values[FIELD_IP_FLAGS];

    return (probe->family == FAMILY_IPV4 || flags <= IP_FLAG_MORE) &&
           (fragment == FRAGMENT_LATER || (flags & IP_FLAG_MORE) == (fragment == FRAGMENT_FIRST));
}

/* A fragment header is not counted: a packet that were a fragment would have one more. */
bool probe_can_be(const struct probe *probe)
{
    u8 protocol = (u8)probe->values[FIELD_PROTOCOL];
    enum fragment_kind fragment = probe_is_later(probe) ? FRAGMENT_LATER : FRAGMENT_NONE;

    return probe->spoken_of || (has_possible_flags(probe) &&
                                probe->values[FIELD_LENGTH] >=
                                    protocol_least_length(probe->family, protocol, fragment));
}

static bool fits(const struct rule *rule, const struct probe *probe, enum field field)
{
    const struct match *match = &rule->matches[field];

    if (field == FIELD_FRAGMENT && probe_is_later(probe))
        return rule_asks_later(rule);
    if ((field == FIELD_FROM &&
         !address_bits_hold(&rule->from_bits, probe->family, probe->values[field])) ||
        (field == FIELD_TO &&
         !address_bits_hold(&rule->to_bits, probe->family, probe->values[field])))
        return false;
    if (match_is_any(match, probe->family) ||
        (field == FIELD_ARRIVES && probe->direction == DIRECTION_IN))
        return true;
    if (!probe_knows(probe, field)) /* see the compiler's number_spans() */
        return rule->action == VERDICT_ACCEPT && match_can_be(match, probe->family) &&
               rule_asks_whole(rule);
    return field_is_of(field, probe->family, (u8)probe->values[FIELD_PROTOCOL]) &&
           match_holds(match, probe->family, probe->values[field]);
}

unsigned int rule_misfits(const struct rule *rule, const struct probe *probe)
{
    unsigned int misfits = 0;

    if (!rule->direction[probe->direction])
        misfits |= 1u << FIELD_DIRECTION;
    else if (!rule_concerns(rule, probe->zone, probe->direction))
        misfits |= 1u << FIELD_ZONE;
    for (enum field field = 0; field < FIELDS; field++)
        if (!fits(rule, probe, field))
            misfits |= 1u << field;
    return misfits;
}

enum field misfits_first(unsigned int misfits)
{
    unsigned int pseudo = misfits & (1u << FIELD_DIRECTION | 1u << FIELD_ZONE);

    return (enum field)__builtin_ctz(pseudo ? pseudo : misfits);
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

/* Returns the number in RANGES that is nearest to NUMBER, or NUMBER if RANGES is empty. */
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

static unsigned int mend_number(const struct number_ranges *ranges, u128 *number)
{
    u128 before = *number;

    *number = nearest_number(ranges, (u16)before);
    return bits(before < *number ? *number - before : before - *number);
}

/* Changes as few flags as possible. */
static unsigned int mend_flags(const struct number_ranges *ranges, u128 *flags)
{
    unsigned int before = (unsigned int)*flags, least = ~0u;

    for (unsigned int after = 0; after <= 0xff; after++) {
        unsigned int changed = (unsigned int)__builtin_popcount(before ^ after);
        if (changed < least && numbers_hold(ranges, after)) {
            least = changed;
            *flags = after;
        }
    }
    return least;
}

static unsigned int mend_address(const struct address_set *set, enum family family, u128 *address)
{
    u128 before = *address;

    *address = nearest_address(&set->family[family - 1], before);
    return bits(before ^ *address) / (family == FAMILY_IPV6 ? 4 : 1);
}

/* Makes PROBE a first fragment, or a whole packet. Later ones come with and without. */
static void set_more(struct probe *probe, bool more)
{
    u128 *flags = &probe->values[FIELD_IP_FLAGS];

    if (probe->values[FIELD_FRAGMENT] == FRAGMENT_LATER)
        return;
    probe->values[FIELD_FRAGMENT] = more ? FRAGMENT_FIRST : FRAGMENT_NONE;
    *flags = more ? *flags | IP_FLAG_MORE : *flags & ~(u128)IP_FLAG_MORE;
}

unsigned int misfit_mend(const struct rule *rule, const struct probe *probe, enum field field,
                         struct probe *mended)
{
    if (mended != probe)
        *mended = *probe;
    if (field == FIELD_DIRECTION) {
        mended->direction = probe->direction == DIRECTION_IN ? DIRECTION_OUT : DIRECTION_IN;
        return FAR_DIRECTION;
    }
    if (field == FIELD_ZONE) {
        u128 zone = probe->zone;

        mend_number(&rule_zones(rule, probe->direction)->numbers[0], &zone);
        mended->zone = (unsigned int)zone;
        return FAR_PROTOCOL;
    }
    const struct match *match = &rule->matches[field];
    const struct number_ranges *numbers = &match->numbers[probe->family - 1];
    struct number_range whole;
    struct number_ranges fragments;
    u128 *value = &mended->values[field];
    switch (field_rows[field].kind) {
    case KIND_FAMILIES: /* the packet would need other addresses */
        return FAR_DIRECTION;
    case KIND_PROTOCOLS:
        *value = numbers->count ? numbers->ranges[0].first : *value;
        return FAR_PROTOCOL;
    case KIND_ADDRESSES:
        return mend_address(match->set, probe->family, value);
    case KIND_PORTS:
        return mend_number(numbers, value);
    case KIND_NUMBERS: {
        unsigned int distance = mend_number(numbers, value);
        if (field == FIELD_IP_FLAGS)
            set_more(mended, *value & IP_FLAG_MORE);
        return distance;
    }
    case KIND_FLAGS:
        return mend_flags(numbers, value);
    case KIND_FRAGMENTS:
        fragments = match_numbers(match, field, probe->family, &whole);
        mend_number(&fragments, value);
        set_more(mended, *value == FRAGMENT_FIRST);
        return FAR_TYPE;
    case KIND_TYPES:
        mend_number(numbers, value);
        return FAR_TYPE;
    case KIND_ZONES:
        mend_number(numbers, value);
        return FAR_PROTOCOL;
    }
    return FAR_DIRECTION;
}
