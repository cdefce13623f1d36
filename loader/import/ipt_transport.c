/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Protocols, their ports and flags: -p, and the matches tcp, udp, sctp and multiport. */
#include "ipt.h"

#include <netinet/in.h>
#include <string.h>

#include "../base/memory.h"
#include "../policy/flags.h"
#include "../policy/protocols.h"

static void ports(struct ipt_rule *rule, bool negated, const char *value, enum aspect aspect)
{
    ipt_narrow(rule, aspect, negated, ipt_ranges(rule, value, aspect, true));
}

static void read_sport(struct ipt_rule *rule, bool negated, const char *value)
{
    ports(rule, negated, value, ASPECT_SOURCE_PORT);
}

static void read_dport(struct ipt_rule *rule, bool negated, const char *value)
{
    ports(rule, negated, value, ASPECT_PORT);
}

/* Either port: two alternatives, or none of both. */
static void read_either_port(struct ipt_rule *rule, bool negated, const char *value)
{
    struct entry *more;

    if (negated) {
        read_sport(rule, true, value);
        read_dport(rule, true, value);
        return;
    }
    more = arena_get(ipt_arena(rule), 2 * rule->count * sizeof(*more));
    if (!more)
        return;
    for (size_t i = 0; i < rule->count; i++)
        more[i] = more[rule->count + i] = rule->entries[i];
    struct ipt_rule sources = *rule, destinations = *rule;
    sources.entries = more;
    destinations.entries = more + rule->count;
    read_sport(&sources, false, value);
    read_dport(&destinations, false, value);
    rule->refused = rule->refused ? rule->refused : sources.refused;
    rule->entries = more;
    rule->count *= 2;
}

static void read_protocol(struct ipt_rule *rule, bool negated, const char *value)
{
    struct fault fault;
    unsigned int number;
    u8 protocol;
    bool named;

    rule->match = value;
    if (!strcmp(value, "all") || !strcmp(value, "0"))
        return;
    if (!strcmp(value, "icmpv6"))
        protocol = IPPROTO_ICMPV6;
    else if (!strcmp(value, "mobility-header") || !strcmp(value, "ipv6-mh"))
        protocol = IPPROTO_MH;
    else if (ipt_number(value, 255, &number))
        protocol = (u8)number;
    else if (protocol_read(piece_of(value), &protocol, &named, &fault)) {
        ipt_bad_value(rule, value);
        return;
    }
    ipt_narrow(rule, ASPECT_PROTOCOL, negated, spans_one(ipt_arena(rule), protocol));
}

static bool read_flag_list(const char *text, u8 *flags)
{
    char *copy = strdupa(text), *save, *item;
    u8 flag;

    *flags = 0;
    if (!strcasecmp(text, "NONE"))
        return true;
    if (!strcasecmp(text, "ALL")) {
        *flags = TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK | TCP_URG;
        return true;
    }
    for (item = strtok_r(copy, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
        char lower[8] = "";
        for (size_t i = 0; item[i] && i < sizeof(lower) - 1; i++)
            lower[i] = (char)(item[i] | 0x20);
        if (!flag_find(piece_of(lower), &flag))
            return false;
        *flags |= flag;
    }
    return true;
}

/* VALUE has both words, with a blank between. */
static void read_tcp_flags(struct ipt_rule *rule, bool negated, const char *value)
{
    char *mask_text = strdupa(value), *flags_text = strchr(mask_text, ' ');
    u8 mask, flags;

    if (flags_text)
        *flags_text++ = '\0';
    if (!flags_text || !read_flag_list(mask_text, &mask) || !read_flag_list(flags_text, &flags))
        ipt_bad_value(rule, value);
    else
        ipt_narrow(rule, ASPECT_FLAGS, negated, spans_flags(ipt_arena(rule), mask, flags & mask));
}

static void read_syn(struct ipt_rule *rule, bool negated, const char *value)
{
    (void)value;
    ipt_narrow(rule, ASPECT_FLAGS, negated,
               spans_flags(ipt_arena(rule), TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK, TCP_SYN));
}

static const struct ipt_option options[] = {
    {NULL, "-p", read_protocol, 1},
    {NULL, "--sport", read_sport, 1},
    {NULL, "--dport", read_dport, 1},
    {NULL, "--source-port", read_sport, 1},
    {NULL, "--destination-port", read_dport, 1},
    {NULL, "--tcp-flags", read_tcp_flags, 2},
    {NULL, "--syn", read_syn, 0},
    {"multiport", "--sports", read_sport, 1},
    {"multiport", "--source-ports", read_sport, 1},
    {"multiport", "--dports", read_dport, 1},
    {"multiport", "--destination-ports", read_dport, 1},
    {"multiport", "--ports", read_either_port, 1},
    {NULL, "--ctproto", read_protocol, 1},
};

const struct ipt_options ipt_transport_options = {options, ARRAY_SIZE(options)};
