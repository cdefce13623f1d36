/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of differences share; include check.h first. */
#ifndef EDGEXDP_TEST_COMPARED_H
#define EDGEXDP_TEST_COMPARED_H

#include "../../loader/base/memory.h"
#include "../../loader/diff/diff.h"
#include "../../loader/policy/match.h"
#include "../shared/court.h"

/* Two policies and the result of diff_policies() for them. */
struct compared {
    struct court courts[SIDES];
    struct difference difference;
};

static inline void compared_open(struct compared *compared, const char *before, const char *after)
{
    struct diag *diag = diag_new();

    court_open(&compared->courts[SIDE_OLD], before);
    court_open(&compared->courts[SIDE_NEW], after);
    assert_int_equal(diff_policies(compared->courts[SIDE_OLD].policy,
                                   compared->courts[SIDE_NEW].policy, &compared->difference, diag),
                     0);
    diag_free(diag);
}

static inline void compared_close(struct compared *compared)
{
    difference_clear(&compared->difference);
    court_close(&compared->courts[SIDE_OLD]);
    court_close(&compared->courts[SIDE_NEW]);
}

/* The difference as it is printed; the caller frees it. */
static inline char *difference_text(const struct difference *difference)
{
    static char *text; /* gcc takes a local one for dangling once the stream is closed */
    static size_t size;
    FILE *stream = open_memstream(&text, &size);

    difference_print(difference, stream);
    fclose(stream);
    return TAKE_PTR(text);
}

static inline bool in_ranges(const struct address_ranges *ranges, u128 address)
{
    for (size_t i = 0; i < ranges->count; i++)
        if (ranges->ranges[i].first <= address && address <= ranges->ranges[i].last)
            return true;
    return false;
}

static inline bool end_holds(const struct diff_end *end, int family, u128 address)
{
    const struct address_ranges *ranges = end->set ? &end->set->family[family] : &end->ranges;

    return in_ranges(ranges, address) != end->but;
}

static inline bool holds_all_or(const struct number_ranges *numbers, unsigned int number)
{
    for (size_t i = 0; i < numbers->count; i++)
        if (numbers->ranges[i].first <= number && number <= numbers->ranges[i].last)
            return true;
    return !numbers->count;
}

/* The fields that have a test of their own. */
static inline bool numbers_fit(const struct diff_tuple *tuple, const struct brute_packet *packet)
{
    if (packet->later_fragment && !tuple->numbers[TEST_FRAGMENT].count)
        return false; /* later ones are only meant where they are named */
    for (enum field field = 0; field < FIELDS; field++)
        if (field_is_untold(field) &&
            !holds_all_or(&tuple->numbers[field_rows[field].test], brute_number(packet, field)))
            return false;
    return true;
}

/* Is PACKET, going in DIRECTION, one of those that TUPLE describes? */
static inline bool tuple_holds(const struct diff_tuple *tuple, enum direction direction,
                               const struct brute_packet *packet)
{
    int family = packet->family == FAMILY_IPV4 ? 0 : 1;
    unsigned int number =
        tuple->icmp ? packet->icmp_type << 8 | packet->icmp_code : packet->destination_port;

    if (tuple->direction != direction || !tuple->family[family] ||
        !(tuple->protocols[packet->protocol / 64] >> packet->protocol % 64 & 1))
        return false;
    return end_holds(&tuple->source, family, packet->source) &&
           end_holds(&tuple->destination, family, packet->destination) &&
           holds_all_or(&tuple->numbers[TEST_PORT], number) &&
           holds_all_or(&tuple->numbers[TEST_SOURCE_PORT], packet->source_port) &&
           numbers_fit(tuple, packet);
}

#endif
