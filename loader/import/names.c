/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "names.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

#include "../policy/protocols.h"

#define LENGTH_MAX 40 /* of a name, without the number that makes it unique */

/* Takes what NAME may hold out of TEXT. */
static void make_slug(const char *text, char name[LENGTH_MAX + 1])
{
    size_t length = 0;

    for (; *text && length < LENGTH_MAX; text++) {
        bool good = is_letter(*text) || is_digit(*text) || *text == '_' || *text == '.';
        if (good)
            name[length++] = *text;
        else if (length && name[length - 1] != '-')
            name[length++] = '-';
    }
    while (length && (name[length - 1] == '-' || name[length - 1] == '.'))
        length--;
    name[length] = '\0';
}

/* A number that makes it unique says nothing. */
bool name_says(const char *name, const char *text)
{
    size_t length = strlen(text);
    const char *rest = name + length;

    if (strncmp(name, text, length) != 0)
        return false;
    return !*rest || (*rest == '-' && rest[1] && rest[1 + strspn(rest + 1, "0123456789")] == '\0');
}

static const char *service(u16 port)
{
    const struct servent *found = getservbyport(htons(port), NULL);

    return found ? found->s_name : NULL;
}

/* "ssh", "port-8080", "ports-60000-61000". */
static const char *of_ports(struct arena *arena, const struct spans *ports)
{
    u16 first = (u16)ports->ranges[0].first, last = (u16)ports->ranges[0].last;
    const char *name = service(first);

    if (ports->label && !ports->but)
        return ports->label;
    if (ports->count == 1 && first != last)
        return arena_print(arena, "ports-%u-%u", first, last);
    return name ? arena_copy(arena, name) : arena_print(arena, "port-%u", first);
}

static const char *of_types(struct arena *arena, enum family family, const struct spans *types)
{
    u8 type = (u8)(types->ranges[0].first >> 8);
    const char *name = icmp_type_name(family, type);

    if (family == FAMILY_IPV6 && type >= 130 && type <= 137)
        return "neighbour-discovery";
    if (types->count > 2)
        return family == FAMILY_IPV4 ? "icmp" : "icmpv6";
    if (type == (family == FAMILY_IPV4 ? ICMP_ECHO_REQUEST : ICMPV6_ECHO_REQUEST))
        return "ping";
    return name ? name : arena_print(arena, "icmp-%u", type);
}

static const char *of_addresses(struct arena *arena, const struct condition *condition)
{
    static const enum aspect aspects[] = {ASPECT_FROM4, ASPECT_FROM6, ASPECT_TO4, ASPECT_TO6};

    for (size_t i = 0; i < sizeof(aspects) / sizeof(*aspects); i++) {
        const struct spans *set = condition->aspects[aspects[i]];
        if (set && set->label)
            return arena_print(arena, "%s%s", set->but ? "not-" : "", set->label);
    }
    return NULL;
}

static const char *of_protocol(const struct condition *condition)
{
    const struct spans *protocols = condition->aspects[ASPECT_PROTOCOL];

    return protocols && protocols->count ? protocol_name((u8)protocols->ranges[0].first) : NULL;
}

static const char *of_condition(struct arena *arena, const struct line *line, enum way way)
{
    const struct condition *condition = &line->condition;
    const struct spans *const *aspects = condition->aspects;
    const char *name = NULL;

    if (line->strays)
        return "invalid";
    if (aspects[ASPECT_PORT] && aspects[ASPECT_PORT]->count)
        return of_ports(arena, aspects[ASPECT_PORT]);
    if (aspects[ASPECT_SOURCE_PORT] && aspects[ASPECT_SOURCE_PORT]->count)
        return arena_print(arena, "from-%s", of_ports(arena, aspects[ASPECT_SOURCE_PORT]));
    if (aspects[ASPECT_TYPE4] && aspects[ASPECT_TYPE4]->count)
        return of_types(arena, FAMILY_IPV4, aspects[ASPECT_TYPE4]);
    if (aspects[ASPECT_TYPE6] && aspects[ASPECT_TYPE6]->count)
        return of_types(arena, FAMILY_IPV6, aspects[ASPECT_TYPE6]);
    name = of_addresses(arena, condition);
    if (!name)
        name = of_protocol(condition);
    if (!name && line->kind == LINE_POLICY && aspects[ASPECT_FAMILY] &&
        aspects[ASPECT_FAMILY]->count)
        name = aspects[ASPECT_FAMILY]->ranges[0].first ? "ipv6" : "ipv4";
    if (!name && way == WAY_FORWARD)
        name = "forwarded";
    if (!name && line->chain && line->chain->hook == HOOK_NONE)
        name = line->chain->name;
    if (name)
        return name;
    return line->verdict == VERDICT_ACCEPT ? "accept" : line->refusal ? "reject" : "drop";
}

static size_t hash(const char *name)
{
    size_t hash = 5381;

    for (; *name; name++)
        hash = hash * 33 + (unsigned char)*name;
    return hash;
}

/* Returns where NAME is, or would be. */
static size_t seat_of(const struct names *names, const char *name)
{
    size_t seat = hash(name) & (names->room - 1);

    while (names->list[seat] && strcmp(names->list[seat], name) != 0)
        seat = (seat + 1) & (names->room - 1);
    return seat;
}

static bool make_room(struct arena *arena, struct names *names)
{
    struct names grown = {.room = names->room ? names->room * 2 : 64, .count = names->count};

    if (names->count * 2 < names->room)
        return true;
    grown.list = arena_get(arena, grown.room * sizeof(*grown.list));
    if (!grown.list)
        return false;
    for (size_t i = 0; i < names->room; i++)
        if (names->list[i])
            grown.list[seat_of(&grown, names->list[i])] = names->list[i];
    *names = grown;
    return true;
}

const char *names_give(struct arena *arena, struct names *names, const struct line *line,
                       enum way way)
{
    char slug[LENGTH_MAX + 1] = "";
    const char *name;

    if (!make_room(arena, names))
        return "";
    if (line->entry && line->entry->comment)
        make_slug(line->entry->comment, slug);
    if (!*slug && line->entry && line->entry->hint)
        make_slug(line->entry->hint, slug);
    if (!*slug)
        make_slug(of_condition(arena, line, way), slug);
    name = *slug ? slug : "rule";
    for (unsigned int i = 2; names->list[seat_of(names, name)]; i++)
        name = arena_print(arena, "%s-%u", *slug ? slug : "rule", i);
    name = arena_copy(arena, name);
    if (!arena->error) {
        names->list[seat_of(names, name)] = name;
        names->count++;
    }
    return name;
}
