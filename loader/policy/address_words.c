/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "address_words.h"

#include <errno.h>

#include "../base/memory.h"
#include "address.h"

/* What some words mean on every host. */
static const struct {
    const char *word;
    enum family family;
    u32 bits; /* with which the addresses begin */
    unsigned int length;
} fixed[] = {
    {"broadcast", FAMILY_IPV4, 0xffffffff, 32},
    {"multicast", FAMILY_IPV4, 0xe, 4},
    {"multicast", FAMILY_IPV6, 0xff, 8},
};

bool address_words_know(struct piece item)
{
    for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
        if (piece_is_keyword(item, fixed[i].word))
            return true;
    return host_knows_word(item);
}

static void tell_empty(const struct address_words *words, struct piece item,
                       const struct host_word *word)
{
    size_t colon = piece_find(item, ':');

    if (host_name_begins(item))
        diag_add(words->diag, SEVERITY_WARNING, piece_place(item), "%s matches nothing: %s",
                 quote(item).text, word ? "its addresses are not known" : "it was not asked for");
    else if (!word)
        diag_add(words->diag, SEVERITY_WARNING, piece_place(item),
                 "%s matches nothing: no interface %s is known", quote(item).text,
                 quote(piece_part(item, 0, colon)).text);
    else if (colon < item.length)
        diag_add(words->diag, SEVERITY_WARNING, piece_place(item),
                 "%s matches nothing: %s has no address", quote(item).text,
                 quote(piece_part(item, 0, colon)).text);
    else
        diag_add(words->diag, SEVERITY_WARNING, piece_place(item),
                 "%s matches nothing: this host has no address but loopback and link-local ones",
                 quote(item).text);
}

/* The host that knows ITEM. */
static const struct host *knowing(const struct address_words *words, struct piece item)
{
    return words->named && host_find(words->named, item) ? words->named : words->host;
}

/* The first time that ITEM is used: remembers what it stands for, and warns if that is nothing;
 * whoever was asked for a name has said so already. */
static int use_host(struct address_words *words, struct piece item)
{
    const struct host *host = knowing(words, item);
    const struct host_word *word = host_find(host, item);

    if (!words->used)
        words->used = host_empty();
    if (words->used && host_find(words->used, item))
        return 0;
    if (!piece_is_keyword(item, "broadcast") && host == words->host &&
        (!word || !(word->family[0].count + word->family[1].count)))
        tell_empty(words, item, word);
    return words->used ? host_keep(words->used, host, item) : -ENOMEM;
}

static int add_fixed(struct piece item, struct address_list families[2])
{
    int error = 0;

    for (size_t i = 0; i < ARRAY_SIZE(fixed) && !error; i++) {
        unsigned int behind = address_bits(fixed[i].family) - fixed[i].length;

        if (piece_is_keyword(item, fixed[i].word))
            error = address_list_add(
                &families[fixed[i].family - FAMILY_IPV4],
                address_prefix(fixed[i].family, (u128)fixed[i].bits << behind, fixed[i].length));
    }
    return error;
}

int address_words_add(struct address_words *words, struct piece item,
                      struct address_list families[2])
{
    const struct host_word *word = words->host ? host_find(knowing(words, item), item) : NULL;
    int error = add_fixed(item, families);

    if (!error && words->host && host_knows_word(item))
        error = use_host(words, item);
    for (int i = 0; word && i < 2 && !error; i++)
        error = address_list_append(&families[i], &word->family[i]);
    return error;
}

int address_words_imply(struct address_words *words, struct address_list families[2])
{
    int error = 0;

    if (!words->host)
        return 0;
    if (!words->used)
        words->used = host_empty();
    for (size_t i = 0; i < HOST_IMPLIED && !error; i++) {
        struct piece name = piece_of(host_implied_names[i]);
        const struct host_word *word = host_find(words->host, name);

        error = words->used ? host_keep(words->used, words->host, name) : -ENOMEM;
        for (int family = 0; word && family < 2 && !error; family++)
            error = address_list_append(&families[family], &word->family[family]);
    }
    return error;
}

int address_words_self(struct address_words *words, struct piece asks,
                       struct address_list families[2])
{
    struct piece name = piece_of("self");
    const struct host_word *self = words->host ? host_find(words->host, name) : NULL;
    int error = 0;

    if (!words->host)
        return 0;
    if (!words->used)
        words->used = host_empty();
    if (asks.length && words->used && !host_find(words->used, name) &&
        (!self || !(self->family[0].count + self->family[1].count)))
        diag_add(words->diag, SEVERITY_WARNING, piece_place(asks),
                 "\"%s\" has no effect: this host has no address but loopback and link-local ones",
                 quote(asks).text);
    error = words->used ? host_keep(words->used, words->host, name) : -ENOMEM;
    for (int family = 0; self && family < 2 && !error; family++)
        error = address_list_append(&families[family], &self->family[family]);
    return error;
}

int address_words_never_forwarded(struct address_words *words, struct address_list families[2])
{
    static const struct {
        enum family family;
        u32 bits; /* with which the addresses begin */
        unsigned int length;
    } near[] = {
        {FAMILY_IPV4, 0, 8},
        {FAMILY_IPV4, 127, 8},
        {FAMILY_IPV4, 169 << 8 | 254, 16},
        {FAMILY_IPV6, 0xfe80 >> 6, 10},
        {FAMILY_IPV6, 0, 32}, /* `::`, `::1` and mapped ones */
    };
    int error = address_words_add(words, piece_of("broadcast"), families);

    if (!error)
        error = address_words_add(words, piece_of("multicast"), families);
    for (size_t i = 0; i < ARRAY_SIZE(near) && !error; i++) {
        unsigned int behind = address_bits(near[i].family) - near[i].length;

        error = address_list_add(
            &families[near[i].family - FAMILY_IPV4],
            address_prefix(near[i].family, (u128)near[i].bits << behind, near[i].length));
    }
    return error;
}

bool address_words_check_name(struct address_words *words, struct piece item)
{
    struct fault fault;

    if (!host_name_check(item, &fault))
        return true;
    fault_report(&fault, item, words->diag);
    return false;
}

bool address_words_resembles(struct piece item)
{
    size_t colon = piece_find(item, ':');

    return is_letter(item.text[0]) && colon < item.length &&
           piece_find(piece_part(item, colon + 1, item.length), ':') == item.length - colon - 1;
}

void address_words_tell_unknown(const struct address_words *words, struct piece item)
{
    struct quoted interface = quote(piece_part(item, 0, piece_find(item, ':')));

    diag_add(words->diag, SEVERITY_ERROR, piece_place(item),
             "\"%s\" is not a word for addresses: write %s:addresses or %s:networks",
             quote(item).text, interface.text, interface.text);
}
