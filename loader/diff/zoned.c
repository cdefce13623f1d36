/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "zoned.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"
#include "../policy/match.h"
#include "../policy/ranges.h"
#include "../policy/zones.h"

/* The name of all interfaces that have none here. */
static const char elsewhere[] = "elsewhere";

static unsigned int zone_in(const struct policy *policy, const char *name)
{
    return name == elsewhere ? ZONE_ELSEWHERE : zone_said(policy, name);
}

static bool both_define(const struct policy *const sides[SIDES])
{
    for (int side = 0; side < SIDES; side++)
        if (sides[side]->is_zoned && !sides[side]->has_interfaces)
            return false;
    return true;
}

static int add_name(struct arrival_names *names, const char *name, struct diag *diag)
{
    const char **grown;

    for (size_t i = 0; i < names->count; i++)
        if (!strcmp(names->names[i], name))
            return 0;
    if (names->count == ZONES_MAX) {
        diag_add(diag, SEVERITY_ERROR, (struct place){0},
                 "the policies name more than %d zones or interfaces: compare them one at a time",
                 ZONES_MAX);
        return -E2BIG;
    }
    grown = reallocarray(names->names, names->count + 1, sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    names->names = grown;
    grown[names->count++] = name;
    return 0;
}

/* Zones by name; or interfaces, where one policy has no names for them. */
static int find_names(struct zoned_difference *difference, struct diag *diag)
{
    bool zones = both_define(difference->sides);
    int error = 0;

    for (int side = 0; side < SIDES; side++) {
        const struct policy *policy = difference->sides[side];

        for (size_t i = 0; i < policy->zone_count && !error; i++) {
            const struct zone *zone = &policy->zones[i];

            if (zones)
                error = add_name(&difference->arrivals, zone->name, diag);
            for (size_t j = 0; !zones && j < zone->interface_count && !error; j++)
                error = add_name(&difference->arrivals, zone->interfaces[j], diag);
        }
    }
    return error;
}

/* Makes MATCH, of zones of WHOLE, one of the common numbers. Those that have no name are elsewhere,
 * too. */
static int renumber(const struct policy *whole, const struct arrival_names *names,
                    struct match *match, enum family family)
{
    CLEANUP(number_list_clear) struct number_list list = {0};
    struct number_range held;
    int error = 0;

    for (u16 number = ZONE_HERE; number <= ZONE_ELSEWHERE && !error; number++) {
        unsigned int zone = number == ZONE_HERE ? ZONE_HERE : ZONE_ELSEWHERE;

        if (number != ZONE_HERE && number <= names->count)
            zone = zone_in(whole, names->names[number - 1]);
        held = (struct number_range){number, number};
        if (match_holds(match, family, zone))
            error = number_list_add(&list, held);
    }
    if (error)
        return error;
    free(match->numbers[family - 1].ranges);
    match->numbers[family - 1] = (struct number_ranges){0};
    number_list_finish(&list, &match->numbers[family - 1]);
    return 0;
}

/* Makes the policy of the zone or interface called NAME; *narrow stays NULL if WHOLE is not for
 * it. */
static int narrow_to(const struct policy *whole, const char *name,
                     const struct arrival_names *names, struct policy **narrow)
{
    unsigned int zone = zone_in(whole, name);
    int error = 0;

    if (whole->has_interfaces && zone == ZONE_ELSEWHERE)
        return 0;
    *narrow = policy_of_zone(whole, zone);
    if (!*narrow)
        return -ENOMEM;
    for (size_t i = 0; i < (*narrow)->rule_count; i++) {
        struct match *arrives = &(*narrow)->rules[i].matches[FIELD_ARRIVES];

        for (enum family family = FAMILY_IPV4; family <= FAMILY_IPV6 && !arrives->any && !error;
             family++)
            error = renumber(whole, names, arrives, family);
    }
    return error;
}

static int compare_lines(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Puts the tuples in words. */
static int write_lines(struct zone_difference *zone)
{
    const struct difference *difference = &zone->difference;

    zone->lines = calloc(difference->count + 1, sizeof(*zone->lines));
    zone->sorted = calloc(difference->count + 1, sizeof(*zone->sorted));
    zone->everywhere = calloc(difference->count + 1, sizeof(*zone->everywhere));
    if (!zone->lines || !zone->sorted || !zone->everywhere)
        return -ENOMEM;
    for (size_t i = 0; i < difference->count; i++) {
        size_t size;
        FILE *stream = open_memstream(&zone->lines[i], &size);

        if (!stream)
            return -ENOMEM;
        difference_print_tuple(difference, &difference->tuples[i], stream);
        if (fclose(stream))
            return -ENOMEM;
        zone->sorted[i] = zone->lines[i];
    }
    qsort(zone->sorted, difference->count, sizeof(*zone->sorted), compare_lines);
    return 0;
}

/* Compares the zone or interface called NAME, if both policies are for it. */
static int compare_zone(struct zoned_difference *difference, const char *name, struct diag *diag)
{
    struct zone_difference *zone = &difference->zones[difference->count++];
    int error = 0;

    zone->name = name;
    for (int side = 0; side < SIDES && !error; side++)
        error =
            narrow_to(difference->sides[side], name, &difference->arrivals, &zone->narrow[side]);
    if (error || !zone->narrow[SIDE_OLD] || !zone->narrow[SIDE_NEW])
        return error;
    error = diff_policies_of(zone->narrow[SIDE_OLD], zone->narrow[SIDE_NEW], &difference->arrivals,
                             &zone->difference, diag);
    return error ? error : write_lines(zone);
}

static bool is_compared(const struct zone_difference *zone)
{
    return zone->lines;
}

static bool has_line(const struct zone_difference *zone, const char *line)
{
    return bsearch(&line, zone->sorted, zone->difference.count, sizeof(*zone->sorted),
                   compare_lines);
}

/* Finds the tuples that are the same in all zones. */
static void find_common(struct zoned_difference *difference)
{
    for (size_t i = 0; i < difference->count; i++) {
        struct zone_difference *zone = &difference->zones[i];

        for (size_t j = 0; j < zone->difference.count; j++) {
            bool everywhere = zone->name;

            for (size_t k = 0; k < difference->count && everywhere; k++)
                everywhere = !is_compared(&difference->zones[k]) ||
                             has_line(&difference->zones[k], zone->lines[j]);
            zone->everywhere[j] = everywhere;
        }
    }
}

static int compare_all(struct zoned_difference *difference, struct diag *diag)
{
    const struct arrival_names *names = &difference->arrivals;
    int error = find_names(difference, diag);

    if (error)
        return error;
    difference->zones = calloc(names->count + 1, sizeof(*difference->zones));
    if (!difference->zones)
        return -ENOMEM;
    for (size_t i = 0; i < names->count && !error; i++)
        error = compare_zone(difference, names->names[i], diag);
    /* Interfaces that no rule names. */
    if (!error && !difference->sides[SIDE_OLD]->has_interfaces &&
        !difference->sides[SIDE_NEW]->has_interfaces)
        error = compare_zone(difference, elsewhere, diag);
    if (!error)
        find_common(difference);
    return error;
}

/* Neither has zones. */
static int compare_plain(struct zoned_difference *difference, struct diag *diag)
{
    struct zone_difference *zone;

    zone = difference->zones = calloc(1, sizeof(*zone));
    if (!zone)
        return -ENOMEM;
    difference->count = 1;
    int error = diff_policies(difference->sides[SIDE_OLD], difference->sides[SIDE_NEW],
                              &zone->difference, diag);

    return error ? error : write_lines(zone);
}

/* Writes the interfaces of ZONE, sorted: "eth0, ppp*". */
static char *interfaces_text(const struct zone *zone)
{
    CLEANUP_FREE char **names = calloc(zone->interface_count + 1, sizeof(*names));
    char *text = NULL;
    size_t size;
    FILE *stream = names ? open_memstream(&text, &size) : NULL;

    if (!stream)
        return NULL;
    memcpy(names, zone->interfaces, zone->interface_count * sizeof(*names));
    qsort(names, zone->interface_count, sizeof(*names), compare_lines);
    for (size_t i = 0; i < zone->interface_count; i++)
        fprintf(stream, "%s%s", i ? ", " : "", names[i]);
    if (fclose(stream)) {
        free(text);
        return NULL;
    }
    return text;
}

/* Compares the interfaces of the zone called NAME. */
static int compare_interfaces(struct zoned_difference *difference, const char *name)
{
    struct interfaces_switch *one = &difference->interfaces[difference->interfaces_count];

    if (asprintf(&one->key, "interfaces %s", name) < 0)
        return one->key = NULL, -ENOMEM;
    difference->interfaces_count++;
    for (int side = 0; side < SIDES; side++) {
        const struct policy *policy = difference->sides[side];
        unsigned int zone = policy->has_interfaces ? zone_find(policy, piece_of(name)) : ZONE_HERE;

        one->said[side] = zone ? interfaces_text(&policy->zones[zone - 1]) : strdup("none");
        if (!one->said[side])
            return -ENOMEM;
    }
    if (!strcmp(one->said[SIDE_OLD], one->said[SIDE_NEW])) {
        free(one->key);
        free(one->said[SIDE_OLD]);
        free(one->said[SIDE_NEW]);
        difference->interfaces[--difference->interfaces_count] = (struct interfaces_switch){0};
    }
    return 0;
}

/* Compares [interfaces]. */
static int compare_sections(struct zoned_difference *difference)
{
    const struct policy *before = difference->sides[SIDE_OLD];
    const struct policy *after = difference->sides[SIDE_NEW];
    size_t most = before->zone_count + after->zone_count + 1;
    int error = 0;

    difference->interfaces = calloc(most, sizeof(*difference->interfaces));
    if (!difference->interfaces)
        return -ENOMEM;
    for (size_t i = 0; before->has_interfaces && i < before->zone_count && !error; i++)
        error = compare_interfaces(difference, before->zones[i].name);
    for (size_t i = 0; after->has_interfaces && i < after->zone_count && !error; i++)
        if (!before->has_interfaces || !zone_find(before, piece_of(after->zones[i].name)))
            error = compare_interfaces(difference, after->zones[i].name);
    return error;
}

int diff_zones(const struct policy *before, const struct policy *after,
               struct zoned_difference *difference, struct diag *diag)
{
    *difference = (struct zoned_difference){.sides = {before, after}};
    diff_switches(before, after, &difference->common);
    int error = compare_sections(difference);

    if (error)
        return error;
    return before->is_zoned || after->is_zoned ? compare_all(difference, diag)
                                               : compare_plain(difference, diag);
}

bool zoned_difference_is_some(const struct zoned_difference *difference)
{
    bool some = difference->common.switch_count || difference->interfaces_count;

    for (size_t i = 0; i < difference->count; i++)
        some |= difference->zones[i].difference.count > 0;
    return some;
}

void zoned_difference_each(const struct zoned_difference *difference, tuple_visitor *visit,
                           void *context)
{
    bool first = true;

    for (size_t i = 0; i < difference->count && first; i++) {
        const struct zone_difference *zone = &difference->zones[i];

        first = !is_compared(zone);
        for (size_t j = 0; j < zone->difference.count; j++)
            if (zone->everywhere[j])
                visit(zone, j, NULL, context);
    }
    for (size_t i = 0; i < difference->count; i++)
        for (size_t j = 0; j < difference->zones[i].difference.count; j++)
            if (!difference->zones[i].everywhere[j])
                visit(&difference->zones[i], j, difference->zones[i].name, context);
}

static void print_line(const struct zone_difference *zone, size_t tuple, const char *name,
                       void *context)
{
    FILE *stream = context;

    if (name)
        fprintf(stream, "%s%s: ", name == elsewhere ? "" : "on ", name);
    fputs(zone->lines[tuple], stream);
}

void zoned_difference_print(const struct zoned_difference *difference, FILE *stream)
{
    difference_print(&difference->common, stream);
    for (size_t i = 0; i < difference->interfaces_count; i++) {
        const struct interfaces_switch *one = &difference->interfaces[i];

        fprintf(stream, "%s: %s -> %s\n", one->key, one->said[SIDE_OLD], one->said[SIDE_NEW]);
    }
    zoned_difference_each(difference, print_line, stream);
}

static void zone_clear(struct zone_difference *zone)
{
    for (size_t i = 0; zone->lines && i < zone->difference.count; i++)
        free(zone->lines[i]);
    free(zone->lines);
    free(zone->sorted);
    free(zone->everywhere);
    difference_clear(&zone->difference);
    policy_free(zone->narrow[SIDE_OLD]);
    policy_free(zone->narrow[SIDE_NEW]);
}

void zoned_difference_clear(struct zoned_difference *difference)
{
    for (size_t i = 0; i < difference->count; i++)
        zone_clear(&difference->zones[i]);
    for (size_t i = 0; i < difference->interfaces_count; i++) {
        free(difference->interfaces[i].key);
        free(difference->interfaces[i].said[SIDE_OLD]);
        free(difference->interfaces[i].said[SIDE_NEW]);
    }
    free(difference->interfaces);
    free(difference->zones);
    free(difference->arrivals.names);
    difference_clear(&difference->common);
}
