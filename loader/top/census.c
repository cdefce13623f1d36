/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "census.h"

#include <edgexdp/icmp.h>
#include <edgexdp/wire.h>
#include <errno.h>
#include <string.h>

#include "../policy/protocols.h"
#include "networks.h"

const struct census_field_row census_fields[CENSUS_FIELDS_COUNT] = {
#define CENSUS_ROW(ID, name, title, json, capacity) [BY_##ID] = {name, title, json, capacity},
    CENSUS_FIELDS(CENSUS_ROW)
#undef CENSUS_ROW
};

int census_init(struct census *census, u64 seed)
{
    *census = (struct census){0};
    for (int direction = 0; direction < DIRECTIONS; direction++) {
        struct census_side *side = &census->sides[direction];
        bool failed = !(side->wide = sketch_new(census_fields[BY_NETWORK].capacity, seed));

        for (int field = 0; field < CENSUS_FIELDS_COUNT; field++)
            failed |= !(side->fields[field] = sketch_new(census_fields[field].capacity, seed));
        if (failed) {
            census_clear(census);
            return -ENOMEM;
        }
    }
    return 0;
}

void census_clear(struct census *census)
{
    for (int direction = 0; direction < DIRECTIONS; direction++) {
        for (int field = 0; field < CENSUS_FIELDS_COUNT; field++)
            sketch_free(census->sides[direction].fields[field]);
        sketch_free(census->sides[direction].wide);
    }
    *census = (struct census){0};
}

static bool is_syn(const struct packet_sample *sample)
{
    return sample->protocol == PROTOCOL_TCP && !sample->fragment &&
           (sample->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

struct figures census_figures(const struct packet_sample *sample)
{
    double packets = (double)sample->stands_for * sample->segments;
    bool drops = sample->outcome.verdict == VERDICT_DROP;

    return (struct figures){
        .packets = packets,
        .bytes = (double)sample->stands_for * sample->frame_bytes,
        .opened = sample->family != FAMILY_NONE && is_syn(sample) ? packets : 0,
        .dropped = drops ? packets : 0,
        .admitted =
            !drops && sample->direction == DIRECTION_IN && sample->outcome.kind == OUTCOME_RULE
                ? packets
                : 0,
    };
}

static struct sketch_key kind_of(const struct packet_sample *sample)
{
    if (sample->family == FAMILY_NONE)
        return (struct sketch_key){.what = TRAFFIC_NOT_IP};
    enum traffic_kind kind = sample->fragment ? TRAFFIC_FRAGMENT
                             : is_syn(sample) ? TRAFFIC_TCP_SYN
                                              : TRAFFIC_PROTOCOL;
    return (struct sketch_key){.what = (u8)kind, .protocol = sample->protocol};
}

static struct sketch_key rule_of(const struct packet_sample *sample, u32 rule)
{
    const struct outcome *outcome = &sample->outcome;
    bool is_reason = outcome->kind == OUTCOME_REASON;

    return (struct sketch_key){
        .what = (u8)((is_reason ? RULE_IS_REASON : 0) |
                     (outcome->verdict == VERDICT_DROP ? RULE_DROPS : 0) |
                     (outcome->kind == OUTCOME_REPLY ? RULE_REPLY : 0) |
                     (outcome->kind == OUTCOME_LIMITED ? RULE_LIMITED : 0)),
        .number = is_reason ? outcome->reason : rule,
    };
}

static struct sketch_key address_of(const struct packet_sample *sample, const u8 address[16])
{
    struct sketch_key key = {.family = sample->family,
                             .bits = sample->family == FAMILY_IPV4 ? 32 : 128};

    memcpy(key.address, address, sizeof(key.address));
    return key;
}

static struct sketch_key port_of(const struct packet_sample *sample, u16 port)
{
    bool icmp = icmp_is(sample->family, sample->protocol);

    return (struct sketch_key){.family = icmp ? sample->family : FAMILY_NONE,
                               .protocol = sample->protocol,
                               .what = icmp ? PORT_IS_ICMP : 0,
                               .number = port};
}

static bool has_ports(const struct packet_sample *sample)
{
    return !sample->fragment && protocol_has_ports(sample->protocol);
}

static void add_networks(struct census_side *side, const struct sketch_key *source,
                         const struct figures *figures)
{
    struct sketch_key near = network_of(source, NETWORK_NEAR),
                      wide = network_of(&near, NETWORK_WIDE);

    sketch_add(side->fields[BY_NETWORK], &near, figures, network_member(source, &near));
    sketch_add(side->wide, &wide, figures, network_member(&near, &wide));
}

static void add(struct census_side *side, enum census_field field, struct sketch_key key,
                const struct figures *figures)
{
    sketch_add(side->fields[field], &key, figures, 0);
}

static void add_ports(struct census_side *side, const struct packet_sample *sample,
                      const struct figures *figures)
{
    if (has_ports(sample) || (icmp_is(sample->family, sample->protocol) && !sample->fragment))
        add(side, BY_PORT, port_of(sample, sample->destination_port), figures);
    if (has_ports(sample))
        add(side, BY_SOURCE_PORT, port_of(sample, sample->source_port), figures);
    if (sample->protocol == PROTOCOL_TCP && !sample->fragment)
        add(side, BY_TCP_FLAGS, (struct sketch_key){.number = sample->tcp_flags}, figures);
}

void census_add(struct census *census, const struct packet_sample *sample, u32 rule)
{
    struct census_side *side = &census->sides[sample->direction == DIRECTION_OUT];
    struct figures figures = census_figures(sample);

    census->samples++;
    figures_add(&side->all, &figures);
    add(side, BY_KIND, kind_of(sample), &figures);
    add(side, BY_RULE, rule_of(sample, rule), &figures);
    if (sample->family == FAMILY_NONE)
        return;
    struct sketch_key source = address_of(sample, sample->source);
    add(side, BY_SOURCE, source, &figures);
    add_networks(side, &source, &figures);
    add(side, BY_DESTINATION, address_of(sample, sample->destination), &figures);
    add_ports(side, sample, &figures);
}

void census_age(struct census *census, double factor)
{
    for (int direction = 0; direction < DIRECTIONS; direction++) {
        struct census_side *side = &census->sides[direction];

        for (int field = 0; field < CENSUS_FIELDS_COUNT; field++)
            sketch_age(side->fields[field], factor);
        sketch_age(side->wide, factor);
        figures_scale(&side->all, factor);
    }
    census->seconds *= factor;
    census->samples *= factor;
    census->lost *= factor;
}

size_t census_rows(const struct census *census, enum direction direction, enum census_field field,
                   struct census_row *rows, size_t max)
{
    const struct census_side *side = &census->sides[direction];
    const struct sketch_entry *const *entries;

    if (field == BY_NETWORK)
        return networks_rows(side, rows, max);
    size_t count = sketch_sorted(side->fields[field], &entries);
    if (count > max)
        count = max;
    for (size_t i = 0; i < count; i++)
        rows[i] = (struct census_row){entries[i]->key, entries[i]->figures, 0};
    return count;
}

double census_weight(const struct census *census)
{
    double counted =
        census->sides[DIRECTION_IN].all.packets + census->sides[DIRECTION_OUT].all.packets;
    return counted > 0 ? (counted + census->lost) / counted : 1;
}

double census_rate(const struct census *census)
{
    return census->seconds > 0 ? census_weight(census) / census->seconds : 0;
}
