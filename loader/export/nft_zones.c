/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policies for several interfaces: a table for each zone, with the ordinary ruleset of that zone.
 */
#include "nft.h"

#include <ctype.h>
#include <string.h>

#include "../policy/links.h"
#include "../policy/match.h"
#include "../policy/zones.h"
#include "export.h"

/* Which zones are meant. */
struct meant {
    const struct policy *whole;
    bool zones[ZONES_MAX + 1];
};

/* Interfaces may have characters that identifiers may not: then the zone's number tells names
 * apart. */
void nft_zone_name(const struct policy *whole, unsigned int zone, char name[NFT_NAME_BYTES])
{
    const char *said = zone_name(whole, zone);
    bool plain = true;
    size_t i;

    for (i = 0; said[i] && i < NFT_NAME_BYTES / 2; i++) {
        bool good = isalnum((unsigned char)said[i]) || strchr("_-.", said[i]);

        name[i] = (char)(good ? said[i] : '_');
        plain &= good;
    }
    plain &= !said[i];
    name[i] = '\0';
    if (!plain)
        snprintf(name + i, NFT_NAME_BYTES - i, "-%u", zone);
}

/* Is the name or pattern INNER about fewer interfaces than PATTERN, which has a star, and about
 * none that PATTERN is not about? */
static bool is_within(const char *pattern, const char *inner)
{
    size_t length = strlen(pattern);

    return length && pattern[length - 1] == '*' && strlen(inner) >= length &&
           strcmp(pattern, inner) != 0 && !strncmp(pattern, inner, length - 1);
}

/* Is INTERFACE of a zone that is not meant, and within a pattern of one that is? */
static bool is_taken_out(const struct meant *meant, const char *interface)
{
    for (unsigned int zone = 1; zone <= meant->whole->zone_count; zone++) {
        const struct zone *one = &meant->whole->zones[zone - 1];

        for (size_t i = 0; meant->zones[zone] && i < one->interface_count; i++)
            if (is_within(one->interfaces[i], interface))
                return true;
    }
    return false;
}

/* Call VISIT, if not NULL, for each interface that another zone has within the patterns of MEANT.
 * Returns how many there are. */
static size_t each_taken_out(const struct nft *nft, const struct meant *meant,
                             void (*visit)(const struct nft *nft, const char *name, size_t at))
{
    size_t count = 0;

    for (unsigned int zone = 1; zone <= meant->whole->zone_count; zone++) {
        const struct zone *one = &meant->whole->zones[zone - 1];

        for (size_t i = 0; !meant->zones[zone] && i < one->interface_count; i++) {
            if (!is_taken_out(meant, one->interfaces[i]))
                continue;
            if (visit)
                visit(nft, one->interfaces[i], count);
            count++;
        }
    }
    return count;
}

static void put_listed(const struct nft *nft, const char *name, size_t at)
{
    fprintf(nft->out, "%s\"%s\"", at ? ", " : "", name);
}

/* Writes BEFORE and all of these in braces; nothing if there are none. Returns whether there are.
 */
static bool put_taken_out(const struct nft *nft, const struct meant *meant, const char *before)
{
    if (!each_taken_out(nft, meant, NULL))
        return false;
    fprintf(nft->out, "%s{ ", before);
    each_taken_out(nft, meant, put_listed);
    fputs(" } ", nft->out);
    return true;
}

/* Writes the interfaces of the zones that are MEANT, at least one. */
static void put_meant(const struct nft *nft, const struct meant *meant)
{
    char name[NFT_NAME_BYTES];
    unsigned int count = 0;

    for (unsigned int zone = 1; zone <= meant->whole->zone_count; zone++)
        count += meant->zones[zone];
    fputs(count > 1 ? "{ " : "", nft->out);
    for (unsigned int zone = 1, left = count; zone <= meant->whole->zone_count; zone++) {
        if (!meant->zones[zone])
            continue;
        nft_zone_name(meant->whole, zone, name);
        fprintf(nft->out, "$zone_%s%s", name, --left ? ", " : "");
    }
    fputs(count > 1 ? " } " : " ", nft->out);
}

const char *nft_only_on(const struct nft *nft, enum direction direction)
{
    bool in = direction == DIRECTION_IN;
    struct meant meant = {.whole = nft->policy};

    if (nft->interface)
        return in ? "iifname $edge " : "oifname $edge ";
    meant.zones[nft->policy->zone] = true;
    fputs(in ? "\t\tiifname != " : "\t\toifname != ", nft->out);
    put_meant(nft, &meant);
    fputs("return\n", nft->out);
    if (put_taken_out(nft, &meant, in ? "\t\tiifname " : "\t\toifname "))
        fputs("return\n", nft->out);
    return "";
}

/* Gets the zones that MATCH holds; or, if it holds interfaces of no zone, those that it does not.
 * Returns whether there are such zones. */
static bool find_meant(const struct nft *nft, const struct match *match, struct meant *meant)
{
    bool elsewhere = match_holds(match, FAMILY_IPV4, ZONE_ELSEWHERE), some = false;

    *meant = (struct meant){.whole = nft->policy};
    for (unsigned int zone = 1; zone <= nft->policy->zone_count; zone++) {
        meant->zones[zone] = match_holds(match, FAMILY_IPV4, zone) != elsewhere;
        some |= meant->zones[zone];
    }
    return some;
}

size_t nft_arrival_forms(const struct nft *nft, const struct rule *rule, enum view view)
{
    const struct match *match = &rule->matches[FIELD_ARRIVES];
    struct meant meant;

    if (match->any || (view != VIEW_OUT && view != VIEW_LATER_OUT) ||
        match_holds(match, FAMILY_IPV4, ZONE_HERE) ||
        !match_holds(match, FAMILY_IPV4, ZONE_ELSEWHERE))
        return 1;
    return find_meant(nft, match, &meant) && each_taken_out(nft, &meant, NULL) ? 2 : 1;
}

void nft_arrives(const struct nft *nft, const struct rule *rule, size_t form)
{
    const struct match *match = &rule->matches[FIELD_ARRIVES];
    bool elsewhere = match_holds(match, FAMILY_IPV4, ZONE_ELSEWHERE);
    struct meant meant;

    if (match->any)
        return;
    if (match_holds(match, FAMILY_IPV4, ZONE_HERE)) {
        fputs("meta iif 0 ", nft->out);
        return;
    }
    bool some = find_meant(nft, match, &meant);
    if (form) {
        put_taken_out(nft, &meant, "iifname ");
        return;
    }
    fputs(elsewhere ? "meta iif != 0 " : "", nft->out);
    if (!some)
        return;
    fputs(elsewhere ? "iifname != " : "iifname ", nft->out);
    put_meant(nft, &meant);
    if (!elsewhere)
        put_taken_out(nft, &meant, "iifname != ");
}

void nft_zone_defines(const struct policy *whole, FILE *out)
{
    char name[NFT_NAME_BYTES];

    fputc('\n', out);
    for (unsigned int zone = 1; zone <= whole->zone_count; zone++) {
        const struct zone *one = &whole->zones[zone - 1];

        nft_zone_name(whole, zone, name);
        fprintf(out, "define zone_%s = { ", name);
        for (size_t i = 0; i < one->interface_count; i++)
            fprintf(out, "%s\"%s\"", i ? ", " : "", one->interfaces[i]);
        fputs(" }\n", out);
    }
}
