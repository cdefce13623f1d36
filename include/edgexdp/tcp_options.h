/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of a TCP segment (RFC 9293, 7323, 2018). */
#ifndef EDGEXDP_TCP_OPTIONS_H
#define EDGEXDP_TCP_OPTIONS_H

#include "verifier.h"
#include "wire.h"

#define TCP_HEADER_MIN 20u /* bytes */
#define TCP_HEADER_MAX 60u

#define TCP_OPTION_END    0u
#define TCP_OPTION_NONE   1u
#define TCP_OPTION_MSS    2u
#define TCP_OPTION_SCALE  3u
#define TCP_OPTION_SACK   4u
#define TCP_OPTION_STAMPS 8u
#define TCP_OPTION_MD5    19u /* RFC 2385 */
#define TCP_OPTION_AO     29u /* RFC 5925 */

#define TCP_NO_SCALE 15u /* more than TCP_SCALE_MAX */

/* What the options of a segment say. */
struct tcp_options {
    bool is_signed; /* only the stack has the key */
    bool sack;
    u8 scale; /* of the window, or TCP_NO_SCALE */
    u16 mss;
    u32 stamp_at; /* where its timestamps are in the TCP header; 0: it has none */
};

/* Notes the option KIND of SIZE bytes at AT. */
INLINE void tcp_options_note(const u8 bytes[64], u32 at, u8 kind, u8 size,
                             struct tcp_options *options)
{
    u8 first = bytes[bounded(at + 2, 63)];

    if (kind == TCP_OPTION_MD5 || kind == TCP_OPTION_AO)
        options->is_signed = true;
    else if (kind == TCP_OPTION_SACK && size == 2)
        options->sack = true;
    else if (kind == TCP_OPTION_SCALE && size == 3)
        options->scale = first < TCP_SCALE_MAX ? first : TCP_SCALE_MAX;
    else if (kind == TCP_OPTION_MSS && size == 4)
        options->mss = (u16)(first << 8 | bytes[bounded(at + 3, 63)]);
    else if (kind == TCP_OPTION_STAMPS && size == 10)
        options->stamp_at = at + 2;
}

/* Reads the options of the TCP header that is the first LENGTH of BYTES. */
INLINE void tcp_options_read(const u8 bytes[64], u32 length, struct tcp_options *options)
{
    u32 at = TCP_HEADER_MIN;

    *options = (struct tcp_options){.scale = TCP_NO_SCALE};
    for (u32 i = 0; i < TCP_HEADER_MAX - TCP_HEADER_MIN; i++) {
        at = forget(at, 63);
        if (at >= length)
            return;
        u8 kind = bytes[at], size = bytes[bounded(at + 1, 63)];
        if (kind == TCP_OPTION_END)
            return;
        if (kind == TCP_OPTION_NONE)
            size = 1;
        else if (size < 2 || at + size > length)
            return;
        else
            tcp_options_note(bytes, at, kind, size, options);
        at += size;
    }
}

#endif
