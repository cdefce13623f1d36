/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Large answers: the packets that a "too big" error may refer to. */
#include <stdlib.h>

#include "../../loader/base/memory.h"
#include "brute_inside.h"

#define REMEMBERED_S 10

static struct large_answer answer_of(const struct brute_packet *packet)
{
    return (struct large_answer){
        .family = packet->family,
        .protocol = packet->protocol,
        .source = packet->source,
        .destination = packet->destination,
        .source_port = packet->is_icmp ? packet->icmp_id : packet->source_port,
        .destination_port = packet->is_icmp ? packet->icmp_type : packet->destination_port};
}

static struct large_answer *answer_find(const struct brute *brute, const struct large_answer *like)
{
    for (size_t i = 0; i < brute->answer_count; i++) {
        struct large_answer *known = &brute->answers[i];
        if (known->family == like->family && known->protocol == like->protocol &&
            known->source == like->source && known->destination == like->destination &&
            known->source_port == like->source_port &&
            known->destination_port == like->destination_port)
            return known;
    }
    return NULL;
}

void answer_remember(struct brute *brute, const struct brute_packet *packet, u64 now_s)
{
    struct large_answer answer = answer_of(packet), *known;

    if (packet->bytes <= (packet->family == FAMILY_IPV4 ? 552 : 1280))
        return;
    known = answer_find(brute, &answer);
    if (!known) {
        struct large_answer *more =
            array_grow(brute->answers, brute->answer_count, &brute->answer_capacity, sizeof(*more));
        if (!more)
            abort();
        brute->answers = more;
        known = &more[brute->answer_count++];
    }
    *known = answer;
    known->seen_s = now_s;
}

bool answer_may_be_large(const struct brute *brute, const struct brute_packet *quoted, u64 now_s)
{
    struct large_answer answer = answer_of(quoted), *known;

    if (quoted->protocol == 6)
        return true;
    known = answer_find(brute, &answer);
    return known && now_s - known->seen_s <= REMEMBERED_S;
}
