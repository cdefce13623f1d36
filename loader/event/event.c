/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "event.h"

#include <stdio.h>
#include <string.h>

#include <edgexdp/icmp.h>

#include "../base/labels.h"
#include "../judge/native.h"
#include "../policy/match.h"
#include "../policy/protocols.h"

#define ETHERNET_TYPE 12 /* its offset in a frame */

const char *event_reason(const struct event *event)
{
    u32 reason = event->outcome.reason;

    if (event->outcome.kind == OUTCOME_LIMITED)
        return LIMIT_NAME;
    return event->outcome.kind == OUTCOME_REASON && reason < REASONS ? reason_names[reason] : NULL;
}

static bool is_known(const struct event *event)
{
    return event->family == FAMILY_IPV4 || event->family == FAMILY_IPV6;
}

/* Adds what an ICMP error quotes, if enough of it was captured. */
static void add_quotation(const struct event *event, struct packet_notation *packet)
{
    u32 bytes =
        event->captured_bytes < EVENT_FRAME_BYTES ? event->captured_bytes : EVENT_FRAME_BYTES;
    const struct captured captured = {event->frame, bytes, event->frame_bytes};
    struct native_question question;

    packet->quotes = native_quoted(&captured, event->link_layer, false, &question);
    if (!packet->quotes)
        return;
    packet->quoted = (struct quotation){.protocol = question.protocol,
                                        .source_port = question.source_port,
                                        .destination_port = question.destination_port};
    memcpy(packet->quoted.source, question.source, sizeof(question.source));
    memcpy(packet->quoted.destination, question.destination, sizeof(question.destination));
    if (icmp_is(question.family, question.protocol)) {
        packet->quoted.destination_port = 0;
        packet->quoted.icmp_type = (u8)(question.destination_port >> 8);
        packet->quoted.icmp_code = (u8)question.destination_port;
    }
}

static struct packet_notation notation_of(const struct event *event)
{
    struct packet_notation packet = {.direction = event->direction,
                                     .protocol = event->protocol,
                                     .family = event->family,
                                     .source_port = event->source_port,
                                     .destination_port = event->destination_port,
                                     .tcp_flags = event->tcp_flags,
                                     .fragment = (enum fragment_kind)event->fragment};

#define ROW(ID, ...)                                                                               \
    if (field_is_of(FIELD_##ID, event->family, event->protocol))                                   \
        packet.said |= (event->asked >> NUMBER_##ID & 1) << FIELD_##ID;                            \
    packet.numbers[FIELD_##ID] = event->numbers[NUMBER_##ID];
    EDGEXDP_NUMBER_FIELDS(ROW)
#undef ROW
    memcpy(packet.source, event->source, sizeof(packet.source));
    memcpy(packet.destination, event->destination, sizeof(packet.destination));
    if (notation_is_icmp(&packet)) {
        packet.icmp_type = (u8)(event->destination_port >> 8);
        packet.icmp_code = (u8)event->destination_port;
        add_quotation(event, &packet);
    }
    return packet;
}

/* Did the parser give up before it read the ports, types or flags? Their zeros mean nothing
 * then. */
static bool lacks_transport(const struct event *event)
{
    const u64 refused =
        1ULL << REASON_MALFORMED | 1ULL << REASON_EXTENSION_HEADERS | 1ULL << REASON_SOURCE_ROUTE;

    return event->outcome.kind == OUTCOME_REASON && refused >> event->outcome.reason & 1 &&
           !event->source_port && !event->destination_port;
}

static void print_addresses(const struct event *event, char text[NOTATION_TEXT_BYTES])
{
    struct event_fields fields;

    event_fields(event, &fields);
    snprintf(text, NOTATION_TEXT_BYTES, "%s %s %s > %s", direction_names[event->direction],
             fields.protocol, fields.source, fields.destination);
}

static void print_frame(const struct event *event, char text[NOTATION_TEXT_BYTES])
{
    const u8 *type = event->frame + ETHERNET_TYPE;

    if (event->captured_bytes >= ETHERNET_TYPE + 2)
        snprintf(text, NOTATION_TEXT_BYTES, "%s frame of type 0x%02x%02x",
                 direction_names[event->direction], type[0], type[1]);
    else
        snprintf(text, NOTATION_TEXT_BYTES, "%s frame without a type",
                 direction_names[event->direction]);
}

char *event_print_outcome(const struct event *event, const char *rule,
                          char text[OUTCOME_TEXT_BYTES])
{
    const struct outcome *outcome = &event->outcome;
    const char *name = outcome->kind == OUTCOME_REASON ? event_reason(event) : rule;

    bool block = outcome_is_block(outcome);

    snprintf(text, OUTCOME_TEXT_BYTES, "%s %s %s%s%s%s", outcome_action(outcome),
             outcome_through(outcome), name ? name : "of a policy that is gone",
             block ? ", block " : "", block ? (rule ? rule : "that has ended") : "",
             event_passed_audit(event) ? " (audit: it passed)" : "");
    return text;
}

bool event_passed_audit(const struct event *event)
{
    return event->audit && event->outcome.verdict == VERDICT_DROP;
}

char *event_print_packet(const struct event *event, char text[NOTATION_TEXT_BYTES])
{
    if (!is_known(event) || lacks_transport(event))
        return NULL;
    struct packet_notation packet = notation_of(event);
    return notation_print(&packet, text);
}

char *event_print_frame(const struct event *event, char text[NOTATION_TEXT_BYTES])
{
    if (is_known(event) && lacks_transport(event))
        print_addresses(event, text);
    else if (!event_print_packet(event, text))
        print_frame(event, text);
    return text;
}

char *event_print(const struct event *event, const char *rule, char text[EVENT_TEXT_BYTES])
{
    char outcome[OUTCOME_TEXT_BYTES], packet[NOTATION_TEXT_BYTES];

    snprintf(text, EVENT_TEXT_BYTES, "%s: %s, %u bytes", event_print_outcome(event, rule, outcome),
             event_print_frame(event, packet), event->frame_bytes);
    return text;
}

void event_fields(const struct event *event, struct event_fields *fields)
{
    const char *protocol = protocol_name(event->protocol);
    struct packet_notation packet;

    memset(fields, 0, sizeof(*fields));
    if (!is_known(event))
        return;
    if (protocol)
        snprintf(fields->protocol, sizeof(fields->protocol), "%s", protocol);
    else
        snprintf(fields->protocol, sizeof(fields->protocol), "%u", event->protocol);
    packet = notation_of(event);
    address_print(packet.family, address_from_bytes(packet.family, packet.source), fields->source);
    address_print(packet.family, address_from_bytes(packet.family, packet.destination),
                  fields->destination);
    if (!protocol_has_ports(event->protocol) || event->fragment == FRAGMENT_LATER ||
        lacks_transport(event))
        return;
    snprintf(fields->source_port, sizeof(fields->source_port), "%u", event->source_port);
    snprintf(fields->destination_port, sizeof(fields->destination_port), "%u",
             event->destination_port);
}

void event_each_number(const struct event *event,
                       void (*visit)(const char *name, const char *text, void *context),
                       void *context)
{
    char text[FIELD_TEXT_BYTES];

    if (!is_known(event))
        return;
    visit(field_rows[FIELD_FRAGMENT].name, field_print(FIELD_FRAGMENT, event->fragment, text),
          context);
#define ROW(ID, ...)                                                                               \
    if (field_is_of(FIELD_##ID, event->family, event->protocol))                                   \
        visit(field_rows[FIELD_##ID].name,                                                         \
              field_print(FIELD_##ID, event->numbers[NUMBER_##ID], text), context);
    EDGEXDP_NUMBER_FIELDS(ROW)
#undef ROW
}
