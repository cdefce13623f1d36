/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include "../../loader/policy/address.h"
#include "../../loader/policy/read.h"

#include <stdbool.h>
#include <unistd.h>

#define RULE(from) "[rule r]\ndirection = in\naction = drop\nfrom = " from "\n"

/* The set files of these tests, which are in memory only. */
static const struct {
    const char *path, *text;
} files[] = {
    {"dir/list.txt",
     "\xef\xbb\xbf# comment\r\n10.0.0.1\r\n\r\n  10.0.0.8/29 ; indented\r\n192.0.2.0/24\r\n"},
    {"dir/sub/inner.txt", "10.8.0.0/16"},
    {"dir/two words.txt", "10.7.0.0-10.7.255.255\n"},
    {"/absolute.txt", "2001:db8::/32\n"},
    {"dir/empty.txt", ""},
    {"dir/shadow.txt", "root:$y$j9T$secret:20000:0:99999:7:::\n@/etc/shadow\nlan\nany\n"
                       "10.0.0.1/8\n10.0.0.1\n"},
};

static int opened;

static int open_from_memory(struct diag *diag, const char *path, const struct source **source)
{
    opened++;
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
        if (!strcmp(path, files[i].path))
            return source_copy(diag, path, files[i].text, strlen(files[i].text), source);
    return -ENOENT;
}

static struct policy *read_policy(struct diag *diag, const char *text)
{
    const struct source *source = NULL;
    struct policy *policy = NULL;

    opened = 0;
    assert_int_equal(source_copy(diag, "dir/test.ini", text, strlen(text), &source), 0);
    if (policy_read_source(source, open_from_memory, NULL, &policy, diag)) {
        diag_print(diag, stderr);
        fail();
    }
    return policy;
}

/* SET holds exactly EXPECTED, written as text. */
static void assert_holds(const struct address_set *set, const char *expected)
{
    char text[1000] = "", buffer[RANGE_TEXT_BYTES];

    for (int family = 0; family < 2; family++) {
        for (size_t i = 0; i < set->family[family].count; i++) {
            strcat(text, *text ? " " : "");
            strcat(text, address_range_print(FAMILY_IPV4 + (unsigned int)family,
                                             set->family[family].ranges[i], buffer));
        }
    }
    assert_string_equal(text, expected);
}

/* The `from` of the first rule in a policy of TEXT. */
static void assert_from(const char *text, const char *expected)
{
    struct diag *diag = diag_new();
    struct policy *policy = read_policy(diag, text);

    assert_holds(policy->rules[0].matches[FIELD_FROM].set, expected);
    policy_free(policy);
    diag_free(diag);
}

static void resolves_items(void **state)
{
    (void)state;
    assert_from(HEAD RULE("10.0.0.9, 10.0.0.0/30, 10.0.0.4-10.0.0.7, 2001:db8::1"),
                "10.0.0.0/29 10.0.0.9 2001:db8::1");
    assert_from(HEAD RULE("any"), "0.0.0.0/0 ::/0");
    assert_from(HEAD RULE("10.0.0.1, ANY, ::1"), "0.0.0.0/0 ::/0");
    assert_from(HEAD RULE("0.0.0.0/0"), "0.0.0.0/0");
    assert_from(HEAD RULE("\n  10.0.0.1,\n  # comment\n\n  10.0.0.2\n  , 10.0.0.3,"),
                "10.0.0.1-10.0.0.3");
}

static void resolves_names(void **state)
{
    (void)state;
    assert_from(HEAD RULE("b") "[sets]\nb = c, 10.0.0.2\nc = a, a\na = 10.0.0.1\n",
                "10.0.0.1-10.0.0.2");
    assert_from(HEAD "[sets]\naccess-edge = 10.1.0.0/16\nfe80.x = 10.2.0.0/16\nbeef = ::1\n" RULE(
                    "access-edge, fe80.x, beef, beef::"),
                "10.1.0.0-10.2.255.255 ::1 beef::");
    assert_from(HEAD "[sets]\nLan = 10.0.0.1\nlan = 10.0.0.2\n" RULE("Lan"), "10.0.0.1");
    assert_from(HEAD "[sets]\nempty =\nalso-empty = empty\n" RULE("also-empty"), "");
    assert_from(HEAD "[sets]\nall = any\n" RULE("all"), "0.0.0.0/0 ::/0");
    assert_from(HEAD "[sets]\na =\n 10.0.0.1,\n 10.0.0.3\n" RULE("a"), "10.0.0.1 10.0.0.3");
}

static void reads_set_files(void **state)
{
    (void)state;
    assert_from(HEAD RULE("@list.txt"), "10.0.0.1 10.0.0.8/29 192.0.2.0/24");
    assert_from(HEAD RULE("@sub/inner.txt, 10.9.0.0/16"), "10.8.0.0/15");
    assert_from(HEAD RULE("@/absolute.txt, ::1"), "::1 2001:db8::/32");
    assert_from(HEAD RULE("@two words.txt"), "10.7.0.0/16");
    assert_from(HEAD RULE("@empty.txt"), "");
}

static void reads_a_set_file_once(void **state)
{
    struct diag *diag = diag_new();
    struct policy *policy = read_policy(diag, HEAD "[sets]\na = @list.txt\nb = @list.txt\n"
                                                   "c = @list.txt, a, b\n" RULE("c, @list.txt"));

    (void)state;
    assert_int_equal(opened, 1);
    assert_holds(policy->rules[0].matches[FIELD_FROM].set, "10.0.0.1 10.0.0.8/29 192.0.2.0/24");
    policy_free(policy);
    diag_free(diag);
}

#define TO(name, value) "[rule " name "]\ndirection = in\naction = drop\nto = " value "\n"

static void shares_equal_sets(void **state)
{
    struct diag *diag = diag_new();
    struct policy *policy = read_policy(
        diag,
        HEAD "[sets]\nlan = 10.0.0.0/8\nalias = lan\nunused = 1.1.1.1\nfile = @two words.txt\n" TO(
            "a", "lan") TO("b", "alias") TO("c", "10.0.0.0/9, 10.128.0.0/9") TO("d", "any")
            TO("e", "0.0.0.0/0, ::/0") TO("f", "file") TO("g", "@two words.txt")
                TO("h", "192.0.2.1,\n  192.0.2.2"));
    const struct rule *rules = policy->rules;

    (void)state;
    assert_ptr_equal(rules[0].matches[FIELD_TO].set, rules[1].matches[FIELD_TO].set);
    assert_ptr_equal(rules[0].matches[FIELD_TO].set, rules[2].matches[FIELD_TO].set);
    assert_ptr_equal(rules[3].matches[FIELD_TO].set, rules[4].matches[FIELD_TO].set);
    assert_ptr_equal(rules[3].matches[FIELD_TO].set, rules[0].matches[FIELD_FROM].set);
    assert_ptr_equal(rules[5].matches[FIELD_TO].set, rules[6].matches[FIELD_TO].set);
    assert_string_equal(rules[0].matches[FIELD_TO].set->label, "lan");
    assert_string_equal(rules[3].matches[FIELD_TO].set->label, "any");
    assert_string_equal(rules[5].matches[FIELD_TO].set->label, "file");
    assert_string_equal(rules[7].matches[FIELD_TO].set->label, "192.0.2.1, 192.0.2.2");
    /* The policy has the sets that rules point to, and no others. */
    assert_int_equal(policy->set_count, 4);
    for (size_t i = 0; i < policy->set_count; i++) {
        bool used = false;

        assert_int_equal(policy->sets[i]->index, i);
        for (size_t rule = 0; rule < policy->rule_count; rule++)
            used |= rules[rule].matches[FIELD_TO].set == policy->sets[i] ||
                    rules[rule].matches[FIELD_FROM].set == policy->sets[i];
        assert_true(used);
    }
    policy_free(policy);
    diag_free(diag);
}

static void tells_faults_once(void **state)
{
    (void)state;
    assert_faults(HEAD "[sets]\nbad = 10.0.0.1/8\n" RULE("bad, bad") "to = bad\n",
                  "test.ini:4:7: error: 10.0.0.1/8 has host bits set: the prefix is 10.0.0.0/8\n"
                  "    4 | bad = 10.0.0.1/8\n"
                  "      |       ^~~~~~~~~~\n");
}

/* Reads TEXT, which may name the files above; the messages must be EXPECTED. */
static void assert_said(const char *text, const char *expected)
{
    struct diag *diag = diag_new();
    const struct source *source = NULL;
    struct policy *policy = NULL;

    opened = 0;
    assert_int_equal(source_copy(diag, "dir/test.ini", text, strlen(text), &source), 0);
    assert_int_equal(policy_read_source(source, open_from_memory, NULL, &policy, diag), -EINVAL);
    assert_printed(diag, expected);
    diag_free(diag);
}

#define NOT_AN_ITEM                                                                                \
    "error: this is not an address, a prefix or a range (names, \"any\" and @FILE are allowed in " \
    "the "                                                                                         \
    "policy only)\n"

/* A list is data: it opens no files and names no sets, and our messages do not reveal its
 * contents. */
static void keeps_set_files_to_themselves(void **state)
{
    (void)state;
    assert_said(HEAD "[sets]\nlan = 192.0.2.0/24\n" RULE("@shadow.txt"),
                "dir/shadow.txt:1:1: " NOT_AN_ITEM "dir/shadow.txt:2:1: " NOT_AN_ITEM
                "dir/shadow.txt:3:1: " NOT_AN_ITEM "dir/shadow.txt:4:1: " NOT_AN_ITEM
                "dir/shadow.txt:5:1: error: host bits are set: the prefix is 10.0.0.0/8\n");
    assert_int_equal(opened, 1);
}

/* However many lines are wrong, only the first ten are reported one by one. */
static void counts_the_faults_of_a_set_file(void **state)
{
    char path[] = "/tmp/edgexdp-test-XXXXXX", text[200], *said;
    struct diag *diag = diag_new();
    struct policy *policy = NULL;
    FILE *file = fdopen(mkstemp(path), "w");

    (void)state;
    assert_non_null(file);
    for (int i = 0; i < 100000; i++)
        fprintf(file, "wrong %d\n", i);
    fclose(file);
    snprintf(text, sizeof(text), HEAD "[sets]\na = @%s\n", path);
    assert_int_equal(policy_read_text("test.ini", text, strlen(text), &policy, diag), -EINVAL);
    unlink(path);
    assert_int_equal(diag_messages(diag), 11);
    said = printed(diag);
    assert_non_null(strstr(said, ":11:6: error: 99990 more lines are wrong, beginning with"));
    free(said);
    diag_free(diag);
}

static void nests_as_deep_as_it_may(void **state)
{
    char text[8000] = HEAD "[sets]\n";
    size_t used = strlen(text);

    (void)state;
    for (int i = 0; i < 64; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "s%d = s%d\n", i, i + 1);
    snprintf(text + used, sizeof(text) - used, "s64 = 10.0.0.1\n" RULE("s0"));
    assert_from(text, "10.0.0.1");
}

static void reads_a_million_prefixes(void **state)
{
    const size_t count = 1000000;
    struct diag *diag = diag_new();
    struct policy *policy;
    char *text = malloc(count * 20 + 100), *at = text;

    (void)state;
    assert_non_null(text);
    at += sprintf(at, HEAD RULE("big") "[sets]\nbig =\n");
    for (size_t i = 0; i < count; i++) {
        size_t address = i * 7919 % count * 2; /* out of order, never adjacent */

        at += sprintf(at, " 10.%zu.%zu.%zu,\n", address >> 16, address >> 8 & 255, address & 255);
    }
    policy = read_policy(diag, text);
    assert_int_equal(policy->rules[0].matches[FIELD_FROM].set->family[0].count, count);
    policy_free(policy);
    diag_free(diag);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resolves_items),
        cmocka_unit_test(resolves_names),
        cmocka_unit_test(reads_set_files),
        cmocka_unit_test(reads_a_set_file_once),
        cmocka_unit_test(shares_equal_sets),
        cmocka_unit_test(tells_faults_once),
        cmocka_unit_test(keeps_set_files_to_themselves),
        cmocka_unit_test(counts_the_faults_of_a_set_file),
        cmocka_unit_test(nests_as_deep_as_it_may),
        cmocka_unit_test(reads_a_million_prefixes),
    };

    return cmocka_run_group_tests_name("sets", tests, NULL, NULL);
}
