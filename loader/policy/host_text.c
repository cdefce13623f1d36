/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hosts as text, and what differs between two of them. */
#include "host.h"

#include "../base/memory.h"
#include "address.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CHANGES_SHOWN 4 /* of each kind */

static int by_range(const void *left, const void *right)
{
    const struct address_range *a = left, *b = right;

    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    return (a->last > b->last) - (a->last < b->last);
}

/* Gets the addresses of FAMILY that WORD (NULL: none) has, sorted and each once. */
static int sort(const struct host_word *word, enum family family, struct address_list *sorted)
{
    size_t count = 0;

    if (word && address_list_append(sorted, &word->family[family - FAMILY_IPV4]))
        return -ENOMEM;
    if (sorted->count)
        qsort(sorted->ranges, sorted->count, sizeof(*sorted->ranges), by_range);
    for (size_t i = 0; i < sorted->count; i++)
        if (!count || by_range(&sorted->ranges[count - 1], &sorted->ranges[i]))
            sorted->ranges[count++] = sorted->ranges[i];
    sorted->count = count;
    return 0;
}

/* Text under construction: items, of which only so many are written. */
struct items {
    FILE *out;
    const char *before; /* the first one */
    size_t most, count;
};

static void put(struct items *items, enum family family, struct address_range range)
{
    char text[RANGE_TEXT_BYTES];

    if (items->count++ < items->most)
        fprintf(items->out, "%s%s", items->count > 1 ? ", " : items->before,
                address_range_print(family, range, text));
}

/* Puts what WORD has, and OTHER (NULL: nothing) has not. */
static int put_more(struct items *items, const struct host_word *word,
                    const struct host_word *other)
{
    for (enum family family = FAMILY_IPV4; family <= FAMILY_IPV6; family++) {
        CLEANUP(address_list_clear) struct address_list left = {0};
        CLEANUP(address_list_clear) struct address_list right = {0};
        size_t at = 0;

        if (sort(word, family, &left) || sort(other, family, &right))
            return -ENOMEM;
        for (size_t i = 0; i < left.count; i++) {
            while (at < right.count && by_range(&right.ranges[at], &left.ranges[i]) < 0)
                at++;
            if (at == right.count || by_range(&right.ranges[at], &left.ranges[i]))
                put(items, family, left.ranges[i]);
        }
    }
    if (items->count > items->most)
        fprintf(items->out, " and %zu more", items->count - items->most);
    return 0;
}

/* Ends OUT, whose text is *TEXT; FAILED: something could not be written. */
static char *end_text(FILE *out, char **text, bool failed)
{
    if (fclose(out) || failed)
        free(TAKE_PTR(*text));
    return *text;
}

char *host_word_text(const struct host_word *word)
{
    char *text = NULL;
    size_t size = 0;
    struct items items = {open_memstream(&text, &size), "", SIZE_MAX, 0};

    return items.out ? end_text(items.out, &text, put_more(&items, word, NULL)) : NULL;
}

/* How WORD differs from what it was: "new: A, B; gone: C", for the caller to free. */
static char *changes_of(const struct host_word *was, const struct host_word *word)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct items more = {out, "new: ", CHANGES_SHOWN, 0};

    if (!out)
        return NULL;
    bool failed = put_more(&more, word, was);
    struct items less = {out, more.count ? "; gone: " : "gone: ", CHANGES_SHOWN, 0};
    failed |= put_more(&less, was, word);
    return end_text(out, &text, failed);
}

char *host_changes(const struct host *was, const struct host *now)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    bool failed = false;
    size_t count = 0;

    for (size_t i = 0; out && i < host_count(was) && !failed; i++) {
        const struct host_word *word = host_find(now, piece_of(host_at(was, i)->name));
        CLEANUP_FREE char *changes = changes_of(host_at(was, i), word);

        failed = !changes;
        if (changes && *changes)
            fprintf(out, "%s%s (%s)", count++ ? "; " : "", host_at(was, i)->name, changes);
    }
    if (out && !failed)
        links_print_changes(host_known_links(was), host_known_links(now), count ? "; " : "", out);
    return out ? end_text(out, &text, failed) : NULL;
}

static int by_name(const void *left, const void *right)
{
    return strcmp((*(const struct host_word *const *)left)->name,
                  (*(const struct host_word *const *)right)->name);
}

char *host_print(const struct host *host)
{
    CLEANUP_FREE const struct host_word **sorted =
        calloc(host_count(host) + 1, sizeof(struct host_word *));
    char *text = NULL;
    size_t size = 0;
    FILE *out = sorted ? open_memstream(&text, &size) : NULL;
    bool failed = false;

    if (!out)
        return NULL;
    for (size_t i = 0; i < host_count(host); i++)
        sorted[i] = host_at(host, i);
    qsort(sorted, host_count(host), sizeof(struct host_word *), by_name);
    for (size_t i = 0; i < host_count(host) && !failed; i++) {
        CLEANUP_FREE char *addresses = host_word_text(sorted[i]);

        failed = !addresses || fprintf(out, "%s = %s\n", sorted[i]->name, addresses) < 0;
    }
    links_print(host_known_links(host), out);
    return end_text(out, &text, failed);
}

/* Takes everything up to END off *rest. */
static struct piece take(struct piece *rest, char end)
{
    size_t length = piece_find(*rest, end);
    struct piece taken = piece_part(*rest, 0, length);

    *rest = piece_part(*rest, length + 1, rest->length);
    return taken;
}

static int parse_line(struct host *host, struct piece line)
{
    struct piece item = take(&line, ' ');
    struct host_word *word;
    struct fault fault;
    int error;

    if (!piece_equals(take(&line, ' '), "="))
        return -EINVAL;
    error = links_parse_line(host_links(host), item, line);
    if (error != -ENOENT)
        return error;
    if (!host_has_word(item))
        return -EINVAL;
    word = host_define(host, item);
    if (!word)
        return -ENOMEM;
    while (line.length) {
        struct piece text = piece_trim(take(&line, ','));
        struct address_range range;
        enum family family;

        if (address_read_range(text, &family, &range, &fault))
            return -EINVAL;
        if (address_list_add(&word->family[family - FAMILY_IPV4], range))
            return -ENOMEM;
    }
    return 0;
}

int host_parse(const char *text, size_t length, struct host **host)
{
    CLEANUP(host_freep) struct host *made = host_empty();
    struct piece rest = {.text = text, .length = (unsigned int)length, .column = 1};
    int error = made ? 0 : -ENOMEM;

    while (!error && rest.length)
        error = parse_line(made, take(&rest, '\n'));
    if (!error)
        *host = TAKE_PTR(made);
    return error;
}
