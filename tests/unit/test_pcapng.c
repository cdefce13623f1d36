// SPDX-License-Identifier: GPL-2.0-or-later
/* Captures, byte for byte: blocks can be walked from either end, and have the right contents. That
 * Wireshark reads them is shown in tests/command. */
#include "check.h"

#include "../../loader/event/pcapng.h"

struct capture {
    char *bytes;
    size_t size;
    FILE *file;
};

static struct capture *capture_new(void)
{
    struct capture *capture = calloc(1, sizeof(*capture));
    assert_non_null(capture);
    capture->file = open_memstream(&capture->bytes, &capture->size);
    assert_non_null(capture->file);
    return capture;
}

static void capture_free(struct capture *capture)
{
    fclose(capture->file);
    free(capture->bytes);
    free(capture);
}

static u32 number_at(const struct capture *capture, size_t at)
{
    u32 number;
    assert_true(at + sizeof(number) <= capture->size);
    memcpy(&number, capture->bytes + at, sizeof(number));
    return number;
}

static u16 half_at(const struct capture *capture, size_t at)
{
    u16 half;
    assert_true(at + sizeof(half) <= capture->size);
    memcpy(&half, capture->bytes + at, sizeof(half));
    return half;
}

/* Where the block after the one at AT begins; its length must stand at both of its ends. */
static size_t next_block(const struct capture *capture, size_t at)
{
    u32 length = number_at(capture, at + 4);

    assert_int_equal(length % 4, 0);
    assert_true(length >= 12 && at + length <= capture->size);
    assert_int_equal(number_at(capture, at + length - 4), length);
    return at + length;
}

/* The value of option CODE in the list of options that begins at AT; its length goes to *length. */
static const char *find_option(const struct capture *capture, size_t at, u16 code, u16 *length)
{
    for (;;) {
        u16 found = half_at(capture, at);
        *length = half_at(capture, at + 2);
        if (found == code || !found)
            return found ? capture->bytes + at + 4 : NULL;
        at += 4 + (*length + 3u) / 4 * 4;
    }
}

static void assert_option(const struct capture *capture, size_t at, u16 code, const void *value,
                          size_t length)
{
    u16 found_length;
    const char *found = find_option(capture, at, code, &found_length);

    assert_non_null(found);
    assert_int_equal(found_length, length);
    assert_memory_equal(found, value, length);
}

static void test_beginning(void **state)
{
    struct capture *capture = capture_new();

    (void)state;
    assert_int_equal(pcapng_begin(capture->file), 0);
    assert_int_equal(pcapng_interface(capture->file, "eth0", LINK_ETHERNET), 0);
    assert_int_equal(number_at(capture, 0), 0x0a0d0d0a);
    assert_int_equal(number_at(capture, 8), 0x1a2b3c4d);
    assert_option(capture, 24, 4, "edgexdp " EDGEXDP_VERSION, strlen("edgexdp " EDGEXDP_VERSION));
    size_t described = next_block(capture, 0);
    assert_int_equal(number_at(capture, described), 1);
    assert_int_equal(half_at(capture, described + 8), 1); /* Ethernet */
    assert_int_equal(number_at(capture, described + 12), EVENT_FRAME_BYTES);
    assert_option(capture, described + 16, 2, "eth0", 4);
    assert_option(capture, described + 16, 9, "\x09", 1);
    assert_int_equal(next_block(capture, described), capture->size);
    capture_free(capture);
}

/* Frames without a link layer begin with IP: LINKTYPE_RAW. */
static void test_bare(void **state)
{
    struct capture *capture = capture_new();

    (void)state;
    assert_int_equal(pcapng_begin(capture->file), 0);
    assert_int_equal(pcapng_interface(capture->file, "wg0", LINK_BARE), 0);
    assert_int_equal(number_at(capture, next_block(capture, 0) + 8), 101);
    capture_free(capture);
}

/* Packets of each length up to the longest, with comments of all lengths: nothing is cut, and the
 * padding is right. */
static void test_lengths(void **state)
{
    struct event event = {.frame_bytes = 1514, .direction = DIRECTION_IN};
    char comment[EVENT_FRAME_BYTES + 1] = "";

    (void)state;
    for (u32 i = 0; i < EVENT_FRAME_BYTES; i++)
        event.frame[i] = (u8)(i + 1);
    for (u32 length = 0; length <= EVENT_FRAME_BYTES; length++) {
        struct capture *capture = capture_new();
        size_t options = 28 + (length + 3) / 4 * 4;
        u16 found_length;

        event.captured_bytes = (u16)length;
        assert_int_equal(pcapng_add(capture->file, 0, &event, 1, comment), 0);
        assert_int_equal(next_block(capture, 0), capture->size);
        assert_int_equal(number_at(capture, 20), length);
        assert_int_equal(number_at(capture, 24), 1514);
        assert_memory_equal(capture->bytes + 28, event.frame, length);
        if (*comment)
            assert_option(capture, options, 1, comment, strlen(comment));
        else
            assert_null(find_option(capture, options, 1, &found_length));
        capture_free(capture);
        comment[length % EVENT_FRAME_BYTES] = 'c';
    }
}

static void assert_verdict(const struct event *event, u32 flags, u8 whose, s64 verdict)
{
    struct capture *capture = capture_new();
    u8 value[9] = {whose};

    memcpy(value + 1, &verdict, sizeof(verdict));
    assert_int_equal(pcapng_add(capture->file, 0, event, 0x123456789abcdef0, "c"), 0);
    assert_int_equal(number_at(capture, 0), 6);
    assert_int_equal(number_at(capture, 8), 0);
    assert_int_equal(number_at(capture, 12), 0x12345678);
    assert_int_equal(number_at(capture, 16), 0x9abcdef0);
    assert_option(capture, 28, 2, &flags, sizeof(flags));
    assert_option(capture, 28, 7, value, sizeof(value));
    capture_free(capture);
}

static void test_verdicts(void **state)
{
    struct event event = {.outcome = {.verdict = VERDICT_DROP}, .direction = DIRECTION_IN};

    (void)state;
    assert_verdict(&event, 1, 2, 1); /* XDP_DROP */
    event.audit = 1;
    assert_verdict(&event, 1, 2, 2); /* XDP_PASS */
    event.outcome.verdict = VERDICT_ACCEPT;
    event.audit = 0;
    assert_verdict(&event, 1, 2, 2);
    event.direction = DIRECTION_OUT;
    assert_verdict(&event, 2, 1, -1); /* TC_ACT_UNSPEC: the next program decides */
    event.outcome.verdict = VERDICT_DROP;
    assert_verdict(&event, 2, 1, 2); /* TC_ACT_SHOT */
    event.direction = DIRECTION_IN;
    event.link_layer = LINK_BARE;
    assert_verdict(&event, 1, 1, 2); /* tc has the same verdict there */
}

/* The length on the wire is never less than the captured one; a comment that is too long is cut. */
static void test_limits(void **state)
{
    struct event event = {.frame_bytes = 10, .captured_bytes = 14};
    struct capture *capture = capture_new();
    char comment[1000];
    u16 length;

    (void)state;
    memset(comment, 'x', sizeof(comment) - 1);
    comment[sizeof(comment) - 1] = '\0';
    assert_int_equal(pcapng_add(capture->file, 0, &event, 1, comment), 0);
    assert_int_equal(number_at(capture, 24), 14);
    assert_non_null(find_option(capture, 28 + 16, 1, &length));
    assert_int_equal(length, 512);
    assert_int_equal(next_block(capture, 0), capture->size);
    capture_free(capture);
}

static void test_full(void **state)
{
    FILE *full = fopen("/dev/full", "w");
    const struct event event = {0};

    (void)state;
    assert_non_null(full);
    assert_int_equal(pcapng_begin(full), -ENOSPC);
    assert_int_equal(pcapng_interface(full, "eth0", LINK_ETHERNET), -ENOSPC);
    assert_int_equal(pcapng_add(full, 0, &event, 1, ""), -ENOSPC);
    fclose(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_beginning), cmocka_unit_test(test_bare),
        cmocka_unit_test(test_lengths),   cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_limits),    cmocka_unit_test(test_full)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
