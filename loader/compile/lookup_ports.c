/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports: for each protocol, either a class or a page of pages of classes. Equal pages are stored
 * once, so that a policy with few ports stays in the first-level cache.
 */
#include <edgexdp/tables.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"
#include "lookup.h"

#define PAGE_WORDS (PAGE_HALVES / 2)

/* Page numbers have 16 bits; 256 protocols of 257 pages each would need more. */
#define PAGES_MAX 0xffffu

struct page {
    u16 halves[PAGE_HALVES];
};

/* Finds PAGE among the pages numbered FIRST and up, or appends it. */
static int page_number(struct words *pages, u32 first, const struct page *page, u16 *number)
{
    u32 count = (u32)(pages->count / PAGE_WORDS);
    for (u32 i = first; i < count; i++) {
        if (!memcmp(pages->words + (size_t)i * PAGE_WORDS, page, sizeof(*page))) {
            *number = (u16)i;
            return 0;
        }
    }
    if (count > PAGES_MAX)
        return -E2BIG;
    *number = (u16)count;
    return words_append(pages, (const u32 *)(const void *)page, PAGE_WORDS, NULL);
}

/* Builds the page of pages of one protocol; *AT is the segment that holds its port 0. */
static int build_protocol(const struct partition *partition, size_t *at, u32 protocol,
                          struct words *pages, u32 *entry)
{
    struct page directory, page;
    u32 first = (u32)(pages->count / PAGE_WORDS);
    u16 number;

    for (u32 upper = 0; upper < PAGE_HALVES; upper++) {
        for (u32 lower = 0; lower < PAGE_HALVES; lower++) {
            u32 key = PORT_KEY(protocol, upper << 8 | lower);
            while (*at + 1 < partition->segment_count && partition->segments[*at + 1].first <= key)
                ++*at;
            page.halves[lower] = (u16)partition->segments[*at].class_id;
        }
        int error = page_number(pages, first, &page, &directory.halves[upper]);
        if (error)
            return error;
    }
    int error = page_number(pages, (u32)(pages->count / PAGE_WORDS), &directory, &number);
    if (!error)
        *entry = (u32)number << PORTS_PAGE_SHIFT;
    return error;
}

/* Page 0 means no page. */
static int begin(struct words *pages)
{
    return pages->count ? 0 : words_append(pages, NULL, PAGE_WORDS, NULL);
}

/* Builds the table entry of PROTOCOL; *AT is a segment that is not beyond its port 0. */
static int build_entry(const struct partition *partition, size_t *at, u32 protocol,
                       struct words *pages, u32 *entry)
{
    while (*at + 1 < partition->segment_count &&
           partition->segments[*at + 1].first <= PORT_KEY(protocol, 0))
        ++*at;
    *entry = partition->segments[*at].class_id;
    if (*at + 1 == partition->segment_count ||
        partition->segments[*at + 1].first > PORT_KEY(protocol, 0xffff))
        return 0;
    return build_protocol(partition, at, protocol, pages, entry);
}

int lookup_build_ports(const struct partition *partition, struct words *words, u32 *ports,
                       struct words *pages)
{
    size_t at = 0;
    int error = words_append(words, NULL, 256, ports);

    if (!error)
        error = begin(pages);
    for (u32 protocol = 0; !error && protocol < 256; protocol++) {
        u32 entry;
        error = build_entry(partition, &at, protocol, pages, &entry);
        if (!error)
            words->words[*ports + protocol] = entry;
    }
    return error;
}

int lookup_build_numbers(const struct partition *partition, struct words *pages, u32 *entry)
{
    const struct segment *end = &partition->segments[partition->segment_count - 1];
    size_t at = 0;
    int error = begin(pages);

    *entry = 0;
    if (error || partition->class_count == 1)
        return error;
    error = build_protocol(partition, &at, 0, pages, entry);
    *entry |= end->class_id;
    return error;
}
