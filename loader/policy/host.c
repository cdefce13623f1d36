/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host.h"

#include "../base/memory.h"
#include "address.h"
#include "catalog.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The longest name of a host and what precedes it; names of interfaces are shorter. */
#define WORD_BYTES (HOST_NAME_BYTES + 5)

static const char *const keywords[] = {"self", "broadcast"};
static const char *const suffixes[] = {":addresses", ":networks"};

const char *const host_implied_names[HOST_IMPLIED] = {
    [HOST_GATEWAYS] = "gateways", [HOST_SESSION] = "session"};

enum { SELF, BROADCAST };
enum { ADDRESSES, NETWORKS };

#define RANKS 8 /* see rank() */

struct host {
    struct host_word **words;
    size_t count, capacity;
    struct catalog *names; /* map to indices of words */
    struct links links;
    host_asker *ask; /* NULL: nobody is asked */
    void *context;
};

static bool ends_with(struct piece item, const char *suffix)
{
    size_t length = strlen(suffix);

    return item.length > length &&
           piece_is_keyword(piece_part(item, item.length - length, length), suffix);
}

/* Writes ITEM, which begins with `name:`, in lower case. Returns false if it is no name. */
static bool normalize_name(struct piece item, char word[WORD_BYTES])
{
    struct fault ignored;

    if (host_name_check(item, &ignored))
        return false;
    for (size_t i = 0; i < item.length; i++)
        word[i] = (char)tolower((unsigned char)item.text[i]);
    word[item.length] = '\0';
    return true;
}

/* Writes ITEM with its keyword in lower case. Returns false if it is no such word. */
static bool normalize(struct piece item, char word[WORD_BYTES])
{
    for (size_t i = 0; i < ARRAY_SIZE(keywords); i++)
        if (piece_is_keyword(item, keywords[i]))
            return snprintf(word, WORD_BYTES, "%s", keywords[i]) > 0;
    if (host_name_begins(item))
        return normalize_name(item, word);
    for (size_t i = 0; i < ARRAY_SIZE(suffixes) && item.length < WORD_BYTES; i++)
        if (ends_with(item, suffixes[i]))
            return snprintf(word, WORD_BYTES, "%.*s%s", (int)(item.length - strlen(suffixes[i])),
                            item.text, suffixes[i]) > 0;
    return false;
}

bool host_knows_word(struct piece item)
{
    char word[WORD_BYTES];

    return normalize(item, word);
}

/* The same for all words. */
static bool normalize_any(struct piece item, char word[WORD_BYTES])
{
    for (size_t i = 0; i < HOST_IMPLIED; i++)
        if (piece_equals(item, host_implied_names[i]))
            return snprintf(word, WORD_BYTES, "%s", host_implied_names[i]) > 0;
    return normalize(item, word);
}

static void word_free(struct host_word *word)
{
    free(word->name);
    free(word->family[0].ranges);
    free(word->family[1].ranges);
    free(word);
}

/* Finds or makes the word NAME, which is normal. NULL: no memory. */
static struct host_word *define(struct host *host, const char *name)
{
    size_t number = catalog_find(host->names, piece_of(name));
    struct host_word **grown, *word;

    if (number != NO_NAME)
        return host->words[number];
    grown = array_grow(host->words, host->count, &host->capacity, sizeof(struct host_word *));
    if (!grown)
        return NULL;
    host->words = grown;
    word = calloc(1, sizeof(*word));
    if (!word)
        return NULL;
    word->name = strdup(name);
    if (!word->name || catalog_add(host->names, piece_of(name), host->count)) {
        word_free(word);
        return NULL;
    }
    return host->words[host->count++] = word;
}

struct host *host_empty(void)
{
    struct host *host = calloc(1, sizeof(*host));

    if (host)
        host->names = catalog_new();
    if (host && host->names)
        return host;
    free(host);
    return NULL;
}

struct host *host_new(void)
{
    struct host *host = host_empty();

    if (host && define(host, keywords[SELF]) && define(host, keywords[BROADCAST]))
        return host;
    host_free(host);
    return NULL;
}

void host_free(struct host *host)
{
    if (!host)
        return;
    for (size_t i = 0; i < host->count; i++)
        word_free(host->words[i]);
    free(host->words);
    links_clear(&host->links);
    catalog_free(host->names);
    free(host);
}

void host_freep(struct host **host)
{
    host_free(*host);
}

static struct host_word *define_of(struct host *host, const char *interface, int suffix)
{
    char name[WORD_BYTES];

    snprintf(name, sizeof(name), "%s%s", interface, suffixes[suffix]);
    return define(host, name);
}

int host_add_interface(struct host *host, const char *interface)
{
    return define_of(host, interface, ADDRESSES) && define_of(host, interface, NETWORKS) ? 0
                                                                                         : -ENOMEM;
}

static int copy(struct host_word *to, const struct host_word *from)
{
    int error = address_list_append(&to->family[0], &from->family[0]);

    return error ? error : address_list_append(&to->family[1], &from->family[1]);
}

int host_add_alias(struct host *host, const char *interface, const char *alias)
{
    for (int suffix = ADDRESSES; suffix <= NETWORKS; suffix++) {
        struct host_word *from = define_of(host, interface, suffix);
        struct host_word *to = define_of(host, alias, suffix);

        if (!from || !to || (from != to && copy(to, from)))
            return -ENOMEM;
    }
    return 0;
}

/* Does the address stay on its host, or on its link? */
static bool is_near(enum family family, u128 address)
{
    if (family == FAMILY_IPV4)
        return address >> 24 == 127 || address >> 16 == (169 << 8 | 254);
    return address == 1 || address >> 118 == 0xfe80 >> 6;
}

static bool is_unique_local(const struct host_address *address)
{
    return address->family == FAMILY_IPV6 && address->address >> 121 == 0xfc >> 1;
}

static bool is_of(const struct host_address *address, const char *interface)
{
    return address->interface && interface && !strcmp(address->interface, interface);
}

static unsigned int rank(const struct host_address *address, const char *guarded)
{
    return (unsigned int)!is_of(address, guarded) << 2 | (unsigned int)address->is_passing << 1 |
           (unsigned int)is_unique_local(address);
}

static int add_to(struct host_word *word, enum family family, struct address_range range)
{
    return word ? address_list_add(&word->family[family - FAMILY_IPV4], range) : -ENOMEM;
}

static int add_address(struct host *host, const struct host_address *address)
{
    struct address_range one = {address->address, address->address};
    int error = 0;

    if (!address->interface || !is_near(address->family, address->address))
        error = add_to(host->words[SELF], address->family, one);
    if (!error && address->interface)
        error = add_to(define_of(host, address->interface, ADDRESSES), address->family, one);
    return error;
}

static int add(struct host *host, const struct host_address *address, const char *guarded)
{
    struct address_range broadcast = {address->broadcast, address->broadcast};
    int error = address->is_network_only ? 0 : add_address(host, address);

    if (!error && address->interface)
        error = add_to(define_of(host, address->interface, NETWORKS), address->family,
                       address->network);
    if (!error && address->has_broadcast && (!guarded || is_of(address, guarded)))
        error = add_to(host->words[BROADCAST], address->family, broadcast);
    return error;
}

int host_add(struct host *host, const struct host_address *addresses, size_t count,
             const char *guarded)
{
    for (unsigned int now = 0; now < RANKS; now++)
        for (size_t i = 0; i < count; i++)
            if (rank(&addresses[i], guarded) == now && add(host, &addresses[i], guarded))
                return -ENOMEM;
    return 0;
}

bool host_has_word(struct piece item)
{
    char word[WORD_BYTES];

    return normalize_any(item, word);
}

int host_imply(struct host *host, enum host_implied word, enum family family, u128 address)
{
    return add_to(define(host, host_implied_names[word]), family,
                  (struct address_range){address, address});
}

const struct host_word *host_find(const struct host *host, struct piece item)
{
    char word[WORD_BYTES];
    size_t number = normalize_any(item, word) ? catalog_find(host->names, piece_of(word)) : NO_NAME;

    return number == NO_NAME ? NULL : host->words[number];
}

bool host_self(const struct host *host, enum family family, u128 *address)
{
    const struct host_word *self = host_find(host, piece_of(keywords[SELF]));
    const struct address_list *list = self ? &self->family[family - FAMILY_IPV4] : NULL;

    if (!list || !list->count)
        return false;
    *address = list->ranges[0].first;
    return true;
}

struct host_word *host_define(struct host *host, struct piece item)
{
    char name[WORD_BYTES];

    return normalize_any(item, name) ? define(host, name) : NULL;
}

bool host_word_is_name(const struct host_word *word)
{
    return host_name_begins(piece_of(word->name));
}

struct host_word *host_define_name(struct host *host, const char *name)
{
    char word[WORD_BYTES];

    snprintf(word, sizeof(word), "name:%s", name);
    return define(host, word);
}

void host_set_asker(struct host *host, host_asker *ask, void *context)
{
    host->ask = ask;
    host->context = context;
}

int host_ask(const struct host *host, struct host_question *questions, size_t count)
{
    return host->ask ? host->ask(host->context, questions, count) : -ENOENT;
}

int host_keep(struct host *host, const struct host *from, struct piece item)
{
    const struct host_word *known = host_find(from, item);
    size_t before = host->count;
    struct host_word *word = host_define(host, item);

    if (!word)
        return -ENOMEM;
    return known && host->count > before ? copy(word, known) : 0;
}

int host_select(const struct host *words, const struct host *from, struct host **taken)
{
    CLEANUP(host_freep) struct host *host = host_empty();

    if (!host)
        return -ENOMEM;
    for (size_t i = 0; i < words->count; i++) {
        struct piece name = piece_of(words->words[i]->name);
        bool stays = piece_equals(name, host_implied_names[HOST_SESSION]);

        if (host_keep(host, stays ? words : from, name))
            return -ENOMEM;
    }
    if (links_take(&words->links, &from->links, &host->links))
        return -ENOMEM;
    *taken = TAKE_PTR(host);
    return 0;
}

struct links *host_links(struct host *host)
{
    return &host->links;
}

const struct links *host_known_links(const struct host *host)
{
    return &host->links;
}

size_t host_count(const struct host *host)
{
    return host->count;
}

const struct host_word *host_at(const struct host *host, size_t number)
{
    return host->words[number];
}
