/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "banned.h"

#include <errno.h>
#include <string.h>

#include "../base/memory.h"

int banned_read(struct piece text, struct banned *banned, struct fault *fault)
{
    struct address_range range;
    enum family family;

    if (piece_find(text, '-') < text.length)
        return fault_set(fault, 0, text.length,
                         "\"%s\" is not an address or a prefix (ranges cannot be banned)",
                         quote(text).text);
    if (address_read_range(text, &family, &range, fault))
        return -EINVAL;
    u128 host = range.first ^ range.last;
    banned->family = family;
    banned->bits = address_bits(family);
    for (; host; host >>= 1)
        banned->bits--;
    address_to_bytes(family, range.first, banned->address);
    return 0;
}

char *banned_print(const struct banned *banned, char text[RANGE_TEXT_BYTES])
{
    address_print(banned->family, address_from_bytes(banned->family, banned->address), text);
    if (banned_is_prefix(banned))
        snprintf(text + strlen(text), RANGE_TEXT_BYTES - strlen(text), "/%u", banned->bits);
    return text;
}

bool banned_covers(const struct banned *outer, const struct banned *inner)
{
    u32 bytes = outer->bits / 8, rest = outer->bits % 8;
    u8 mask = (u8)(0xff00 >> rest);

    return outer->family == inner->family && outer->bits <= inner->bits &&
           !memcmp(outer->address, inner->address, bytes) &&
           (!rest || !((outer->address[bytes] ^ inner->address[bytes]) & mask));
}

int banned_compare(const void *one, const void *other)
{
    const struct banned *a = one, *b = other;
    int order = memcmp(a->address, b->address, sizeof(a->address));

    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    if (order)
        return order;
    return a->bits < b->bits ? -1 : a->bits > b->bits;
}

int bans_add(struct bans *bans, const struct banned *banned)
{
    void *grown = array_grow(bans->list, bans->count, &bans->capacity, sizeof(*bans->list));
    if (!grown)
        return -ENOMEM;
    bans->list = grown;
    bans->list[bans->count++] = *banned;
    return 0;
}

void bans_clear(struct bans *bans)
{
    free(bans->list);
    *bans = (struct bans){0};
}

const struct banned *bans_find(const struct bans *bans, const struct banned *banned)
{
    if (!bans->count)
        return NULL;
    return bsearch(banned, bans->list, bans->count, sizeof(*bans->list), banned_compare);
}

/* Duplicates are sorted with the later expiry first. */
static int compare_with_expiry(const void *one, const void *other)
{
    const struct banned *a = one, *b = other;
    int order = banned_compare(a, b);

    if (order)
        return order;
    return a->expires_ns > b->expires_ns ? -1 : a->expires_ns < b->expires_ns;
}

void bans_sort(struct bans *bans)
{
    size_t kept = 0;

    if (bans->count)
        qsort(bans->list, bans->count, sizeof(*bans->list), compare_with_expiry);
    for (size_t i = 0; i < bans->count; i++)
        if (!kept || banned_compare(&bans->list[kept - 1], &bans->list[i]))
            bans->list[kept++] = bans->list[i];
    bans->count = kept;
}

static int compare_ends(const void *one, const void *other)
{
    const struct banned *a = one, *b = other;

    if (a->expires_ns != b->expires_ns)
        return a->expires_ns < b->expires_ns ? -1 : 1; /* BAN_FOREVER is the greatest */
    return banned_compare(a, b);
}

void bans_sort_by_end(struct bans *bans)
{
    if (bans->count)
        qsort(bans->list, bans->count, sizeof(*bans->list), compare_ends);
}
