/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packet parser and the judge on any frames. The first part of an input names the policy; each
 * of the others is a packet: a byte that says its direction (bit 0), how much time has passed (bits
 * 1 to 3) and whether a stranger opened its connection (bit 4), and then its frame.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "../shared/cases.h"
#include "../shared/random.h"

#define POLICIES 256

/* First the policies of the table of cases, then random ones. */
struct search {
    unsigned int wanted, at;
    const char *found;
};

static void visit_group(const struct case_group *group, void *context)
{
    struct search *search = context;

    if (search->at++ == search->wanted)
        search->found = group->policy;
}

static const char *policy_text(unsigned int number)
{
    struct search search = {.wanted = number};
    struct dice dice = {.state = number};

    cases_each(visit_group, &search);
    return search.found ? search.found : random_policy(&dice);
}

/* Each is compiled once, and kept. */
static struct court *court_of(unsigned int number)
{
    static struct court courts[POLICIES];
    struct court *court = &courts[number];

    if (!court->policy)
        court_open(court, policy_text(number));
    return court;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct part rest = {data, size};
    struct court *court = court_of(part_number(part_take(&rest)) % POLICIES);
    static struct wire wire;
    u64 now_s = 100000;

    court_forget(court);
    while (rest.length) {
        struct part packet = part_take(&rest);

        if (!packet.length || packet.length > WIRE_BYTES)
            continue;
        now_s = fuzz_later(now_s, packet.bytes[0] >> 1 & 7);
        wire.direction = packet.bytes[0] & 1 ? DIRECTION_OUT : DIRECTION_IN;
        court_opened(court, packet.bytes[0] & 16);
        wire.length = packet.length - 1;
        memcpy(wire.bytes, packet.bytes + 1, wire.length);
        fuzz_judge(court, &wire, now_s);
    }
    return 0;
}
