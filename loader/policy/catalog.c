/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "catalog.h"

#include "../base/memory.h"
#include "../base/utf8.h"

#include <edgexdp/abi.h>

#include <errno.h>
#include <string.h>

struct name {
    char *text;          /* NULL: the place is free */
    unsigned int length; /* needed since a faulty name may contain NUL */
    size_t number;
};

struct catalog {
    struct name *table; /* open addressing; size is a power of two */
    size_t size, count;
    unsigned int hints_left;
};

struct catalog *catalog_new(void)
{
    struct catalog *catalog = calloc(1, sizeof(*catalog));

    if (catalog)
        catalog->hints_left = 100;
    return catalog;
}

void catalog_free(struct catalog *catalog)
{
    if (!catalog)
        return;
    for (size_t i = 0; i < catalog->size; i++)
        free(catalog->table[i].text);
    free(catalog->table);
    free(catalog);
}

void catalog_freep(struct catalog **catalog)
{
    catalog_free(*catalog);
}

static size_t hash(struct piece name)
{
    u64 value = 0xcbf29ce484222325u;

    for (size_t i = 0; i < name.length; i++)
        value = (value ^ (unsigned char)name.text[i]) * 0x100000001b3u;
    return (size_t)(value ^ value >> 32);
}

static bool is_name(const struct name *known, struct piece name)
{
    return known->length == name.length && !memcmp(known->text, name.text, name.length);
}

/* Returns the place of NAME, or the free place for it. */
static struct name *seek(const struct catalog *catalog, struct piece name)
{
    size_t at = hash(name) & (catalog->size - 1);

    while (catalog->table[at].text && !is_name(&catalog->table[at], name))
        at = (at + 1) & (catalog->size - 1);
    return &catalog->table[at];
}

static int enlarge(struct catalog *catalog)
{
    struct catalog larger = {.size = catalog->size ? catalog->size * 2 : 16};

    larger.table = calloc(larger.size, sizeof(struct name));
    if (!larger.table)
        return -ENOMEM;
    for (size_t i = 0; i < catalog->size; i++) {
        const struct name *name = &catalog->table[i];

        if (name->text)
            *seek(&larger, (struct piece){.text = name->text, .length = name->length}) = *name;
    }
    free(catalog->table);
    catalog->table = larger.table;
    catalog->size = larger.size;
    return 0;
}

int catalog_add(struct catalog *catalog, struct piece name, size_t number)
{
    struct name *place;

    if (catalog->count * 2 >= catalog->size && enlarge(catalog))
        return -ENOMEM;
    place = seek(catalog, name);
    if (place->text)
        return -EEXIST;
    place->text = malloc((size_t)name.length + 1);
    if (!place->text)
        return -ENOMEM;
    if (name.length)
        memcpy(place->text, name.text, name.length);
    place->text[name.length] = '\0';
    place->length = name.length;
    place->number = number;
    catalog->count++;
    return 0;
}

size_t catalog_find(const struct catalog *catalog, struct piece name)
{
    const struct name *place = catalog->size ? seek(catalog, name) : NULL;

    return place && place->text ? place->number : NO_NAME;
}

struct hint catalog_hint(struct catalog *catalog, struct piece written)
{
    struct nearest nearest = nearest_to(written.text, written.length);

    if (catalog->hints_left) {
        catalog->hints_left--;
        for (size_t i = 0; i < catalog->size; i++)
            if (catalog->table[i].text)
                nearest_try(&nearest, catalog->table[i].text);
    }
    return nearest_hint(&nearest);
}

static bool is_allowed(char byte, const char *punctuation)
{
    return is_letter(byte) || is_digit(byte) || (byte && strchr(punctuation, byte));
}

static int fault_byte(struct piece name, size_t at, const struct name_style *style,
                      struct fault *fault)
{
    size_t length = utf8_length(name.text + at, name.length - at);

    return fault_set(fault, at, length,
                     "%s \"%s\" contains \"%s\": only letters a-z, digits%s%s are allowed",
                     style->what, quote(name).text, quote(piece_part(name, at, length)).text,
                     *style->punctuation ? " and " : "", style->punctuation);
}

int name_check(struct piece name, const struct name_style *style, struct fault *fault)
{
    if (!name.length)
        return fault_set(fault, 0, 1, "the %s is missing", style->what);
    for (size_t i = 0; i < name.length; i++)
        if (!is_allowed(name.text[i], style->punctuation))
            return fault_byte(name, i, style, fault);
    if (style->letter_first && !is_letter(name.text[0]))
        return fault_set(fault, 0, 1, "%s \"%s\" must start with a letter", style->what,
                         quote(name).text);
    if (name.length > style->longest)
        return fault_set(fault, 0, name.length,
                         "%s \"%s\" has %u characters: at most %u are allowed", style->what,
                         quote(name).text, name.length, style->longest);
    return 0;
}
