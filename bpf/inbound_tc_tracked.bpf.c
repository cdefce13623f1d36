// SPDX-License-Identifier: GPL-2.0-or-later
/* inbound_tc.bpf.c, for policies that ask what the kernel tracks: see inbound_tracked.bpf.c. */
#define tracked_lookup bpf_skb_ct_lookup
#include "inbound_tc.bpf.c"
