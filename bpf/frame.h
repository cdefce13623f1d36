/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a frame in the kernel. The includer defines CONTEXT, the type its programs are called
 * with; LOAD_BYTES, the helper that copies from it; and WHOLE_LENGTH, which returns its length. */
#ifndef EDGEXDP_BPF_FRAME_H
#define EDGEXDP_BPF_FRAME_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include <edgexdp/parse.h>
#include <edgexdp/quoted.h>

INLINE bool frame_copy(const struct frame *frame, u32 offset, u32 size, void *to)
{
    return !LOAD_BYTES(frame->context, offset, to, size);
}

INLINE const void *frame_at(const struct frame *frame, u32 offset, u32 size, void *spare)
{
    const u8 *at = frame->data + offset;
    if (at + size <= frame->end)
        return at;
    return frame_copy(frame, offset, size, spare) ? spare : NULL;
}

static u32 frame_length(const struct frame *frame)
{
    CONTEXT *context = frame->context;
    return (u32)WHOLE_LENGTH(context);
}

WALKED_ONCE int frame_walk_options_apart(CONTEXT *context, u32 offset, u32 end)
{
    struct frame frame = {.context = context};
    return ipv4_walk_options(&frame, offset, end);
}

INLINE int frame_walk_options(const struct frame *frame, u32 offset, u32 end)
{
    return frame_walk_options_apart(frame->context, offset, end);
}

WALKED_ONCE int frame_walk_extensions_apart(CONTEXT *context, struct extension_walk *walk)
{
    struct frame frame = {.context = context};
    return walk ? ipv6_walk_extensions(&frame, walk) : REASON_MALFORMED;
}

WALKED_ONCE int frame_read_quoted_apart(CONTEXT *context, u32 offset, u32 end,
                                        struct packet *quoted)
{
    struct frame frame = {.context = context};
    return quoted && quoted_parse(&frame, offset, end, quoted);
}

INLINE int frame_walk_extensions(const struct frame *frame, struct extension_walk *walk)
{
    return frame_walk_extensions_apart(frame->context, walk);
}

#endif
