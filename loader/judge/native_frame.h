/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames in memory: what frame.h and verifier.h ask for in user space. The context of a frame is
 * NULL, or says whether the frame was cut. */
#ifndef EDGEXDP_NATIVE_FRAME_H
#define EDGEXDP_NATIVE_FRAME_H

#include <edgexdp/parse.h>
#include <string.h>

/* If these bytes were on the wire, whoever captured the frame has cut it. */
static void frame_note_cut(const struct frame *frame, u32 offset, u32 size)
{
    bool *cut = frame->context;
    if (cut && offset + size <= frame->length)
        *cut = true;
}

static const void *frame_at(const struct frame *frame, u32 offset, u32 size, void *spare)
{
    (void)spare;
    if (offset + size <= (size_t)(frame->end - frame->data))
        return frame->data + offset;
    frame_note_cut(frame, offset, size);
    return NULL;
}

static bool frame_copy(const struct frame *frame, u32 offset, u32 size, void *to)
{
    const void *at = frame_at(frame, offset, size, NULL);
    if (at)
        memcpy(to, at, size);
    return at;
}

static u32 frame_length(const struct frame *frame)
{
    return frame->length;
}

static int frame_walk_options(const struct frame *frame, u32 offset, u32 end)
{
    return ipv4_walk_options(frame, offset, end);
}

static int frame_walk_extensions(const struct frame *frame, struct extension_walk *walk)
{
    return ipv6_walk_extensions(frame, walk);
}

static u32 unknown_zero(void)
{
    return 0;
}

#endif
