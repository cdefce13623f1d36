/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits: of a whole rule, a named limit; of sources and destinations, a set with an element for
 * whoever sends now, each with a rate of its own. */
#include "nft.h"

#include "../base/labels.h"
#include "../policy/address.h"
#include "../policy/limit.h"
#include "../policy/match.h"

#define METER_SIZE 65535

static const char *const suffixes[] = {
    [FAMILY_NONE] = "all", [FAMILY_IPV4] = "ipv4", [FAMILY_IPV6] = "ipv6"};

/* A rule for both directions has its rates twice, as here. */
static void put_name(const struct nft *nft, const struct rule *rule, size_t at, enum family family,
                     enum direction direction)
{
    fprintf(nft->out, "_limit-%s-%zu-%s-%s", rule->name, at, direction_names[direction],
            suffixes[family]);
}

/* An element must outlive the time in which its burst comes back, or it could be used twice. */
static unsigned long long timeout_s(const struct limit *limit)
{
    return limit->burst * limit->seconds / limit_amount(limit) + 60;
}

static void put_rate(const struct nft *nft, const struct limit *limit)
{
    static const char *const counts[] = {
        [LIMIT_PACKETS] = "packets", [LIMIT_NEW] = "packets", [LIMIT_BYTES] = "bytes"};
    enum limit_counts kind = limit_counts(limit);

    fprintf(nft->out, "rate over %llu%s/%s burst %llu %s", limit_amount(limit),
            kind == LIMIT_BYTES ? " bytes" : "", limit_period(limit), limit->burst, counts[kind]);
}

static void put_meter(const struct nft *nft, const struct rule *rule, size_t at, enum family family,
                      enum direction direction)
{
    fputs("\tset ", nft->out);
    put_name(nft, rule, at, family, direction);
    fprintf(nft->out,
            " {\n\t\ttype %s_addr\n\t\tsize %u\n\t\tflags dynamic,timeout\n\t\ttimeout %llus\n"
            "\t}\n\n",
            suffixes[family], METER_SIZE, timeout_s(&rule->limits[at]));
}

/* The rate of a whole rule, which all its lines have together. */
static void put_whole(const struct nft *nft, const struct rule *rule, size_t at,
                      enum direction direction)
{
    fputs("\tlimit ", nft->out);
    put_name(nft, rule, at, FAMILY_NONE, direction);
    fputs(" {\n\t\t", nft->out);
    put_rate(nft, &rule->limits[at]);
    fputs("\n\t}\n\n", nft->out);
}

static void put_sets(const struct nft *nft, const struct rule *rule, size_t at,
                     enum direction direction)
{
    if (rule->limits[at].key == LIMIT_RULE) {
        put_whole(nft, rule, at, direction);
        return;
    }
    for (enum family family = FAMILY_IPV4; family <= FAMILY_IPV6; family++)
        if (rule_speaks_of(rule, family))
            put_meter(nft, rule, at, family, direction);
}

void nft_limit_sets(const struct nft *nft)
{
    for (size_t i = 0; i < nft->policy->rule_count; i++) {
        const struct rule *rule = &nft->policy->rules[i];
        for (int direction = 0; direction < DIRECTIONS; direction++)
            for (size_t at = 0; at < rule->limit_count && rule->direction[direction]; at++)
                put_sets(nft, rule, at, (enum direction)direction);
    }
}

static void put_mask(const struct nft *nft, enum family family, unsigned int bits)
{
    u128 last = address_any(family).last, mask = last;
    char text[ADDRESS_TEXT_BYTES];

    if (bits == address_bits(family))
        return;
    for (unsigned int host = bits; host < address_bits(family); host++)
        mask = mask << 1 & last;
    fprintf(nft->out, " & %s", address_print(family, mask, text));
}

static void put_key(const struct nft *nft, const struct limit *limit, enum family family)
{
    fprintf(nft->out, "%s %s", family == FAMILY_IPV4 ? "ip" : "ip6",
            limit->key == LIMIT_SOURCE ? "saddr" : "daddr");
    put_mask(nft, family, limit->bits[family - 1]);
}

/* Leaves those alone whom no limit holds. */
static void put_exempt(const struct nft *nft, enum family family, enum direction direction)
{
    const struct address_set *exempt = nft->policy->exempt;

    if (!exempt || !family || !exempt->family[family - 1].count)
        return;
    fprintf(nft->out, "%s %s != @", family == FAMILY_IPV4 ? "ip" : "ip6",
            direction == DIRECTION_IN ? "saddr" : "daddr");
    nft_set_name(nft, exempt, family);
    fputc(' ', nft->out);
}

void nft_limit(const struct nft *nft, const struct rule *rule, size_t at, enum family family,
               enum direction direction)
{
    const struct limit *limit = &rule->limits[at];

    put_exempt(nft, family, direction);

    if (limit_counts(limit) == LIMIT_NEW)
        fputs("tcp flags & (syn | ack) == syn ", nft->out);
    if (limit->key == LIMIT_RULE) {
        fputs("limit name \"", nft->out);
        put_name(nft, rule, at, FAMILY_NONE, direction);
        fputc('"', nft->out);
    } else {
        fputs("update @", nft->out);
        put_name(nft, rule, at, family, direction);
        fputs(" { ", nft->out);
        put_key(nft, limit, family);
        fputs(" limit ", nft->out);
        put_rate(nft, limit);
        fputs(" }", nft->out);
    }
    fprintf(nft->out, " counter %s comment \"limit of %s\"\n", nft_drop(nft), rule->name);
}
