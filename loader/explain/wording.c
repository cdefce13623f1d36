/* SPDX-License-Identifier: GPL-2.0-or-later */
/* misfit_why() and misfit_wish(): a field in words, and what it was compared with. */
#include "misfit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../policy/address.h"
#include "../policy/protocols.h"

#define LISTED 4 /* more items than this are counted instead */

/* Text that ends where its room does. */
struct text {
    char *text;
    size_t size, used;
};

static void put(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct text *text, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(text->text + text->used, text->size - text->used, format, arguments);
    va_end(arguments);
    if (length > 0)
        text->used += (size_t)length;
    if (text->used >= text->size)
        text->used = text->size - 1;
}

static void put_protocol(struct text *text, unsigned int protocol)
{
    const char *name = protocol_name((u8)protocol);

    if (name)
        put(text, "%s", name);
    else
        put(text, "%u", protocol);
}

static bool wants_protocol(const struct rule *rule, unsigned int protocol)
{
    u64 either = rule->protocols[0][protocol / 64] | rule->protocols[1][protocol / 64];

    return either >> protocol % 64 & 1;
}

static void put_protocols(struct text *text, const struct rule *rule)
{
    bool first = true;

    for (unsigned int protocol = 0; protocol < 256; protocol++) {
        if (!wants_protocol(rule, protocol))
            continue;
        put(text, first ? "" : " or ");
        put_protocol(text, protocol);
        first = false;
    }
}

static void put_icmp(struct text *text, enum family family, struct number_range range)
{
    const char *name = icmp_type_name(family, (u8)(range.first >> 8));

    if (name)
        put(text, "%s", name);
    else
        put(text, "type %u", range.first >> 8);
    if (range.first == range.last)
        put(text, "/%u", range.first & 0xff);
    else if (range.last >> 8 != range.first >> 8)
        put(text, " to type %u", range.last >> 8);
}

static void put_number(struct text *text, struct number_range range)
{
    if (range.first == range.last)
        put(text, "%u", range.first);
    else
        put(text, "%u-%u", range.first, range.last);
}

/* ICMP types of FAMILY, or ports: FAMILY_NONE. */
static void put_numbers(struct text *text, const struct number_ranges *ranges, enum family family)
{
    for (size_t i = 0; i < ranges->count; i++) {
        size_t left = ranges->count - i;
        if (i == LISTED - 1 && left > 1) {
            put(text, " or one of %zu more ranges", left);
            return;
        }
        put(text, i ? " or " : "");
        if (family)
            put_icmp(text, family, ranges->ranges[i]);
        else
            put_number(text, ranges->ranges[i]);
    }
}

/* Is a label a name, and not the items themselves as they were written? */
static bool is_name(const char *label)
{
    bool letter = (label[0] >= 'a' && label[0] <= 'z') || (label[0] >= 'A' && label[0] <= 'Z');

    return (letter || label[0] == '@') && !strchr(label, ':') && !strchr(label, ',');
}

/* A set by its name, and what it holds, or its size. */
static void put_set(struct text *text, const struct address_set *set, enum family family)
{
    const struct address_ranges *ranges = &set->family[family - 1];
    char range[RANGE_TEXT_BYTES];

    put(text, "%s", set->label);
    if (!ranges->count)
        put(text, ", which has no IPv%c address", family == FAMILY_IPV4 ? '4' : '6');
    else if (!is_name(set->label))
        return;
    else if (ranges->count > LISTED)
        put(text, " (%zu ranges of IPv%c)", ranges->count, family == FAMILY_IPV4 ? '4' : '6');
    else
        for (size_t i = 0; i < ranges->count; i++)
            put(text, "%s%s%s", i ? ", " : " (",
                address_range_print(family, ranges->ranges[i], range),
                i + 1 == ranges->count ? ")" : "");
}

static void put_address_why(struct text *text, const char *what, const struct address_set *set,
                            enum family family, u128 address)
{
    char buffer[ADDRESS_TEXT_BYTES];

    put(text, "%s %s is not in ", what, address_print(family, address, buffer));
    put_set(text, set, family);
}

static void put_port_why(struct text *text, const char *what, const struct number_ranges *ranges,
                         const struct probe *probe, u16 port)
{
    if (protocol_has_ports(probe->protocol)) {
        put(text, "%s %u is not ", what, port);
    } else {
        put_protocol(text, probe->protocol);
        put(text, " has no %s, which is to be ", what);
    }
    put_numbers(text, ranges, FAMILY_NONE);
}

static void put_icmp_why(struct text *text, const struct rule *rule, const struct probe *probe)
{
    u16 number = probe->destination_port;

    put(text, "type ");
    put_icmp(text, probe->family, (struct number_range){number, number});
    put(text, " is not ");
    put_numbers(text, &rule->icmp[probe->family - 1], probe->family);
}

char *misfit_why(const struct rule *rule, const struct probe *probe, enum field field,
                 char buffer[MISFIT_TEXT_BYTES])
{
    struct text text = {buffer, MISFIT_TEXT_BYTES, 0};

    switch (field) {
    case FIELD_DIRECTION:
        put(&text, "it is for packets that %s",
            probe->direction == DIRECTION_IN ? "go out" : "come in");
        break;
    case FIELD_PROTOCOL:
        put(&text, "protocol ");
        put_protocol(&text, probe->protocol);
        if (wants_protocol(rule, probe->protocol)) /* icmp by name is of IPv4, icmpv6 of IPv6 */
            put(&text, " over IPv%c", probe->family == FAMILY_IPV4 ? '4' : '6');
        put(&text, " is not ");
        put_protocols(&text, rule);
        break;
    case FIELD_FROM:
        put_address_why(&text, "source", rule->from, probe->family, probe->source);
        break;
    case FIELD_TO:
        put_address_why(&text, "destination", rule->to, probe->family, probe->destination);
        break;
    case FIELD_PORT:
        put_port_why(&text, "port", &rule->ports, probe, probe->destination_port);
        break;
    case FIELD_SOURCE_PORT:
        put_port_why(&text, "source port", &rule->source_ports, probe, probe->source_port);
        break;
    default:
        put_icmp_why(&text, rule, probe);
        break;
    }
    return buffer;
}

char *misfit_wish(const struct rule *rule, const struct probe *probe, enum field field,
                  char buffer[MISFIT_TEXT_BYTES])
{
    struct text text = {buffer, MISFIT_TEXT_BYTES, 0};

    switch (field) {
    case FIELD_DIRECTION:
        put(&text, "the packet %s", probe->direction == DIRECTION_IN ? "went out" : "came in");
        break;
    case FIELD_PROTOCOL:
        put(&text, "the protocol were ");
        put_protocols(&text, rule);
        break;
    case FIELD_FROM:
        put(&text, "the source were in ");
        put_set(&text, rule->from, probe->family);
        break;
    case FIELD_TO:
        put(&text, "the destination were in ");
        put_set(&text, rule->to, probe->family);
        break;
    case FIELD_PORT:
        put(&text, "the port were ");
        put_numbers(&text, &rule->ports, FAMILY_NONE);
        break;
    case FIELD_SOURCE_PORT:
        put(&text, "the source port were ");
        put_numbers(&text, &rule->source_ports, FAMILY_NONE);
        break;
    default:
        put(&text, "the type were ");
        put_numbers(&text, &rule->icmp[probe->family - 1], probe->family);
        break;
    }
    return buffer;
}
