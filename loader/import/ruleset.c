/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ruleset.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <string.h>

#include "../base/memory.h"
#include "../policy/address_words.h"
#include "../policy/grammar.h"

struct chain *ruleset_find(const struct ruleset *ruleset, const char *table, const char *name,
                           u8 families)
{
    for (size_t i = 0; i < ruleset->chain_count; i++) {
        struct chain *chain = ruleset->chains[i];

        if (!strcmp(chain->name, name) && !strcmp(chain->table, table) &&
            chain->families == families)
            return chain;
    }
    return NULL;
}

struct chain *ruleset_chain(struct ruleset *ruleset, const char *table, const char *name,
                            u8 families)
{
    struct chain *chain = ruleset_find(ruleset, table, name, families);
    struct chain **grown;

    if (chain)
        return chain;
    grown = arena_grow(&ruleset->arena, ruleset->chains, ruleset->chain_count,
                       &ruleset->chain_capacity, sizeof(struct chain *));
    chain = grown ? arena_get(&ruleset->arena, sizeof(*chain)) : NULL;
    if (!chain)
        return NULL;
    *chain = (struct chain){
        .name = arena_copy(&ruleset->arena, name),
        .table = arena_copy(&ruleset->arena, table),
        .families = families,
        .hook = HOOK_NONE,
        .policy = DEED_ACCEPT,
        .left_out = ruleset_leaves_out(ruleset, name) || ruleset_leaves_out(ruleset, table),
    };
    ruleset->chains = grown;
    ruleset->chains[ruleset->chain_count++] = chain;
    return chain;
}

void ruleset_add(struct ruleset *ruleset, struct chain *chain, const struct entry *entry)
{
    struct entry *grown;

    if (chain->count >= IMPORT_RULES_MAX) {
        ruleset->arena.error = ruleset->arena.error ? ruleset->arena.error : -E2BIG;
        return;
    }
    grown =
        arena_grow(&ruleset->arena, chain->entries, chain->count, &chain->capacity, sizeof(*entry));
    if (!grown)
        return;
    chain->entries = grown;
    chain->entries[chain->count++] = *entry;
}

bool ruleset_interface_is_good(const char *name, char wildcard)
{
    static const char good[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:@";
    size_t length = strlen(name), plain = strspn(name, good);

    return length && length <= 15 &&
           (plain == length || (plain == length - 1 && name[plain] == wildcard)) &&
           strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static u16 number_of(struct ruleset *ruleset, const char *name)
{
    const char **grown;

    for (size_t i = 0; i < ruleset->interface_count; i++)
        if (!strcmp(ruleset->interfaces[i], name))
            return (u16)(i + 1);
    if (ruleset->interface_count >= 4096) {
        ruleset->arena.error = ruleset->arena.error ? ruleset->arena.error : -E2BIG;
        return 0;
    }
    grown = arena_grow(&ruleset->arena, ruleset->interfaces, ruleset->interface_count,
                       &ruleset->interface_capacity, sizeof(const char *));
    if (!grown)
        return 0;
    ruleset->interfaces = grown;
    ruleset->interfaces[ruleset->interface_count++] = arena_copy(&ruleset->arena, name);
    return (u16)ruleset->interface_count;
}

/* All names that were met so far count: the ruleset is read twice, and at the second time all
 * are known. */
const struct spans *ruleset_interface(struct ruleset *ruleset, const char *name, char wildcard)
{
    size_t length = strlen(name), count = 0;
    bool pattern = length && name[length - 1] == wildcard;
    struct address_range *list;

    if (pattern && length == 1)
        return NULL;
    char *starred = pattern ? strndupa(name, length) : NULL;
    if (pattern)
        starred[length - 1] = '*';
    u16 number = number_of(ruleset, pattern ? starred : name);
    if (!pattern)
        return spans_one(&ruleset->arena, number);
    list = arena_get(&ruleset->arena, ruleset->interface_count * sizeof(*list));
    for (size_t i = 0; list && i < ruleset->interface_count; i++)
        if (!strncmp(ruleset->interfaces[i], name, length - 1))
            list[count++] = (struct address_range){i + 1, i + 1};
    return list ? spans_of(&ruleset->arena, list, count, aspect_last(ASPECT_ARRIVES)) : &spans_none;
}

static bool is_taken(const struct ruleset *ruleset, const char *name)
{
    for (size_t i = 0; i < ruleset->named_count; i++)
        if (!strcmp(ruleset->named[i]->name, name))
            return true;
    return false;
}

/* Makes NAME one that a policy may give to a set, without saying anything else by it. */
static void make_good(const char *original, char name[NAME_BYTES])
{
    size_t length = 0;

    if (!is_letter(*original))
        name[length++] = 's';
    for (; *original && length < NAME_BYTES - 6; original++)
        name[length++] = is_letter(*original) || is_digit(*original) || *original == '_' ||
                                 *original == '.' || *original == '-'
                             ? *original
                             : '-';
    name[length] = '\0';
    if (!strcasecmp(name, "any") || !strcasecmp(name, "self") || !strcasecmp(name, "broadcast") ||
        !strcasecmp(name, "multicast"))
        memcpy(name + length, "-set", 5);
}

struct named *ruleset_name(struct ruleset *ruleset, const char *table, const char *original,
                           bool is_ports)
{
    char good[NAME_BYTES], name[NAME_BYTES + 8];
    struct named **grown, *named;

    for (size_t i = 0; i < ruleset->named_count; i++) {
        named = ruleset->named[i];
        if (!strcmp(named->original, original) && !strcmp(named->table, table))
            return named;
    }
    make_good(original, good);
    snprintf(name, sizeof(name), "%s", good);
    for (unsigned int i = 2; is_taken(ruleset, name) && i < 1000; i++)
        snprintf(name, sizeof(name), "%.26s-%u", good, i);
    grown = arena_grow(&ruleset->arena, ruleset->named, ruleset->named_count,
                       &ruleset->named_capacity, sizeof(struct named *));
    named = grown ? arena_get(&ruleset->arena, sizeof(*named)) : NULL;
    if (!named)
        return NULL;
    *named = (struct named){
        .name = arena_copy(&ruleset->arena, name),
        .original = arena_copy(&ruleset->arena, original),
        .table = arena_copy(&ruleset->arena, table),
        .is_ports = is_ports,
        .set = {&spans_none, &spans_none},
    };
    ruleset->named = grown;
    ruleset->named[ruleset->named_count++] = named;
    return named;
}

static void tell(struct ruleset *ruleset, enum severity severity, const struct origin *origin,
                 const char *format, va_list arguments)
{
    CLEANUP_FREE char *text = NULL;

    if (ruleset->counting || vasprintf(&text, format, arguments) < 0)
        return;
    if (origin && origin->where)
        diag_add(ruleset->diag, severity, origin->place, "%s: %s", origin->where, text);
    else
        diag_add(ruleset->diag, severity, origin ? origin->place : (struct place){0}, "%s", text);
}

void ruleset_complain(struct ruleset *ruleset, const struct origin *origin, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    tell(ruleset, SEVERITY_ERROR, origin, format, arguments);
    va_end(arguments);
    ruleset->complaints += !ruleset->counting;
}

void ruleset_note(struct ruleset *ruleset, const struct origin *origin, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    tell(ruleset, SEVERITY_NOTE, origin, format, arguments);
    va_end(arguments);
}

bool ruleset_leaves_out(const struct ruleset *ruleset, const char *name)
{
    for (size_t i = 0; i < ruleset->options->without_count; i++)
        if (!fnmatch(ruleset->options->without[i], name, 0))
            return true;
    return false;
}
