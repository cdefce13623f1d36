/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "brute.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../loader/memory.h"

/* A conversation that the inside opened. */
struct conversation {
    enum family family;
    unsigned int protocol;
    u128 local, remote;
    unsigned int local_port, remote_port; /* ICMP: the id, and the type of the request */
    const struct rule *rule;              /* NULL: accepted by `outbound` */
    u64 seen_s;
    bool fin_in, fin_out, rst;
};

struct brute {
    const struct policy *policy;
    struct conversation *conversations;
    size_t count, capacity;
};

struct brute *brute_new(const struct policy *policy)
{
    struct brute *brute = calloc(1, sizeof(*brute));

    if (brute)
        brute->policy = policy;
    return brute;
}

void brute_reset(struct brute *brute)
{
    brute->count = 0;
}

void brute_free(struct brute *brute)
{
    if (brute)
        free(brute->conversations);
    free(brute);
}

static bool holds_address(const struct address_set *set, enum family family, u128 address)
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

static bool rule_matches(const struct rule *rule, const struct brute_packet *packet)
{
    int family = packet->family == FAMILY_IPV4 ? 0 : 1;

    if (!(rule->protocols[family][packet->protocol / 64] >> packet->protocol % 64 & 1))
        return false;
    if (!holds_address(rule->from, packet->family, packet->source) ||
        !holds_address(rule->to, packet->family, packet->destination))
        return false;
    if (!rule->port_any &&
        !(packet->has_ports && holds_number(&rule->ports, packet->destination_port)))
        return false;
    if (!rule->source_port_any &&
        !(packet->has_ports && holds_number(&rule->source_ports, packet->source_port)))
        return false;
    return rule->icmp_any ||
           (packet->is_icmp &&
            holds_number(&rule->icmp[family], packet->icmp_type << 8 | packet->icmp_code));
}

/* The first rule that matches, or NULL; *verdict is what it or the default says. */
static const struct rule *first_rule(const struct policy *policy, enum direction direction,
                                     const struct brute_packet *packet, enum verdict *verdict)
{
    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct rule *rule = &policy->rules[i];
        if (rule->direction[direction] && rule_matches(rule, packet)) {
            *verdict = rule->action;
            return rule;
        }
    }
    *verdict = policy->otherwise[direction];
    return NULL;
}

static struct said say(enum verdict verdict, const char *kind, const char *name)
{
    struct said said = {.also = ""};

    snprintf(said.text, sizeof(said.text), "%s %s %s",
             verdict == VERDICT_ACCEPT ? "accept" : "drop", kind, name);
    return said;
}

static struct said say_reason(bool accept, const char *reason)
{
    return say(accept ? VERDICT_ACCEPT : VERDICT_DROP, "reason", reason);
}

static struct said say_reply(const struct rule *rule)
{
    return rule ? say(VERDICT_ACCEPT, "reply", rule->name) : say_reason(true, "reply");
}

static bool is_mld(const struct brute_packet *packet)
{
    unsigned int type = packet->icmp_type;

    return packet->family == FAMILY_IPV6 && packet->is_icmp &&
           (type == 130 || type == 131 || type == 132 || type == 143);
}

static bool is_martian(const struct brute_packet *packet)
{
    u128 source = packet->source;

    if (source == packet->destination)
        return true;
    if (packet->family == FAMILY_IPV4) {
        bool dhcp = packet->protocol == 17 && packet->has_ports && packet->source_port == 68;
        if (source == 0)
            return !dhcp;
        return source >> 24 == 0 || source >> 24 == 127 || source >> 28 == 0xe ||
               source == 0xffffffff;
    }
    if (source == 0)
        return !(is_mld(packet) || (packet->is_icmp && packet->icmp_type == 135));
    return source == 1 || source >> 32 == 0xffff || source >> 120 == 0xff;
}

/* The name of the baseline switch that accepts PACKET, or NULL. */
static const char *accepted_by_baseline(const struct baseline *baseline, enum direction direction,
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

/* The type of the request that an ICMP packet of this type answers, or -1. */
static int answered_type(const struct brute_packet *packet)
{
    if (packet->family == FAMILY_IPV6)
        return packet->icmp_type == 129 ? 128 : -1;
    return packet->icmp_type == 0 ? 8 : packet->icmp_type == 14 ? 13 : -1;
}

static bool opens(const struct brute_packet *packet)
{
    return packet->is_tcp && packet->syn && !packet->ack;
}

/* The packet that PACKET would answer; false when there can be none. */
static bool mirror_of(const struct brute_packet *packet, struct brute_packet *mirror)
{
    *mirror = *packet;
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

/* PACKET's place in a conversation; false when it can have none. */
static bool conversation_of(const struct brute_packet *packet, enum direction direction,
                            struct conversation *key)
{
    bool in = direction == DIRECTION_IN;
    int request = in ? answered_type(packet) : (int)packet->icmp_type;

    *key =
        (struct conversation){.family = packet->family,
                              .protocol = packet->protocol,
                              .local = in ? packet->destination : packet->source,
                              .remote = in ? packet->source : packet->destination,
                              .local_port = in ? packet->destination_port : packet->source_port,
                              .remote_port = in ? packet->source_port : packet->destination_port};
    if (!packet->is_icmp)
        return true;
    key->local_port = packet->icmp_id;
    key->remote_port = (unsigned int)request;
    return packet->family == FAMILY_IPV4 ? request == 8 || request == 13 : request == 128;
}

static struct conversation *conversation_find(struct brute *brute, const struct conversation *key)
{
    for (size_t i = 0; i < brute->count; i++) {
        struct conversation *known = &brute->conversations[i];
        if (known->local_port == key->local_port && known->remote_port == key->remote_port &&
            known->protocol == key->protocol && known->family == key->family &&
            known->local == key->local && known->remote == key->remote)
            return known;
    }
    return NULL;
}

static bool is_over(const struct conversation *known)
{
    return known->rst || (known->fin_in && known->fin_out);
}

static bool is_idle(const struct conversation *known, u64 now_s)
{
    u64 limit = known->protocol == 6 ? 7200 : known->protocol == 17 ? 180 : 60;

    return now_s - known->seen_s > (is_over(known) ? 60 : limit);
}

/* Inbound step 7. */
static bool is_reply(struct brute *brute, const struct brute_packet *packet, u64 now_s,
                     struct said *said)
{
    struct conversation key, *known;

    if (opens(packet) || !conversation_of(packet, DIRECTION_IN, &key))
        return false;
    known = conversation_find(brute, &key);
    if (!known || is_idle(known, now_s))
        return false;
    known->seen_s = now_s;
    known->fin_in |= packet->fin;
    known->rst |= packet->rst;
    *said = say_reply(known->rule);
    return true;
}

/* An outbound packet that step 8 or 9 accepted makes a conversation or keeps it alive. */
static void remember(struct brute *brute, const struct brute_packet *packet,
                     const struct rule *rule, u64 now_s)
{
    struct conversation key, *known;

    if (!conversation_of(packet, DIRECTION_OUT, &key))
        return;
    known = conversation_find(brute, &key);
    if (!known) {
        struct conversation *more =
            array_grow(brute->conversations, brute->count, &brute->capacity, sizeof(*more));
        if (!more)
            abort();
        brute->conversations = more;
        known = &more[brute->count++];
        *known = key;
    } else if (is_idle(known, now_s) || (is_over(known) && !packet->fin && !packet->rst)) {
        known->fin_in = known->fin_out = known->rst = false;
    }
    known->rule = rule;
    known->seen_s = now_s;
    known->fin_out |= packet->fin;
    known->rst |= packet->rst;
}

/* Steps 7 to 9. */
static struct said judge_by_rules(struct brute *brute, enum direction direction,
                                  const struct brute_packet *packet, u64 now_s)
{
    struct brute_packet mirror;
    enum verdict verdict;
    const struct rule *rule;
    struct said by_rule, reply;

    if (direction == DIRECTION_OUT && mirror_of(packet, &mirror) &&
        (brute->policy->baseline.martians || !is_martian(&mirror))) {
        rule = first_rule(brute->policy, DIRECTION_IN, &mirror, &verdict);
        if (verdict == VERDICT_ACCEPT)
            return say_reply(rule);
    }
    rule = first_rule(brute->policy, direction, packet, &verdict);
    by_rule =
        rule ? say(verdict, "rule", rule->name) : say_reason(verdict == VERDICT_ACCEPT, "default");
    if (direction == DIRECTION_IN && is_reply(brute, packet, now_s, &reply)) {
        if (rule && verdict == VERDICT_ACCEPT)
            memcpy(reply.also, by_rule.text, sizeof(reply.also));
        return reply;
    }
    if (direction == DIRECTION_OUT && verdict == VERDICT_ACCEPT)
        remember(brute, packet, rule, now_s);
    return by_rule;
}

struct said brute_judge(struct brute *brute, enum direction direction, const void *bytes,
                        size_t length, u64 now_s)
{
    const struct baseline *baseline = &brute->policy->baseline;
    struct brute_packet packet;
    const char *reason = brute_decode(bytes, length, &packet);

    if (reason)
        return say_reason(false, reason);
    if (packet.family == FAMILY_NONE) {
        if (packet.ethertype == 0x0806)
            return say_reason(baseline->arp, "arp");
        if (packet.link_control)
            return say_reason(baseline->link_control, "link-control");
        return say_reason(baseline->other_ethertypes, "other-ethertype");
    }
    if (!baseline->martians && is_martian(&packet))
        return say_reason(false, "martian");
    if (packet.later_fragment) /* nobody remembers first fragments yet */
        return say_reason(false, "fragment");
    reason = accepted_by_baseline(baseline, direction, &packet);
    if (reason)
        return say_reason(true, reason);
    return judge_by_rules(brute, direction, &packet, now_s);
}
