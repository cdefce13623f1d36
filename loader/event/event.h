/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events in words. */
#ifndef EDGEXDP_EVENT_H
#define EDGEXDP_EVENT_H

#include "../policy/address.h"
#include "../policy/notation.h"

/* Write what happened to which packet, such as "drop by rule telnet: in tcp 203.0.113.7:40000 >
 * 198.51.100.10:23 syn, 60 bytes"; RULE is the name of the rule, or of the block, or NULL. Returns
 * TEXT. */
#define OUTCOME_TEXT_BYTES 160
#define EVENT_TEXT_BYTES   (NOTATION_TEXT_BYTES + OUTCOME_TEXT_BYTES + 32)
char *event_print(const struct event *event, const char *rule, char text[EVENT_TEXT_BYTES]);

/* Its parts: "drop by rule telnet"; */
char *event_print_outcome(const struct event *event, const char *rule,
                          char text[OUTCOME_TEXT_BYTES]);
/* and the packet in the notation that explain reads, or NULL if it is not an IP packet. */
char *event_print_packet(const struct event *event, char text[NOTATION_TEXT_BYTES]);
/* The same, or "in frame of type 0x88cc". */
char *event_print_frame(const struct event *event, char text[NOTATION_TEXT_BYTES]);

/* Was the packet only reported as dropped, because audit mode let it pass? */
bool event_passed_audit(const struct event *event);

/* The fields of an event as text; empty where the packet has none. */
struct event_fields {
    char protocol[8]; /* a name, or a number */
    char source[ADDRESS_TEXT_BYTES];
    char source_port[8];
    char destination[ADDRESS_TEXT_BYTES];
    char destination_port[8];
};
void event_fields(const struct event *event, struct event_fields *fields);

/* Calls VISIT with the name and the text of what rules can ask of any IP packet: which fragment it
 * is, and each field of the kind NUMBERS. */
void event_each_number(const struct event *event,
                       void (*visit)(const char *name, const char *text, void *context),
                       void *context);

/* The name of the reason that decided, LIMIT_NAME for a rule's limit; NULL where a rule did. */
const char *event_reason(const struct event *event);

#endif
