/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "product.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"
#include "../compile/selection.h"
#include "../policy/limit.h"
#include "../policy/protect.h"

/* A comparison already made: the key is a pair of edges, or the hash of a node's content. Open
 * addressing. */
struct answer_entry {
    u64 key;
    u32 result; /* + 1; 0: free */
};

struct answers {
    struct answer_entry *entries;
    size_t count, size; /* size: a power of two */
};

struct walk {
    struct product *product;
    struct words words;
    struct answers pairs; /* by pairs of edges */
    struct answers known; /* results, by a hash of their content */
    struct budget *budget;
};

static u64 mix(u64 x)
{
    x = (x ^ (x >> 31)) * 0x9e3779b97f4a7c15ull;
    x = (x ^ (x >> 29)) * 0xbf58476d1ce4e5b9ull;
    return x ^ (x >> 32);
}

static int answers_add(struct answers *answers, u64 key, u32 result);

static int answers_grow(struct answers *answers)
{
    struct answers grown = {.size = answers->size ? answers->size * 2 : 1024};

    grown.entries = calloc(grown.size, sizeof(*grown.entries));
    if (!grown.entries)
        return -ENOMEM;
    for (size_t i = 0; i < answers->size; i++)
        if (answers->entries[i].result)
            answers_add(&grown, answers->entries[i].key, answers->entries[i].result - 1);
    free(answers->entries);
    *answers = grown;
    return 0;
}

static int answers_add(struct answers *answers, u64 key, u32 result)
{
    if (2 * answers->count >= answers->size && answers_grow(answers))
        return -ENOMEM;
    size_t at = mix(key) & (answers->size - 1);
    while (answers->entries[at].result)
        at = (at + 1) & (answers->size - 1);
    answers->entries[at] = (struct answer_entry){key, result + 1};
    answers->count++;
    return 0;
}

/* Returns the first entry of KEY from *AT on, or NULL, and sets *AT to its place. Several contents
 * may have the same hash. */
static const struct answer_entry *answers_find(const struct answers *answers, u64 key, size_t *at)
{
    if (!answers->size)
        return NULL;
    for (*at &= answers->size - 1; answers->entries[*at].result;
         *at = (*at + 1) & (answers->size - 1))
        if (answers->entries[*at].key == key)
            return &answers->entries[*at];
    return NULL;
}

static bool results_are_equal(const struct product *product, const struct result *a,
                              const struct result *b)
{
    if (a->test != b->test || a->before != b->before || a->after != b->after ||
        a->count != b->count)
        return false;
    return !a->count || !memcmp(product->runs + a->runs, product->runs + b->runs,
                                a->count * sizeof(*product->runs));
}

/* Returns in *RESULT the number of MADE, whose runs are the last of product->runs. If an equal
 * result exists, its number is used and the runs are removed again. */
static int intern(struct walk *walk, const struct result *made, u32 *result)
{
    struct product *product = walk->product;
    u64 key = mix(made->test) ^ mix((u64)made->before << 32 | made->after);
    const struct answer_entry *entry;

    for (u32 i = 0; i < made->count; i++) {
        const struct result_run *run = &product->runs[made->runs + i];
        key = mix(key ^ ((u64)run->first << 32 | run->result));
    }
    for (size_t at = mix(key); (entry = answers_find(&walk->known, key, &at)); at++) {
        *result = entry->result - 1;
        if (results_are_equal(product, product_result(product, *result), made)) {
            product->run_count -= made->count;
            return 0;
        }
    }
    struct result *more =
        array_grow(product->results, product->result_count, &product->result_room, sizeof(*more));
    if (!more)
        return -ENOMEM;
    product->results = more;
    product->results[product->result_count++] = *made;
    *result = (u32)product->result_count - 1 + FIRST_RESULT;
    return answers_add(&walk->known, key, *result);
}

static bool is_baseline(const struct walk *walk, u32 leaf)
{
    u32 rule = leaf & EDGE_RULE;

    return rule != NO_RULE && rule >= walk->product->context->joint->extras;
}

/* Returns whether the fate of these packets depends on that of their first fragment: a verdict of
 * its own. */
static bool tracks(const struct walk *walk, enum side side, u32 leaf)
{
    const struct context *context = walk->product->context;

    return context->later && (leaf & EDGE_RULE) == NO_RULE &&
           context->joint->sides[side]->baseline.fragments;
}

/* Returns whether the rules of both leaves accept within the same limits. */
static bool limits_are_equal(const struct walk *walk, u32 before, u32 after)
{
    const struct rule *rules = walk->product->context->joint->rules;

    if ((before | after) & EDGE_LIMITED)
        return before & after & EDGE_LIMITED &&
               rule_limits_are_same(&rules[before & EDGE_RULE], &rules[after & EDGE_RULE]);
    return true;
}

/* Returns whether the rules of both leaves protect their listeners in the same way. */
static bool protections_are_equal(const struct walk *walk, u32 before, u32 after)
{
    const struct rule *rules = walk->product->context->joint->rules;

    if ((before | after) & EDGE_PROTECTED)
        return before & after & EDGE_PROTECTED &&
               protect_is_same(&rules[before & EDGE_RULE].protect,
                               &rules[after & EDGE_RULE].protect);
    return true;
}

static int compare_leaves(struct walk *walk, u32 before, u32 after, u32 *result)
{
    const u32 matters = EDGE_ACCEPT | EDGE_LIMITED | EDGE_PROTECTED | EDGE_RULE,
              verdict = EDGE_ACCEPT | EDGE_REFUSAL;
    struct result made = {.test = TESTS, .before = before & matters, .after = after & matters};

    bool either_tracks = tracks(walk, SIDE_OLD, before) || tracks(walk, SIDE_NEW, after);
    bool neither_rules = (before & after & EDGE_RULE) == NO_RULE; /* `fragments` is a switch */

    if (is_baseline(walk, before) && is_baseline(walk, after))
        *result = RESULT_ANY;
    else if ((before & verdict) == (after & verdict) && (neither_rules || !either_tracks) &&
             limits_are_equal(walk, before, after) && protections_are_equal(walk, before, after))
        *result = RESULT_SAME;
    else
        return intern(walk, &made, result);
    return 0;
}

static u32 test_of(u32 edge)
{
    return edge & EDGE_LEAF ? TESTS : edge >> EDGE_TEST_SHIFT;
}

/* A position in the runs of a node, or in an edge that does not test this. */
struct cursor {
    const u32 *node; /* NULL: everything leads to EDGE */
    u32 edge;
    u32 run;
    u32 until; /* the first class for which EDGE is another */
};

static struct cursor cursor_at(const struct walk *walk, u32 edge, u32 test)
{
    bool asks = test_of(edge) == test;

    return (struct cursor){.node = asks ? walk->words.words + (edge & EDGE_NODE) : NULL,
                           .edge = edge,
                           .until = asks ? 0 : walk->product->classes[test]};
}

/* Sets cursor->edge to where CLASS leads. Classes ascend. */
static void cursor_step(struct cursor *cursor, u32 class_id, u32 end)
{
    const u32 *node = cursor->node;

    if (class_id < cursor->until)
        return;
    if (*node == NODE_DENSE) {
        cursor->edge = node[1 + class_id];
        cursor->until = class_id + 1;
        while (cursor->until < end && node[1 + cursor->until] == cursor->edge)
            cursor->until++;
        return;
    }
    while (cursor->run + 1 < *node && node[1 + cursor->run + 1] <= class_id)
        cursor->run++;
    cursor->edge = node[1 + *node + cursor->run];
    cursor->until = cursor->run + 1 < *node ? node[1 + cursor->run + 1] : end;
}

/* Returns whether CLASS_ID is that of an impossible source or of impossible flags. *next becomes
 * the class up to which the answer holds, if that is nearer. */
static bool is_ignored(const struct walk *walk, u32 test, u32 class_id, u32 *next)
{
    const struct context *context = walk->product->context;
    const struct class_runs *ignored = joint_ignored(context->joint, test, context->family);

    for (size_t i = 0; ignored && i < ignored->count; i++) {
        const struct class_run *run = &ignored->runs[i];
        if (class_id <= run->last) {
            u32 border = class_id < run->first ? run->first : run->last + 1;
            if (border < *next)
                *next = border;
            return class_id >= run->first;
        }
    }
    return false;
}

struct run_list {
    struct result_run *runs;
    size_t count, room;
};

static void run_list_clear(struct run_list *list)
{
    free(list->runs);
}

static int run_list_add(struct run_list *list, u32 first, u32 result)
{
    if (list->count && list->runs[list->count - 1].result == result)
        return 0;
    struct result_run *more = array_grow(list->runs, list->count, &list->room, sizeof(*more));
    if (!more)
        return -ENOMEM;
    list->runs = more;
    list->runs[list->count++] = (struct result_run){first, result};
    return 0;
}

/* Makes a node of LIST. No node is needed where everything that matters leads to one result. */
static int make_node(struct walk *walk, u32 test, const struct run_list *list, u32 *result)
{
    struct product *product = walk->product;
    u32 only = RESULT_ANY;
    bool differ = false;

    for (size_t i = 0; i < list->count; i++) {
        u32 one = list->runs[i].result;
        differ |= one != RESULT_ANY && only != RESULT_ANY && one != only;
        only = one == RESULT_ANY ? only : one;
    }
    if (!differ) {
        *result = only;
        return 0;
    }
    struct result made = {.test = test, .runs = product->run_count, .count = (u32)list->count};
    int error =
        budget_spend(&walk->budget->words,
                     (sizeof(made) + list->count * sizeof(struct result_run)) / sizeof(u32));
    if (error)
        return error;
    for (size_t i = 0; i < list->count; i++) {
        struct result_run *more =
            array_grow(product->runs, product->run_count, &product->run_room, sizeof(*more));
        if (!more)
            return -ENOMEM;
        product->runs = more;
        product->runs[product->run_count++] = list->runs[i];
    }
    return intern(walk, &made, result);
}

static int compare_edges(struct walk *walk, u32 before, u32 after, u32 *result);

static int compare_nodes(struct walk *walk, u32 test, u32 before, u32 after, u32 *result)
{
    CLEANUP(run_list_clear) struct run_list list = {0};
    struct cursor at_before = cursor_at(walk, before, test),
                  at_after = cursor_at(walk, after, test);
    u32 end = walk->product->classes[test];

    for (u32 class_id = 0, next; class_id < end; class_id = next) {
        u32 child = RESULT_ANY;
        int error = budget_spend(&walk->budget->steps, 1);
        cursor_step(&at_before, class_id, end);
        cursor_step(&at_after, class_id, end);
        next = at_before.until < at_after.until ? at_before.until : at_after.until;
        if (!error && !is_ignored(walk, test, class_id, &next))
            error = compare_edges(walk, at_before.edge, at_after.edge, &child);
        if (!error)
            error = run_list_add(&list, class_id, child);
        if (error)
            return error;
    }
    return make_node(walk, test, &list, result);
}

static int compare_edges(struct walk *walk, u32 before, u32 after, u32 *result)
{
    u32 test = test_of(before) < test_of(after) ? test_of(before) : test_of(after);
    u64 key = (u64)before << 32 | after;
    size_t at = mix(key);

    if (test == TESTS)
        return compare_leaves(walk, before, after, result);
    const struct answer_entry *entry = answers_find(&walk->pairs, key, &at);
    if (entry) {
        *result = entry->result - 1;
        return 0;
    }
    int error = compare_nodes(walk, test, before, after, result);
    return error ? error : answers_add(&walk->pairs, key, *result);
}

static u32 default_leaf(const struct context *context, enum side side)
{
    bool accepts = context->joint->sides[side]->otherwise[context->direction] == VERDICT_ACCEPT &&
                   !context->later;

    return EDGE_LEAF | NO_RULE | (accepts ? EDGE_ACCEPT : 0);
}

static u32 leaf_of(const struct rule *rule, size_t number)
{
    return EDGE_LEAF | (rule->action == VERDICT_ACCEPT ? EDGE_ACCEPT : 0) |
           (rule->limit_count ? EDGE_LIMITED : 0) | (rule_protects(rule) ? EDGE_PROTECTED : 0) |
           (u32)rule->refusal << EDGE_REFUSAL_SHIFT | (u32)number;
}

/* Selects [baseline] first, then the rules of the side. */
static int select_rules(const struct context *context, enum side side, struct selection *selection)
{
    const struct joint *joint = context->joint;
    size_t all = joint->policy.rule_count;
    int error = selection_init(selection, all);

    for (size_t step = 0; step < all && !error; step++) {
        size_t rule = (joint->extras + step) % all;

        if (!context_has_rule(context, side, rule))
            continue;
        struct rule_wants wants = context_wants(context, rule);
        u32 leaf = leaf_of(&joint->rules[rule], rule);
        if (joint->exempt[side] && joint->rules[rule].limit_count)
            error = selection_add_exempt(selection, rule, wants, leaf, &joint->classes,
                                         context->family, context->direction, joint->exempt[side]);
        selection_add(selection, rule, &wants, leaf);
    }
    return error;
}

static int build_side(struct walk *walk, enum side side, u32 *roots)
{
    const struct context *context = walk->product->context;
    CLEANUP(selection_clear) struct selection selection = {0};
    struct diagram_budget budget = {.left = *walk->budget};
    int error = select_rules(context, side, &selection);
    if (!error)
        error = diagram_build(selection.rules, selection.count, walk->product->classes,
                              default_leaf(context, side), &budget, &walk->words, roots,
                              selection.reached);
    walk->budget->steps = budget.left.steps;
    return error;
}

static int compare_roots(struct walk *walk, u32 before, u32 after)
{
    struct product *product = walk->product;
    u32 end = product->classes[TEST_PORT];
    int error = 0;

    product->ports = calloc(end, sizeof(*product->ports));
    if (!product->ports)
        return -ENOMEM;
    for (u32 class_id = 0; !error && class_id < end; class_id++)
        error = compare_edges(walk, walk->words.words[before + class_id],
                              walk->words.words[after + class_id], &product->ports[class_id]);
    return error;
}

int product_build(const struct context *context, struct product *product)
{
    const struct joint *joint = context->joint;
    struct walk walk = {
        .product = product, .words.max = context->budget->words, .budget = context->budget};
    u32 roots[SIDES];

    *product = (struct product){.context = context};
    classes_count(&joint->classes, context->family, product->classes);
    int error = build_side(&walk, SIDE_OLD, &roots[SIDE_OLD]);
    if (!error)
        error = build_side(&walk, SIDE_NEW, &roots[SIDE_NEW]);
    if (!error)
        error = compare_roots(&walk, roots[SIDE_OLD], roots[SIDE_NEW]);
    words_clear(&walk.words);
    free(walk.pairs.entries);
    free(walk.known.entries);
    return error;
}

void product_clear(struct product *product)
{
    free(product->ports);
    free(product->results);
    free(product->runs);
    *product = (struct product){0};
}
