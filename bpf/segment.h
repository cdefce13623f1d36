/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The TCP header of the packet that is being judged, in memory of its own: the kernel has little
 * room on the stack. The includer defines CONTEXT and LOAD_BYTES: see frame.h. */
#ifndef EDGEXDP_BPF_SEGMENT_H
#define EDGEXDP_BPF_SEGMENT_H

#include <linux/tcp.h>

#include <edgexdp/tcp_options.h>

#include "maps.h"

struct segment {
    union {
        struct tcphdr tcp;
        u8 bytes[68]; /* a word may begin at any offset below 64 */
    };
    struct tcp_options options;
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, u32);
    __type(value, struct segment);
} segments SEC(".maps");

INLINE struct segment *segment_mine(void)
{
    u32 zero = 0;
    return bpf_map_lookup_elem(&segments, &zero);
}

/* Copies the header at OFFSET, and reads its options. Returns its length, or 0 if it is not there.
 */
WALKED_ONCE u32 segment_read(CONTEXT *context, u32 offset)
{
    struct segment *mine = segment_mine();

    if (!mine || LOAD_BYTES(context, offset, mine->bytes, TCP_HEADER_MIN))
        return 0;
    u32 length = bounded(mine->tcp.doff * 4u, 63);
    if (length < TCP_HEADER_MIN || length > TCP_HEADER_MAX ||
        LOAD_BYTES(context, offset, mine->bytes, length))
        return 0;
    tcp_options_read(mine->bytes, length, &mine->options);
    return length;
}

/* The word at byte AT of the header, as it is on the wire. */
INLINE u32 segment_word(const struct segment *segment, u32 at)
{
    u32 word;

    __builtin_memcpy(&word, &segment->bytes[bounded(at, 63)], sizeof(word));
    return word;
}

#endif
