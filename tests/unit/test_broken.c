/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every NAME.ini in the working directory (tests/broken, or the directory given as argument) has
 * faults, and NAME.expected holds the exact messages about them. After messages have changed,
 * `test_broken --write [DIRECTORY]` rewrites those files: read the difference before you commit.
 */
#include "check.h"

#include <glob.h>
#include <unistd.h>

static bool writes;

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t size = 0;

    if (!file)
        return NULL;
    if (getdelim(&text, &size, '\0', file) < 0 && text)
        *text = '\0';
    fclose(file);
    return text;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static char *expected_path(const char *path)
{
    char *expected = malloc(strlen(path) + sizeof(".expected"));

    assert_non_null(expected);
    sprintf(expected, "%.*s.expected", (int)(strrchr(path, '.') - path), path);
    return expected;
}

/* *STATE is the path of the policy. */
static void says_what_is_wrong(void **state)
{
    const char *path = *state;
    char *expected_at = expected_path(path), *expected, *text;
    struct diag *diag = diag_new();
    struct policy *policy = NULL;

    assert_int_equal(policy_read(path, NULL, &policy, diag), -EINVAL);
    assert_null(policy);
    assert_true(diag_count(diag, SEVERITY_ERROR) > 0);
    text = printed(diag);
    if (writes)
        write_file(expected_at, text);
    expected = read_file(expected_at);
    if (!expected)
        fail_msg("%s is missing", expected_at);
    assert_string_equal(text, expected);
    free(expected);
    free(text);
    free(expected_at);
    diag_free(diag);
}

int main(int argc, char **argv)
{
    struct CMUnitTest *tests;
    glob_t found;
    int failures;

    writes = argc > 1 && !strcmp(argv[1], "--write");
    if (argc > 1 + writes && chdir(argv[1 + writes])) {
        perror(argv[1 + writes]);
        return 1;
    }
    if (glob("*.ini", 0, NULL, &found)) {
        fputs("no broken policies here: run this in tests/broken\n", stderr);
        return 1;
    }
    tests = calloc(found.gl_pathc, sizeof(*tests));
    for (size_t i = 0; tests && i < found.gl_pathc; i++)
        tests[i] = (struct CMUnitTest){found.gl_pathv[i], says_what_is_wrong, NULL, NULL,
                                       found.gl_pathv[i]};
    failures = _cmocka_run_group_tests("broken", tests, found.gl_pathc, NULL, NULL);
    globfree(&found);
    free(tests);
    return failures;
}
