/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "blocks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <edgexdp/limit.h>

#include "../base/memory.h"
#include "../policy/match.h"
#include "compiler.h"

/* Half of what a policy may take, so that whoever waits for a block waits for no more than about a
 * second; and as much room as there is. */
#define BOUNDS_BLOCKS                                                                              \
    ((struct bounds){                                                                              \
        .bytes = BLOCK_IMAGE_WORDS * sizeof(u32), .steps = 50000000, .work_bytes = 256u << 20})

static bool asks(const struct rule *rule, enum field field)
{
    const struct match *match = &rule->matches[field];

    return !match_is_any(match, FAMILY_IPV4) || !match_is_any(match, FAMILY_IPV6);
}

/* Rules that ask for the same of these have much in common, or nothing: their diagram is small.
 * The others are tested last, below the nodes of these. Protocols are few. */
static u8 kind_of(const struct rule *rule, bool limited)
{
    bool ports = asks(rule, FIELD_PORT) || asks(rule, FIELD_ICMP_TYPE);

    return (u8)(asks(rule, FIELD_FROM) | asks(rule, FIELD_TO) << 1 | ports << 2 |
                asks(rule, FIELD_SOURCE_PORT) << 3 | limited << 4);
}

_Static_assert(BLOCK_GROUPS == 1 << 5, "there is a group for each kind");

/* Has COMPILER's policy a rule of SCOPE's group and direction? */
static bool has_rules(const struct compiler *compiler, const struct scope *scope)
{
    for (size_t i = 0; i < compiler->entry_count; i++)
        if (compiler->entries[i].direction == scope->direction &&
            compiler->groups[compiler->entries[i].rule] == scope->group)
            return true;
    return false;
}

/* Makes the diagrams of the packets of SCOPE, one for each group that has rules about them. */
static int build_groups(struct compiler *compiler, struct scope scope, struct tables_groups *groups)
{
    int error = 0;

    for (u32 group = 0; !error && group < BLOCK_GROUPS; group++) {
        const size_t before = compiler->words.count;
        struct selected selected;
        u32 roots;

        scope.group = (u8)group;
        if (!has_rules(compiler, &scope))
            continue;
        error = compiler_build_diagram(compiler, &scope, &roots, &selected);
        if (!error && selected.rules) {
            groups->roots[groups->count++] = roots;
            groups->asks |= selected.tests;
        } else if (!error) {
            compiler->words.count = before;
        }
    }
    return error;
}

static struct tables_blocks *blocks_of(const struct compiler *compiler)
{
    return (struct tables_blocks *)(void *)(compiler->words.words + compiler->header.blocks);
}

/* As a policy, an image of blocks has no rules. */
static int build_no_rules(struct compiler *compiler)
{
    const u32 count = compiler->header.port_classes;
    u32 roots;
    int error = words_append(&compiler->words, NULL, count, &roots);

    for (u32 i = 0; !error && i < count; i++)
        compiler->words.words[roots + i] = EDGE_LEAF | NO_RULE;
    for (enum direction direction = 0; !error && direction < DIRECTIONS; direction++)
        for (int family = 0; family < 2; family++)
            compiler->header.roots[direction][family] = roots;
    return error;
}

static int build_diagrams(struct compiler *compiler)
{
    struct tables_blocks blocks = {0};
    int error = build_no_rules(compiler);

    if (!error)
        error = words_align(&compiler->words, sizeof(u64) / sizeof(u32));

    if (!error)
        error = words_append(&compiler->words, NULL, sizeof(blocks) / sizeof(u32),
                             &compiler->header.blocks);
    for (struct scope scope = {0}; !error && scope.direction < DIRECTIONS; scope.direction++)
        for (scope.family = 0; !error && scope.family < 2; scope.family++)
            for (int later = 0; !error && later < 2; later++) {
                scope.later = later;
                error = build_groups(compiler, scope,
                                     &blocks.groups[scope.direction][scope.family][later]);
            }
    if (!error)
        *blocks_of(compiler) = blocks;
    return error;
}

/* A limit is that of its block: the same for all its rules, and as long as the block exists,
 * wherever it stands. */
static void identify_limits(struct compiler *compiler, const struct block_terms *terms)
{
    const u32 *words = compiler->words.words;
    const struct tables_header *header = &compiler->header;

    for (size_t i = 0; i < compiler->entry_count && i < header->limits_count; i++) {
        u32 entry = words[header->limits + i];
        struct tables_limit *limit =
            (struct tables_limit *)(void *)(compiler->words.words + header->limit_list) +
            (entry >> LIMITS_SHIFT);
        const struct entry *of = &compiler->entries[i];
        if (!entry)
            continue;
        limit->identity = terms[of->rule].number * 2 + (u32)of->direction;
        limit->owner = (u8)limit_owner(terms[of->rule].number);
    }
}

/* Writes down which block each rule number stands for. */
static int build_list(struct compiler *compiler, const void *context)
{
    const struct block_terms *terms = context;
    struct words *words = &compiler->words;
    u32 list;
    int error = words_align(words, sizeof(u64) / sizeof(u32));

    if (!error)
        error = words_append(words, NULL,
                             compiler->entry_count * (sizeof(struct tables_block) / sizeof(u32)),
                             &list);
    if (error)
        return error;
    struct tables_block *blocks = (struct tables_block *)(void *)(words->words + list);
    for (size_t i = 0; i < compiler->entry_count; i++) {
        const struct block_terms *of = &terms[compiler->entries[i].rule];
        blocks[i] = (struct tables_block){.expires_ns = of->expires_ns, .number = of->number};
    }
    blocks_of(compiler)->list = list;
    blocks_of(compiler)->list_count = (u32)compiler->entry_count;
    identify_limits(compiler, terms);
    return 0;
}

int blocks_compile(const struct policy *policy, const struct block_terms *terms,
                   struct image **image, struct diag *diag)
{
    CLEANUP_FREE u8 *groups = calloc(policy->rule_count + 1, sizeof(*groups));
    const struct compiling compiling = {
        .policy = policy,
        .bounds = &BOUNDS_BLOCKS,
        .groups = groups,
        .diagrams = build_diagrams,
        .finish = build_list,
        .context = terms,
    };

    if (!groups)
        return -ENOMEM;
    for (size_t i = 0; i < policy->rule_count; i++)
        groups[i] = kind_of(&policy->rules[i], terms[i].limited);
    return compiler_run(&compiling, image, diag);
}
