/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a resolver says is bounded data; and what becomes of what was known before. */
#include "../../loader/names/known.h"

#include <ares.h>

#include "../../loader/base/memory.h"
#include "../../loader/policy/address.h"
#include "check.h"

#define HOUR_NS (3600 * SECOND_NS)

static void answer_clear_all(struct name_answer (*answers)[2])
{
    answer_clear(&(*answers)[0]);
    answer_clear(&(*answers)[1]);
}

/* Reads LINES into ANSWERS, and returns whether all made sense. */
static bool take(struct name_answer answers[2], const char *lines)
{
    struct piece rest = piece_of(lines);

    while (rest.length) {
        size_t end = piece_find(rest, '\n');

        if (answers_take(answers, 2, piece_part(rest, 0, end)))
            return false;
        rest = piece_part(rest, end + 1, rest.length);
    }
    return true;
}

/* The addresses of ANSWER as text. */
static const char *text_of(const struct name_answer *answer)
{
    static char text[NAME_ADDRESSES_MAX * 20];
    char *at = text;

    *at = '\0';
    for (int i = 0; i < 2; i++)
        for (size_t j = 0; j < answer->family[i].addresses.count; j++) {
            char one[ADDRESS_TEXT_BYTES];

            at += sprintf(at, "%s%s", at > text ? " " : "",
                          address_print(FAMILY_IPV4 + (enum family)i,
                                        answer->family[i].addresses.ranges[j].first, one));
        }
    return text;
}

static void takes_addresses_in_any_order(void **state)
{
    CLEANUP(answer_clear_all) struct name_answer answers[2] = {0};
    char why[256];

    (void)state;
    assert_true(take(answers, "1 6 address 2001:db8::2 90\n0 4 address 192.0.2.9 60\n"
                              "0 4 address 192.0.2.1 300\n0 4 address 192.0.2.9 60\n0 4 given\n"
                              "0 6 none 1\n1 6 given\n1 4 failed 12"));
    answer_tidy(&answers[0], ARES_ETIMEOUT);
    answer_tidy(&answers[1], ARES_ETIMEOUT);
    assert_string_equal(text_of(&answers[0]), "192.0.2.1 192.0.2.9");
    assert_int_equal(answers[0].ttl_s, 60);
    assert_true(answer_explain(&answers[0], why, sizeof(why)));
    assert_string_equal(why, "");
    assert_string_equal(text_of(&answers[1]), "2001:db8::2");
    assert_true(answer_explain(&answers[1], why, sizeof(why)));
    assert_non_null(strstr(why, "IPv4 addresses are not known"));
}

static void refuses_what_makes_no_sense(void **state)
{
    static const char *const lines[] = {
        "",
        "0",
        "0 4",
        "2 4 given",
        "-1 4 given",
        "0 5 none 1",
        "0 4 given",
        "0 4 none",
        "0 4 none x",
        "0 4 maybe",
        "0 4 address",
        "0 4 address 192.0.2.1",
        "0 4 address 192.0.2.1 -1",
        "0 4 address 192.0.2.0/24 1",
        "0 6 address 192.0.2.1 1",
        "0 4 none 1\n0 4 none 1",
        "0 4 none 1\n0 4 address 192.0.2.1 1",
        "0 4 address 192.0.2.1 1\n0 4 none 1",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        CLEANUP(answer_clear_all) struct name_answer answers[2] = {0};

        /* An empty text has no line. */
        assert_false(*lines[i] ? take(answers, lines[i]) : !answers_take(answers, 2, piece_of("")));
    }
}

/* Answers name 0 with COUNT IPv4 addresses from the FIRST on, in steps of STEP, and COUNT6 others.
 */
static void fill(struct name_answer answers[2], size_t count, size_t first, size_t step,
                 size_t count6)
{
    char line[80];

    for (size_t i = 0; i < count; i++) {
        size_t n = (first + i * step) % count;

        snprintf(line, sizeof(line), "0 4 address 198.51.%zu.%zu 1", 100 + n / 250, n % 250 + 1);
        assert_true(take(answers, line));
    }
    for (size_t i = 0; i < count6; i++) {
        snprintf(line, sizeof(line), "0 6 address 2001:db8::%zx 1", i + 1);
        assert_true(take(answers, line));
    }
    assert_true(take(answers, count ? "0 4 given" : "0 4 none 1"));
    assert_true(take(answers, count6 ? "0 6 given" : "0 6 none 1"));
    answer_tidy(&answers[0], 0);
}

static void keeps_the_same_ones_of_too_many(void **state)
{
    static const size_t counts[][4] = {{300, 0, 256, 0},     {300, 9, 247, 9},
                                       {0, 300, 0, 256},     {300, 300, 128, 128},
                                       {100, 200, 100, 156}, {128, 128, 128, 128}};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
        CLEANUP(answer_clear_all) struct name_answer one[2] = {0}, other[2] = {0};
        const size_t *count = counts[i];

        fill(one, count[0], 0, 1, count[1]);
        fill(other, count[0], 7, 7, count[1]);
        assert_int_equal(one[0].family[0].addresses.count, count[2]);
        assert_int_equal(one[0].family[1].addresses.count, count[3]);
        assert_int_equal(one[0].excess, count[0] + count[1] - count[2] - count[3]);
        CLEANUP_FREE char *text = strdup(text_of(&one[0]));
        assert_string_equal(text_of(&other[0]), text);
    }
}

static void leaves_out_what_no_name_may_stand_for(void **state)
{
    CLEANUP(answer_clear_all) struct name_answer answers[2] = {0};
    char why[256];

    (void)state;
    assert_true(take(answers,
                     "0 4 address 0.0.0.0 1\n0 4 address 127.9.9.9 1\n"
                     "0 4 address 169.254.0.1 1\n0 4 address 239.1.1.1 1\n"
                     "0 4 address 240.0.0.1 1\n0 4 address 255.255.255.255 1\n"
                     "0 6 address :: 1\n0 6 address ::1 1\n0 6 address ::ffff:192.0.2.1 1\n"
                     "0 6 address fe80::1 1\n0 6 address febf::1 1\n0 6 address ff02::1 1\n"
                     "1 4 address 10.0.0.1 1\n1 4 address 169.253.0.1 1\n"
                     "1 4 address 223.255.255.255 1\n1 6 address fec0::1 1\n"
                     "1 6 address fc00::1 1\n0 4 given\n0 6 given\n1 4 given\n1 6 given"));
    answer_tidy(&answers[0], 0);
    answer_tidy(&answers[1], 0);
    assert_string_equal(text_of(&answers[0]), "");
    assert_int_equal(answers[0].unusable, 12);
    assert_false(answer_explain(&answers[0], why, sizeof(why)));
    assert_non_null(strstr(why, "only addresses of loopback"));
    assert_string_equal(text_of(&answers[1]),
                        "10.0.0.1 169.253.0.1 223.255.255.255 fc00::1 fec0::1");
}

static void knows_times_to_live(void **state)
{
    static const struct {
        unsigned int told_s, kept_s;
    } times[] = {{0, NAME_TTL_NONE_S}, {1, 1}, {86400, 86400}, {604800, NAME_TTL_MAX_S}};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
        CLEANUP(answer_clear_all) struct name_answer answers[2] = {0};
        char line[64];

        snprintf(line, sizeof(line), "0 4 address 192.0.2.1 %u\n0 4 given\n0 6 none 1",
                 times[i].told_s);
        assert_true(take(answers, line));
        answer_tidy(&answers[0], 0);
        assert_int_equal(answers[0].ttl_s, times[i].kept_s);
    }
}

/* What KNOWN has of the one name "h", as its file has it. */
static const char *file_of(const struct known_names *known)
{
    static char text[4096];
    FILE *stream = fmemopen(text, sizeof(text), "w");

    known_print(stream, known);
    fclose(stream);
    char *lines = strstr(text, "\nh ");
    return lines ? lines + 1 : "";
}

/* Answers the name "h" at NOW with LINES of number 0. */
static struct known_name *answered(struct known_names *known, const char *lines, u64 now)
{
    CLEANUP(answer_clear_all) struct name_answer answers[2] = {0};
    struct known_name *name = known_add(known, "h");

    assert_true(take(answers, lines));
    answer_tidy(&answers[0], ARES_ETIMEOUT);
    assert_int_equal(known_take(name, &answers[0], now, now), 0);
    return name;
}

#define ONE   "0 4 address 192.0.2.1 3600\n0 4 given\n0 6 none 1"
#define OTHER "0 4 address 192.0.2.2 3600\n0 4 given\n0 6 none 1"

static void keeps_what_is_gone_while_it_lives(void **state)
{
    CLEANUP(known_clear) struct known_names known = {0};
    struct known_name *name = answered(&known, ONE, 1 * HOUR_NS);

    (void)state;
    assert_int_equal(name->due_ns, 2 * HOUR_NS);
    name = answered(&known, OTHER, 2 * HOUR_NS);
    assert_int_equal(name->due_ns, 2 * HOUR_NS + 60 * SECOND_NS);
    name->addresses[0].is_live = true;
    known_sweep(name, 2 * HOUR_NS);
    assert_string_equal(file_of(&known),
                        "h answered 7200\nh has 192.0.2.2\nh had 192.0.2.1 3600\n");

    name->addresses[1].is_live = true;
    known_sweep(name, 24 * HOUR_NS);
    assert_int_equal(name->count, 2);
    known_sweep(name, 25 * HOUR_NS);
    assert_int_equal(name->count, 1);

    name = answered(&known, ONE, 26 * HOUR_NS);
    known_sweep(name, 26 * HOUR_NS);
    assert_string_equal(file_of(&known), "h answered 93600\nh has 192.0.2.1\n");
}

static void goes_on_without_an_answer(void **state)
{
    static const char *const failures[] = {"0 4 none 4\n0 6 none 4", "0 4 failed 12\n0 6 failed 12",
                                           "0 4 none 1", "0 4 address 127.0.0.1 9\n0 4 given"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
        CLEANUP(known_clear) struct known_names known = {0};
        struct known_name *name = answered(&known, ONE, HOUR_NS);
        u64 waits_s[] = {1, 2, 4, 8, 16, 32, 60, 60};

        for (size_t j = 0; j < ARRAY_SIZE(waits_s); j++) {
            name = answered(&known, failures[i], 2 * HOUR_NS);
            known_sweep(name, 2 * HOUR_NS);
            assert_int_equal(name->due_ns, 2 * HOUR_NS + waits_s[j] * SECOND_NS);
        }
        assert_true(name->trouble[0]);
        assert_int_equal(name->answered_ns, HOUR_NS);
        assert_int_equal(name->count, 1);
        assert_int_equal(name->addresses[0].gone_ns, 0);
    }
}

/* What one interface was told, another takes over; what is gone is each one's own. */
static void takes_what_another_was_told(void **state)
{
    CLEANUP(known_clear) struct known_names asked = {0};
    CLEANUP(known_clear) struct known_names others = {0};
    struct known_name *from, *name = answered(&others, ONE, 1 * HOUR_NS);

    (void)state;
    from = answered(&asked, OTHER, 2 * HOUR_NS);
    assert_int_equal(from->asked_ns, 2 * HOUR_NS);
    assert_int_equal(known_take_from(name, from, 3 * HOUR_NS), 0);
    assert_int_equal(name->asked_ns, 2 * HOUR_NS);
    assert_int_equal(name->due_ns, 2 * HOUR_NS + 60 * SECOND_NS);
    name->addresses[0].is_live = true;
    known_sweep(name, 3 * HOUR_NS);
    assert_string_equal(file_of(&others),
                        "h answered 7200\nh has 192.0.2.2\nh had 192.0.2.1 3600\n");

    from = answered(&asked, "0 4 failed 12\n0 6 failed 12", 4 * HOUR_NS);
    assert_int_equal(known_take_from(name, from, 4 * HOUR_NS), 0);
    assert_int_equal(name->failures, 1);
    assert_int_equal(name->due_ns, 4 * HOUR_NS + SECOND_NS);
    assert_string_equal(name->trouble, from->trouble);
    assert_int_equal(name->answered_ns, 2 * HOUR_NS);
    assert_int_equal(name->count, 2);
    assert_true(name->addresses[1].is_live);
}

/* One that nobody has answered for this interface knows what the other one knew before. */
static void takes_what_another_knew(void **state)
{
    CLEANUP(known_clear) struct known_names asked = {0};
    CLEANUP(known_clear) struct known_names others = {0};
    struct known_name *from, *name = known_add(&others, "h");

    (void)state;
    answered(&asked, ONE, HOUR_NS);
    from = answered(&asked, "0 4 failed 12\n0 6 failed 12", 2 * HOUR_NS);
    assert_int_equal(known_take_from(name, from, 2 * HOUR_NS), 0);
    assert_int_equal(name->answered_ns, HOUR_NS);
    assert_int_equal(name->count, 1);
    assert_int_equal(name->failures, 1);
}

static void one_family_goes_on_without_an_answer(void **state)
{
    CLEANUP(known_clear) struct known_names known = {0};
    struct known_name *name = answered(&known,
                                       "0 4 address 192.0.2.1 9\n0 4 given\n"
                                       "0 6 address 2001:db8::1 9\n0 6 given",
                                       HOUR_NS);

    (void)state;
    name = answered(&known, "0 4 address 192.0.2.2 9\n0 4 given\n0 6 failed 12", 2 * HOUR_NS);
    known_sweep(name, 2 * HOUR_NS);
    assert_non_null(
        strstr(file_of(&known), "has 192.0.2.2\nh has 2001:db8::1\nh trouble its IPv6"));
}

static void reads_what_it_wrote(void **state)
{
    static const char text[] =
        "h answered 7200\nh has 192.0.2.2\nh had 192.0.2.1 3600\nh trouble why\n";
    static const char *const bad[] = {"h",
                                      "h has",
                                      "h has nobody",
                                      "h had 192.0.2.1",
                                      "h had 192.0.2.1 0",
                                      "h has 192.0.2.1 0",
                                      "h answered x",
                                      "h is 1",
                                      "-h answered 1",
                                      "192.0.2 answered 1",
                                      "h trouble a\tb",
                                      "a..b answered 1"};
    CLEANUP(known_clear) struct known_names known = {0};

    (void)state;
    assert_int_equal(known_parse(text, strlen(text), &known), 0);
    assert_string_equal(file_of(&known), text);
    assert_true(known.list[0].addresses[1].is_live);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        CLEANUP(known_clear) struct known_names read = {0};

        if (known_parse(bad[i], strlen(bad[i]), &read) != -EINVAL)
            fail_msg("%s", bad[i]);
    }
}

static struct host *host_of(const char *text)
{
    struct host *host = NULL;

    assert_int_equal(host_parse(text, strlen(text), &host), 0);
    return host;
}

/* What is in force since 5 and has 192.0.2.9, against what is known since ANSWERED. */
static void check_newer(u64 answered_ns, const char *expected)
{
    CLEANUP(known_clear) struct known_names known = {0};
    CLEANUP(host_freep) struct host *kept = host_of("name:h = 192.0.2.9\nself = 192.0.2.200\n");
    CLEANUP(host_freep) struct host *host = host_new();

    answered(&known, ONE, answered_ns);
    assert_int_equal(known_define(&known, kept, 5, host), 0);
    CLEANUP_FREE char *text = host_word_text(host_find(host, piece_of("name:h")));
    assert_string_equal(text, expected);
    assert_null(host_find(host, piece_of("name:other")));
}

static void what_is_newer_wins(void **state)
{
    (void)state;
    check_newer(6, "192.0.2.1");
    check_newer(4, "192.0.2.9");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_addresses_in_any_order),
        cmocka_unit_test(refuses_what_makes_no_sense),
        cmocka_unit_test(keeps_the_same_ones_of_too_many),
        cmocka_unit_test(leaves_out_what_no_name_may_stand_for),
        cmocka_unit_test(knows_times_to_live),
        cmocka_unit_test(keeps_what_is_gone_while_it_lives),
        cmocka_unit_test(goes_on_without_an_answer),
        cmocka_unit_test(takes_what_another_was_told),
        cmocka_unit_test(takes_what_another_knew),
        cmocka_unit_test(one_family_goes_on_without_an_answer),
        cmocka_unit_test(reads_what_it_wrote),
        cmocka_unit_test(what_is_newer_wins),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
