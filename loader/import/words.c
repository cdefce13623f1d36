/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "words.h"

#include <netinet/in.h>
#include <string.h>

#include "../base/memory.h"
#include "../policy/address.h"
#include "../policy/baseline.h"
#include "../policy/flags.h"
#include "../policy/match.h"
#include "../policy/protocols.h"

#define LINE_ITEMS 6 /* of addresses in one line of the file */
#define BOTH       3 /* families, as bits */

/* A list being written: a key, its items, and where it breaks. */
struct items {
    FILE *out;
    const char *key;
    size_t count;
};

static void put_item(struct items *items, const char *text)
{
    if (!items->count && items->key)
        fprintf(items->out, "%s = %s", items->key, text);
    else if (!items->count)
        fputs(text, items->out);
    else if (items->count % LINE_ITEMS)
        fprintf(items->out, ", %s", text);
    else
        fprintf(items->out, ",\n    %s", text);
    items->count++;
}

static void end_items(struct items *items)
{
    if (items->count && items->key)
        fputc('\n', items->out);
}

static u8 families_of(const struct condition *condition)
{
    u8 families = 0;

    for (u8 family = 0; family < 2; family++)
        if (spans_hold(condition->aspects[ASPECT_FAMILY], family))
            families |= (u8)(1 << family);
    return families;
}

static const struct spans *addresses_of(const struct condition *condition, bool to,
                                        enum family family)
{
    static const enum aspect aspects[2][2] = {{ASPECT_FROM4, ASPECT_FROM6},
                                              {ASPECT_TO4, ASPECT_TO6}};

    return condition->aspects[aspects[to][family - 1]];
}

/* Does CONDITION ask for addresses at this end, in a family that it is about? */
static bool asks_addresses(const struct condition *condition, bool to)
{
    u8 families = families_of(condition);

    return (families & 1 && addresses_of(condition, to, FAMILY_IPV4)) ||
           (families & 2 && addresses_of(condition, to, FAMILY_IPV6));
}

static bool is_kind(const struct condition *condition, const struct condition *whole,
                    enum aspect aspect)
{
    return condition->aspects[aspect] &&
           !spans_are_within(whole->aspects[aspect], condition->aspects[aspect]);
}

/* Are all addresses that are asked for unicast, so that what they are to this host need not be
 * said? */
static bool are_unicast(const struct condition *condition, bool to)
{
    static const struct address_range special4[] = {{0xe0000000, 0xffffffff}};
    struct address_range special6[] = {{(u128)0xff << 120, ~(u128)0}};
    const struct spans spans4 = {special4, 1, NULL, false}, spans6 = {special6, 1, NULL, false};
    u8 families = families_of(condition);

    return (!(families & 1) || (addresses_of(condition, to, FAMILY_IPV4) &&
                                !spans_meet(addresses_of(condition, to, FAMILY_IPV4), &spans4))) &&
           (!(families & 2) || (addresses_of(condition, to, FAMILY_IPV6) &&
                                !spans_meet(addresses_of(condition, to, FAMILY_IPV6), &spans6)));
}

/* On its way in, what is neither broadcast nor multicast is this host's. */
static bool kind_is_implied(const struct condition *condition, const struct condition *whole,
                            bool to)
{
    enum aspect aspect = to ? ASPECT_TO_KIND : ASPECT_FROM_KIND;
    enum address_kind unicast =
        spans_hold(whole->aspects[aspect], ADDRESS_OTHER) ? ADDRESS_OTHER : ADDRESS_OWN;

    return are_unicast(condition, to) && spans_hold(condition->aspects[aspect], unicast) &&
           (spans_hold(condition->aspects[aspect], ADDRESS_OWN) ||
            !spans_hold(whole->aspects[aspect], ADDRESS_OWN));
}

/* FORWARDED: what passes through this host may be meant as well as what comes to it. */
static void put_kinds(struct items *items, const struct spans *kinds, bool forwarded)
{
    static const char *const names[] = {
        [ADDRESS_OWN] = "self, fe80::/10",
        [ADDRESS_BROADCAST] = "broadcast",
        [ADDRESS_MULTICAST] = "multicast",
    };
    bool rest = spans_hold(kinds, forwarded ? ADDRESS_OTHER : ADDRESS_OWN);
    char first[32];

    for (int kind = forwarded ? ADDRESS_OWN : ADDRESS_BROADCAST; kind < ADDRESS_OTHER; kind++) {
        if (spans_hold(kinds, (u128)kind) == rest)
            continue;
        snprintf(first, sizeof(first), "%s%s", rest && !items->count ? "any but " : "",
                 names[kind]);
        put_item(items, first);
    }
}

static void put_ranges(struct items *items, enum family family, const struct spans *set,
                       const char *before)
{
    char text[RANGE_TEXT_BYTES], item[RANGE_TEXT_BYTES + 8];

    for (size_t i = 0; i < set->count; i++) {
        snprintf(item, sizeof(item), "%s%s", items->count ? "" : before,
                 address_range_print(family, set->ranges[i], text));
        put_item(items, item);
    }
}

/* Is SET shorter to say by what is not in it? */
static bool is_mostly(const struct spans *set, enum family family)
{
    return set && set->count > 1 && !set->ranges[0].first &&
           set->ranges[set->count - 1].last ==
               aspect_last(family == FAMILY_IPV4 ? ASPECT_FROM4 : ASPECT_FROM6);
}

static void put_but(struct items *items, enum family family, const struct spans *set)
{
    struct address_range gaps[64];
    struct spans but = {gaps, 0, NULL, false};

    for (size_t i = 0; i + 1 < set->count && i < ARRAY_SIZE(gaps); i++)
        gaps[but.count++] =
            (struct address_range){set->ranges[i].last + 1, set->ranges[i + 1].first - 1};
    put_ranges(items, family, &but, "any but ");
}

/* What the addresses at one end come to: `any but` holds the other family, too. */
static bool says_but(const struct condition *condition, bool to)
{
    u8 families = families_of(condition);
    enum family family = families & 1 ? FAMILY_IPV4 : FAMILY_IPV6;
    const struct spans *set = addresses_of(condition, to, family);

    if (families == BOTH || !set)
        return false;
    return set->label ? set->but : is_mostly(set, family) && set->count <= 64;
}

static void put_addresses(struct items *items, const struct condition *condition, bool to)
{
    u8 families = families_of(condition);
    const char *label = NULL;

    for (enum family family = FAMILY_IPV4; family <= FAMILY_IPV6; family++) {
        const struct spans *set = addresses_of(condition, to, family);
        char named[NAME_BYTES + 16];

        if (!(families >> (family - 1) & 1))
            continue;
        if (!set) {
            put_item(items, family == FAMILY_IPV4 ? "0.0.0.0/0" : "::/0");
        } else if (set->label && (!set->but || families != BOTH)) {
            snprintf(named, sizeof(named), "%s%s", set->but ? "any but " : "", set->label);
            if (!label || strcmp(label, set->label) != 0)
                put_item(items, named);
            label = set->label;
        } else if (says_but(condition, to)) {
            put_but(items, family, set);
        } else {
            put_ranges(items, family, set, "");
        }
    }
}

/* Rules for later fragments are asked about all of them, forwarded ones too. */
static bool asks_later(const struct condition *condition)
{
    const struct spans *set = condition->aspects[ASPECT_FRAGMENT];

    return set && !spans_hold(set, FRAGMENT_NONE);
}

static void write_end(const struct condition *condition, const struct condition *whole, bool to,
                      FILE *out)
{
    struct items items = {out, to ? "to" : "from", 0};
    enum aspect kind = to ? ASPECT_TO_KIND : ASPECT_FROM_KIND;

    if (asks_addresses(condition, to))
        put_addresses(&items, condition, to);
    else if (is_kind(condition, whole, kind))
        put_kinds(&items, condition->aspects[kind],
                  spans_hold(whole->aspects[kind], ADDRESS_OTHER) || asks_later(condition));
    end_items(&items);
}

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
            put_item(&items, protocol_word((u8)protocol, families_of(condition), number));
    end_items(&items);
}

/* Does what is written about addresses and protocols already tell the family? */
static bool tells_family(const struct condition *condition)
{
    u8 families = families_of(condition);
    bool is_icmp = (families == 1 && condition_is_only(condition, IPPROTO_ICMP)) ||
                   (families == 2 && condition_is_only(condition, IPPROTO_ICMPV6));

    return is_icmp || (asks_addresses(condition, false) && !says_but(condition, false)) ||
           (asks_addresses(condition, true) && !says_but(condition, true));
}

static void write_family(const struct condition *condition, FILE *out)
{
    u8 families = families_of(condition);

    if (families != BOTH && !tells_family(condition))
        fprintf(out, "family = %s\n", families == 1 ? "ipv4" : "ipv6");
}

static void put_numbers(struct items *items, const struct spans *set, enum field field)
{
    char text[FIELD_RANGE_BYTES];

    for (size_t i = 0; set && i < set->count; i++)
        put_item(items, field_print_range(field,
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
    end_items(&items);
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
        put_item(items, name ? name : number);
        return;
    }
    for (unsigned int code = 0; code < 256; code++) {
        if (!spans_hold(set, first | code))
            continue;
        snprintf(text, sizeof(text), "%s/%u", name ? name : number, code);
        put_item(items, text);
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
    end_items(&items);
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
        put_item(items, conjunction_print(conjunctions[i], text));
    free(numbers.ranges);
    if (error)
        plan->ruleset->arena.error = error;
}

static void write_flags(const struct plan *plan, const struct condition *condition, FILE *out)
{
    struct items items = {out, "tcp-flags", 0};

    if (condition->aspects[ASPECT_FLAGS])
        put_flags(plan, condition->aspects[ASPECT_FLAGS], &items);
    end_items(&items);
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

/* Is NAME an interface that the ruleset names, with nothing left out? */
static bool is_interface(const struct ruleset *ruleset, const char *name)
{
    for (size_t i = 0; i < ruleset->interface_count; i++)
        if (!strcmp(ruleset->interfaces[i], name))
            return true;
    return false;
}

/* Zones are called as their interface, or as what the names of their interfaces begin with. */
const char *interface_zone(const struct plan *plan, u16 number)
{
    struct ruleset *ruleset = plan->ruleset;
    const char *name = ruleset->interfaces[number - 1];
    char *zone = arena_get(&ruleset->arena, strlen(name) + 6);
    size_t length = 0;

    if (!zone)
        return "";
    if (!is_letter(*name))
        zone[length++] = 'i';
    for (; *name && *name != '*'; name++)
        zone[length++] = is_letter(*name) || is_digit(*name) || strchr("-_.", *name) ? *name : '-';
    if (*name == '*' && is_interface(ruleset, zone))
        memcpy(zone + length, "-etc", 5);
    return zone;
}

/* Interfaces that the ruleset does not name are in no zone: a list that holds them says which it
 * does not hold. */
static void write_zones(const struct plan *plan, const struct condition *condition,
                        const struct condition *whole, enum aspect aspect, const char *key,
                        FILE *out)
{
    struct items items = {out, key, 0};
    const struct spans *set = condition->aspects[aspect];
    bool but = spans_hold(set, 0);

    if (!is_kind(condition, whole, aspect))
        return;
    for (size_t i = 1; i <= plan->ruleset->interface_count; i++) {
        const char *zone = interface_zone(plan, (u16)i);
        if (spans_hold(set, i) == but || !strcmp(plan->ruleset->interfaces[i - 1], "lo"))
            continue;
        put_item(&items, but && !items.count
                             ? arena_print(&plan->ruleset->arena, "any but %s", zone)
                             : zone);
    }
    end_items(&items);
}

void condition_write(const struct plan *plan, const struct condition *condition,
                     const struct condition *whole, FILE *out)
{
    bool both =
        whole->aspects[ASPECT_TO_KIND] && !spans_hold(whole->aspects[ASPECT_TO_KIND], ADDRESS_OWN);

    write_zones(plan, condition, whole, ASPECT_ARRIVES, both ? "arrives" : "on", out);
    write_zones(plan, condition, whole, ASPECT_LEAVES, both ? "leaves" : "on", out);
    write_family(condition, out);
    write_protocols(condition, out);
    write_types(condition, out);
    write_end(condition, whole, false, out);
    write_numbers(condition, ASPECT_SOURCE_PORT, FIELD_SOURCE_PORT, out);
    write_end(condition, whole, true, out);
    write_numbers(condition, ASPECT_PORT, FIELD_PORT, out);
    write_flags(plan, condition, out);
    write_numbers(condition, ASPECT_LENGTH, FIELD_LENGTH, out);
    write_numbers(condition, ASPECT_TTL, FIELD_TTL, out);
    write_numbers(condition, ASPECT_DSCP, FIELD_DSCP, out);
    write_fragments(condition, out);
}

bool condition_names_zones(const struct condition *condition, const struct condition *whole)
{
    return is_kind(condition, whole, ASPECT_ARRIVES) || is_kind(condition, whole, ASPECT_LEAVES);
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
    bool to_kind = is_kind(condition, whole, ASPECT_TO_KIND) && asks_addresses(condition, true) &&
                   !kind_is_implied(condition, whole, true);
    bool from_kind = is_kind(condition, whole, ASPECT_FROM_KIND) &&
                     asks_addresses(condition, false) && !kind_is_implied(condition, whole, false);

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
            put_ranges(&items, family, sets[family - 1], "");
}

void spans_write_ports(const struct spans *ports, FILE *out)
{
    struct items items = {out, NULL, 0};

    put_numbers(&items, ports, FIELD_PORT);
}
