/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "answer.h"

#include <edgexdp/refuse.h>

#include "native_frame.h"

static bool parse(const struct frame *frame, struct packet *packet)
{
    *packet = (struct packet){0};
    return parse_frame(frame, packet) == PARSED && packet->family != FAMILY_NONE;
}

static struct frame frame_of(const void *data, size_t length)
{
    return (struct frame){.data = data, .end = (const u8 *)data + length, .length = (u32)length};
}

enum untold answer_untold(const void *data, size_t length)
{
    struct frame frame = frame_of(data, length);
    struct packet packet;

    return parse(&frame, &packet) ? refuse_untold(&packet) : TOLD;
}

size_t answer_make(const void *data, size_t length, enum refusal refusal, u8 *answer)
{
    struct frame frame = frame_of(data, length);
    struct refusal_packet made = {0};
    u8 link[REFUSAL_LINK_MAX];
    struct packet packet;

    if (!parse(&frame, &packet))
        return 0;
    u32 network = refuse_find_network(&frame);
    memcpy(link, data, network);
    if (!refuse_turn_link(link) || !refuse_make(&frame, &packet, network, (u32)length,
                                                refusal_of(refusal, packet.protocol), &made))
        return 0;
    memcpy(answer + made.inserted, data, made.kept);
    memcpy(answer, link, network);
    memcpy(answer + network, made.bytes, made.length);
    return made.inserted + made.kept;
}
