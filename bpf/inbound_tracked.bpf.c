// SPDX-License-Identifier: GPL-2.0-or-later
/* inbound.bpf.c, for policies that ask what the kernel tracks. It is an object of its own because
 * to load one that names functions of the kernel, libbpf may read the types of all modules. */
#define tracked_lookup bpf_xdp_ct_lookup
#include "inbound.bpf.c"
