/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain.h"

#include <stdio.h>
#include <string.h>

#include "../base/labels.h"
#include "../base/text.h"
#include "../policy/notation.h"

struct packet_notation explain_side(const struct explain_request *request, enum direction direction)
{
    struct packet_notation side = request->packet;

    if (!side.forwarded)
        return side;
    side.forwarded = false;
    side.direction = direction;
    if (direction == DIRECTION_IN) {
        memcpy(side.on, side.via, sizeof(side.on));
        *side.via = '\0';
    }
    return side;
}

void explained_clear(struct explained_packet *explained)
{
    for (unsigned int i = 0; i < explained->count; i++)
        explanation_clear(&explained->sides[i].explanation);
}

/* "Where it goes out, through lan0 in zone lan:" */
static void print_heading(const struct explained *side)
{
    const char *interface = side->explanation.decision.interface;

    fputs(side->explanation.packet.direction == DIRECTION_IN ? "\nWhere it comes in"
                                                             : "\nWhere it goes out",
          stdout);
    if (interface)
        printf(", through %s", HARMLESS(interface));
    if (side->zone)
        printf("%s zone %s", interface ? " in" : ", through", HARMLESS(side->zone));
    fputs(":\n", stdout);
}

/* The packet as a whole, before what is said of its sides. */
static void print_whole(const struct explain_request *request,
                        const struct explained_packet *explained)
{
    const struct explanation *last = &explained->sides[explained->count - 1].explanation;
    bool accepted = last->decision.outcome.verdict == VERDICT_ACCEPT;
    char text[NOTATION_TEXT_BYTES];

    printf("%s\n%s", notation_print(&request->packet, text),
           verdict_names[last->decision.outcome.verdict]);
    printf("%s\n", accepted                                 ? " on both sides"
                   : last->packet.direction == DIRECTION_IN ? " where it comes in"
                                                            : " where it goes out");
}

void explain_show(const struct explain_request *request, const struct explained_packet *explained)
{
    if (request->json) {
        explain_print_json(request, explained);
        return;
    }
    if (request->packet.forwarded)
        print_whole(request, explained);
    if (explained->anywhere)
        printf("All zones judge it alike; this is what %s says:\n", HARMLESS(explained->anywhere));
    for (unsigned int i = 0; i < explained->count; i++) {
        const struct explained *side = &explained->sides[i];

        if (request->packet.forwarded)
            print_heading(side);
        explanation_print(&side->explanation, stdout);
        if (side->note)
            printf("\n%s\n", HARMLESS(side->note));
    }
}
