/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wanted.h"

#include "../base/memory.h"
#include "../policy/protocols.h"

#include <errno.h>
#include <string.h>

/* How the components that are numbers are asked about. */
static const struct {
    enum wanted_number number;
    u32 last;
} numeric[COMPONENTS] = {
    [COMPONENT_PROTOCOL] = {WANTED_PROTOCOL, 255},
    [COMPONENT_PORT] = {WANTED_PORT, 65535},
    [COMPONENT_DESTINATION_PORT] = {WANTED_DESTINATION_PORT, 65535},
    [COMPONENT_SOURCE_PORT] = {WANTED_SOURCE_PORT, 65535},
    [COMPONENT_ICMP_TYPE] = {WANTED_ICMP_TYPE, 255},
    [COMPONENT_ICMP_CODE] = {WANTED_ICMP_CODE, 255},
    [COMPONENT_LENGTH] = {WANTED_LENGTH, 65535},
    [COMPONENT_DSCP] = {WANTED_DSCP, 63},
    [COMPONENT_FLOW_LABEL] = {WANTED_FLOW_LABEL, 0xfffff},
};

/* Of the component "fragment". */
enum {
    FRAGMENT_BIT_DONT = 0x01, /* IPv4 only */
    FRAGMENT_BIT_IS = 0x02,   /* a later one */
    FRAGMENT_BIT_FIRST = 0x04,
    FRAGMENT_BIT_LAST = 0x08,
};

/* Bits of the 13th and 14th byte of a TCP header: above the eight flags, the reserved ones, and the
 * data offset, which counts as 0. */
#define TCP_FLAG_BITS      0x00ff
#define TCP_RESERVED_SHIFT 8

static struct wanted_tcp read_flags(const struct component *component, u32 reserved)
{
    struct wanted_tcp wanted = {.reserved = (u16)(1u << reserved)};

    for (u32 flags = 0; flags <= TCP_FLAG_BITS; flags++)
        if (component_bits_hold(component, 0xffff, flags | reserved << TCP_RESERVED_SHIFT))
            wanted.flags[flags / 64] |= (u64)1 << flags % 64;
    return wanted;
}

/* Values of the reserved bits with the same flags belong together: mostly all, or none. */
static void read_tcp(struct wanted *wanted, const struct component *component)
{
    static const u64 none[ARRAY_SIZE(wanted->tcp->flags)];

    wanted->asks_tcp = true;
    for (u32 reserved = 0; reserved < TCP_RESERVED_VALUES; reserved++) {
        struct wanted_tcp with = read_flags(component, reserved);
        size_t at = 0;
        while (at < wanted->tcp_count &&
               memcmp(wanted->tcp[at].flags, with.flags, sizeof(with.flags)) != 0)
            at++;
        if (!memcmp(with.flags, none, sizeof(none)))
            continue;
        if (at == wanted->tcp_count)
            wanted->tcp[wanted->tcp_count++] = with;
        else
            wanted->tcp[at].reserved |= with.reserved;
    }
}

/* What packets there are, in the words of the component. In IPv4 each may have "don't fragment";
 * in IPv6 none has it, and it is as if both were there. */
static const struct {
    enum fragment_kind kind;
    u8 bits, more; /* fragments follow */
} fragment_forms[] = {
    {FRAGMENT_NONE, 0, 0},
    {FRAGMENT_FIRST, FRAGMENT_BIT_FIRST, 1},
    {FRAGMENT_LATER, FRAGMENT_BIT_IS, 1},
    {FRAGMENT_LATER, FRAGMENT_BIT_IS | FRAGMENT_BIT_LAST, 0},
};

#define LATER (1u << FRAGMENT_LATER)

static void add_fragments(struct wanted *wanted, unsigned int kinds, unsigned int flags)
{
    struct wanted_fragment *first = &wanted->fragments[0];

    if (!kinds || !flags)
        return;
    if (wanted->fragment_count && first->flags == flags)
        first->kinds |= (u8)kinds;
    else
        wanted->fragments[wanted->fragment_count++] =
            (struct wanted_fragment){(u8)kinds, (u8)flags};
}

/* Flags that no packet of KINDS has, which say which kind it is, may be asked for as well. */
static unsigned int with_impossible(unsigned int kinds, unsigned int flags)
{
    const unsigned int whole = 1u << 0 | 1u << 2, more = 1u << 1 | 1u << 3;

    return flags | (kinds & 1u << FRAGMENT_NONE ? 0 : whole) |
           (kinds & 1u << FRAGMENT_FIRST ? 0 : more);
}

static void read_fragment(struct wanted *wanted, const struct component *component)
{
    bool ipv4 = wanted->family == FAMILY_IPV4;
    u64 known =
        FRAGMENT_BIT_IS | FRAGMENT_BIT_FIRST | FRAGMENT_BIT_LAST | (ipv4 ? FRAGMENT_BIT_DONT : 0);
    unsigned int kinds = 0, flags = 0, later = 0; /* flags of later ones */

    for (size_t i = 0; i < ARRAY_SIZE(fragment_forms); i++)
        for (unsigned int dont = 0; dont <= FRAGMENT_BIT_DONT; dont++) {
            enum fragment_kind kind = fragment_forms[i].kind;
            if (!component_bits_hold(component, known, fragment_forms[i].bits | dont))
                continue;
            unsigned int held = 1u << (dont << 1 | fragment_forms[i].more);
            if (kind == FRAGMENT_LATER)
                later |= held;
            else
                flags |= held;
            kinds |= kind == FRAGMENT_LATER ? 0 : 1u << kind;
        }
    add_fragments(wanted, kinds, ipv4 ? with_impossible(kinds, flags) : WANTED_ANY_FLAGS);
    add_fragments(wanted, later ? LATER : 0, later);
}

static int read_component(struct wanted *wanted, const struct component *component)
{
    enum wanted_number number = numeric[component->type].number;
    u32 last = numeric[component->type].last;

    switch (component->type) {
    case COMPONENT_DESTINATION:
        wanted->destination = component_prefix(component, wanted->family);
        return 0;
    case COMPONENT_SOURCE:
        wanted->source = component_prefix(component, wanted->family);
        return 0;
    case COMPONENT_TCP_FLAGS:
        read_tcp(wanted, component);
        return 0;
    case COMPONENT_FRAGMENT:
        wanted->fragment_count = 0;
        read_fragment(wanted, component);
        return 0;
    default:
        wanted->asked[number] = true;
        return component_numbers(component, last, &wanted->numbers[number]);
    }
}

/* Narrow what is wanted of NUMBER to LIST, which is sorted and not adjacent. */
static int narrow(struct wanted *wanted, enum wanted_number number, const struct span *list,
                  size_t count)
{
    const struct spans only = {.list = (struct span *)list, .count = count};
    struct spans *spans = &wanted->numbers[number], both = {0};
    int error = 0;

    if (!wanted->asked[number])
        for (size_t i = 0; i < count && !error; i++)
            error = spans_append(&both, list[i].first, list[i].last);
    else
        error = spans_intersect(spans, &only, &both);
    spans_clear(spans);
    *spans = both;
    wanted->asked[number] = true;
    return error;
}

/* Later fragments have no transport header. */
static void leave_out_later(struct wanted *wanted)
{
    struct wanted_fragment *fragments = wanted->fragments;
    size_t kept = 0;

    for (size_t i = 0; i < wanted->fragment_count; i++) {
        fragments[i].kinds &= (u8)~LATER;
        if (fragments[i].kinds)
            fragments[kept++] = fragments[i];
    }
    wanted->fragment_count = kept;
}

/* A component about a transport header speaks of packets that have it, and of no later fragment. */
static int narrow_transport(struct wanted *wanted)
{
    static const struct span ports[] = {{PROTOCOL_TCP, PROTOCOL_TCP}, {PROTOCOL_UDP, PROTOCOL_UDP}};
    static const struct span tcp[] = {{PROTOCOL_TCP, PROTOCOL_TCP}};
    u32 protocol = wanted->family == FAMILY_IPV4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6;
    const struct span icmp[] = {{protocol, protocol}};
    bool has_ports = wanted->asked[WANTED_PORT] || wanted->asked[WANTED_DESTINATION_PORT] ||
                     wanted->asked[WANTED_SOURCE_PORT];
    bool has_icmp = wanted->asked[WANTED_ICMP_TYPE] || wanted->asked[WANTED_ICMP_CODE];
    bool has_tcp = wanted->asks_tcp;
    int error = 0;

    if (has_ports)
        error = narrow(wanted, WANTED_PROTOCOL, ports, ARRAY_SIZE(ports));
    if (has_icmp && !error)
        error = narrow(wanted, WANTED_PROTOCOL, icmp, ARRAY_SIZE(icmp));
    if (has_tcp && !error)
        error = narrow(wanted, WANTED_PROTOCOL, tcp, ARRAY_SIZE(tcp));
    if (has_ports || has_icmp || has_tcp)
        leave_out_later(wanted);
    return error;
}

int wanted_read(const struct nlri *nlri, struct wanted *wanted)
{
    struct component component;
    size_t at = 0;
    int error = 0;

    *wanted = (struct wanted){.family = nlri->family,
                              .fragments = {{WANTED_ANY_KIND, WANTED_ANY_FLAGS}},
                              .fragment_count = 1};
    while (!error && (component = nlri_next(nlri, &at)).type != COMPONENT_NONE)
        error = read_component(wanted, &component);
    if (!error)
        error = narrow_transport(wanted);
    return error;
}

bool wanted_is_nothing(const struct wanted *wanted)
{
    for (enum wanted_number i = 0; i < WANTED_NUMBERS; i++)
        if (wanted->asked[i] && !wanted->numbers[i].count)
            return true;
    return !wanted->fragment_count || (wanted->asks_tcp && !wanted->tcp_count);
}

void wanted_clear(struct wanted *wanted)
{
    for (enum wanted_number i = 0; i < WANTED_NUMBERS; i++)
        spans_clear(&wanted->numbers[i]);
}
