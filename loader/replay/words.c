/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts single packets and outcomes of a replay in words. */
#include <stdio.h>

#include "../base/labels.h"
#include "../base/text.h"
#include "../policy/protocols.h"
#include "../show/times.h"
#include "replay.h"

char *replay_outcome(const struct bench *bench, const struct outcome *outcome,
                     char text[REPLAY_OUTCOME_BYTES])
{
    const char *rule = bench_rule(bench, outcome);

    snprintf(text, REPLAY_OUTCOME_BYTES, "%s %s %s", outcome_action(outcome),
             outcome_through(outcome), rule ? rule : reason_names[outcome->reason]);
    return text;
}

char *replay_target(const struct tally_key *key, char text[TARGET_TEXT_BYTES])
{
    const char *name = protocol_name(key->protocol);
    const char *type = key->family ? icmp_type_name(key->family, (u8)key->port) : NULL;
    bool numbered = key->family || protocol_has_ports(key->protocol);
    char protocol[8];

    snprintf(protocol, sizeof(protocol), "%u", key->protocol);
    if (!name)
        name = protocol;
    if (key->fragment)
        snprintf(text, TARGET_TEXT_BYTES, "%s later fragment", name);
    else if (type)
        snprintf(text, TARGET_TEXT_BYTES, "%s %s", name, type);
    else if (numbered)
        snprintf(text, TARGET_TEXT_BYTES, "%s %u", name, key->port);
    else
        snprintf(text, TARGET_TEXT_BYTES, "%s", name);
    return text;
}

char *replay_who(const struct limited_key *key, const struct limit *limit,
                 char text[WHO_TEXT_BYTES])
{
    enum family family = key->family;

    if (family == FAMILY_NONE) {
        snprintf(text, WHO_TEXT_BYTES, "the rule");
        return text;
    }
    struct address_range range =
        address_prefix(family, address_from_bytes(family, key->address), limit->bits[family - 1]);
    return address_range_print(family, range, text);
}

void replay_print_verdict(const struct replay *replay, const struct event *event,
                          const struct outcome *before)
{
    char time[TIME_TEXT_BYTES], packet[NOTATION_TEXT_BYTES];
    char now[REPLAY_OUTCOME_BYTES], was[REPLAY_OUTCOME_BYTES] = "";

    if (before)
        replay_outcome(&replay->before, before, was);
    printf("%s %s%s%s: %s, %u bytes%s%s\n", time_print_exact(event->time_ns, time),
           replay_outcome(&replay->after, &event->outcome, now), before ? ", was " : "", was,
           event_print_frame(event, packet), event->frame_bytes, replay->interface ? ", on " : "",
           replay->interface ? HARMLESS(replay->interface) : "");
}

void replay_print_unjudged(const char *reason, u64 time_ns, enum direction direction, u32 length)
{
    char time[TIME_TEXT_BYTES];

    printf("%s not judged, %s: %s frame, %u bytes\n", time_print_exact(time_ns, time), reason,
           direction_names[direction], length);
}
