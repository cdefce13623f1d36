/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the values of a [rule]. */
#include "reading.h"

#include "../base/memory.h"
#include "address_bits.h"
#include "field_words.h"
#include "flags.h"
#include "foreign.h"
#include "limit.h"
#include "list.h"
#include "match.h"
#include "protect.h"
#include "protocols.h"
#include "ranges.h"
#include "zones.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int read_rule_direction(struct reading *reading, void *target, const struct ini_entry *entry)
{
    struct rule *rule = target;
    struct piece word;

    if (!value_is_single(reading, entry, &word))
        return 0;
    rule->forward = piece_is_keyword(word, "forward");
    bool both = rule->forward || piece_is_keyword(word, "both");
    rule->direction[DIRECTION_IN] = both || piece_is_keyword(word, "in");
    rule->direction[DIRECTION_OUT] = both || piece_is_keyword(word, "out");
    if (!rule->direction[DIRECTION_IN] && !rule->direction[DIRECTION_OUT])
        reading_tell(reading, word, "\"%s\" is not a direction: write in, out, both or forward",
                     quote(word).text);
    return 0;
}

/* Lists of numbers under construction, by family. */
struct number_lists {
    struct number_list family[2];
};

static void lists_clear(struct number_lists *lists)
{
    free(lists->family[0].ranges);
    free(lists->family[1].ranges);
}

static void lists_finish(struct number_lists *lists, struct match *match)
{
    for (int family = 0; family < 2; family++)
        number_list_finish(&lists->family[family], &match->numbers[family]);
    match->any = false;
}

static int lists_add(struct number_lists *lists, struct number_range range)
{
    int error = number_list_add(&lists->family[0], range);

    return error ? error : number_list_add(&lists->family[1], range);
}

/* Adds what one item of a list means. Returns 0, -EINVAL with FAULT, or -ENOMEM. */
typedef int item_reader(struct piece item, const void *context, struct number_lists *lists,
                        struct fault *fault);

/* Reads all items of LIST with READ. *ANY is set if one of them is `any`. Faults go to the diag.
 * Returns 0 or -ENOMEM. */
static int read_items(struct reading *reading, struct list list, item_reader *read,
                      const void *context, struct number_lists *lists, bool *any)
{
    struct piece item;
    struct fault fault;
    int error = 0;

    *any = false;
    while (error != -ENOMEM && list_next(&list, &item)) {
        if (piece_is_keyword(item, "any") && !list.all_but) {
            *any = true;
            continue;
        }
        error = read(item, context, lists, &fault);
        if (error == -EINVAL)
            reading_tell_fault(reading, item, &fault);
    }
    return error == -ENOMEM ? error : 0;
}

static int read_protocol(struct piece item, const void *context, struct number_lists *lists,
                         struct fault *fault)
{
    bool named = false;
    u8 protocol = 0;
    int error = protocol_read(item, &protocol, &named, fault);
    struct number_range range = {protocol, protocol};

    (void)context;
    if (!error && (!named || protocol != PROTOCOL_ICMPV6))
        error = number_list_add(&lists->family[FAMILY_IPV4 - 1], range);
    if (!error && (!named || protocol != PROTOCOL_ICMP))
        error = number_list_add(&lists->family[FAMILY_IPV6 - 1], range);
    return error;
}

static int read_protocols(struct reading *reading, struct match *match,
                          const struct ini_entry *entry)
{
    CLEANUP(lists_clear) struct number_lists protocols = {0};
    struct list list = list_of(reading->ini, entry, reading->diag);
    bool any;
    int error = read_items(reading, list, read_protocol, NULL, &protocols, &any);

    if (!error && !any)
        lists_finish(&protocols, match);
    return error;
}

/* Returns the family that WORD names, or FAMILY_NONE. */
static enum family family_of(struct piece word)
{
    if (piece_is_keyword(word, "ipv4"))
        return FAMILY_IPV4;
    return piece_is_keyword(word, "ipv6") ? FAMILY_IPV6 : FAMILY_NONE;
}

static int read_family(struct piece item, const void *context, struct number_lists *lists,
                       struct fault *fault)
{
    const struct number_range all = {0, field_rows[FIELD_FAMILY].last};
    enum family family = family_of(item);

    (void)context;
    if (!family)
        return fault_set(fault, 0, item.length, "\"%s\" is not a family: write ipv4 or ipv6",
                         quote(item).text);
    return number_list_add(&lists->family[family - 1], all);
}

static int read_families(struct reading *reading, struct match *match,
                         const struct ini_entry *entry)
{
    CLEANUP(lists_clear) struct number_lists families = {0};
    struct list list = list_of(reading->ini, entry, reading->diag);
    bool any;
    int error = read_items(reading, list, read_family, NULL, &families, &any);

    any |= families.family[0].count && families.family[1].count;
    if (!error && !any)
        lists_finish(&families, match);
    return error;
}

/* An item of which a list has no more than one, and only in a block. */
static void read_bits(struct reading *reading, struct piece item, struct address_bits *bits)
{
    struct fault fault;

    if (!reading->blocks)
        reading_tell(reading, item,
                     "only blocks ask for parts of addresses that are no prefix: write a prefix");
    else if (address_bits_read(item, bits, &fault))
        reading_tell_fault(reading, item, &fault);
}

static int read_addresses(struct reading *reading, struct match *match, struct address_bits *bits,
                          const struct ini_entry *entry)
{
    struct piece first = *ini_value(reading->ini, entry);

    if (entry->piece_count == 1 && address_bits_resembles(first)) {
        read_bits(reading, first, bits);
        return 0;
    }
    int error = sets_read(reading->sets, entry, &match->set);

    match->any = match_is_any(match, FAMILY_IPV4) && match_is_any(match, FAMILY_IPV6);
    return error;
}

/* Reads a number or A-B. CONTEXT is the field. */
static int read_range(struct piece item, const void *context, struct number_lists *lists,
                      struct fault *fault)
{
    struct number_range range;

    if (field_read_range(*(const enum field *)context, item, &range, fault))
        return -EINVAL;
    return lists_add(lists, range);
}

/* Reads ports by number or name. CONTEXT is the reading. */
static int read_port(struct piece item, const void *context, struct number_lists *lists,
                     struct fault *fault)
{
    CLEANUP(number_list_clear) struct number_list numbers = {0};
    const struct reading *reading = context;
    int error = ports_add(reading->ports, &numbers, item);

    (void)fault; /* it was reported already */
    for (size_t i = 0; i < numbers.count && !error; i++)
        error = lists_add(lists, numbers.ranges[i]);
    return error;
}

/* Checks that every packet RULE is about has the field. If not, only this is reported. */
static bool check_needs(struct reading *reading, const struct rule *rule, enum field field,
                        const struct ini_entry *entry)
{
    static const struct {
        const char *key, *values;
    } needed[] = {
        [NEEDS_IPV4] = {"family", "ipv4"},
        [NEEDS_IPV6] = {"family", "ipv6"},
        [NEEDS_PORTS] = {"protocol", "tcp, udp or sctp"},
        [NEEDS_TCP] = {"protocol", "tcp"},
    };
    enum field_needs needs = field_rows[field].needs;

    if (rule_always_has(rule, field) || section_key_is_faulty(reading, needed[needs].key))
        return true;
    reading_tell(reading, entry->key, "\"%s\" needs \"%s\" to be %s, and nothing else",
                 quote(entry->key).text, needed[needs].key, needed[needs].values);
    return false;
}

/* Adds the combinations that a conjunction of flags holds. */
static int read_flags(struct piece item, const void *context, struct number_lists *lists,
                      struct fault *fault)
{
    struct conjunction conjunction;
    int error = conjunction_read(item, &conjunction, fault);

    (void)context;
    for (int family = 0; family < 2 && !error; family++)
        error = conjunction_add(conjunction, &lists->family[family]);
    return error;
}

static int read_fragment(struct piece item, const void *context, struct number_lists *lists,
                         struct fault *fault)
{
    struct piece word = piece_trim(item);
    struct number_range range;

    (void)context;
    if (!field_word_find(FIELD_FRAGMENT, word, &range))
        return fault_set(fault, (size_t)(word.text - item.text), word.length,
                         "\"%s\" is not a value of \"fragment\": write no, first, later or yes",
                         quote(word).text);
    return lists_add(lists, range);
}

/* Checks that RULE asks no later fragment for what only a transport header tells. */
static void check_later(struct reading *reading, const struct rule *rule,
                        const struct ini_entry *entry)
{
    enum field field = rule_asks_transport(rule);

    if (rule_asks_later(rule) && field != FIELDS)
        reading_tell(
            reading, entry->key,
            "\"%s\" names later fragments, which have no %s: write first or no instead, or "
            "leave \"%s\" out",
            quote(entry->key).text, field_rows[field].what[0], field_rows[field].name);
}

/* `no` and `first` together are what a rule without the key is asked about. */
static void simplify_fragments(struct rule *rule)
{
    struct match *match = &rule->matches[FIELD_FRAGMENT];

    if (!rule_asks_later(rule) && numbers_count(&match->numbers[0]) == 2)
        match_clear(match);
}

/* Reports flags that are written as another filter has them. Items of another kind never are. */
static bool is_foreign(struct reading *reading, enum field field, const struct ini_entry *entry)
{
    const struct piece *pieces = ini_value(reading->ini, entry);
    struct foreign foreign = {0};
    char text[96];
    size_t used = 0;

    for (size_t i = 0; i < entry->piece_count && used < sizeof(text); i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%.*s",
                                 !i             ? ""
                                 : entry->items ? ","
                                                : " ",
                                 (int)pieces[i].length, pieces[i].text);
    if (field_rows[field].kind == KIND_FLAGS && used && used < sizeof(text))
        foreign = foreign_flags(piece_of(text));
    if (*foreign.advice)
        reading_tell(reading, *pieces, "\"%s\" is not said here: %s", quote(piece_of(text)).text,
                     foreign.advice);
    return *foreign.advice;
}

/* Reads the items of LIST by the kind of FIELD. */
static int read_numbers(struct reading *reading, struct list list, enum field field,
                        struct number_lists *numbers, bool *any)
{
    switch (field_rows[field].kind) {
    case KIND_PORTS:
        return read_items(reading, list, read_port, reading, numbers, any);
    case KIND_FLAGS:
        return read_items(reading, list, read_flags, NULL, numbers, any);
    case KIND_FRAGMENTS:
        return read_items(reading, list, read_fragment, NULL, numbers, any);
    default:
        return read_items(reading, list, read_range, &field, numbers, any);
    }
}

static int read_ranges(struct reading *reading, struct rule *rule, enum field field,
                       const struct ini_entry *entry)
{
    CLEANUP(lists_clear) struct number_lists numbers = {0};
    struct list list = list_of_all_but(reading->ini, entry, reading->diag);
    struct match *match = &rule->matches[field];
    bool any;

    if (is_foreign(reading, field, entry))
        return 0;
    int error = read_numbers(reading, list, field, &numbers, &any);

    if (error || any || !check_needs(reading, rule, field, entry))
        return error;
    lists_finish(&numbers, match);
    for (int family = 0; list.all_but && family < 2 && !error; family++)
        error = number_ranges_invert(&match->numbers[family], field_rows[field].last);
    if (field == FIELD_FRAGMENT && !error) {
        check_later(reading, rule, entry);
        simplify_fragments(rule);
    }
    return error;
}

/* Finds which families' ICMP RULE is about. Returns false when it is about anything else. */
static bool icmp_families(const struct rule *rule, bool allowed[2])
{
    const struct match *match = &rule->matches[FIELD_PROTOCOL];

    for (int family = 0; family < 2; family++) {
        const struct number_ranges *protocols = &match->numbers[family];
        u16 icmp = family ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP;

        allowed[family] = numbers_count(protocols) == 1 && numbers_hold(protocols, icmp);
        if (match->any || (protocols->count && !allowed[family]))
            return false;
    }
    return allowed[0] || allowed[1];
}

static int add_types(const struct icmp_match *match, int family, struct number_list *list)
{
    int error = 0;

    for (unsigned int type = match->type[family]; type <= match->last_type[family] && !error;
         type++)
        error = number_list_add(
            list, (struct number_range){
                      (u16)(type << 8 | (match->has_code ? match->code[family] : 0)),
                      (u16)(type << 8 | (match->has_code ? match->last_code[family] : 0xff))});
    return error;
}

/* Reads an ICMP type; CONTEXT says which families are meant. */
static int read_type(struct piece item, const void *context, struct number_lists *lists,
                     struct fault *fault)
{
    struct icmp_match match;
    int error = icmp_read(item, context, &match, fault);

    for (int family = 0; !error && family < 2; family++)
        if (match.known[family])
            error = add_types(&match, family, &lists->family[family]);
    return error;
}

static int read_types(struct reading *reading, struct rule *rule, enum field field,
                      const struct ini_entry *entry)
{
    CLEANUP(lists_clear) struct number_lists types = {0};
    struct list list = list_of(reading->ini, entry, reading->diag);
    bool allowed[2], any;

    if (section_key_is_faulty(reading, "protocol")) /* the types depend on it */
        return 0;
    if (entry->piece_count == 1 && piece_is_keyword(*ini_value(reading->ini, entry), "any"))
        return 0;
    if (!icmp_families(rule, allowed)) {
        reading_tell(reading, entry->key,
                     "\"%s\" needs \"protocol\" to be icmp or icmpv6 by name, and nothing else",
                     field_rows[field].name);
        return 0;
    }
    int error = read_items(reading, list, read_type, allowed, &types, &any);
    if (!error && !any)
        lists_finish(&types, &rule->matches[field]);
    return error;
}

/* Reads what RULE wants of FIELD. Returns 0 or -ENOMEM. */
static int read_match(struct reading *reading, struct rule *rule, enum field field,
                      const struct ini_entry *entry)
{
    switch (field_rows[field].kind) {
    case KIND_FAMILIES:
        return read_families(reading, &rule->matches[field], entry);
    case KIND_PROTOCOLS:
        return read_protocols(reading, &rule->matches[field], entry);
    case KIND_ADDRESSES:
        return read_addresses(reading, &rule->matches[field],
                              field == FIELD_FROM ? &rule->from_bits : &rule->to_bits, entry);
    case KIND_PORTS:
    case KIND_FLAGS:
    case KIND_FRAGMENTS:
    case KIND_NUMBERS:
        return read_ranges(reading, rule, field, entry);
    case KIND_TYPES:
        return read_types(reading, rule, field, entry);
    case KIND_ZONES:
        return zones_read_arrives(reading, rule, entry);
    }
    return 0;
}

/* Checks LIMIT, which was read from ITEM, against the rest of RULE. */
static void check_limit(struct reading *reading, const struct rule *rule, const struct limit *limit,
                        struct piece item)
{
    const char *unfit = limit_unfit(limit, rule);

    if (unfit && !section_key_is_faulty(reading, "protocol"))
        reading_tell(reading, item, "%s", unfit);
    if (limit->ban_ns && rule->direction[DIRECTION_OUT])
        reading_tell(
            reading, item,
            "outbound, the source is this host or one behind it: a ban needs direction = in");
}

/* Adds the limit that ITEM says; it is WRITTEN there, byte AT of the value. */
static void add_limit(struct reading *reading, struct rule *rule, const struct ini_entry *entry,
                      struct piece item, struct piece written, size_t at)
{
    struct limit limit;
    struct fault fault;

    if (limit_read(item, &limit, &fault)) {
        reading_tell(reading, ini_value_part(reading->ini, entry, at + fault.at, fault.length),
                     "%s", fault.text);
        return;
    }
    check_limit(reading, rule, &limit, written);
    if (rule->limit_count == RULE_LIMITS)
        reading_tell(reading, written, "a rule has at most %d limits", RULE_LIMITS);
    else
        rule->limits[rule->limit_count++] = limit;
}

int read_rule_limit(struct reading *reading, void *target, const struct ini_entry *entry)
{
    CLEANUP_FREE char *text = ini_value_text(reading->ini, entry);
    struct rule *rule = target;
    struct piece rest, item;

    if (!text)
        return -ENOMEM;
    if (rule->action != VERDICT_ACCEPT && !section_key_is_faulty(reading, "action")) {
        reading_tell(reading, entry->key,
                     "only what is accepted can be limited: leave \"limit\" out, or accept");
        return 0;
    }
    rest = piece_of(text);
    while (piece_next_item(&rest, &item)) {
        struct piece written =
            ini_value_part(reading->ini, entry, (size_t)(item.text - text), item.length);

        if (item.length)
            add_limit(reading, rule, entry, item, written, (size_t)(item.text - text));
        else
            reading_tell(reading, written, "an item is missing before this comma");
    }
    return 0;
}

/* Checks ENTRY, how RULE protects its listeners, against the rest of RULE. */
static void check_protect(struct reading *reading, const struct rule *rule,
                          const struct ini_entry *entry)
{
    if (rule->action != VERDICT_ACCEPT && !section_key_is_faulty(reading, "action"))
        reading_tell(reading, entry->key,
                     "only what is accepted can be protected: leave \"protect\" out, or accept");
    else if (rule->direction[DIRECTION_OUT] && !section_key_is_faulty(reading, "direction"))
        reading_tell(reading, entry->key,
                     "only what comes in can be protected: write direction = in");
    else if (!rule_is_tcp_only(rule) && !section_key_is_faulty(reading, "protocol"))
        reading_tell(reading, entry->key,
                     "only TCP opens connections: write protocol = tcp, and nothing else");
}

int read_rule_protect(struct reading *reading, void *target, const struct ini_entry *entry)
{
    CLEANUP_FREE char *text = ini_value_text(reading->ini, entry);
    struct rule *rule = target;
    struct fault fault;

    if (!text)
        return -ENOMEM;
    if (protect_read(piece_of(text), &rule->protect, &fault)) {
        reading_tell(reading, ini_value_part(reading->ini, entry, fault.at, fault.length), "%s",
                     fault.text);
        return 0;
    }
    check_protect(reading, rule, entry);
    reading->asks_self = entry->key;
    return 0;
}

#define ROW(ID, id, ...)                                                                           \
    int read_rule_##id(struct reading *reading, void *target, const struct ini_entry *entry)       \
    {                                                                                              \
        return read_match(reading, target, FIELD_##ID, entry);                                     \
    }
EDGEXDP_FIELDS(ROW)
#undef ROW
