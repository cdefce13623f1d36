// SPDX-License-Identifier: GPL-2.0-or-later
/* outbound.bpf.c, for policies with rules about what is forwarded, where programs can ask what the
 * kernel tracks: see inbound_tracked.bpf.c. */
#define tracked_lookup bpf_skb_ct_lookup
#include "outbound.bpf.c"
