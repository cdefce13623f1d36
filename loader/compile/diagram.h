/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decision diagram over classes: turns an ordered list of rules into nodes that say, test by
 * test, which rule matches first. Equal nodes are stored once, and a test that would not change the
 * answer is left out.
 */
#ifndef EDGEXDP_DIAGRAM_H
#define EDGEXDP_DIAGRAM_H

#include <edgexdp/tables.h>

#include "overlay.h"
#include "partition.h"
#include "words.h"

#define COSTLIEST 3

/* A rule in one direction and family. */
struct diagram_rule {
    struct rule_wants wants;
    u32 leaf;
};

/* What a diagram may cost, and which rules to name if that was not enough. */
struct diagram_budget {
    struct budget left;       /* steps are shared by all diagrams; memory is per diagram */
    u32 costliest[COSTLIEST]; /* rules, the costliest first */
    u32 costliest_count;      /* 0: it was enough */
};

/* Append the diagram of RULES to WORDS; *roots is where the edges begin, one for each port class.
 * CLASSES counts the classes of each test's domain. REACHED has an element for each rule, which
 * becomes true if the rule decides some packet. Returns 0, -E2BIG when it takes more than is left
 * of BUDGET (whose steps it uses up) or more words than there may be, or -ENOMEM. */
int diagram_build(const struct diagram_rule *rules, size_t count, const u32 classes[TESTS],
                  u32 default_leaf, struct diagram_budget *budget, struct words *words, u32 *roots,
                  bool *reached);

#endif
