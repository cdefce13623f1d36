/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "diagram.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"

/* Every port class may have its own root, which saves packets the port test. This is done only
 * while the rules that want each class, summed over the classes, stay below this limit and a part
 * of the budget suffices; otherwise all classes share one root, and the port is tested after the
 * addresses. */
#define OWN_ROOTS_MAX  262144u
#define OWN_ROOTS_PART 4

/* The first tests of a diagram; all others follow in their own order. */
static const enum test port_first[] = {TEST_PORT, TEST_SOURCE, TEST_DESTINATION};
static const enum test source_first[] = {TEST_SOURCE, TEST_DESTINATION, TEST_PORT};

/* One diagram, first under construction and then in words. Its levels are the tests in some
 * order. */
struct diagram {
    const struct diagram_rule *rules;
    size_t count;
    enum test order[TESTS];
    u32 levels;         /* beyond them nothing is asked, as if no rule wanted anything */
    u32 classes[TESTS]; /* by level */
    struct overlay *overlay;
    u32 default_leaf;
    struct words *words;
    bool *reached;
};

static const struct class_runs *wants_of(const struct diagram *diagram, u32 rule, u32 level)
{
    return diagram->rules[rule].wants.by_test[diagram->order[level]];
}

/* Returns whether RULE matches regardless of the tests from LEVEL on. */
static bool wants_nothing_more(const struct diagram *diagram, u32 rule, u32 level)
{
    for (; level < diagram->levels; level++)
        if (wants_of(diagram, rule, level))
            return false;
    return true;
}

/* Rules that want the same of a level, in policy order. */
struct wanting {
    const struct class_runs *wants;
    u32 rule;
};

/* All wants of one test are elements of one array, in the order of the policy. */
static int compare_wanting(const void *left, const void *right)
{
    const struct wanting *a = left, *b = right;

    if (a->wants != b->wants)
        return a->wants < b->wants ? -1 : 1;
    return a->rule < b->rule ? -1 : 1;
}

/* Joins PARTS into one diagram, parts[0]. Works in rounds, so that large diagrams are joined
 * seldom. */
static int join_all(struct diagram *diagram, u32 *parts, size_t count)
{
    for (; count > 1; count = (count + 1) / 2) {
        for (size_t i = 0; i + 1 < count; i += 2) {
            int error = overlay_join(diagram->overlay, parts[i], parts[i + 1], &parts[i / 2]);
            if (error)
                return error;
        }
        if (count % 2)
            parts[count / 2] = parts[count - 1];
    }
    return 0;
}

/* Builds the diagram of COUNT rules from LEVEL on. LIST is in the order of the rules, and is
 * reordered. Rules that name the same set are built together, so that this set is overlaid only
 * once. */
static int build(struct diagram *diagram, struct wanting *list, size_t count, u32 level,
                 u32 *number)
{
    size_t part_count = 0;
    int error = 0;

    for (size_t i = 0; i < count; i++)
        if (wants_nothing_more(diagram, list[i].rule, level))
            count = i + 1; /* it hides all later rules */
    if (!count || wants_nothing_more(diagram, list[0].rule, level)) {
        *number = count ? OVERLAY_RULE | list[0].rule : NOTHING;
        return 0;
    }
    for (size_t i = 0; i < count; i++)
        list[i].wants = wants_of(diagram, list[i].rule, level);
    qsort(list, count, sizeof(*list), compare_wanting);
    CLEANUP_FREE u32 *parts = malloc(count * sizeof(*parts));
    if (!parts)
        return -ENOMEM;
    for (size_t i = 0, next; !error && i < count; i = next) {
        const struct class_runs *wants = list[i].wants;
        u32 *part = &parts[part_count++];
        for (next = i + 1; next < count && list[next].wants == wants; next++)
            ;
        error = build(diagram, list + i, next - i, level + 1, part);
        if (!error && wants)
            error = overlay_where(diagram->overlay, level, wants, *part, part);
    }
    if (!error)
        error = join_all(diagram, parts, part_count);
    if (!error)
        *number = parts[0];
    return error;
}

static int build_all(struct diagram *diagram, u32 *number)
{
    CLEANUP_FREE struct wanting *list = malloc((diagram->count + 1) * sizeof(*list));

    if (!list)
        return -ENOMEM;
    for (u32 i = 0; i < diagram->count; i++)
        list[i] = (struct wanting){NULL, i};
    return build(diagram, list, diagram->count, 0, number);
}

/* A node with an edge for each class is read in one step, which is worth up to twice the room of
 * its runs. */
static int write_node(struct diagram *diagram, u32 level, const u32 *first, const u32 *edges,
                      u32 count, u32 *edge)
{
    struct words *words = diagram->words;
    u32 classes = diagram->classes[level], node;
    int error;

    if (classes <= 4 * count) {
        error = words_append(words, NULL, 1 + classes, &node);
        if (error)
            return error;
        for (u32 run = 0, class_id = 0; class_id < classes; class_id++) {
            if (run + 1 < count && first[run + 1] == class_id)
                run++;
            words->words[node + 1 + class_id] = edges[run];
        }
    } else {
        error = words_append(words, &count, 1, &node);
        if (!error)
            error = words_append(words, first, count, NULL);
        if (!error)
            error = words_append(words, edges, count, NULL);
        if (error)
            return error;
    }
    *edge = (u32)diagram->order[level] << EDGE_TEST_SHIFT | node;
    return 0;
}

/* Sets *EDGE to the node NUMBER and writes the node if it was not written yet. An edge of 0 means
 * not written: word 0 is where roots begin, so no node is there. */
static int write_edge(struct diagram *diagram, u32 number, u32 *edge)
{
    struct overlay_node *node = overlay_node(diagram->overlay, number);
    int error = 0;

    if (!node) {
        u32 rule = number & ~OVERLAY_RULE;
        *edge = number == NOTHING ? diagram->default_leaf : diagram->rules[rule].leaf;
        if (number != NOTHING)
            diagram->reached[rule] = true;
        return 0;
    }
    if (!node->edge) {
        CLEANUP_FREE u32 *edges = malloc(node->count * sizeof(*edges));
        if (!edges)
            return -ENOMEM;
        for (u32 i = 0; !error && i < node->count; i++)
            error = write_edge(diagram, node->runs[node->count + i], &edges[i]);
        if (!error)
            error = write_node(diagram, node->level, node->runs, edges, node->count, &node->edge);
    }
    *edge = node->edge;
    return error;
}

/* Tests that distinguish nothing are left out of the levels. */
static void set_levels(struct diagram *diagram, const enum test first[3], const u32 classes[TESTS])
{
    diagram->levels = 0;
    for (u32 i = 0; i < 3; i++)
        diagram->order[diagram->levels++] = first[i];
    for (enum test test = TEST_SOURCE_PORT; test < TESTS; test++)
        if (classes[test] > 1)
            diagram->order[diagram->levels++] = test;
    for (u32 level = 0; level < TESTS; level++)
        diagram->classes[level] = level < diagram->levels ? classes[diagram->order[level]] : 1;
}

/* Makes the diagram whose first tests are FIRST, with at most MOST levels, as far as BUDGET
 * lasts. */
static int make(struct diagram *diagram, const enum test first[3], u32 most,
                const u32 classes[TESTS], struct budget *budget, u32 *number)
{
    set_levels(diagram, first, classes);
    diagram->levels = most < diagram->levels ? most : diagram->levels;
    overlay_free(diagram->overlay);
    diagram->overlay = overlay_new(diagram->classes, budget);
    return diagram->overlay ? build_all(diagram, number) : -ENOMEM;
}

/* NUMBER is a diagram that asks for the port first: BY_CLASS becomes where it leads for each port
 * class. */
static void spread(const struct diagram *diagram, u32 number, u32 *by_class)
{
    const struct overlay_node *node = overlay_node(diagram->overlay, number);
    bool asks = node && !node->level;

    for (u32 class_id = 0, run = 0; class_id < diagram->classes[0]; class_id++) {
        if (asks && run + 1 < node->count && node->runs[run + 1] == class_id)
            run++;
        by_class[class_id] = asks ? node->runs[node->count + run] : number;
    }
}

/* Writes a root for each port class; BY_CLASS has room for one number per class. */
static int write_own_roots(struct diagram *diagram, const u32 classes[TESTS], u32 roots,
                           struct budget *budget, u32 *by_class)
{
    u32 number, edge;
    int error = make(diagram, port_first, TESTS, classes, budget, &number);

    if (error)
        return error;
    spread(diagram, number, by_class);
    for (u32 class_id = 0; !error && class_id < classes[TEST_PORT]; class_id++) {
        error = write_edge(diagram, by_class[class_id], &edge);
        if (!error)
            diagram->words->words[roots + class_id] = edge;
    }
    return error;
}

/* Returns whether packets for which FIRST is the first rule that wants their port need no other
 * test. */
static bool is_certain(const struct diagram *diagram, u32 first)
{
    if (first == NOTHING)
        return true;
    const struct rule_wants *wants = &diagram->rules[first & ~OVERLAY_RULE].wants;
    for (enum test test = 0; test < TESTS; test++)
        if (test != TEST_PORT && wants->by_test[test])
            return false;
    return true;
}

/* Writes one root shared by all port classes, except those whose verdict is already certain. */
static int write_one_root(struct diagram *diagram, const u32 classes[TESTS], u32 roots,
                          struct budget *budget, u32 *by_class)
{
    u32 number, edge;
    int error = make(diagram, port_first, 1, classes, budget, &number);

    if (error)
        return error;
    spread(diagram, number, by_class);
    error = make(diagram, source_first, TESTS, classes, budget, &number);
    for (u32 class_id = 0; !error && class_id < classes[TEST_PORT]; class_id++) {
        u32 first = by_class[class_id];
        error = write_edge(diagram, is_certain(diagram, first) ? first : number, &edge);
        if (!error)
            diagram->words->words[roots + class_id] = edge;
    }
    return error;
}

/* Counts the rules that want each port class, summed over the classes. */
static u64 wanting_in_sum(const struct diagram *diagram, u32 classes)
{
    u64 sum = 0;

    for (size_t i = 0; i < diagram->count; i++) {
        const struct class_runs *wants = diagram->rules[i].wants.by_test[TEST_PORT];
        for (size_t run = 0; wants && run < wants->count; run++)
            sum += wants->runs[run].last - wants->runs[run].first + 1;
        sum += wants ? 0 : classes;
    }
    return sum;
}

/* Finds the rules to name, from what was made before the budget was used up. */
static int find_costliest(const struct diagram *diagram, struct diagram_budget *budget)
{
    CLEANUP_FREE u64 *pieces = calloc(diagram->count + 1, sizeof(*pieces));

    if (!pieces)
        return -ENOMEM;
    overlay_count_pieces(diagram->overlay, pieces);
    for (budget->costliest_count = 0; budget->costliest_count < COSTLIEST;) {
        u32 most = 0;
        for (u32 i = 1; i < diagram->count; i++)
            if (pieces[i] > pieces[most])
                most = i;
        if (!pieces[most])
            break;
        pieces[most] = 0;
        budget->costliest[budget->costliest_count++] = most;
    }
    return -E2BIG;
}

/* Writes a root for each port class if that is worth it, otherwise one root for all. */
static int write_roots(struct diagram *diagram, const u32 classes[TESTS], u32 roots,
                       struct diagram_budget *budget)
{
    CLEANUP_FREE u32 *by_class = malloc(classes[TEST_PORT] * sizeof(*by_class));
    struct words *words = diagram->words;
    size_t before = words->count;
    int error = -E2BIG;

    if (!by_class)
        return -ENOMEM;
    if (wanting_in_sum(diagram, classes[TEST_PORT]) <= OWN_ROOTS_MAX) {
        struct budget part = {budget->left.steps / OWN_ROOTS_PART,
                              budget->left.words / OWN_ROOTS_PART};
        error = write_own_roots(diagram, classes, roots, &part, by_class);
        budget->left.steps -= budget->left.steps / OWN_ROOTS_PART - part.steps;
    }
    if (error == -E2BIG) {
        struct budget rest = budget->left;
        words->count = before;
        error = write_one_root(diagram, classes, roots, &rest, by_class);
        budget->left.steps = rest.steps;
    }
    return error == -E2BIG ? find_costliest(diagram, budget) : error;
}

int diagram_build(const struct diagram_rule *rules, size_t count, const u32 classes[TESTS],
                  u32 default_leaf, struct diagram_budget *budget, struct words *words, u32 *roots,
                  bool *reached)
{
    struct diagram diagram = {.rules = rules,
                              .count = count,
                              .default_leaf = default_leaf,
                              .words = words,
                              .reached = reached};
    int error = words_append(words, NULL, classes[TEST_PORT], roots);

    if (!error)
        error = write_roots(&diagram, classes, *roots, budget);
    overlay_free(diagram.overlay);
    return error;
}
