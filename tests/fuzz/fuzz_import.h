/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What both fuzzers of imports ask of them. */
#ifndef EDGEXDP_TEST_FUZZ_IMPORT_H
#define EDGEXDP_TEST_FUZZ_IMPORT_H

#include "fuzz.h"

#include "../../loader/import/import.h"

#include <errno.h>
#include <stdlib.h>

/* Aborts unless RESULT is a policy that can be read, or ERROR has been said. */
static inline void fuzz_import_check(int error, struct import_result *result, struct diag *diag)
{
    char first[4096] = "";

    diag_first(diag, SEVERITY_ERROR, first, sizeof(first));
    if ((error && error != -ENOMEM && !*first) || error == -EBADMSG ||
        (!error && !result->policy)) {
        fprintf(stderr, "%d: %s\n", error, first);
        abort();
    }
    if (!error && result->complaints != diag_count(diag, SEVERITY_ERROR))
        abort();
    free(result->policy);
}

#endif
