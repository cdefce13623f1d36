/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Our own rulesets, read back. */
#include "exported.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "../base/memory.h"
#include "nftables.h"
#include "nftables_lines.h"

static const char *table_of(const char *kind, struct json_object *object)
{
    return nftables_text(object, strcmp(kind, "table") ? "table" : "name");
}

/* Is it of our tables? Not what nft says of itself. */
static bool is_ours(const char *kind, struct json_object *object)
{
    return nftables_is_export(object, table_of(kind, object));
}

static bool is_left_out(const struct import_options *options, const char *name)
{
    for (size_t i = 0; i < options->without_count; i++)
        if (!fnmatch(options->without[i], name, 0))
            return true;
    return false;
}

/* The same of the table of a chain, which has its family in its name, or not. */
static bool leaves_out_table(const struct import_options *options, const char *family,
                             const char *table)
{
    char *both = NULL;
    bool found = is_left_out(options, table) ||
                 (asprintf(&both, "%s %s", family, table) >= 0 && is_left_out(options, both));

    free(both);
    return found;
}

/* Adds what the rule OBJECT carries, if it does. */
static bool read_carried(const char *kind, struct json_object *object, FILE *const texts[])
{
    return !strcmp(kind, "rule") && is_ours(kind, object) &&
           !strcmp(nftables_text(object, "chain"), CARRIED_CHAIN) &&
           !carried_read(nftables_text(object, "comment"), texts);
}

static int read_all(struct json_object *root, FILE *const texts[])
{
    struct json_object *objects = nftables_get(root, "nftables");
    bool found = false;

    for (size_t i = 0; i < nftables_length(objects); i++) {
        const char *kind;
        struct json_object *object = nftables_object(objects, i, &kind);
        if (object && read_carried(kind, object, texts))
            found = true;
    }
    return found ? 0 : -ENOENT;
}

/* Reads into EXPORTED, where nothing is left if there is no policy. */
static int read_texts(struct exported *exported)
{
    FILE *files[CARRIED_KINDS] = {NULL};
    size_t sizes[CARRIED_KINDS];
    int error = 0;

    for (int kind = 0; kind < CARRIED_KINDS; kind++) {
        files[kind] = open_memstream(&exported->texts[kind], &sizes[kind]);
        if (!files[kind])
            error = -ENOMEM;
    }
    if (!error)
        error = read_all(exported->root, files);
    for (int kind = 0; kind < CARRIED_KINDS; kind++) {
        if (files[kind] && kind != CARRIED_INTERFACE && ftell(files[kind]) > 0)
            fputc('\n', files[kind]);
        if (files[kind] && fclose(files[kind]))
            error = -ENOMEM;
        if (!error && !sizes[kind])
            free(TAKE_PTR(exported->texts[kind]));
    }
    return error ? error : exported->texts[CARRIED_POLICY] ? 0 : -ENOENT;
}

/* A base chain of another table judges packets as well. */
static void complain_of_others(struct exported *exported, const struct import_options *options,
                               struct diag *diag, const struct source *where)
{
    struct json_object *objects = nftables_get(exported->root, "nftables");

    for (size_t i = 0; i < nftables_length(objects); i++) {
        const char *kind;
        struct json_object *object = nftables_object(objects, i, &kind);
        if (!object || strcmp(kind, "chain") != 0 || is_ours(kind, object) ||
            !*nftables_text(object, "hook") ||
            leaves_out_table(options, nftables_text(object, "family"), table_of(kind, object)) ||
            is_left_out(options, nftables_text(object, "name")))
            continue;
        diag_add(diag, SEVERITY_ERROR, (struct place){.source = where},
                 "chain %s of table %s %s: it stands beside what edgexdp exported, and is not "
                 "imported with it: --without 'edgexdp*' imports it alone",
                 nftables_text(object, "name"), nftables_text(object, "family"),
                 table_of(kind, object));
        exported->complaints++;
    }
}

int exported_find(const struct source *json, const struct source *text,
                  const struct import_options *options, struct diag *diag,
                  struct exported *exported)
{
    struct diag *scratch = diag_new();
    int error = scratch ? 0 : -ENOMEM;

    if (!error && is_left_out(options, "edgexdp"))
        error = -ENOENT;
    if (!error)
        exported->root = nftables_parse(json, scratch);
    diag_free(scratch);
    if (!error)
        error = exported->root ? read_texts(exported) : -ENOENT;
    if (error)
        exported_clear(exported);
    else
        complain_of_others(exported, options, diag, text ? text : json);
    return error;
}

/* Is it a set that packets fill? Ours are the ones with a timeout; nft does not always list that
 * they are dynamic. */
static bool is_filled(struct json_object *object)
{
    return nftables_get(object, "timeout") != NULL;
}

/* Takes out what packets have changed. */
static void settle_statements(struct json_object *statements)
{
    for (size_t i = 0; i < nftables_length(statements); i++) {
        struct json_object *statement = json_object_array_get_idx(statements, i);
        if (json_object_is_type(nftables_get(statement, "counter"), json_type_object))
            json_object_object_add(statement, "counter", NULL);
    }
}

/* Takes out of OBJECT what is not the ruleset's: the kernel's numbers, and what packets have
 * changed. */
static void settle(struct json_object *object)
{
    if (!json_object_is_type(object, json_type_object))
        return;
    json_object_object_del(object, "handle");
    settle_statements(nftables_get(object, "expr"));
    if (is_filled(object))
        json_object_object_del(object, "elem");
}

/* A walk through the objects of our tables. */
struct walk {
    struct json_object *objects, *object; /* OBJECT is NULL at the end */
    const char *kind;
    size_t next;
    size_t rule; /* number in its chain */
    const char *chain;
};

static void walk_on(struct walk *walk)
{
    struct json_object *before = walk->object;

    walk->object = NULL;
    while (!walk->object && walk->next < nftables_length(walk->objects)) {
        walk->object = nftables_object(walk->objects, walk->next++, &walk->kind);
        if (walk->object && !is_ours(walk->kind, walk->object))
            walk->object = NULL;
    }
    if (!walk->object)
        return;
    const char *chain = nftables_text(walk->object, "chain");
    bool same = before && *chain && !strcmp(chain, nftables_text(before, "chain")) &&
                !strcmp(table_of(walk->kind, walk->object), nftables_text(before, "table"));
    walk->rule = !*chain ? 0 : same ? walk->rule + 1 : 1;
    walk->chain = chain;
    settle(walk->object);
}

/* Are both rules of one chain? */
static bool share_chain(const struct walk *a, const struct walk *b)
{
    return a->object && b->object && *a->chain && !strcmp(a->chain, b->chain) &&
           !strcmp(nftables_text(a->object, "family"), nftables_text(b->object, "family")) &&
           !strcmp(nftables_text(a->object, "table"), nftables_text(b->object, "table"));
}

struct comparison {
    struct exported *exported;
    struct diag *diag;
    struct nftables_lines *lines; /* or NULL */
    const struct source *source;
    struct arena arena;
};

/* How many rules the chain has in which WALK is. */
static size_t count_rules(struct walk walk)
{
    const struct walk here = walk;
    size_t count = walk.rule - 1;

    for (; share_chain(&here, &walk); walk_on(&walk))
        count++;
    return count;
}

static void complain(struct comparison *comparison, const struct walk *given, const char *what)
{
    struct place place = {.source = comparison->source};
    const char *family = nftables_text(given->object, "family"),
               *table = table_of(given->kind, given->object);

    comparison->exported->complaints++;
    if (!*given->chain) {
        diag_add(comparison->diag, SEVERITY_ERROR, place, "%s %s of table %s %s: %s", given->kind,
                 nftables_text(given->object, "name"), family, table, what);
        return;
    }
    const struct chain chain = {
        .name = given->chain,
        .table = arena_print(&comparison->arena, "%s %s", family, table),
        .families = 3,
        .rules = count_rules(*given),
    };
    if (!comparison->lines || !nftables_lines_find(comparison->lines, &chain, given->rule, &place))
        place = (struct place){.source = comparison->source};
    diag_add(comparison->diag, SEVERITY_ERROR, place, "chain %s of table %s, rule %zu: %s: %s",
             chain.name, chain.table, given->rule, what,
             nftables_words(&comparison->arena, nftables_get(given->object, "expr")));
}

#define CHANGED                                                                                    \
    "this is not what the policy is exported as, which the ruleset carries: it was changed "       \
    "since, "                                                                                      \
    "or another version exported it"

#define MISSING "this is missing in the ruleset, of what its policy is exported as"

/* Goes on behind the chain in which both differ. */
static void skip_chain(struct walk *walk)
{
    const struct walk here = *walk;

    while (share_chain(&here, walk))
        walk_on(walk);
}

/* Complains of the first difference, and gets behind it. Returns whether it can go on there. */
static bool tell_difference(struct comparison *comparison, struct walk *given, struct walk *made)
{
    bool share = share_chain(given, made);
    bool named = given->object && made->object && !*given->chain && !*made->chain &&
                 !strcmp(given->kind, made->kind) &&
                 !strcmp(nftables_text(given->object, "name"), nftables_text(made->object, "name"));
    bool ends_early = !share && made->rule > 1; /* the chain in the ruleset; or late: */
    bool ends_late = !share && !ends_early && given->rule > 1;

    if (!given->object || ends_early)
        complain(comparison, made, MISSING);
    else
        complain(comparison, given, CHANGED);
    if (share || ends_late)
        skip_chain(given);
    if (share || ends_early)
        skip_chain(made);
    if (!named)
        return share || ends_early || ends_late;
    walk_on(given);
    walk_on(made);
    return true;
}

static void compare(struct comparison *comparison, struct json_object *made)
{
    struct walk left = {.objects = nftables_get(comparison->exported->root, "nftables")};
    struct walk right = {.objects = nftables_get(made, "nftables")};
    bool goes_on = true;

    walk_on(&left);
    walk_on(&right);
    while (goes_on && (left.object || right.object)) {
        if (left.object && right.object && !strcmp(left.kind, right.kind) &&
            json_object_equal(left.object, right.object)) {
            walk_on(&left);
            walk_on(&right);
        } else {
            goes_on = tell_difference(comparison, &left, &right);
        }
    }
}

int exported_compare(struct exported *exported, const struct source *made,
                     const struct source *text, struct diag *diag)
{
    struct comparison comparison = {.exported = exported, .diag = diag, .source = text};
    struct json_object *root = nftables_parse(made, diag);
    int error = root ? 0 : -EINVAL;

    if (!error && text)
        error = nftables_lines_read(text, &comparison.lines);
    if (!error)
        compare(&comparison, root);
    if (!error)
        error = comparison.arena.error;
    nftables_lines_free(comparison.lines);
    arena_clear(&comparison.arena);
    json_object_put(root);
    return error;
}

int exported_result(struct exported *exported, struct import_result *result)
{
    static const char note[] =
        "# The ruleset was changed after it was exported: that is not imported.\n";

    result->complaints = exported->complaints;
    if (!exported->complaints)
        result->policy = TAKE_PTR(exported->texts[CARRIED_POLICY]);
    else if (asprintf(&result->policy, "%s%s", note, exported->texts[CARRIED_POLICY]) < 0)
        return -ENOMEM;
    return 0;
}

void exported_clear(struct exported *exported)
{
    for (int kind = 0; kind < CARRIED_KINDS; kind++)
        free(exported->texts[kind]);
    json_object_put(exported->root);
    *exported = (struct exported){0};
}
