/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decision diagram over classes: from a list of rules in their order to nodes that say, test by
 * test, which rule matches first. Equal questions share one answer, and a test that would not
 * change the answer is left out.
 */
#ifndef EDGEXDP_DIAGRAM_H
#define EDGEXDP_DIAGRAM_H

#include <edgexdp/tables.h>

#include "partition.h"
#include "words.h"

/* A rule in one direction and family: for each test which classes it wants; NULL: all. */
struct diagram_rule {
    const struct class_runs *wants[TESTS];
    u32 leaf;
};

/* Append the diagram of RULES to WORDS: *roots is where an edge for each port class begins.
 * CLASSES counts the classes of each test's domain. REACHED, an element for each rule, becomes true
 * where some packet is decided by that rule. Returns 0, -E2BIG or -ENOMEM. */
int diagram_build(const struct diagram_rule *rules, size_t count, const u32 classes[TESTS],
                  u32 default_leaf, struct words *words, u32 *roots, bool *reached);

#endif
