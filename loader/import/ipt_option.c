/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of iptables' matches: iptables(8) and iptables-extensions(8). */
#include "ipt.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

#include "../base/memory.h"
#include "../policy/address.h"
#include "../policy/field_words.h"
#include "../policy/flags.h"
#include "../policy/protocols.h"

typedef void option_reader(struct ipt_rule *rule, bool negated, const char *value);

struct option {
    const char *match; /* NULL: of no match */
    const char *name;
    option_reader *read;
    u8 values; /* that belong to it */
};

static struct arena *arena_of(struct ipt_rule *rule)
{
    return &rule->ruleset->arena;
}

static void narrow(struct ipt_rule *rule, enum aspect aspect, bool negated, const struct spans *set)
{
    if (negated)
        set = spans_but(arena_of(rule), set, aspect_last(aspect));
    for (size_t i = 0; i < rule->count; i++)
        condition_narrow(arena_of(rule), &rule->entries[i].condition, aspect, set);
}

static void bad_value(struct ipt_rule *rule, const char *value)
{
    ipt_refuse(rule, "\"%s\": edgexdp has no such value here", value);
}

static bool read_number(const char *text, unsigned int last, unsigned int *number)
{
    char *end;
    unsigned long value;

    errno = 0;
    value = strtoul(text, &end, 0);
    if (errno || end == text || *end || *text == '-' || value > last)
        return false;
    *number = (unsigned int)value;
    return true;
}

static bool read_port(const char *text, unsigned int *port)
{
    const struct servent *service;

    if (read_number(text, 65535, port))
        return true;
    service = getservbyname(text, NULL);
    if (service)
        *port = ntohs((u16)service->s_port);
    return service;
}

/* Reads FIRST:LAST, either of which may be missing. */
static bool read_range(char *text, unsigned int last, bool ports, struct address_range *range)
{
    char *colon = strchr(text, ':');
    unsigned int from = 0, to = last;

    if (colon)
        *colon++ = '\0';
    if (*text && !(ports ? read_port(text, &from) : read_number(text, last, &from)))
        return false;
    if (!colon)
        to = from;
    else if (*colon && !(ports ? read_port(colon, &to) : read_number(colon, last, &to)))
        return false;
    *range = (struct address_range){from, to};
    return from <= to;
}

/* A list of A or A:B, with commas between. */
static const struct spans *ranges_of(struct ipt_rule *rule, const char *value, enum aspect aspect,
                                     bool ports)
{
    struct address_range *list = NULL, range;
    size_t count = 0, capacity = 0;
    char *copy = strdupa(value), *save, *item;
    unsigned int last = (unsigned int)aspect_last(aspect);

    for (item = strtok_r(copy, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
        list = arena_grow(arena_of(rule), list, count, &capacity, sizeof(*list));
        if (!list || !read_range(item, last, ports, &range)) {
            bad_value(rule, value);
            return &spans_none;
        }
        list[count++] = range;
    }
    return spans_of(arena_of(rule), list, count, aspect_last(aspect));
}

static void numbers(struct ipt_rule *rule, bool negated, const char *value, enum aspect aspect)
{
    narrow(rule, aspect, negated, ranges_of(rule, value, aspect, false));
}

static void ports(struct ipt_rule *rule, bool negated, const char *value, enum aspect aspect)
{
    narrow(rule, aspect, negated, ranges_of(rule, value, aspect, true));
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
    more = arena_get(arena_of(rule), 2 * rule->count * sizeof(*more));
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
    else if (read_number(value, 255, &number))
        protocol = (u8)number;
    else if (protocol_read(piece_of(value), &protocol, &named, &fault)) {
        bad_value(rule, value);
        return;
    }
    narrow(rule, ASPECT_PROTOCOL, negated, spans_one(arena_of(rule), protocol));
}

/* How many leading bits MASK has: a number, or an address; -1: they are not leading. */
static int bits_of(enum family family, const char *mask)
{
    unsigned int bits;
    enum family of;
    struct fault fault;
    u128 address;

    if (read_number(mask, address_bits(family), &bits))
        return (int)bits;
    if (address_read(piece_of(mask), &of, &address, &fault) || of != family)
        return -1;
    for (bits = 0; bits <= address_bits(family); bits++) {
        struct address_range all = address_prefix(family, address_any(family).last, bits);
        if (address == all.first)
            return (int)bits;
    }
    return -1;
}

static bool read_prefix(struct ipt_rule *rule, char *text, struct address_range *range)
{
    char *slash = strchr(text, '/');
    enum family family;
    struct fault fault;
    u128 address;
    int bits;

    if (slash)
        *slash++ = '\0';
    if (address_read(piece_of(text), &family, &address, &fault) || family != rule->family)
        return false;
    bits = slash ? bits_of(family, slash) : (int)address_bits(family);
    if (bits < 0)
        return false;
    *range = address_prefix(family, address, (unsigned int)bits);
    return true;
}

static void addresses(struct ipt_rule *rule, bool negated, const char *value, bool to)
{
    static const enum aspect aspects[2][2] = {{ASPECT_FROM4, ASPECT_FROM6},
                                              {ASPECT_TO4, ASPECT_TO6}};
    enum aspect aspect = aspects[to][rule->family - 1];
    struct address_range *list = NULL;
    size_t count = 0, capacity = 0;
    char *copy = strdupa(value), *save, *item;

    for (item = strtok_r(copy, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
        list = arena_grow(arena_of(rule), list, count, &capacity, sizeof(*list));
        if (!list || !read_prefix(rule, item, &list[count])) {
            ipt_refuse(rule, "%s: not an address of edgexdp with the leading bits of a mask",
                       value);
            return;
        }
        count++;
    }
    narrow(rule, aspect, negated, spans_of(arena_of(rule), list, count, aspect_last(aspect)));
}

static void read_source(struct ipt_rule *rule, bool negated, const char *value)
{
    addresses(rule, negated, value, false);
}

static void read_destination(struct ipt_rule *rule, bool negated, const char *value)
{
    addresses(rule, negated, value, true);
}

static void address_range(struct ipt_rule *rule, bool negated, const char *value, bool to)
{
    static const enum aspect aspects[2][2] = {{ASPECT_FROM4, ASPECT_FROM6},
                                              {ASPECT_TO4, ASPECT_TO6}};
    struct address_range range;
    enum family family;
    struct fault fault;

    if (address_read_range(piece_of(value), &family, &range, &fault) || family != rule->family)
        bad_value(rule, value);
    else
        narrow(rule, aspects[to][family - 1], negated,
               spans_range(arena_of(rule), range.first, range.last));
}

static void read_source_range(struct ipt_rule *rule, bool negated, const char *value)
{
    address_range(rule, negated, value, false);
}

static void read_destination_range(struct ipt_rule *rule, bool negated, const char *value)
{
    address_range(rule, negated, value, true);
}

static void interface(struct ipt_rule *rule, bool negated, const char *value, enum aspect aspect)
{
    if (ruleset_interface_is_good(value, '+'))
        narrow(rule, aspect, negated, ruleset_interface(rule->ruleset, value, '+'));
    else
        bad_value(rule, value);
}

static void read_arrives(struct ipt_rule *rule, bool negated, const char *value)
{
    interface(rule, negated, value, ASPECT_ARRIVES);
}

static void read_leaves(struct ipt_rule *rule, bool negated, const char *value)
{
    interface(rule, negated, value, ASPECT_LEAVES);
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
        bad_value(rule, value);
    else
        narrow(rule, ASPECT_FLAGS, negated, spans_flags(arena_of(rule), mask, flags & mask));
}

static void read_syn(struct ipt_rule *rule, bool negated, const char *value)
{
    (void)value;
    narrow(rule, ASPECT_FLAGS, negated,
           spans_flags(arena_of(rule), TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK, TCP_SYN));
}

/* Names of types that iptables has and nftables has not, or has with a code. */
static const struct {
    const char *name;
    enum family family;
    u8 type;
    short code; /* -1: any */
} types[] = {
    {"any", FAMILY_IPV4, 255, -1},
    {"pong", FAMILY_IPV4, 0, -1},
    {"ping", FAMILY_IPV4, 8, -1},
    {"ttl-exceeded", FAMILY_IPV4, 11, -1},
    {"network-unreachable", FAMILY_IPV4, 3, 0},
    {"host-unreachable", FAMILY_IPV4, 3, 1},
    {"protocol-unreachable", FAMILY_IPV4, 3, 2},
    {"port-unreachable", FAMILY_IPV4, 3, 3},
    {"fragmentation-needed", FAMILY_IPV4, 3, 4},
    {"source-route-failed", FAMILY_IPV4, 3, 5},
    {"network-prohibited", FAMILY_IPV4, 3, 9},
    {"host-prohibited", FAMILY_IPV4, 3, 10},
    {"communication-prohibited", FAMILY_IPV4, 3, 13},
    {"ttl-zero-during-transit", FAMILY_IPV4, 11, 0},
    {"ttl-zero-during-reassembly", FAMILY_IPV4, 11, 1},
    {"network-redirect", FAMILY_IPV4, 5, 0},
    {"host-redirect", FAMILY_IPV4, 5, 1},
    {"neighbour-solicitation", FAMILY_IPV6, 135, -1},
    {"neighbor-solicitation", FAMILY_IPV6, 135, -1},
    {"neighbour-advertisement", FAMILY_IPV6, 136, -1},
    {"neighbor-advertisement", FAMILY_IPV6, 136, -1},
    {"router-solicitation", FAMILY_IPV6, 133, -1},
    {"router-advertisement", FAMILY_IPV6, 134, -1},
    {"redirect", FAMILY_IPV6, 137, -1},
    {"ttl-exceeded", FAMILY_IPV6, 3, -1},
    {"no-route", FAMILY_IPV6, 1, 0},
    {"communication-prohibited", FAMILY_IPV6, 1, 1},
    {"beyond-scope", FAMILY_IPV6, 1, 2},
    {"address-unreachable", FAMILY_IPV6, 1, 3},
    {"port-unreachable", FAMILY_IPV6, 1, 4},
    {"ttl-zero-during-transit", FAMILY_IPV6, 3, 0},
    {"ttl-zero-during-reassembly", FAMILY_IPV6, 3, 1},
    {"bad-header", FAMILY_IPV6, 4, 0},
    {"unknown-header-type", FAMILY_IPV6, 4, 1},
    {"unknown-option", FAMILY_IPV6, 4, 2},
};

/* Reads TYPE, TYPE/CODE or a name. */
static bool read_type(enum family family, char *text, unsigned int *type, int *code)
{
    char *slash = strchr(text, '/');
    unsigned int number = 0;
    int found;

    *code = -1;
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        if (types[i].family == family && !strcmp(types[i].name, text)) {
            *type = types[i].type;
            *code = types[i].code;
            return true;
        }
    }
    if (slash)
        *slash++ = '\0';
    if (slash && !read_number(slash, 255, &number))
        return false;
    if (slash)
        *code = (int)number;
    if (read_number(text, 255, type))
        return true;
    found = icmp_type_find(family, piece_of(text));
    *type = (unsigned int)found;
    return found >= 0;
}

static void read_icmp_type(struct ipt_rule *rule, bool negated, const char *value)
{
    enum aspect aspect = rule->family == FAMILY_IPV4 ? ASPECT_TYPE4 : ASPECT_TYPE6;
    unsigned int type;
    int code;

    if (!read_type(rule->family, strdupa(value), &type, &code))
        bad_value(rule, value);
    else if (rule->family == FAMILY_IPV4 && type == 255 && code < 0)
        return; /* that is how iptables writes any */
    else if (code < 0)
        narrow(rule, aspect, negated, spans_range(arena_of(rule), type << 8, type << 8 | 255));
    else
        narrow(rule, aspect, negated, spans_one(arena_of(rule), type << 8 | (unsigned int)code));
}

static void read_state(struct ipt_rule *rule, bool negated, const char *value)
{
    static const char *const names[STATES] = {"NEW", "ESTABLISHED", "RELATED", "INVALID",
                                              "UNTRACKED"};
    char *copy = strdupa(value), *save, *item;
    const struct spans *set = &spans_none;

    rule->ruleset->tracks = true;
    for (item = strtok_r(copy, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
        unsigned int state = 0;
        while (state < STATES && strcmp(names[state], item) != 0)
            state++;
        if (state == STATES) {
            ipt_refuse(rule, "state %s: edgexdp does not see translations", item);
            return;
        }
        set = spans_either(arena_of(rule), set, spans_one(arena_of(rule), state), STATES - 1);
    }
    narrow(rule, ASPECT_STATE, negated, set);
}

static void address_types(struct ipt_rule *rule, bool negated, const char *value,
                          enum aspect aspect)
{
    static const char *const names[] = {[ADDRESS_OWN] = "LOCAL",
                                        [ADDRESS_BROADCAST] = "BROADCAST",
                                        [ADDRESS_MULTICAST] = "MULTICAST",
                                        [ADDRESS_OTHER] = "UNICAST"};
    char *copy = strdupa(value), *save, *item;
    const struct spans *set = &spans_none;

    for (item = strtok_r(copy, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
        unsigned int kind = 0;
        while (kind < ARRAY_SIZE(names) && strcmp(names[kind], item) != 0)
            kind++;
        if (kind == ARRAY_SIZE(names)) {
            ipt_refuse(rule,
                       "addrtype %s: edgexdp knows this host's addresses, broadcast and "
                       "multicast",
                       item);
            return;
        }
        set = spans_either(arena_of(rule), set, spans_one(arena_of(rule), kind), ADDRESS_OTHER);
    }
    narrow(rule, aspect, negated, set);
}

static void read_source_type(struct ipt_rule *rule, bool negated, const char *value)
{
    address_types(rule, negated, value, ASPECT_FROM_KIND);
}

static void read_destination_type(struct ipt_rule *rule, bool negated, const char *value)
{
    address_types(rule, negated, value, ASPECT_TO_KIND);
}

static void read_length(struct ipt_rule *rule, bool negated, const char *value)
{
    numbers(rule, negated, value, ASPECT_LENGTH);
}

static void read_ttl(struct ipt_rule *rule, bool negated, const char *value)
{
    numbers(rule, negated, value, ASPECT_TTL);
}

static void compare_ttl(struct ipt_rule *rule, const char *value, bool less)
{
    unsigned int number;

    if (!read_number(value, 255, &number) || (less && !number) || (!less && number == 255))
        bad_value(rule, value);
    else
        narrow(rule, ASPECT_TTL, false,
               less ? spans_range(arena_of(rule), 0, number - 1)
                    : spans_range(arena_of(rule), number + 1, 255));
}

static void read_ttl_less(struct ipt_rule *rule, bool negated, const char *value)
{
    (void)negated;
    compare_ttl(rule, value, true);
}

static void read_ttl_more(struct ipt_rule *rule, bool negated, const char *value)
{
    (void)negated;
    compare_ttl(rule, value, false);
}

static void read_dscp(struct ipt_rule *rule, bool negated, const char *value)
{
    numbers(rule, negated, value, ASPECT_DSCP);
}

static void read_dscp_class(struct ipt_rule *rule, bool negated, const char *value)
{
    struct number_range range = {0, 0};

    if (strcasecmp(value, "BE") != 0 && !field_word_find(FIELD_DSCP, piece_of(value), &range))
        bad_value(rule, value);
    else
        narrow(rule, ASPECT_DSCP, negated, spans_one(arena_of(rule), range.first));
}

/* Second and later fragments. */
static void read_fragment(struct ipt_rule *rule, bool negated, const char *value)
{
    (void)value;
    narrow(rule, ASPECT_FRAGMENT, negated, spans_one(arena_of(rule), FRAGMENT_LATER));
}

static void read_comment(struct ipt_rule *rule, bool negated, const char *value)
{
    (void)negated;
    for (size_t i = 0; i < rule->count; i++)
        rule->entries[i].comment = arena_copy(arena_of(rule), value);
}

/* Reads "10/minute", "5/sec", "512kb/s". */
static void read_rate(struct ipt_rule *rule, bool negated, const char *value)
{
    static const char *const periods[] = {"second", "minute", "hour", "day"};
    char *slash;
    size_t i = 0;

    errno = 0;
    rule->rate.amount = strtoul(value, &slash, 10);
    rule->has_rate = true;
    rule->over |= negated;
    if (*slash == '\0') {
        rule->rate.period = periods[0];
        return;
    }
    if (errno || slash == value || *slash != '/' || !slash[1]) {
        ipt_refuse(rule, "\"%s\": edgexdp limits packets, by second, minute or hour", value);
        return;
    }
    while (i < ARRAY_SIZE(periods) && strncasecmp(periods[i], slash + 1, strlen(slash + 1)) != 0)
        i++;
    if (i == ARRAY_SIZE(periods))
        ipt_refuse(rule, "\"%s\": edgexdp has rates by second, minute and hour", value);
    else
        rule->rate.period = periods[i];
}

static void read_rate_above(struct ipt_rule *rule, bool negated, const char *value)
{
    read_rate(rule, negated, value);
    rule->over = true;
}

static void read_burst(struct ipt_rule *rule, bool negated, const char *value)
{
    unsigned int burst;

    (void)negated;
    if (!read_number(value, 1000000000, &burst))
        bad_value(rule, value);
    else
        rule->rate.burst = burst;
}

static void read_mode(struct ipt_rule *rule, bool negated, const char *value)
{
    (void)negated;
    rule->mode = arena_copy(arena_of(rule), value);
}

static void read_mask(struct ipt_rule *rule, const char *value, bool to)
{
    if (!read_number(value, 128, &rule->masks[to]) || !rule->masks[to])
        bad_value(rule, value);
}

static void read_source_mask(struct ipt_rule *rule, bool negated, const char *value)
{
    (void)negated;
    read_mask(rule, value, false);
}

static void read_destination_mask(struct ipt_rule *rule, bool negated, const char *value)
{
    (void)negated;
    read_mask(rule, value, true);
}

static void ignore(struct ipt_rule *rule, bool negated, const char *value)
{
    (void)rule;
    (void)negated;
    (void)value;
}

static void read_jump(struct ipt_rule *rule, bool negated, const char *value)
{
    (void)negated;
    rule->target = arena_copy(arena_of(rule), value);
}

static void read_goto(struct ipt_rule *rule, bool negated, const char *value)
{
    read_jump(rule, negated, value);
    rule->goes = true;
}

static void read_match(struct ipt_rule *rule, bool negated, const char *value)
{
    const char *reason = ipt_match_refused(value);

    (void)negated;
    rule->match = arena_copy(arena_of(rule), value);
    if (reason)
        ipt_refuse(rule, "-m %s: %s", value, reason);
}

static void read_answer(struct ipt_rule *rule, bool negated, const char *value)
{
    (void)negated;
    rule->answer = arena_copy(arena_of(rule), value);
}

static void read_prefix_of_log(struct ipt_rule *rule, bool negated, const char *value)
{
    (void)negated;
    for (size_t i = 0; i < rule->count; i++)
        rule->entries[i].hint = arena_copy(arena_of(rule), value);
}

static void read_untrack(struct ipt_rule *rule, bool negated, const char *value)
{
    (void)negated;
    (void)value;
    rule->untracks = true;
}

static const struct option options[] = {
    {NULL, "-p", read_protocol, 1},
    {NULL, "-s", read_source, 1},
    {NULL, "-d", read_destination, 1},
    {NULL, "-i", read_arrives, 1},
    {NULL, "-o", read_leaves, 1},
    {NULL, "-f", read_fragment, 0},
    {NULL, "-j", read_jump, 1},
    {NULL, "-g", read_goto, 1},
    {NULL, "-m", read_match, 1},
    {NULL, "-c", ignore, 2},
    {NULL, "--sport", read_sport, 1},
    {NULL, "--dport", read_dport, 1},
    {NULL, "--source-port", read_sport, 1},
    {NULL, "--destination-port", read_dport, 1},
    {NULL, "--tcp-flags", read_tcp_flags, 2},
    {NULL, "--syn", read_syn, 0},
    {NULL, "--icmp-type", read_icmp_type, 1},
    {NULL, "--icmpv6-type", read_icmp_type, 1},
    {"multiport", "--sports", read_sport, 1},
    {"multiport", "--source-ports", read_sport, 1},
    {"multiport", "--dports", read_dport, 1},
    {"multiport", "--destination-ports", read_dport, 1},
    {"multiport", "--ports", read_either_port, 1},
    {NULL, "--state", read_state, 1},
    {NULL, "--ctstate", read_state, 1},
    {NULL, "--ctproto", read_protocol, 1},
    {"limit", "--limit", read_rate, 1},
    {"limit", "--limit-burst", read_burst, 1},
    {"hashlimit", "--hashlimit", read_rate, 1},
    {"hashlimit", "--hashlimit-upto", read_rate, 1},
    {"hashlimit", "--hashlimit-above", read_rate_above, 1},
    {"hashlimit", "--hashlimit-burst", read_burst, 1},
    {"hashlimit", "--hashlimit-mode", read_mode, 1},
    {"hashlimit", "--hashlimit-srcmask", read_source_mask, 1},
    {"hashlimit", "--hashlimit-dstmask", read_destination_mask, 1},
    {"hashlimit", "--hashlimit-name", ignore, 1},
    {"hashlimit", "--hashlimit-htable-size", ignore, 1},
    {"hashlimit", "--hashlimit-htable-max", ignore, 1},
    {"hashlimit", "--hashlimit-htable-expire", ignore, 1},
    {"hashlimit", "--hashlimit-htable-gcinterval", ignore, 1},
    {"comment", "--comment", read_comment, 1},
    {"iprange", "--src-range", read_source_range, 1},
    {"iprange", "--dst-range", read_destination_range, 1},
    {"addrtype", "--src-type", read_source_type, 1},
    {"addrtype", "--dst-type", read_destination_type, 1},
    {"length", "--length", read_length, 1},
    {"ttl", "--ttl-eq", read_ttl, 1},
    {"ttl", "--ttl", read_ttl, 1},
    {"ttl", "--ttl-lt", read_ttl_less, 1},
    {"ttl", "--ttl-gt", read_ttl_more, 1},
    {"hl", "--hl-eq", read_ttl, 1},
    {"hl", "--hl-lt", read_ttl_less, 1},
    {"hl", "--hl-gt", read_ttl_more, 1},
    {"dscp", "--dscp", read_dscp, 1},
    {"dscp", "--dscp-class", read_dscp_class, 1},
    {NULL, "--reject-with", read_answer, 1},
    {NULL, "--log-prefix", read_prefix_of_log, 1},
    {NULL, "--nflog-prefix", read_prefix_of_log, 1},
    {NULL, "--notrack", read_untrack, 0},
};

/* Matches that edgexdp has nothing for, and why. */
static const struct {
    const char *name, *reason;
} refused[] = {
    {"ah", "edgexdp does not look into AH"},
    {"bpf", "programs of others are not translated"},
    {"cgroup", "who sends it is not in the packet"},
    {"cluster", "edgexdp judges the same packet in the same way on every host"},
    {"connbytes", "edgexdp does not count by connection"},
    {"connlabel", "edgexdp has no labels of connections"},
    {"connlimit", "edgexdp does not count connections; write a limit of new ones, N new/minute per "
                  "source"},
    {"connmark", "edgexdp has no marks of connections"},
    {"cpu", "edgexdp judges the same packet in the same way on every CPU"},
    {"dccp", "edgexdp knows the ports of tcp, udp and sctp"},
    {"devgroup", "name the interfaces"},
    {"dst", "edgexdp does not look at IPv6 options"},
    {"ecn", "edgexdp does not look at ECN in the IP header"},
    {"esp", "edgexdp does not look into ESP"},
    {"eui64", "edgexdp does not look at the link's addresses"},
    {"frag", "edgexdp knows first and later fragments only: see fragment in edgexdp-policy(5)"},
    {"hbh", "edgexdp does not look at IPv6 options"},
    {"helper", "edgexdp has no helpers that expect further connections"},
    {"ipv6header", "edgexdp does not look at extension headers"},
    {"ipvs", "edgexdp does not know IPVS"},
    {"mac", "edgexdp judges packets by their IP addresses, not by those of the link"},
    {"mark", "packets have their marks from other rules of this host"},
    {"mh", "edgexdp does not look into the mobility header"},
    {"nfacct", "edgexdp counts by rule"},
    {"osf", "edgexdp does not guess operating systems"},
    {"owner", "who sends it is not in the packet"},
    {"physdev", "guard the ports of a bridge one by one"},
    {"pkttype", "edgexdp judges packets by their IP addresses, not by those of the link"},
    {"policy", "what comes out of IPsec is judged before it is known to"},
    {"quota", "edgexdp counts, but has no quotas"},
    {"rateest", "edgexdp has limits: see limit in edgexdp-policy(5)"},
    {"realm", "edgexdp does not look up routes"},
    {"recent", "edgexdp has limits that ban instead: limit N new/minute per source burst N then "
               "ban TIME, in the rule that accepts"},
    {"rpfilter", "the kernel compares sources with its routes by net.ipv4.conf.*.rp_filter"},
    {"rt", "edgexdp drops routing headers with segments left, and does not look at others"},
    {"set", "what is in an ipset, iptables-save does not say: put its addresses into a file, and "
            "name that in [sets] (@FILE)"},
    {"socket", "edgexdp asks for sockets by tcp-state, not in rules"},
    {"statistic", "edgexdp judges the same packet in the same way every time"},
    {"string", "edgexdp does not look at what packets carry"},
    {"tcpmss", "edgexdp does not look at TCP's options"},
    {"time", "rules of edgexdp hold at all times; replace the policy by a timer"},
    {"tos", "write the DSCP: dscp in edgexdp-policy(5)"},
    {"u32", "raw bytes of a header"},
    {"udplite", "edgexdp knows the ports of tcp, udp and sctp"},
    {"ipcomp", "edgexdp does not look into IPComp"},
    {"l2tp", "edgexdp does not look into L2TP"},
    {"srh", "edgexdp drops routing headers with segments left, and does not look at others"},
};

/* Matches that say nothing by themselves, or what their options say. */
static const char *const known[] = {"addrtype", "comment", "conntrack", "dscp",   "hashlimit",
                                    "hl",       "icmp",    "icmp6",     "icmpv6", "iprange",
                                    "length",   "limit",   "multiport", "sctp",   "standard",
                                    "state",    "tcp",     "ttl",       "udp"};

const char *ipt_match_refused(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
        if (!strcmp(refused[i].name, name))
            return refused[i].reason;
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (!strcmp(known[i], name))
            return NULL;
    return "edgexdp has nothing for this match";
}

/* Long and old names of options that iptables-save writes short. */
static const char *short_name(const char *option)
{
    static const char *const names[][2] = {
        {"--protocol", "-p"},     {"--proto", "-p"},       {"--source", "-s"},
        {"--src", "-s"},          {"--destination", "-d"}, {"--dst", "-d"},
        {"--jump", "-j"},         {"--goto", "-g"},        {"--in-interface", "-i"},
        {"--match", "-m"},        {"--fragment", "-f"},    {"--out-interface", "-o"},
        {"--set-counters", "-c"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (!strcmp(names[i][0], option))
            return names[i][1];
    return option;
}

static const struct option *find(const char *name, const char *match)
{
    for (size_t i = 0; i < ARRAY_SIZE(options); i++)
        if (!strcmp(options[i].name, name) &&
            (!options[i].match || (match && !strcmp(options[i].match, match))))
            return &options[i];
    return NULL;
}

void ipt_option(struct ipt_rule *rule, const char *name, bool negated, struct ipt_words *words)
{
    const struct option *option = find(short_name(name), rule->match);
    const char *value = "";

    if (!option && rule->target)
        return; /* what a target wants besides changes nothing about its verdict */
    if (!option) {
        ipt_refuse(rule, "%s%s%s: edgexdp has nothing for it", name, rule->match ? " of -m " : "",
                   rule->match ? rule->match : "");
        return;
    }
    if (option->values && !strcmp(words->at < words->count ? words->list[words->at] : "", "!")) {
        negated = !negated;
        words->at++;
    }
    if (option->values)
        value = ipt_next(words);
    if (option->values == 2)
        value = arena_print(arena_of(rule), "%s %s", value, ipt_next(words));
    if (rule->refused && option->read != read_jump && option->read != read_goto)
        return;
    option->read(rule, negated, value);
}
