/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The compiler on any policy that can be read: "@@", its set files, "@@", and dice for packets that
 * are aimed at it. It compiles or is refused with a message; both judges say the same about it.
 * Lint, expectations and export see the same policies.
 */
#include "fuzz.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../loader/compile/lint.h"
#include "../../loader/export/export.h"
#include "../../loader/judge/expect.h"
#include "../shared/random.h"

#define PACKETS 32

/* Enough for any policy this short; or so little of something that a policy with addresses can need
 * more. */
static struct bounds bounds_of(u64 seed)
{
    struct bounds bounds = {.bytes = 16 << 20, .steps = 4000000, .work_bytes = 16 << 20};

    if (seed % 16 < 4)
        bounds.bytes = 400 << 10;
    else if (seed % 16 == 4)
        bounds.steps = 10;
    else if (seed % 16 == 5)
        bounds.work_bytes = 200;
    return bounds;
}

static void judge_traffic(struct court *court, u64 seed)
{
    struct dice dice = {.state = seed};
    struct traffic traffic = {.dice = &dice, .policy = court->policy};
    static struct wire wire;
    u64 now_s = 100000;

    for (int i = 0; i < PACKETS; i++) {
        if (dice_chance(&dice, 4))
            now_s = fuzz_later(now_s, dice_below(&dice, 8));
        traffic_next(&traffic, &wire);
        fuzz_judge(court, &wire, now_s);
    }
}

/* Either it is as expected, or a message says why not. */
static void check_expectations(const struct court *court)
{
    int error = expectations_check(court->policy, court->image, court->diag);

    if ((error == -EINVAL) != (diag_count(court->diag, SEVERITY_ERROR) > 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct part rest = {data, size};
    struct part text = part_take(&rest), list = part_take(&rest);
    struct court court = {.diag = diag_new()};

    court.policy = fuzz_read(text, list, court.diag);
    if (court.policy) {
        struct bounds bounds = bounds_of(part_number(rest));
        int error = court_convene(&court, &bounds);

        if (error != (diag_count(court.diag, SEVERITY_ERROR) ? -E2BIG : 0))
            abort();
        if (!error) {
            judge_traffic(&court, part_number(rest));
            policy_lint(court.policy, court.image, court.diag);
            check_expectations(&court);
        }
        export_nftables(court.policy, NULL, EXPORT_INTERFACE, fuzz_nowhere());
        diag_print(court.diag, fuzz_nowhere());
    }
    court_close(&court);
    return 0;
}
