/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does a TCP segment come from whom it names? This host's own socket knows the numbers that go to
 * and fro. */
#ifndef EDGEXDP_BPF_PROOF_H
#define EDGEXDP_BPF_PROOF_H

#include <edgexdp/condemn.h>

#include "socket.h"

/* What a TCP segment says: where its data begins, and up to where its sender has got ours. */
struct proof_numbers {
    u32 sequence;
    u32 acknowledged;
};

#define PROOF_NEAR (1u << 20) /* bytes: more than what is on its way mostly */

/* Is a number from the wire less than PROOF_NEAR bytes from the socket's OWN? */
INLINE bool proof_is_near(u32 number_be, u32 own)
{
    return from_be32(number_be) - own + PROOF_NEAR < 2 * PROOF_NEAR;
}

INLINE u32 proof_established(void *socket, const struct proof_numbers *numbers_be)
{
    const void *tcp = socket_places.received ? bpf_skc_to_tcp_sock(socket) : NULL;

    return tcp &&
                   proof_is_near(numbers_be->sequence,
                                 *(const u32 *)(tcp + socket_places.received)) &&
                   proof_is_near(numbers_be->acknowledged, *(const u32 *)(tcp + socket_places.sent))
               ? PROOF_GOES_ON
               : PROOF_NONE;
}

INLINE u32 proof_begun(void *socket, const struct proof_numbers *numbers_be)
{
    const void *request = socket_places.chosen ? bpf_skc_to_tcp_request_sock(socket) : NULL;

    return request && from_be32(numbers_be->acknowledged) ==
                          *(const u32 *)(request + socket_places.chosen) + 1
               ? PROOF_BEGINS
               : PROOF_NONE;
}

/* What a segment of KEY with NUMBERS_BE proves. Only the two ends of a connection know what goes
 * there: somebody else would have to guess, and is right once in four million times. */
INLINE u32 proof_of_segment(CONTEXT *context, const struct flow_key *key,
                            const struct proof_numbers *numbers_be)
{
    struct bpf_sock *found = socket_find(context, key, false);
    u32 proof = PROOF_NONE;

    if (!found)
        return PROOF_NONE;
    if (found->state == BPF_TCP_ESTABLISHED)
        proof = proof_established(found, numbers_be);
    else if (found->state == BPF_TCP_NEW_SYN_RECV)
        proof = proof_begun(found, numbers_be);
    bpf_sk_release(found);
    return proof;
}

#endif
