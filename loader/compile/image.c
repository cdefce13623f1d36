/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"
#include "../policy/limit.h"
#include "../policy/match.h"
#include "../policy/protect.h"
#include "arrivals.h"
#include "compiler.h"
#include "directory.h"
#include "excess.h"
#include "limits.h"
#include "lookup.h"
#include "members.h"
#include "owners.h"
#include "selection.h"

#define BLOCK_ALIGNMENT 128
#define BLOCK_BYTES_MAX ((size_t)1 << 30) /* limit of a map's value, with room to spare */

int policy_entries(const struct policy *policy, struct entry **entries, size_t *count)
{
    struct entry *list = calloc(2 * policy->rule_count + 1, sizeof(*list));
    size_t n = 0;

    if (!list)
        return -ENOMEM;
    for (u32 rule = 0; rule < policy->rule_count; rule++)
        for (enum direction d = DIRECTION_IN; d < DIRECTIONS; d++)
            if (policy->rules[rule].direction[d])
                list[n++] = (struct entry){.rule = rule, .direction = d};
    *entries = list;
    *count = n;
    return 0;
}

static u32 number_of(const struct compiler *compiler, size_t entry)
{
    return entry_number(compiler->numbers, entry);
}

static bool accepts(const struct compiler *compiler, const struct entry *entry)
{
    return compiler->policy->rules[entry->rule].action == VERDICT_ACCEPT;
}

static bool is_limited(const struct compiler *compiler, const struct entry *entry)
{
    return compiler->policy->rules[entry->rule].limit_count;
}

static u32 leaf_of(const struct compiler *compiler, size_t at)
{
    const struct entry *entry = &compiler->entries[at];
    const struct rule *rule = &compiler->policy->rules[entry->rule];
    return EDGE_LEAF | (accepts(compiler, entry) ? EDGE_ACCEPT : 0) | (rule->log ? EDGE_LOG : 0) |
           (is_limited(compiler, entry) ? EDGE_LIMITED : 0) |
           (rule_protects(rule) ? EDGE_PROTECTED : 0) | (u32)rule->refusal << EDGE_REFUSAL_SHIFT |
           number_of(compiler, at);
}

static bool rejects(const struct rule *rule)
{
    return rule->refusal != REFUSAL_NONE;
}

/* The directions in which POLICY has a rule for which IS holds, a bit for each. */
static u8 directions_of(const struct policy *policy, bool (*is)(const struct rule *rule))
{
    u8 directions = 0;

    for (size_t i = 0; i < policy->rule_count; i++)
        for (enum direction d = DIRECTION_IN; d < DIRECTIONS; d++)
            if (policy->rules[i].direction[d] && is(&policy->rules[i]))
                directions |= (u8)(1u << d);
    return directions;
}

/* Selects the rules of SCOPE that can match at all. */
static int select_rules(const struct compiler *compiler, const struct scope *scope,
                        struct selection *selection)
{
    const struct address_set *exempt = compiler->policy->exempt;
    int error = selection_init(selection, compiler->entry_count);

    for (size_t i = 0; i < compiler->entry_count && !error; i++) {
        const struct entry *entry = &compiler->entries[i];
        struct rule_wants wants =
            rule_wants_in(&compiler->classes.wants[scope->family][entry->rule], scope->direction);
        if (scope->later)
            wants = rule_wants_of_later(&wants, &compiler->policy->rules[entry->rule]);
        if (entry->direction != scope->direction ||
            (compiler->groups && compiler->groups[entry->rule] != scope->group))
            continue;
        if (exempt && is_limited(compiler, entry))
            error =
                selection_add_exempt(selection, i, wants, leaf_of(compiler, i), &compiler->classes,
                                     scope->family, scope->direction, exempt);
        selection_add(selection, i, &wants, leaf_of(compiler, i));
    }
    return error;
}

/* ENTRIES maps the diagram's rules to entries. */
static void tell_excess(struct compiler *compiler, const struct scope *scope, const size_t *entries)
{
    const struct diagram_budget *budget = &compiler->budget;
    u32 rules[COSTLIEST];

    for (u32 i = 0; i < budget->costliest_count; i++)
        rules[i] = compiler->entries[entries[budget->costliest[i]]].rule;
    excess_tell_rules(compiler->policy, &compiler->classes, compiler->bounds, scope->direction,
                      scope->family, rules, budget->costliest_count, compiler->diag);
    compiler->told = true;
}

static struct selected facts_of(const struct selection *selection)
{
    struct selected selected = {.rules = selection->count};

    for (size_t i = 0; i < selection->count; i++)
        for (enum test test = 0; test < TESTS; test++)
            selected.tests |= (u32) !!selection->rules[i].wants.by_test[test] << test;
    return selected;
}

int compiler_build_diagram(struct compiler *compiler, const struct scope *scope, u32 *roots,
                           struct selected *selected)
{
    CLEANUP(selection_clear) struct selection selection = {0};
    u32 default_leaf = EDGE_LEAF | NO_RULE, counts[TESTS];
    int error = select_rules(compiler, scope, &selection);

    classes_count(&compiler->classes, scope->family, counts);
    if (!error)
        error = diagram_build(selection.rules, selection.count, counts, default_leaf,
                              &compiler->budget, &compiler->words, roots, selection.reached);
    for (size_t i = 0; !error && i < selection.count; i++)
        compiler->entries[selection.origins[i]].reachable |= selection.reached[i];
    if (error == -E2BIG && compiler->budget.costliest_count)
        tell_excess(compiler, scope, selection.origins);
    if (selected)
        *selected = facts_of(&selection);
    return error;
}

/* Later fragments have diagrams only in directions in which a rule names them. */
static int build_diagrams(struct compiler *compiler)
{
    struct tables_header *header = &compiler->header;
    u8 later = directions_of(compiler->policy, rule_asks_later);
    int error = 0;

    for (struct scope scope = {0}; !error && scope.direction < DIRECTIONS; scope.direction++)
        for (scope.family = 0; !error && scope.family < 2; scope.family++)
            error = compiler_build_diagram(compiler, &scope,
                                           &header->roots[scope.direction][scope.family], NULL);
    for (struct scope scope = {.later = true}; !error && scope.direction < DIRECTIONS;
         scope.direction++)
        for (scope.family = 0; !error && scope.family < 2; scope.family++)
            if (later >> scope.direction & 1)
                error = compiler_build_diagram(
                    compiler, &scope, &header->later_roots[scope.direction][scope.family], NULL);
    return error;
}

/* Builds everything that the packet path searches, with small and hot parts first. */
static int build_tables(struct compiler *compiler, int (*diagrams)(struct compiler *compiler))
{
    const struct classes *classes = &compiler->classes;
    struct tables_header *header = &compiler->header;
    struct words *words = &compiler->words;
    int error =
        lookup_build_ports(&classes->numbers[TEST_PORT], words, &header->ports, &compiler->pages);

    for (enum test test = TEST_SOURCE_PORT; !error && test < TESTS; test++)
        error = lookup_build_numbers(&classes->numbers[test], &compiler->pages,
                                     &header->numbers[test - TEST_SOURCE_PORT]);
    if (!error)
        error = words_append(words, compiler->pages.words, compiler->pages.count, &header->pages);
    compiler->diagrams = (u32)words->count;
    if (!error)
        error = diagrams(compiler);
    compiler->diagrams_end = (u32)words->count;
    if (!error)
        error = members_build(compiler->policy->exempt, classes, words, header->exempt);
    if (!error)
        error = members_build(compiler->policy->self, classes, words, header->self);
    if (!error && classes->addresses[0].class_count > 1)
        error = lookup_build4(&classes->addresses[0], words, &header->root4);
    if (!error && classes->addresses[1].class_count > 1)
        error = lookup_build6(&classes->addresses[1], words, &header->root6, &compiler->nodes6);
    if (!error)
        error = words_align(words, sizeof(struct node6) / sizeof(u32));
    if (!error)
        error =
            words_append(words, compiler->nodes6.words, compiler->nodes6.count, &header->nodes6);
    if (!error)
        error = arrivals_build(compiler->policy, words, header);
    header->nodes6_count = (u32)(compiler->nodes6.count * sizeof(u32) / sizeof(struct node6));
    return error;
}

static struct tables_switches switches_of(const struct policy *policy)
{
    const struct baseline *baseline = &policy->baseline;
    return (struct tables_switches){
        .audit = policy->mode == MODE_AUDIT,
        .otherwise = {(u8)policy->otherwise[DIRECTION_IN], (u8)policy->otherwise[DIRECTION_OUT]},
        .arp = baseline->arp,
        .neighbour_discovery = baseline->neighbour_discovery,
        .igmp = baseline->igmp,
        .icmp_errors = baseline->icmp_errors,
        .link_control = baseline->link_control,
        .other_ethertypes = baseline->other_ethertypes,
        .ping = baseline->ping,
        .dhcp_client = baseline->dhcp_client,
        .fragments = baseline->fragments,
        .tcp_flags = baseline->tcp_flags,
        .martians = baseline->martians,
        .refuses = directions_of(policy, rejects),
        .later = directions_of(policy, rule_asks_later),
        .log_drops = policy->log_drops,
        .bans = !!directions_of(policy, rule_bans),
        .tcp_state = (u8)baseline->tcp_state,
        .protects = policy_protects(policy),
    };
}

static u8 count_numbers(const struct tables_header *header)
{
    u8 count = 0;

    for (enum test test = TEST_SOURCE_PORT + 1; test < TESTS; test++)
        count += header->numbers[test - TEST_SOURCE_PORT] != 0;
    return count;
}

static int build_header(struct compiler *compiler)
{
    struct tables_header *header = &compiler->header;
    const struct policy *policy = compiler->policy;
    int error = words_align(&compiler->words, BLOCK_ALIGNMENT / sizeof(u32));
    if (error)
        return error;
    header->magic = TABLES_MAGIC;
    header->schema = EDGEXDP_SCHEMA;
    header->words = (u32)compiler->words.count;
    header->switches = switches_of(policy);
    header->switches.numbers = count_numbers(header);
    memcpy(header->name, policy->name, sizeof(header->name));
    memcpy(header->sha256, policy->sha256, sizeof(header->sha256));
    return 0;
}

static int make_image(struct compiler *compiler, struct image **image)
{
    CLEANUP_FREE struct image *made = calloc(1, sizeof(*made));
    size_t bytes = compiler->words.count * sizeof(u32);
    CLEANUP_FREE struct tables_header *block = aligned_alloc(BLOCK_ALIGNMENT, bytes);
    if (!made || !block)
        return -ENOMEM;
    memcpy(block, compiler->words.words, bytes);
    *block = compiler->header;
    made->header = TAKE_PTR(block);
    made->entries = TAKE_PTR(compiler->entries);
    made->entry_count = compiler->entry_count;
    made->diagrams = compiler->diagrams;
    made->diagrams_end = compiler->diagrams_end;
    *image = TAKE_PTR(made);
    return 0;
}

/* Builds what follows the tables and depends on the numbers. */
static int finish(struct compiler *compiler, const struct compiling *compiling,
                  struct image **image)
{
    int error = owners_build(compiler->policy, compiler->entries, compiler->entry_count,
                             compiler->numbers, &compiler->words, &compiler->header);

    if (!error)
        error = limits_build(compiler->policy, compiler->entries, compiler->entry_count,
                             compiler->numbers, &compiler->words, &compiler->header);
    if (!error)
        error = directory_build(compiler->policy, compiler->entries, compiler->entry_count,
                                compiler->numbers, &compiler->words, &compiler->header);
    if (!error && compiling && compiling->finish)
        error = compiling->finish(compiler, compiling->context);
    if (!error)
        error = build_header(compiler);
    return error ? error : make_image(compiler, image);
}

void compiler_clear(struct compiler *compiler)
{
    classes_clear(&compiler->classes);
    words_clear(&compiler->words);
    words_clear(&compiler->nodes6);
    words_clear(&compiler->pages);
    free(compiler->entries);
}

int compiler_run(const struct compiling *compiling, struct image **image, struct diag *diag)
{
    const struct policy *policy = compiling->policy;
    const struct bounds *bounds = compiling->bounds;
    size_t max = bounds->bytes / sizeof(u32);
    CLEANUP(compiler_clear)
    struct compiler compiler = {
        .policy = policy,
        .bounds = bounds,
        .diag = diag,
        .groups = compiling->groups,
        .budget.left = {bounds->steps, bounds->work_bytes / sizeof(u32)},
    };
    compiler.words.max = compiler.nodes6.max = compiler.pages.max =
        max < TABLES_WORDS_MAX ? max : TABLES_WORDS_MAX;

    int error = policy_entries(policy, &compiler.entries, &compiler.entry_count);
    if (!error)
        error = words_append(&compiler.words, NULL, sizeof(compiler.header) / sizeof(u32), NULL);
    if (!error)
        error = classes_build(policy, CLASSES_MAX, SPOKEN_OF_TOO, &compiler.classes, diag);
    if (error)
        return error;
    compiler.header.port_classes = compiler.classes.numbers[TEST_PORT].class_count;
    error = build_tables(&compiler, compiling->diagrams);
    if (!error)
        error = finish(&compiler, compiling, image);
    if (error == -E2BIG && !compiler.told)
        excess_tell_tables(policy, &compiler.classes, bounds, diag);
    return error;
}

int policy_compile(const struct policy *policy, const struct bounds *bounds, struct image **image,
                   struct diag *diag)
{
    const struct compiling compiling = {
        .policy = policy, .bounds = bounds, .diagrams = build_diagrams};

    return compiler_run(&compiling, image, diag);
}

/* In the words of the diagrams, only leaves have EDGE_LEAF set: see tables.h. */
static void number_leaves(const struct compiler *compiler)
{
    for (u32 at = compiler->diagrams; at < compiler->diagrams_end; at++) {
        u32 *word = &compiler->words.words[at], entry = *word & EDGE_RULE;
        if (*word & EDGE_LEAF && entry != NO_RULE)
            *word = (*word & ~EDGE_RULE) | compiler->numbers[entry].number;
    }
}

int image_number(const struct image *image, const struct policy *policy,
                 const struct rule_number *numbers, struct image **numbered)
{
    CLEANUP(compiler_clear)
    struct compiler compiler = {.policy = policy,
                                .numbers = numbers,
                                .header = *image->header,
                                .words.max = TABLES_WORDS_MAX,
                                .diagrams = image->diagrams,
                                .diagrams_end = image->diagrams_end};

    compiler.entries = calloc(image->entry_count + 1, sizeof(*compiler.entries));
    if (!compiler.entries)
        return -ENOMEM;
    memcpy(compiler.entries, image->entries, image->entry_count * sizeof(*compiler.entries));
    compiler.entry_count = image->entry_count;
    int error =
        words_append(&compiler.words, (const u32 *)image->header, image->header->owners, NULL);
    if (error)
        return error;
    number_leaves(&compiler);
    return finish(&compiler, NULL, numbered);
}

int image_keep(struct image *image, const struct archive *archive)
{
    const size_t before = (size_t)image->header->words * sizeof(u32);
    size_t bytes =
        (before + archive->length + BLOCK_ALIGNMENT - 1) / BLOCK_ALIGNMENT * BLOCK_ALIGNMENT;

    if (bytes > BLOCK_BYTES_MAX)
        return -E2BIG;
    struct tables_header *block = aligned_alloc(BLOCK_ALIGNMENT, bytes);
    if (!block)
        return -ENOMEM;
    memcpy(block, image->header, before);
    memcpy((char *)block + before, archive->bytes, archive->length);
    memset((char *)block + before + archive->length, 0, bytes - before - archive->length);
    block->archive = (u32)(before / sizeof(u32));
    block->archive_words = (u32)((bytes - before) / sizeof(u32));
    block->words = (u32)(bytes / sizeof(u32));
    free(image->header);
    image->header = block;
    return 0;
}

int image_unguarded(struct image **image)
{
    char path[] = "";
    struct policy nothing = {.name = "unguarded", .path = path};
    struct image *made;
    int error = policy_compile(&nothing, &BOUNDS_DEFAULT, &made, NULL);
    if (error)
        return error;
    made->header->switches.unguarded = 1;
    *image = made;
    return 0;
}

void image_free(struct image *image)
{
    if (!image)
        return;
    free(image->header);
    free(image->entries);
    free(image);
}
