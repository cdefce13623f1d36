/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What follows from a packet and the policy alone: nothing here remembers. */
#include <stdlib.h>

#include "brute_inside.h"

bool set_holds(const struct address_set *set, enum family family, u128 address)
{
    const struct address_ranges *ranges = &set->family[family == FAMILY_IPV4 ? 0 : 1];

    for (size_t i = 0; i < ranges->count; i++)
        if (ranges->ranges[i].first <= address && address <= ranges->ranges[i].last)
            return true;
    return false;
}

static bool holds_number(const struct number_ranges *ranges, unsigned int number)
{
    for (size_t i = 0; i < ranges->count; i++)
        if (ranges->ranges[i].first <= number && number <= ranges->ranges[i].last)
            return true;
    return false;
}

static const struct number_ranges *numbers_of(const struct match *match,
                                              const struct brute_packet *packet)
{
    return &match->numbers[packet->family == FAMILY_IPV4 ? 0 : 1];
}

/* One function for each field, named after it: does PACKET meet MATCH of RULE? */
static bool meets_family(const struct rule *rule, const struct match *match,
                         const struct brute_packet *packet)
{
    (void)rule;
    return numbers_of(match, packet)->count > 0;
}

static bool meets_protocol(const struct rule *rule, const struct match *match,
                           const struct brute_packet *packet)
{
    (void)rule;
    return holds_number(numbers_of(match, packet), packet->protocol);
}

static bool meets_from(const struct rule *rule, const struct match *match,
                       const struct brute_packet *packet)
{
    (void)rule;
    return set_holds(match->set, packet->family, packet->source);
}

static bool meets_to(const struct rule *rule, const struct match *match,
                     const struct brute_packet *packet)
{
    (void)rule;
    return set_holds(match->set, packet->family, packet->destination);
}

static bool meets_port(const struct rule *rule, const struct match *match,
                       const struct brute_packet *packet)
{
    (void)rule;
    return packet->has_ports && holds_number(numbers_of(match, packet), packet->destination_port);
}

static bool meets_source_port(const struct rule *rule, const struct match *match,
                              const struct brute_packet *packet)
{
    (void)rule;
    return packet->has_ports && holds_number(numbers_of(match, packet), packet->source_port);
}

static bool meets_icmp_type(const struct rule *rule, const struct match *match,
                            const struct brute_packet *packet)
{
    (void)rule;
    return packet->is_icmp &&
           holds_number(numbers_of(match, packet), packet->icmp_type << 8 | packet->icmp_code);
}

/* One function for each field that has a test of its own, named after it: the value that PACKET
 * has. */
static unsigned int number_tcp_flags(const struct brute_packet *packet)
{
    return packet->tcp_flags;
}

static unsigned int number_fragment(const struct brute_packet *packet)
{
    return packet->later_fragment ? 2 : packet->first_fragment ? 1 : 0;
}

static unsigned int number_ttl(const struct brute_packet *packet)
{
    return packet->hop_limit;
}

static unsigned int number_dscp(const struct brute_packet *packet)
{
    return packet->dscp;
}

static unsigned int number_ip_flags(const struct brute_packet *packet)
{
    return packet->ip_flags;
}

static unsigned int number_tcp_reserved(const struct brute_packet *packet)
{
    return packet->tcp_reserved;
}

static unsigned int number_flow_label_high(const struct brute_packet *packet)
{
    return packet->flow_label >> 16;
}

static unsigned int number_flow_label_low(const struct brute_packet *packet)
{
    return packet->flow_label & 0xffff;
}

/* What is longer than a number can say is as long as the longest. */
static unsigned int number_length(const struct brute_packet *packet)
{
    return packet->ip_bytes < 65535 ? packet->ip_bytes : 65535;
}

static unsigned int number_arrives(const struct brute_packet *packet)
{
    return packet->arrives;
}

unsigned int brute_number(const struct brute_packet *packet, enum field field)
{
#define ROW(ID, id, ...)                                                                           \
    if (field == FIELD_##ID)                                                                       \
        return number_##id(packet);
    EDGEXDP_OWN_FIELDS(ROW)
#undef ROW
    abort();
}

static bool is_of_later_fragments_alone(const struct rule *rule)
{
    const struct match *match = &rule->matches[FIELD_FRAGMENT];

    return !match->any && !holds_number(&match->numbers[0], 0) &&
           !holds_number(&match->numbers[0], 1);
}

/* Nobody knows the TTL of an answer or of a quoted packet: a rule that accepts does not ask for it,
 * and one that drops by it is skipped. */
static bool meets_number(const struct rule *rule, const struct match *match,
                         const struct brute_packet *packet, enum field field)
{
    if (packet->spoken_of)
        return rule->action == VERDICT_ACCEPT && !is_of_later_fragments_alone(rule);
    if (field == FIELD_TCP_FLAGS && !packet->is_tcp)
        return false;
    return holds_number(numbers_of(match, packet), brute_number(packet, field));
}

#define ROW(ID, id, ...)                                                                           \
    static bool meets_##id(const struct rule *rule, const struct match *match,                     \
                           const struct brute_packet *packet)                                      \
    {                                                                                              \
        return meets_number(rule, match, packet, FIELD_##ID);                                      \
    }
EDGEXDP_OWN_FIELDS(ROW)
#undef ROW

bool brute_meets(const struct rule *rule, enum field field, const struct brute_packet *packet)
{
#define ROW(ID, id, ...)                                                                           \
    if (field == FIELD_##ID)                                                                       \
        return meets_##id(rule, &rule->matches[field], packet);
    EDGEXDP_FIELDS(ROW)
#undef ROW
    abort();
}

/* A later fragment is asked only of rules that name later fragments. */
/* Bit by bit, the most significant first. */
static bool has_bits(const struct address_bits *bits, enum family family, u128 address)
{
    for (unsigned int bit = bits->offset; bit < bits->length; bit++)
        if (family != FAMILY_IPV6 ||
            (address >> (127 - bit) & 1) != (bits->bits >> (127 - bit) & 1))
            return false;
    return true;
}

bool rule_matches(const struct rule *rule, enum direction direction,
                  const struct brute_packet *packet)
{
    if (!has_bits(&rule->from_bits, packet->family, packet->source) ||
        !has_bits(&rule->to_bits, packet->family, packet->destination))
        return false;
    if (packet->later_fragment && rule->matches[FIELD_FRAGMENT].any)
        return false;
    for (enum field field = 0; field < FIELDS; field++)
        if (!rule->matches[field].any && !brute_meets(rule, field, packet) &&
            (field != FIELD_ARRIVES || direction == DIRECTION_OUT))
            return false;
    return true;
}

const struct rule *first_rule(const struct policy *policy, enum direction direction,
                              const struct brute_packet *packet, enum verdict *verdict)
{
    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct rule *rule = &policy->rules[i];
        if (rule->direction[direction] && rule_matches(rule, direction, packet)) {
            *verdict = rule->action;
            return rule;
        }
    }
    *verdict = policy->otherwise[direction];
    return NULL;
}

bool is_icmp_error(const struct brute_packet *packet)
{
    unsigned int type = packet->icmp_type;

    if (!packet->is_icmp)
        return false;
    return packet->family == FAMILY_IPV4 ? type == 3 || type == 11 || type == 12
                                         : type >= 1 && type <= 4;
}

static bool is_mld(const struct brute_packet *packet)
{
    unsigned int type = packet->icmp_type;

    return packet->family == FAMILY_IPV6 && packet->is_icmp &&
           (type == 130 || type == 131 || type == 132 || type == 143);
}

bool is_martian(const struct brute_packet *packet)
{
    u128 source = packet->source;

    if (source == packet->destination)
        return true;
    if (packet->family == FAMILY_IPV4) {
        bool dhcp = packet->protocol == 17 && packet->has_ports && packet->source_port == 68;
        if (source == 0)
            return !dhcp && packet->protocol != 2;
        return source >> 24 == 0 || source >> 24 == 127 || source >> 28 == 0xe ||
               source == 0xffffffff;
    }
    if (source == 0)
        return !(is_mld(packet) ||
                 (packet->is_icmp && (packet->icmp_type == 133 || packet->icmp_type == 135)));
    return source == 1 || source >> 32 == 0xffff || source >> 120 == 0xff;
}

bool has_bad_flags(const struct brute_packet *packet)
{
    if (!packet->is_tcp)
        return false;
    if (packet->syn + packet->fin + packet->rst > 1)
        return true;
    if (packet->ack || packet->rst)
        return false;
    return !packet->syn || packet->urg;
}

const char *accepted_by_baseline(const struct baseline *baseline, enum direction direction,
                                 const struct brute_packet *packet)
{
    bool in = direction == DIRECTION_IN, ip4 = packet->family == FAMILY_IPV4;
    unsigned int type = packet->icmp_type;
    unsigned int here = in ? packet->destination_port : packet->source_port;
    unsigned int there = in ? packet->source_port : packet->destination_port;

    if (baseline->neighbour_discovery && !ip4 && packet->is_icmp)
        if (is_mld(packet) || (type >= 133 && type <= 137 && packet->hop_limit == 255))
            return "neighbour-discovery";
    if (baseline->igmp && ip4 && packet->protocol == 2)
        return "igmp";
    if (baseline->dhcp_client && packet->protocol == 17 && here == (ip4 ? 68 : 546) &&
        there == (ip4 ? 67 : 547))
        return "dhcp-client";
    if (baseline->ping && packet->is_icmp && type == (in ? (ip4 ? 8 : 128) : (ip4 ? 0 : 129)))
        return "ping";
    return NULL;
}

int answered_type(const struct brute_packet *packet)
{
    if (packet->family == FAMILY_IPV6)
        return packet->icmp_type == 129 ? 128 : -1;
    return packet->icmp_type == 0 ? 8 : packet->icmp_type == 14 ? 13 : -1;
}

bool opens(const struct brute_packet *packet)
{
    return packet->is_tcp && packet->syn && !packet->ack;
}

bool mirror_of(const struct brute_packet *packet, struct brute_packet *mirror)
{
    *mirror = *packet;
    mirror->spoken_of = true;
    mirror->source = packet->destination;
    mirror->destination = packet->source;
    mirror->source_port = packet->destination_port;
    mirror->destination_port = packet->source_port;
    if (packet->is_icmp) {
        mirror->icmp_type = (unsigned int)answered_type(packet);
        mirror->icmp_code = 0;
        return answered_type(packet) >= 0;
    }
    return !opens(packet);
}
