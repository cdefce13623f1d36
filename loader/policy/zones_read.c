/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads [interfaces], and what rules say of zones. */
#include "reading.h"

#include "../base/memory.h"
#include "list.h"
#include "match.h"
#include "zones.h"

#include <errno.h>
#include <string.h>

#define INTERFACE_LENGTH_MAX 127 /* of additional names; main ones are short */

static const struct name_style zone_style = {"zone name", "-_.", true, NAME_BYTES - 1};

/* Returns why INTERFACE cannot be the name of an interface, or NULL. */
static const char *unfit(struct piece interface)
{
    size_t star = piece_find(interface, '*');

    if (interface.length > INTERFACE_LENGTH_MAX)
        return "it is too long";
    if (star + 1 < interface.length)
        return "a * stands at its end only";
    if (!star)
        return "write * after how the names begin";
    if (piece_equals(interface, ".") || piece_equals(interface, "..") ||
        piece_find(interface, '/') < interface.length ||
        piece_find(interface, ':') < interface.length)
        return "names of interfaces have neither \"/\" nor \":\"";
    return NULL;
}

/* Adds a zone; NULL when memory is short. */
static struct zone *add_zone(struct policy *policy, struct piece name)
{
    struct zone *grown =
        reallocarray(policy->zones, policy->zone_count + 1, sizeof(*policy->zones));
    char *copy = strndup(name.text, name.length);

    if (grown)
        policy->zones = grown;
    if (!grown || !copy) {
        free(copy);
        return NULL;
    }
    grown[policy->zone_count] = (struct zone){.name = copy, .place = piece_place(name)};
    return &grown[policy->zone_count++];
}

static int add_interface(struct zone *zone, struct piece name)
{
    char **grown = reallocarray(zone->interfaces, zone->interface_count + 1, sizeof(*grown));

    if (!grown)
        return -ENOMEM;
    zone->interfaces = grown;
    grown[zone->interface_count] = strndup(name.text, name.length);
    if (!grown[zone->interface_count])
        return -ENOMEM;
    zone->interface_count++;
    return 0;
}

/* Returns the zone that names INTERFACE in just these words, or NULL. */
static const struct zone *find_owner(const struct policy *policy, struct piece interface)
{
    for (size_t i = 0; i < policy->zone_count; i++)
        for (size_t j = 0; j < policy->zones[i].interface_count; j++)
            if (piece_equals(interface, policy->zones[i].interfaces[j]))
                return &policy->zones[i];
    return NULL;
}

static int read_interfaces(struct reading *reading, const struct ini_entry *entry,
                           struct zone *zone)
{
    struct list list = list_of(reading->ini, entry, reading->diag);
    struct piece item;
    int error = 0;

    if (!entry->piece_count)
        reading_tell(reading, entry->key, "the zone \"%s\" has no interface: write %s = eth0",
                     quote(entry->key).text, quote(entry->key).text);
    while (!error && list_next(&list, &item)) {
        const struct zone *owner = find_owner(reading->policy, item);
        const char *why = unfit(item);

        if (why)
            reading_tell(reading, item, "\"%s\" is not the name of an interface: %s",
                         quote(item).text, why);
        else if (owner && owner != zone)
            reading_tell(reading, item, "\"%s\" is in the zone %s already: an interface is in one",
                         quote(item).text, owner->name);
        else if (!owner)
            error = add_interface(zone, item);
    }
    return error;
}

int zones_define(struct reading *reading, const struct ini_entry *entry)
{
    struct policy *policy = reading->policy;
    unsigned int first = zone_find(policy, entry->key);
    struct zone *zone;
    struct fault fault;

    if (entry->faulty)
        return 0;
    if (first) {
        reading_tell(reading, entry->key,
                     "the zone \"%s\" is defined twice: the first is on line %u",
                     quote(entry->key).text, policy->zones[first - 1].place.line);
        return 0;
    }
    if (piece_is_keyword(entry->key, "any") || piece_is_keyword(entry->key, "all") ||
        piece_is_keyword(entry->key, "to"))
        reading_tell(reading, entry->key,
                     "\"%s\" has a meaning already: call the zone something else",
                     quote(entry->key).text);
    else if (name_check(entry->key, &zone_style, &fault))
        reading_tell_fault(reading, entry->key, &fault);
    if (policy->zone_count == ZONES_MAX) {
        reading_tell(reading, entry->key, "a policy has at most %d zones", ZONES_MAX);
        return 0;
    }
    zone = add_zone(policy, entry->key);
    return zone ? read_interfaces(reading, entry, zone) : -ENOMEM;
}

/* ITEM is no zone of [interfaces]. */
static void tell_unknown(struct reading *reading, struct piece item)
{
    const struct policy *policy = reading->policy;
    const struct zone *owner = find_owner(policy, item);
    struct nearest nearest = nearest_to(item.text, item.length);

    if (owner) {
        reading_tell(reading, item, "\"%s\" is an interface: write its zone, %s", quote(item).text,
                     owner->name);
        return;
    }
    for (size_t i = 0; i < policy->zone_count; i++)
        nearest_try(&nearest, policy->zones[i].name);
    reading_tell(reading, item, "no zone is named \"%s\"%s", quote(item).text,
                 nearest.word ? nearest_hint(&nearest).text
                              : ": define it in [interfaces], as in wan = eth0");
}

/* Returns the zone that has the interface ITEM under this or another name, or NULL. */
static struct zone *find_same(const struct reading *reading, struct piece item)
{
    const struct links *links = reading->host ? host_known_links(reading->host) : NULL;
    struct policy *policy = reading->policy;
    u32 index = 0;

    for (size_t i = 0; links && i < links->count; i++)
        if (piece_equals(item, links->list[i].name))
            index = links->list[i].index;
    for (size_t i = 0; index && i < policy->zone_count; i++)
        if (links_index(links, policy->zones[i].interfaces[0]) == index)
            return &policy->zones[i];
    return NULL;
}

/* Without [interfaces], an interface that is named is a zone. */
static int add_own_zone(struct reading *reading, struct piece item, unsigned int *number)
{
    struct policy *policy = reading->policy;
    const char *why = unfit(item);
    struct zone *zone = find_same(reading, item);

    *number = zone ? (unsigned int)(zone - policy->zones) + 1 : ZONE_HERE;
    if (zone)
        return 0;
    if (why)
        reading_tell(reading, item, "\"%s\" is not the name of an interface: %s", quote(item).text,
                     why);
    else if (policy->zone_count == ZONES_MAX)
        reading_tell(reading, item, "a policy is for at most %d interfaces", ZONES_MAX);
    if (why || policy->zone_count == ZONES_MAX)
        return 0;
    zone = add_zone(policy, item);
    if (!zone || add_interface(zone, item))
        return -ENOMEM;
    *number = (unsigned int)policy->zone_count;
    return 0;
}

static int add_item(struct reading *reading, struct piece item, struct number_list *numbers)
{
    unsigned int number = zone_find(reading->policy, item);
    int error = 0;

    if (!number && reading->policy->has_interfaces)
        tell_unknown(reading, item);
    else if (!number)
        error = add_own_zone(reading, item, &number);
    if (error || !number)
        return error;
    return number_list_add(numbers, (struct number_range){(u16)number, (u16)number});
}

int zones_read(struct reading *reading, const struct ini_entry *entry, struct match *match)
{
    CLEANUP(number_list_clear) struct number_list numbers = {0};
    struct list list = list_of_all_but(reading->ini, entry, reading->diag);
    struct piece item;
    bool any = false;
    int error = 0;

    while (!error && list_next(&list, &item)) {
        if (piece_is_keyword(item, "any") && !list.all_but)
            any = true;
        else
            error = add_item(reading, item, &numbers);
    }
    if (error || any)
        return error;
    match->any = false;
    number_list_finish(&numbers, &match->numbers[0]);
    return list.all_but ? number_ranges_invert(&match->numbers[0], ZONE_ELSEWHERE) : 0;
}

int read_rule_on(struct reading *reading, void *target, const struct ini_entry *entry)
{
    struct rule *rule = target;

    if (rule->forward)
        reading_tell(reading, entry->key,
                     "what is forwarded passes two interfaces: write arrives = ZONE and leaves = "
                     "ZONE instead of \"on\"");
    return zones_read(reading, entry, &rule->on);
}

static void check_forward(struct reading *reading, const struct rule *rule,
                          const struct ini_entry *entry)
{
    if (!rule->forward && !section_key_is_faulty(reading, "direction"))
        reading_tell(reading, entry->key,
                     "\"%s\" is about what is forwarded: write direction = forward, or on = ZONE",
                     quote(entry->key).text);
}

int read_rule_leaves(struct reading *reading, void *target, const struct ini_entry *entry)
{
    struct rule *rule = target;

    check_forward(reading, rule, entry);
    return zones_read(reading, entry, &rule->leaves);
}

int zones_read_arrives(struct reading *reading, struct rule *rule, const struct ini_entry *entry)
{
    check_forward(reading, rule, entry);
    return zones_read(reading, entry, &rule->matches[FIELD_ARRIVES]);
}

/* Makes MATCH hold the zones FIRST to LAST, as far as it held them. */
static int narrow(struct match *match, u16 first, u16 last)
{
    CLEANUP(number_list_clear) struct number_list list = {0};
    struct number_range whole;
    struct number_ranges held = match_numbers(match, FIELD_ARRIVES, FAMILY_IPV4, &whole);
    int error = 0;

    for (size_t i = 0; i < held.count && !error; i++) {
        struct number_range part = held.ranges[i];

        part.first = part.first < first ? first : part.first;
        part.last = part.last > last ? last : part.last;
        if (part.first <= part.last)
            error = number_list_add(&list, part);
    }
    if (error)
        return error;
    match_clear(match);
    match->any = false;
    number_list_finish(&list, &match->numbers[0]);
    return 0;
}

/* Fields have numbers for both families. */
static int both_families(struct match *match)
{
    size_t bytes = match->numbers[0].count * sizeof(struct number_range);

    if (!bytes)
        return 0;
    free(match->numbers[1].ranges);
    match->numbers[1].ranges = malloc(bytes);
    if (!match->numbers[1].ranges)
        return -ENOMEM;
    memcpy(match->numbers[1].ranges, match->numbers[0].ranges, bytes);
    match->numbers[1].count = match->numbers[0].count;
    return 0;
}

/* What RULE, if it says FORWARD or speaks of this host, asks of how a packet came here. */
static int complete_rule(struct reading *reading, struct rule *rule, const struct address_set *self)
{
    struct match *arrives = &rule->matches[FIELD_ARRIVES];
    int error = 0;

    if (rule->forward) {
        error = narrow(arrives, ZONE_HERE + 1, ZONE_ELSEWHERE);
        if (!error)
            error = sets_beyond(reading->sets, &rule->matches[FIELD_TO].set);
        rule->matches[FIELD_TO].any = false;
    } else if (rule->direction[DIRECTION_OUT] && rule->matches[FIELD_FROM].set == self) {
        error = narrow(arrives, ZONE_HERE, ZONE_HERE);
    } else {
        return 0;
    }
    return error ? error : both_families(arrives);
}

static int by_index(const void *left, const void *right)
{
    const struct arrival *a = left, *b = right;

    return (a->index > b->index) - (a->index < b->index);
}

/* The zones of this host's interfaces. */
static int find_arrivals(struct policy *policy, const struct host *host)
{
    const struct links *links = host_known_links(host);
    size_t count = 0;

    policy->arrivals = calloc(links->count + 1, sizeof(*policy->arrivals));
    if (!policy->arrivals)
        return -ENOMEM;
    for (size_t i = 0; i < links->count; i++) {
        unsigned int zone = zone_of(policy, host, links->list[i].name);

        if (zone != ZONE_ELSEWHERE)
            policy->arrivals[count++] = (struct arrival){links->list[i].index, (u8)zone};
    }
    qsort(policy->arrivals, count, sizeof(*policy->arrivals), by_index);
    for (size_t i = 0; i < count; i++) /* an interface may have several names */
        if (!i || policy->arrivals[i].index != policy->arrivals[i - 1].index)
            policy->arrivals[policy->arrival_count++] = policy->arrivals[i];
    return 0;
}

/* Keeps what the policy needs to know of the interfaces of this host. */
static int keep_links(struct policy *policy, const struct host *host, struct host *kept)
{
    struct links wanted = {0};
    int error = 0;

    for (size_t i = 0; i < policy->zone_count; i++)
        for (size_t j = 0; j < policy->zones[i].interface_count && !error; j++)
            error = links_want(&wanted, policy->zones[i].interfaces[j]);
    if (!error)
        error = links_take(&wanted, host_known_links(host), host_links(kept));
    links_clear(&wanted);
    return error;
}

int zones_complete(struct reading *reading)
{
    struct policy *policy = reading->policy;
    const struct address_set *self = NULL;
    int error = 0;

    for (size_t i = 0; i < policy->rule_count; i++)
        policy->is_zoned |= policy->rules[i].forward || !policy->rules[i].on.any;
    policy->is_zoned |= policy->has_interfaces;
    if (!policy->is_zoned)
        return 0;
    error = sets_find_self(reading->sets, &self);
    for (size_t i = 0; i < policy->rule_count && !error; i++)
        error = complete_rule(reading, &policy->rules[i], self);
    return error || !reading->host ? error : find_arrivals(policy, reading->host);
}

int zones_keep(struct reading *reading)
{
    struct policy *policy = reading->policy;

    if (!policy->is_zoned || !reading->host)
        return 0;
    if (!policy->host)
        policy->host = host_empty();
    return policy->host ? keep_links(policy, reading->host, policy->host) : -ENOMEM;
}
