/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmocka, and what the tests of the policy reader share. */
#ifndef EDGEXDP_TEST_CHECK_H
#define EDGEXDP_TEST_CHECK_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../loader/policy/policy.h"

/* What diag_print() prints; the caller frees it. */
static inline char *printed(const struct diag *diag)
{
    static char *text; /* gcc takes a local one for dangling once the stream is closed */
    static size_t size;
    FILE *stream = open_memstream(&text, &size);

    assert_non_null(stream);
    diag_print(diag, stream);
    fclose(stream);
    return text;
}

static inline void assert_printed(const struct diag *diag, const char *expected)
{
    char *text = printed(diag);

    assert_string_equal(text, expected);
    free(text);
}

#define HEAD "[policy]\nname = test\n"

/* Reads TEXT, which has no faults. */
static inline struct policy *good_policy(const char *text, struct diag *diag)
{
    struct policy *policy = NULL;
    int error = policy_read_text("test.ini", text, strlen(text), &policy, diag);

    if (error)
        diag_print(diag, stderr);
    assert_int_equal(error, 0);
    assert_non_null(policy);
    return policy;
}

/* Reads TEXT; DIAG must then say exactly EXPECTED. */
static inline void assert_faults(const char *text, const char *expected)
{
    struct diag *diag = diag_new();
    struct policy *policy = NULL;

    assert_int_equal(policy_read_text("test.ini", text, strlen(text), &policy, diag), -EINVAL);
    assert_null(policy);
    assert_printed(diag, expected);
    diag_free(diag);
}

#endif
