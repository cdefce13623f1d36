/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include "../../loader/base/utf8.h"
#include "../../loader/policy/source.h"

#include <sys/stat.h>
#include <unistd.h>

static const struct source *copy(struct diag *diag, const char *text, size_t length)
{
    const struct source *source = NULL;

    assert_int_equal(source_copy(diag, "a.ini", text, length, &source), 0);
    return source;
}

static void assert_line(const struct source *source, unsigned int number, const char *expected)
{
    struct source_line line = source_line(source, number);

    assert_int_equal(line.length, strlen(expected));
    assert_memory_equal(line.text, expected, line.length);
}

static void finds_lines(void **state)
{
    struct diag *diag = diag_new();
    const struct source *source = copy(diag, "one\r\n\ntwo\rx\nthree", 17);

    (void)state;
    assert_int_equal(source->line_count, 4);
    assert_line(source, 1, "one");
    assert_line(source, 2, "");
    assert_line(source, 3, "two\rx");
    assert_line(source, 4, "three");
    assert_line(source, 0, "");
    assert_line(source, 5, "");
    diag_free(diag);
}

static void counts_lines(void **state)
{
    struct diag *diag = diag_new();

    (void)state;
    assert_int_equal(copy(diag, "", 0)->line_count, 1);
    assert_int_equal(copy(diag, "\n", 1)->line_count, 1);
    assert_int_equal(copy(diag, "\n\n", 2)->line_count, 2);
    assert_int_equal(copy(diag, "a", 1)->line_count, 1);
    assert_int_equal(copy(diag, "a\nb\n", 4)->line_count, 2);
    diag_free(diag);
}

static void skips_a_byte_order_mark(void **state)
{
    struct diag *diag = diag_new();
    const struct source *source = copy(diag, "\xef\xbb\xbf[policy]\n", 12);

    (void)state;
    assert_line(source, 1, "[policy]");
    assert_int_equal(source->size, 12);
    assert_int_equal(source->length, 9);
    diag_free(diag);
}

static void knows_plain_text(void **state)
{
    struct diag *diag = diag_new();

    (void)state;
    assert_true(copy(diag, "a\tb\r\n ~", 7)->plain);
    assert_false(copy(diag, "a\0b", 3)->plain);
    assert_false(copy(diag, "\x7f", 1)->plain);
    assert_false(copy(diag, "\xc3\xa4", 2)->plain);
    diag_free(diag);
}

static void reads_files(void **state)
{
    char path[] = "/tmp/edgexdp-test-XXXXXX";
    int file = mkstemp(path);
    struct diag *diag = diag_new();
    const struct source *source = NULL;
    char block[1000];

    (void)state;
    assert_true(file >= 0);
    memset(block, 'x', sizeof(block));
    block[999] = '\n';
    for (int i = 0; i < 200; i++)
        assert_int_equal(write(file, block, sizeof(block)), sizeof(block));
    close(file);
    assert_int_equal(source_open(diag, path, &source), 0);
    assert_string_equal(source->path, path);
    assert_int_equal(source->length, 200000);
    assert_int_equal(source->line_count, 200);
    assert_int_equal(source->text[200000], '\0');
    unlink(path);
    assert_int_equal(source_open(diag, path, &source), -ENOENT);
    assert_int_equal(source_open(diag, "/", &source), -EISDIR);
    assert_int_equal(diag_count(diag, SEVERITY_ERROR), 0);
    diag_free(diag);
}

static void reads_pipes(void **state)
{
    struct diag *diag = diag_new();
    const struct source *source = NULL;
    char path[64];
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "a\nb\n", 4), 4);
    close(ends[1]);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
    assert_int_equal(source_open_regular(diag, path, &source), -ENOTSUP);
    assert_int_equal(source_open(diag, path, &source), 0);
    assert_int_equal(source->line_count, 2);
    close(ends[0]);
    diag_free(diag);
}

/* Opening a pipe that has no writer would wait for ever. */
static void waits_for_no_pipe_that_a_file_names(void **state)
{
    char folder[] = "/tmp/edgexdp-test-XXXXXX", pipe[64], link[64];
    struct diag *diag = diag_new();
    const struct source *source = NULL;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(pipe, sizeof(pipe), "%s/pipe", folder);
    snprintf(link, sizeof(link), "%s/link", folder);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_int_equal(symlink(pipe, link), 0);
    assert_int_equal(source_open_regular(diag, pipe, &source), -ENOTSUP);
    assert_int_equal(source_open_regular(diag, link, &source), -ENOTSUP);
    assert_int_equal(source_open_regular(diag, "/dev/zero", &source), -ENOTSUP);
    assert_int_equal(source_open(diag, "/dev/zero", &source), -ENOTSUP);
    unlink(pipe);
    unlink(link);
    rmdir(folder);
    diag_free(diag);
}

static void follows_links_to_files(void **state)
{
    char path[] = "/tmp/edgexdp-test-XXXXXX", link[64];
    int file = mkstemp(path);
    struct diag *diag = diag_new();
    const struct source *source = NULL;

    (void)state;
    assert_int_equal(write(file, "a\n", 2), 2);
    close(file);
    snprintf(link, sizeof(link), "%s.link", path);
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(source_open_regular(diag, link, &source), 0);
    assert_string_equal(source->path, link);
    assert_int_equal(source->length, 2);
    unlink(path);
    assert_int_equal(source_open_regular(diag, link, &source), -ENOENT);
    unlink(link);
    diag_free(diag);
}

static void refuses_what_is_too_long(void **state)
{
    char path[] = "/tmp/edgexdp-test-XXXXXX";
    int file = mkstemp(path);
    struct diag *diag = diag_new();
    const struct source *source = NULL;
    char *lines = malloc(SOURCE_LINES_MAX);

    (void)state;
    assert_non_null(lines);
    assert_int_equal(ftruncate(file, (off_t)SOURCE_BYTES_MAX + 1), 0);
    assert_int_equal(source_open_regular(diag, path, &source), -EFBIG);
    assert_int_equal(lseek(file, 0, SEEK_SET), 0);
    assert_int_equal(source_read(diag, path, file, &source), -EFBIG);
    close(file);
    unlink(path);
    memset(lines, '\n', SOURCE_LINES_MAX);
    assert_int_equal(source_copy(diag, "a", lines, SOURCE_LINES_MAX, &source), -EFBIG);
    assert_int_equal(source_copy(diag, "a", lines, SOURCE_LINES_MAX - 1, &source), 0);
    free(lines);
    diag_free(diag);
}

static void knows_utf8(void **state)
{
    static const struct {
        const char *text;
        size_t length;
    } cases[] = {
        {"a", 1},
        {"\xc3\xa4", 2},
        {"\xe2\x82\xac", 3},
        {"\xf0\x9f\x98\x80", 4},
        {"\x80", 0},
        {"\xc0\xaf", 0},
        {"\xc1\xbf", 0},
        {"\xc3", 0},
        {"\xe0\x9f\xbf", 0},
        {"\xed\xa0\x80", 0},
        {"\xe2\x82", 0},
        {"\xf0\x8f\xbf\xbf", 0},
        {"\xf4\x90\x80\x80", 0},
        {"\xf5\x80\x80\x80", 0},
        {"\xff", 0},
        {"\xf4\x8f\xbf\xbf", 4},
        {"\xee\x80\x80", 3},
        {"\xed\x9f\xbf", 3},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_int_equal(utf8_length(cases[i].text, strlen(cases[i].text)), cases[i].length);
    assert_int_equal(utf8_length("", 0), 0);
    assert_int_equal(utf8_length("\0", 1), 1);
    assert_true(utf8_is_harmless("\t", 1));
    assert_false(utf8_is_harmless("\x1b", 1));
    assert_false(utf8_is_harmless("\x7f", 1));
    assert_false(utf8_is_harmless("\xc2\x9b", 2));
    assert_true(utf8_is_harmless("\xc2\xa0", 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_lines),
        cmocka_unit_test(counts_lines),
        cmocka_unit_test(skips_a_byte_order_mark),
        cmocka_unit_test(knows_plain_text),
        cmocka_unit_test(reads_files),
        cmocka_unit_test(reads_pipes),
        cmocka_unit_test(waits_for_no_pipe_that_a_file_names),
        cmocka_unit_test(follows_links_to_files),
        cmocka_unit_test(refuses_what_is_too_long),
        cmocka_unit_test(knows_utf8),
    };

    return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
