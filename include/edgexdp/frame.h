/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A frame; any part of it may have to be fetched. The includer supplies these functions: the kernel
 * side reads the linear part in place and copies the rest; user space has all of it.
 */
#ifndef EDGEXDP_FRAME_H
#define EDGEXDP_FRAME_H

#include "packet.h"
#include "verifier.h"

struct frame {
    const u8 *data;
    const u8 *end; /* of the linear part */
    void *context;
    u32 length;    /* of the whole frame, as far as is known without asking: see frame_length() */
    u32 vlan_tags; /* already taken off the frame, but present on the wire */
};

/* The length of the whole frame, called where it may be more than frame->length. */
static u32 frame_length(const struct frame *frame);

/* SIZE bytes at OFFSET of the frame, in place or copied to SPARE; NULL beyond its end. */
static const void *frame_at(const struct frame *frame, u32 offset, u32 size, void *spare);

/* The same, always copied to TO: slower, but one path through the code instead of two. False beyond
 * its end. */
static bool frame_copy(const struct frame *frame, u32 offset, u32 size, void *to);

/* ipv4_walk_options() and ipv6_walk_extensions(), or the same in functions of their own. */
struct extension_walk;
static int frame_walk_options(const struct frame *frame, u32 offset, u32 end);
static int frame_walk_extensions(const struct frame *frame, struct extension_walk *walk);

#define IP_BYTES_MAX 0xffff /* the most a length field can say */

/* Does the frame reach END, where its headers say that the packet ends? Most frames lie in one
 * piece, whose length costs nothing to read. Drivers that separate headers from data may leave
 * nothing at all in the first piece: only then is the kernel asked. */
INLINE bool frame_reaches(const struct frame *frame, u32 end, struct packet *packet)
{
    if (end <= frame->length)
        return true;
    u32 whole = frame_length(frame);
    packet->length = whole - packet->start;
    return end <= whole;
}

/* The number of bytes behind OFFSET in a packet whose length field is 0; returns 0 if the field is
 * right. A packet that the kernel has joined, or will cut into segments, may be longer than the
 * field can say (BIG TCP): then the field is 0. No other frame is that long. */
INLINE u32 frame_beyond(const struct frame *frame, u32 offset, struct packet *packet)
{
    u32 whole = frame_length(frame);
    packet->length = whole - packet->start;
    return whole > offset + IP_BYTES_MAX ? whole - offset : 0;
}

/* Headers end far below this. In a loop the mask tells the verifier that every round starts alike;
 * otherwise it would try the rounds one by one. */
#define OFFSET_MASK 0x7fffu

#endif
