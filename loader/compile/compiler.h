/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inside of the compiler, which the files of this folder share that make images: image.c, and
 * blocks.c. */
#ifndef EDGEXDP_COMPILER_H
#define EDGEXDP_COMPILER_H

#include "classes.h"
#include "diagram.h"
#include "image.h"

struct compiler {
    const struct policy *policy;
    const struct bounds *bounds;
    struct diag *diag;
    const struct rule_number *numbers; /* by entry; NULL: entry N is number N */
    const u8 *groups; /* by rule: the group of a block; NULL: these are no blocks */
    struct entry *entries;
    size_t entry_count;
    struct classes classes;
    struct diagram_budget budget;
    bool told; /* DIAG already says why the rules are too much */
    struct words words;
    struct words nodes6;
    struct words pages;
    struct tables_header header;
    u32 diagrams, diagrams_end;
};

void compiler_clear(struct compiler *compiler);

/* The packets of one diagram. */
struct scope {
    enum direction direction;
    int family; /* 0: IPv4 */
    bool later; /* later fragments, instead of all others */
    u8 group;   /* of blocks: the one whose rules are asked */
};

/* What a diagram was made of. */
struct selected {
    size_t rules;
    u32 tests; /* a bit for each test that some of them want something of */
};

/* Builds the diagram of SCOPE; *roots is where it begins. SELECTED may be NULL. Returns 0, -E2BIG
 * or -ENOMEM. */
int compiler_build_diagram(struct compiler *compiler, const struct scope *scope, u32 *roots,
                           struct selected *selected);

/* Compiles as policy_compile() does, with DIAGRAMS to build the diagrams, and FINISH, if it is not
 * NULL, to add what stands behind all else in the block. */
struct compiling {
    const struct policy *policy;
    const struct bounds *bounds;
    const u8 *groups;
    int (*diagrams)(struct compiler *compiler);
    int (*finish)(struct compiler *compiler, const void *context);
    const void *context;
};
int compiler_run(const struct compiling *compiling, struct image **image, struct diag *diag);

#endif
