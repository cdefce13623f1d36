/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "words.h"

#include <netinet/in.h>
#include <string.h>

#include "../base/memory.h"
#include "../policy/baseline.h"
#include "../policy/flags.h"
#include "../policy/match.h"
#include "../policy/protocols.h"
#include "ends.h"
#include "zones.h"

#define BOTH 3 /* families, as bits */

/* icmp by name is of IPv4 alone, and icmpv6 of IPv6. */
static const char *protocol_word(u8 protocol, u8 families, char number[8])
{
    const char *name = protocol_name(protocol);
    bool other = (protocol == IPPROTO_ICMP && families == 2) ||
                 (protocol == IPPROTO_ICMPV6 && families == 1);

    snprintf(number, 8, "%u", protocol);
    return name && !other ? name : number;
}

static void write_protocols(const struct condition *condition, FILE *out)
{
    const struct spans *set = condition->aspects[ASPECT_PROTOCOL];
    struct items items = {out, "protocol", 0};
    char number[8];

    for (unsigned int protocol = 0; set && protocol < 256; protocol++)
        if (spans_hold(set, protocol))
            items_put(&items, protocol_word((u8)protocol, condition_families(condition), number));
    items_end(&items);
}

/* Does what is written about addresses and protocols already tell the family? */
static bool tells_family(const struct condition *condition)
{
    u8 families = condition_families(condition);
    bool is_icmp = (families == 1 && condition_is_only(condition, IPPROTO_ICMP)) ||
                   (families == 2 && condition_is_only(condition, IPPROTO_ICMPV6));

    return is_icmp || (ends_ask(condition, false) && !ends_exclude(condition, false)) ||
           (ends_ask(condition, true) && !ends_exclude(condition, true));
}

static void write_family(const struct condition *condition, FILE *out)
{
    u8 families = condition_families(condition);

    if (families != BOTH && !tells_family(condition))
        fprintf(out, "family = %s\n", families == 1 ? "ipv4" : "ipv6");
}

static void put_numbers(struct items *items, const struct spans *set, enum field field)
{
    char text[FIELD_RANGE_BYTES];

    for (size_t i = 0; set && i < set->count; i++)
        items_put(items, field_print_range(field,
                                           (struct number_range){(u16)set->ranges[i].first,
                                                                 (u16)set->ranges[i].last},
                                           text));
}

static void write_numbers(const struct condition *condition, enum aspect aspect, enum field field,
                          FILE *out)
{
    const struct spans *set = condition->aspects[aspect];
    struct items items = {out, field_rows[field].name, 0};
    bool ports = field == FIELD_PORT || field == FIELD_SOURCE_PORT;

    if (ports && set && set->label)
        fprintf(out, "%s = %s%s\n", field_rows[field].name, set->but ? "any but " : "", set->label);
    else
        put_numbers(&items, set, field);
    items_end(&items);
}

/* A type with all its codes is said by its name. */
static void put_type(struct items *items, enum family family, const struct spans *set, u8 type)
{
    const char *name = icmp_type_name(family, type);
    u128 first = (u128)type << 8;
    struct address_range all = {first, first | 0xff};
    char text[64], number[8];

    snprintf(number, sizeof(number), "%u", type);
    if (spans_are_within(&(struct spans){&all, 1, NULL, false}, set)) {
        items_put(items, name ? name : number);
        return;
    }
    for (unsigned int code = 0; code < 256; code++) {
        if (!spans_hold(set, first | code))
            continue;
        snprintf(text, sizeof(text), "%s/%u", name ? name : number, code);
        items_put(items, text);
    }
}

static void write_types(const struct condition *condition, FILE *out)
{
    struct items items = {out, "icmp-type", 0};
    enum family family = condition_is_only(condition, IPPROTO_ICMPV6) ? FAMILY_IPV6 : FAMILY_IPV4;
    const struct spans *set =
        condition->aspects[family == FAMILY_IPV4 ? ASPECT_TYPE4 : ASPECT_TYPE6];

    for (unsigned int type = 0; set && type < 256; type++)
        if (spans_meet(set, &(struct spans){
                                &(struct address_range){(u128)type << 8, (u128)type << 8 | 0xff}, 1,
                                NULL, false}))
            put_type(&items, family, set, (u8)type);
    items_end(&items);
}

/* What [baseline] drops already may be in it or not, whichever is shorter. */
static void put_flags(const struct plan *plan, const struct spans *set, struct items *items)
{
    struct number_range bad[BAD_FLAG_RANGES];
    struct number_ranges more = {bad, baseline_bad_flags(bad)}, numbers = {NULL, 0};
    struct number_list list = {0};
    struct conjunction conjunctions[CONJUNCTIONS_MAX];
    char text[CONJUNCTION_BYTES];
    size_t count = 0;
    int error = 0;

    for (size_t i = 0; i < set->count && !error; i++)
        error = number_list_add(
            &list, (struct number_range){(u16)set->ranges[i].first, (u16)set->ranges[i].last});
    number_list_finish(&list, &numbers);
    if (!error && plan->tcp_flags)
        error = flags_simplify(&numbers, &more);
    if (!error)
        count = flags_conjunctions(&numbers, conjunctions);
    for (size_t i = 0; i < count; i++)
        items_put(items, conjunction_print(conjunctions[i], text));
    free(numbers.ranges);
    if (error)
        plan->ruleset->arena.error = error;
}

static void write_flags(const struct plan *plan, const struct condition *condition, FILE *out)
{
    struct items items = {out, "tcp-flags", 0};

    if (condition->aspects[ASPECT_FLAGS])
        put_flags(plan, condition->aspects[ASPECT_FLAGS], &items);
    items_end(&items);
}

static void write_fragments(const struct condition *condition, FILE *out)
{
    const struct spans *set = condition->aspects[ASPECT_FRAGMENT];

    if (!set || spans_hold(set, FRAGMENT_NONE))
        return;
    fprintf(out, "fragment = %s\n",
            !spans_hold(set, FRAGMENT_FIRST)   ? "later"
            : !spans_hold(set, FRAGMENT_LATER) ? "first"
                                               : "yes");
}

void condition_write(const struct plan *plan, const struct condition *condition,
                     const struct condition *whole, FILE *out)
{
    bool both =
        whole->aspects[ASPECT_TO_KIND] && !spans_hold(whole->aspects[ASPECT_TO_KIND], ADDRESS_OWN);

    zones_write(plan, condition, whole, ASPECT_ARRIVES, both ? "arrives" : "on", out);
    zones_write(plan, condition, whole, ASPECT_LEAVES, both ? "leaves" : "on", out);
    write_family(condition, out);
    write_protocols(condition, out);
    write_types(condition, out);
    ends_write(condition, whole, false, out);
    write_numbers(condition, ASPECT_SOURCE_PORT, FIELD_SOURCE_PORT, out);
    ends_write(condition, whole, true, out);
    write_numbers(condition, ASPECT_PORT, FIELD_PORT, out);
    write_flags(plan, condition, out);
    write_numbers(condition, ASPECT_LENGTH, FIELD_LENGTH, out);
    write_numbers(condition, ASPECT_TTL, FIELD_TTL, out);
    write_numbers(condition, ASPECT_DSCP, FIELD_DSCP, out);
    write_fragments(condition, out);
}

bool condition_names_zones(const struct condition *condition, const struct condition *whole)
{
    return condition_asks(condition, whole, ASPECT_ARRIVES) ||
           condition_asks(condition, whole, ASPECT_LEAVES);
}

static bool protocols_are_within(const struct condition *condition, const u8 *protocols,
                                 size_t count)
{
    struct address_range ranges[4];
    struct spans set = {ranges, count, NULL, false};

    for (size_t i = 0; i < count; i++)
        ranges[i] = (struct address_range){protocols[i], protocols[i]};
    return spans_are_within(condition->aspects[ASPECT_PROTOCOL], &set);
}

const char *condition_unsaid(const struct condition *condition, const struct condition *whole)
{
    static const u8 with_ports[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP}, tcp[] = {IPPROTO_TCP};
    const struct spans *const *aspects = condition->aspects;
    const struct spans *fragments = aspects[ASPECT_FRAGMENT];
    bool to_kind = condition_asks(condition, whole, ASPECT_TO_KIND) && ends_ask(condition, true) &&
                   !ends_imply_kind(condition, whole, true);
    bool from_kind = condition_asks(condition, whole, ASPECT_FROM_KIND) &&
                     ends_ask(condition, false) && !ends_imply_kind(condition, whole, false);

    if ((aspects[ASPECT_PORT] || aspects[ASPECT_SOURCE_PORT]) &&
        !protocols_are_within(condition, with_ports, ARRAY_SIZE(with_ports)))
        return "ports of protocols other than tcp, udp and sctp";
    if (aspects[ASPECT_FLAGS] && !protocols_are_within(condition, tcp, 1))
        return "TCP's flags in packets that need not be TCP";
    if ((aspects[ASPECT_TYPE4] && !condition_is_only(condition, IPPROTO_ICMP)) ||
        (aspects[ASPECT_TYPE6] && !condition_is_only(condition, IPPROTO_ICMPV6)))
        return "ICMP types in packets that need not be ICMP";
    if (fragments && spans_hold(fragments, FRAGMENT_LATER) &&
        !spans_hold(fragments, FRAGMENT_NONE) &&
        (aspects[ASPECT_PORT] || aspects[ASPECT_SOURCE_PORT] || aspects[ASPECT_FLAGS] ||
         aspects[ASPECT_TYPE4] || aspects[ASPECT_TYPE6]))
        return "later fragments have no ports, types or flags";
    if (to_kind || from_kind)
        return "what an address is to this host, and which it is, both at the same end";
    return NULL;
}

void spans_write_addresses(const struct spans *const sets[2], FILE *out)
{
    struct items items = {out, NULL, 0};

    for (enum family family = FAMILY_IPV4; family <= FAMILY_IPV6; family++)
        if (sets[family - 1])
            ends_put_ranges(&items, family, sets[family - 1], "");
}

void spans_write_ports(const struct spans *ports, FILE *out)
{
    struct items items = {out, NULL, 0};

    put_numbers(&items, ports, FIELD_PORT);
}
