/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conversations opened from the inside. */
#include <stdlib.h>

#include "../../loader/base/memory.h"
#include "brute_inside.h"

/* PACKET's place in a conversation; false if it cannot have one. */
static bool conversation_key(const struct brute_packet *packet, enum direction direction,
                             struct conversation *key)
{
    bool in = direction == DIRECTION_IN;
    int request = in ? answered_type(packet) : (int)packet->icmp_type;

    *key =
        (struct conversation){.family = packet->family,
                              .protocol = packet->protocol,
                              .local = in ? packet->destination : packet->source,
                              .remote = in ? packet->source : packet->destination,
                              .local_port = in ? packet->destination_port : packet->source_port,
                              .remote_port = in ? packet->source_port : packet->destination_port};
    if (!packet->is_icmp)
        return true;
    key->local_port = packet->icmp_id;
    key->remote_port = (unsigned int)request;
    return packet->family == FAMILY_IPV4 ? request == 8 || request == 13 : request == 128;
}

static struct conversation *conversation_find(struct brute *brute, const struct conversation *key)
{
    for (size_t i = 0; i < brute->conversation_count; i++) {
        struct conversation *known = &brute->conversations[i];
        if (known->local_port == key->local_port && known->remote_port == key->remote_port &&
            known->protocol == key->protocol && known->family == key->family &&
            known->local == key->local && known->remote == key->remote)
            return known;
    }
    return NULL;
}

static bool is_over(const struct conversation *known)
{
    return known->rst_out || (known->fin_in && known->fin_out);
}

static bool is_idle(const struct conversation *known, u64 now_s)
{
    u64 limit = known->protocol == 6 ? 7200 : known->protocol == 17 ? 180 : 60;

    return now_s - known->seen_s > (is_over(known) ? 60 : limit);
}

struct conversation *conversation_of(struct brute *brute, enum direction direction,
                                     const struct brute_packet *packet, u64 now_s)
{
    struct conversation key, *known = NULL;

    if (conversation_key(packet, direction, &key))
        known = conversation_find(brute, &key);
    return known && !is_idle(known, now_s) ? known : NULL;
}

static struct conversation *conversation_add(struct brute *brute, const struct conversation *key)
{
    struct conversation *more = array_grow(brute->conversations, brute->conversation_count,
                                           &brute->conversation_capacity, sizeof(*more));

    if (!more)
        abort();
    brute->conversations = more;
    more += brute->conversation_count++;
    *more = *key;
    return more;
}

void conversation_remember(struct brute *brute, const struct brute_packet *packet,
                           const struct rule *rule, u64 now_s)
{
    struct conversation key, *known;

    if (!conversation_key(packet, DIRECTION_OUT, &key))
        return;
    known = conversation_find(brute, &key);
    if ((!known || is_idle(known, now_s)) && brute->stranger && packet->protocol == 6 &&
        !opens(packet))
        return;
    if (!known)
        known = conversation_add(brute, &key);
    else if (is_idle(known, now_s) || (is_over(known) && !packet->fin && !packet->rst))
        known->fin_in = known->fin_out = known->rst_out = false;
    known->rule = rule;
    known->seen_s = now_s;
    known->fin_out |= packet->fin;
    known->rst_out |= packet->rst;
}
