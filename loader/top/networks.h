/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sources merged to networks, where many of one network take part. Pure. */
#ifndef EDGEXDP_NETWORKS_H
#define EDGEXDP_NETWORKS_H

#include "census.h"

/* The network of STEP that KEY, an address or a nearer network, is in. */
struct sketch_key network_of(const struct sketch_key *key, enum network_step step);

/* Which of the 256 members of WIDER is INNER? Those of an IPv6 /64 are told apart by a hash. */
unsigned int network_member(const struct sketch_key *inner, const struct sketch_key *wider);

/* See census_rows(). */
size_t networks_rows(const struct census_side *side, struct census_row *rows, size_t max);

#endif
