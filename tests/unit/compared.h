/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of differences share; include check.h first. */
#ifndef EDGEXDP_TEST_COMPARED_H
#define EDGEXDP_TEST_COMPARED_H

#include "../../loader/base/memory.h"
#include "../../loader/diff/diff.h"
#include "../shared/court.h"

/* Two policies and what diff_policies() says of them. */
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

/* As it is printed; for the caller to free. */
static inline char *difference_text(const struct difference *difference)
{
    static char *text; /* gcc takes a local one for dangling once the stream is closed */
    static size_t size;
    FILE *stream = open_memstream(&text, &size);

    difference_print(difference, stream);
    fclose(stream);
    return TAKE_PTR(text);
}

#endif
