/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "diagram.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../memory.h"

/* Every port class may have a root of its own, for the rules that want it, as long as those lists
 * stay this short in sum; beyond, all share one root, and the port is tested after the addresses.
 */
#define OWN_ROOTS_MAX 262144u

/* A list of rules, ascending, that still have to be told apart by the tests from `test` on. */
struct question {
    u64 hash;
    const u32 *rules;
    u32 count;
    u8 test;
    bool port_settled; /* the port class is known: every rule listed wants it */
    u32 edge;
};

struct arena_block {
    struct arena_block *before;
    u32 data[];
};

struct diagram {
    const struct diagram_rule *rules;
    const u32 *classes;
    u32 default_leaf;
    struct words *words;
    bool *reached;
    struct question *answered; /* open addressing; rules == NULL: free */
    size_t answered_count;
    size_t answered_size;
    struct arena_block *lists;
};

/* The same edge for the classes from `first` on, up to the next run. */
struct runs {
    u32 *first;
    u32 *edge;
    u32 count;
    size_t room;
};

/* Where, within one test, rules of a list come and go. */
struct border {
    u32 class;
    u32 at; /* in the list */
    bool enters;
};

/* Walks the classes of one test, keeping the rules of a list that want the class. */
struct walk {
    struct border *borders;
    size_t count;
    size_t next;
    u64 *wanting; /* a bit for each place in the list */
    size_t words;
};

static bool tests_nothing_more(const struct diagram *diagram, u32 rule, u8 test, bool port_settled)
{
    for (u32 t = test; t < TESTS; t++)
        if (diagram->rules[rule].wants[t] && !(t == TEST_PORT && port_settled))
            return false;
    return true;
}

static int border_compare(const void *a, const void *b)
{
    u32 x = ((const struct border *)a)->class, y = ((const struct border *)b)->class;
    return (x > y) - (x < y);
}

static void walk_clear(struct walk *walk)
{
    free(walk->borders);
    free(walk->wanting);
    *walk = (struct walk){0};
}

static int walk_begin(const struct diagram *diagram, const struct question *question, u8 test,
                      struct walk *walk)
{
    size_t borders = 0;
    for (u32 i = 0; i < question->count; i++) {
        const struct class_runs *wants = diagram->rules[question->rules[i]].wants[test];
        borders += wants ? 2 * wants->count : 0;
    }
    *walk = (struct walk){.words = (question->count + 63) / 64};
    walk->borders = malloc((borders + 1) * sizeof(*walk->borders));
    walk->wanting = calloc(walk->words + 1, sizeof(*walk->wanting));
    if (!walk->borders || !walk->wanting) {
        walk_clear(walk);
        return -ENOMEM;
    }
    for (u32 i = 0; i < question->count; i++) {
        const struct class_runs *wants = diagram->rules[question->rules[i]].wants[test];
        if (!wants)
            walk->wanting[i / 64] |= 1ull << i % 64;
        for (size_t run = 0; wants && run < wants->count; run++) {
            walk->borders[walk->count++] = (struct border){wants->runs[run].first, i, true};
            walk->borders[walk->count++] = (struct border){wants->runs[run].last + 1, i, false};
        }
    }
    qsort(walk->borders, walk->count, sizeof(*walk->borders), border_compare);
    return 0;
}

/* Takes the borders at CLASS; returns the class of the next border, or END. */
static u32 walk_step(struct walk *walk, u32 class, u32 end)
{
    while (walk->next < walk->count && walk->borders[walk->next].class == class) {
        const struct border *border = &walk->borders[walk->next++];
        walk->wanting[border->at / 64] ^= 1ull << border->at % 64;
    }
    return walk->next < walk->count ? walk->borders[walk->next].class : end;
}

/* The rules of QUESTION that want the class walked to, up to the first that has nothing more to be
 * tested from TEST on: it hides the rest. LIST has room for all. */
static u32 walk_list(const struct diagram *diagram, const struct walk *walk,
                     const struct question *question, u8 test, bool port_settled, u32 *list)
{
    u32 count = 0;
    for (size_t word = 0; word < walk->words; word++) {
        for (u64 bits = walk->wanting[word]; bits; bits &= bits - 1) {
            u32 rule = question->rules[word * 64 + (size_t)__builtin_ctzll(bits)];
            list[count++] = rule;
            if (tests_nothing_more(diagram, rule, test, port_settled))
                return count;
        }
    }
    return count;
}

static u64 question_hash(const u32 *rules, u32 count, u8 test, bool port_settled)
{
    u64 hash = 0xcbf29ce484222325ull ^ (u64)test << 1 ^ port_settled;
    for (u32 i = 0; i < count; i++) {
        hash = (hash ^ rules[i]) * 0x100000001b3ull;
        hash ^= hash >> 29;
    }
    return hash;
}

static struct question *answered_find(struct diagram *diagram, const struct question *question)
{
    size_t at = (size_t)question->hash & (diagram->answered_size - 1);
    for (;; at = (at + 1) & (diagram->answered_size - 1)) {
        struct question *known = &diagram->answered[at];
        if (!known->rules)
            return known;
        if (known->hash == question->hash && known->count == question->count &&
            known->test == question->test && known->port_settled == question->port_settled &&
            !memcmp(known->rules, question->rules, question->count * sizeof(u32)))
            return known;
    }
}

static int answered_reserve(struct diagram *diagram)
{
    if (diagram->answered_size > 2 * diagram->answered_count)
        return 0;
    size_t size = diagram->answered_size ? 2 * diagram->answered_size : 1024;
    struct question *before = diagram->answered;
    size_t before_size = diagram->answered_size;
    struct question *table = calloc(size, sizeof(*table));
    if (!table)
        return -ENOMEM;
    diagram->answered = table;
    diagram->answered_size = size;
    for (size_t i = 0; i < before_size; i++)
        if (before[i].rules)
            *answered_find(diagram, &before[i]) = before[i];
    free(before);
    return 0;
}

static int answered_add(struct diagram *diagram, const struct question *question)
{
    int error = answered_reserve(diagram);
    if (error)
        return error;
    struct arena_block *block = malloc(sizeof(*block) + question->count * sizeof(u32));
    if (!block)
        return -ENOMEM;
    memcpy(block->data, question->rules, question->count * sizeof(u32));
    block->before = diagram->lists;
    diagram->lists = block;

    struct question *place = answered_find(diagram, question);
    *place = *question;
    place->rules = block->data;
    diagram->answered_count++;
    return 0;
}

static int runs_add(struct runs *runs, u32 first, u32 edge)
{
    if (runs->count && runs->edge[runs->count - 1] == edge)
        return 0;
    size_t room = runs->room;
    u32 *more = array_grow(runs->first, runs->count, &room, sizeof(*more));
    if (!more)
        return -ENOMEM;
    runs->first = more;
    room = runs->room;
    more = array_grow(runs->edge, runs->count, &room, sizeof(*more));
    if (!more)
        return -ENOMEM;
    runs->edge = more;
    runs->room = room;
    runs->first[runs->count] = first;
    runs->edge[runs->count++] = edge;
    return 0;
}

static void runs_clear(struct runs *runs)
{
    free(runs->first);
    free(runs->edge);
}

/* A node with an edge for each class is read in one step: worth up to twice the room of its runs.
 */
static int append_node(struct diagram *diagram, u8 test, const struct runs *runs, u32 *edge)
{
    struct words *words = diagram->words;
    u32 classes = diagram->classes[test], node;
    int error;

    if (classes <= 4 * runs->count) {
        error = words_append(words, NULL, 1 + classes, &node);
        if (error)
            return error;
        for (u32 run = 0, class = 0; class < classes; class ++) {
            if (run + 1 < runs->count && runs->first[run + 1] == class)
                run++;
            words->words[node + 1 + class] = runs->edge[run];
        }
    } else {
        error = words_append(words, &runs->count, 1, &node);
        if (!error)
            error = words_append(words, runs->first, runs->count, NULL);
        if (!error)
            error = words_append(words, runs->edge, runs->count, NULL);
        if (error)
            return error;
    }
    *edge = (u32)test << EDGE_TEST_SHIFT | node;
    return 0;
}

static int answer(struct diagram *diagram, struct question *question);

static int answer_by_test(struct diagram *diagram, struct question *question, u8 test)
{
    CLEANUP(walk_clear) struct walk walk = {0};
    CLEANUP(runs_clear) struct runs runs = {0};
    CLEANUP_FREE u32 *list = malloc((question->count + 1) * sizeof(*list));
    int error = list ? walk_begin(diagram, question, test, &walk) : -ENOMEM;
    u32 end = diagram->classes[test];

    for (u32 class = 0, next; !error && class < end; class = next) {
        struct question sub = {
            .rules = list, .test = (u8)(test + 1), .port_settled = question->port_settled};
        next = walk_step(&walk, class, end);
        sub.count = walk_list(diagram, &walk, question, sub.test, sub.port_settled, list);
        error = answer(diagram, &sub);
        if (!error)
            error = runs_add(&runs, class, sub.edge);
    }
    if (error)
        return error;
    if (runs.count == 1) {
        question->edge = runs.edge[0];
        return 0;
    }
    return append_node(diagram, test, &runs, &question->edge);
}

/* The first test from FROM on that tells rules of the list apart, or TESTS. */
static u32 next_test(const struct diagram *diagram, const struct question *question)
{
    for (u32 test = question->test; test < TESTS; test++) {
        if (test == TEST_PORT && question->port_settled)
            continue;
        for (u32 i = 0; i < question->count; i++)
            if (diagram->rules[question->rules[i]].wants[test])
                return test;
    }
    return TESTS;
}

/* Sets question->edge. */
static int answer(struct diagram *diagram, struct question *question)
{
    if (!question->count) {
        question->edge = diagram->default_leaf;
        return 0;
    }
    u32 first = question->rules[0];
    if (tests_nothing_more(diagram, first, question->test, question->port_settled)) {
        question->edge = diagram->rules[first].leaf;
        diagram->reached[first] = true;
        return 0;
    }
    question->test = (u8)next_test(diagram, question);
    question->hash =
        question_hash(question->rules, question->count, question->test, question->port_settled);
    int error = answered_reserve(diagram);
    if (error)
        return error;
    const struct question *known = answered_find(diagram, question);
    if (known->rules) {
        question->edge = known->edge;
        return 0;
    }
    error = answer_by_test(diagram, question, question->test);
    return error ? error : answered_add(diagram, question);
}

/* How long the lists of all port classes are in sum, or more than OWN_ROOTS_MAX. */
static int lists_length(const struct diagram *diagram, const struct question *all, size_t *length)
{
    CLEANUP(walk_clear) struct walk walk = {0};
    int error = walk_begin(diagram, all, TEST_PORT, &walk);
    u32 end = diagram->classes[TEST_PORT];

    *length = 0;
    for (u32 class = 0, next; !error && class < end && *length <= OWN_ROOTS_MAX; class = next) {
        next = walk_step(&walk, class, end);
        for (size_t word = 0; word < walk.words; word++)
            *length += (size_t)__builtin_popcountll(walk.wanting[word]);
    }
    return error;
}

static int answer_roots(struct diagram *diagram, struct question *all, bool own, u32 roots)
{
    CLEANUP(walk_clear) struct walk walk = {0};
    CLEANUP_FREE u32 *list = malloc((all->count + 1) * sizeof(*list));
    int error = list ? walk_begin(diagram, all, TEST_PORT, &walk) : -ENOMEM;
    u32 end = diagram->classes[TEST_PORT];

    for (u32 class = 0, next; !error && class < end; class = next) {
        struct question mine = {.rules = list, .port_settled = true};
        next = walk_step(&walk, class, end);
        mine.count = walk_list(diagram, &walk, all, 0, true, list);
        bool simple = !mine.count || tests_nothing_more(diagram, list[0], 0, true);
        u32 edge = all->edge;
        if (own || simple) {
            error = answer(diagram, &mine);
            edge = mine.edge;
        }
        for (u32 c = class; !error && c < next; c++)
            diagram->words->words[roots + c] = edge;
    }
    return error;
}

int diagram_build(const struct diagram_rule *rules, size_t count, const u32 classes[TESTS],
                  u32 default_leaf, struct words *words, u32 *roots, bool *reached)
{
    struct diagram diagram = {.rules = rules,
                              .classes = classes,
                              .default_leaf = default_leaf,
                              .words = words,
                              .reached = reached};
    CLEANUP_FREE u32 *list = malloc((count + 1) * sizeof(*list));
    struct question all = {.rules = list, .count = (u32)count};
    size_t length = 0;
    int error = list ? words_append(words, NULL, classes[TEST_PORT], roots) : -ENOMEM;

    for (u32 i = 0; !error && i < count; i++)
        list[i] = i;
    if (!error)
        error = lists_length(&diagram, &all, &length);
    bool own = length <= OWN_ROOTS_MAX;
    if (!error && !own)
        error = answer(&diagram, &all);
    if (!error)
        error = answer_roots(&diagram, &all, own, *roots);

    free(diagram.answered);
    while (diagram.lists) {
        struct arena_block *before = diagram.lists->before;
        free(diagram.lists);
        diagram.lists = before;
    }
    return error;
}
