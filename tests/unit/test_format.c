/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy means the same in either form, and no comment is lost on the way. */
#include "check.h"

#include <glob.h>
#include <unistd.h>

#include "../../loader/base/memory.h"
#include "../../loader/policy/format.h"
#include "../shared/same_policy.h"

#define HEAD_AND_SETS                                                                              \
    "[policy]\nname = test\n\n[sets]\nlan = 10.0.0.0/8\nlog = 192.0.2.0/24\nredirect = ::1\n"      \
    "tcp = 2001:db8::/32\n\n"

static char *formatted(const struct source *source, enum policy_form form)
{
    static char *text; /* gcc takes a local one for dangling once the stream is closed */
    static size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    assert_int_equal(policy_format(source, form, out), 0);
    assert_int_equal(fclose(out), 0);
    return text;
}

/* Comments keep the order of their lines; comments within one line come before what the line
 * becomes. */
static void assert_keeps_comments(const char *before, const char *after)
{
    for (const char *at = before; (at = strpbrk(at, "#;")); at++) {
        size_t length = strcspn(at, "\n");
        char *comment = strndup(at, length);

        if (at == before || at[-1] == '\n' || at[-1] == ' ') {
            after = strstr(after, comment);
            if (!after)
                fail_msg("\"%s\" is lost", comment);
        }
        free(comment);
        at += length;
        if (!*at)
            break;
    }
}

/* SOURCE written in FORM means the same as POLICY, and does not change when it is written in FORM
 * again. The caller frees the text. */
static char *assert_formats(const struct source *source, const struct policy *policy,
                            enum policy_form form, struct diag *diag)
{
    char *text = formatted(source, form), *again;
    const struct source *copy = NULL;
    struct policy *other = NULL;

    assert_keeps_comments(source->text, text);
    if (policy_read_text(source->path, text, strlen(text), &other, diag)) {
        diag_print(diag, stderr);
        fail_msg("%s", text);
    }
    if (same_policy(policy, other))
        fail_msg("%s differs: %s", same_policy(policy, other), text);
    policy_free(other);
    assert_int_equal(source_copy(diag, source->path, text, strlen(text), &copy), 0);
    again = formatted(copy, form);
    assert_string_equal(again, text);
    free(again);
    return text;
}

static void assert_both_forms(const struct source *source, const struct policy *policy,
                              struct diag *diag)
{
    for (enum policy_form form = POLICY_SHORT; form <= POLICY_LONG; form++) {
        char *text = assert_formats(source, policy, form, diag);
        const struct source *copy = NULL;

        assert_int_equal(source_copy(diag, source->path, text, strlen(text), &copy), 0);
        free(text);
        free(assert_formats(copy, policy, form == POLICY_SHORT ? POLICY_LONG : POLICY_SHORT, diag));
    }
}

/* The shipped policies. */
static void policies(void **state)
{
    glob_t found;

    (void)state;
    assert_int_equal(glob(POLICIES "/*.ini", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct diag *diag = diag_new();
        struct policy *policy = NULL;

        assert_int_equal(policy_read(found.gl_pathv[i], NULL, &policy, diag), 0);
        assert_both_forms(diag_source(diag, 0), policy, diag);
        policy_free(policy);
        diag_free(diag);
    }
    globfree(&found);
}

static void assert_text(const char *before, enum policy_form form, const char *expected)
{
    struct diag *diag = diag_new();
    struct policy *policy = good_policy(before, diag);
    char *text = assert_formats(diag_source(diag, 0), policy, form, diag);

    if (expected)
        assert_string_equal(text, expected);
    assert_both_forms(diag_source(diag, 0), policy, diag);
    free(text);
    policy_free(policy);
    diag_free(diag);
}

#define LONG_RULES                                                                                 \
    "; who\n"                                                                                      \
    "[rule one] ; header\n"                                                                        \
    "direction = in\n"                                                                             \
    "; inside\n"                                                                                   \
    "action = accept ; end\n"                                                                      \
    "\n"                                                                                           \
    "[rule two-two]\n"                                                                             \
    "action = drop\n"                                                                              \
    "protocol = tcp\n"                                                                             \
    "from = log, lan\n"                                                                            \
    "to = tcp\n"                                                                                   \
    "port = 80 - 90,\n"                                                                            \
    "   443 # TLS\n"                                                                               \
    "source-port = 1024-65535\n"                                                                   \
    "direction = both\n"                                                                           \
    "log = yes\n"                                                                                  \
    "note = a, b\n"                                                                                \
    "\n"                                                                                           \
    "; last\n"                                                                                     \
    "[expect e]\n"                                                                                 \
    "reply-to = in tcp 10.0.0.1:1 > 192.0.2.1:2\n"                                                 \
    "packet = out tcp 192.0.2.1:2 > 10.0.0.1:1 syn-ack\n"                                          \
    "verdict = accept\n"

#define SHORT_RULES                                                                                \
    "; who\n"                                                                                      \
    "[rules]\n"                                                                                    \
    "; header\n"                                                                                   \
    "; inside\n"                                                                                   \
    "; end\n"                                                                                      \
    "one     = accept in\n"                                                                        \
    "# TLS\n"                                                                                      \
    "two-two = drop both tcp \"log\", lan:1024-65535 > \"tcp\":80-90, 443 log note \"a, b\"\n"     \
    "\n"                                                                                           \
    "; last\n"                                                                                     \
    "[expectations]\n"                                                                             \
    "e = accept out tcp 192.0.2.1:2 > 10.0.0.1:1 syn-ack\n"                                        \
    "    after in tcp 10.0.0.1:1 > 192.0.2.1:2\n"

#define LONG_AGAIN                                                                                 \
    "; who\n"                                                                                      \
    "; header\n"                                                                                   \
    "; inside\n"                                                                                   \
    "; end\n"                                                                                      \
    "[rule one]\n"                                                                                 \
    "direction = in\n"                                                                             \
    "action    = accept\n"                                                                         \
    "\n"                                                                                           \
    "# TLS\n"                                                                                      \
    "[rule two-two]\n"                                                                             \
    "direction   = both\n"                                                                         \
    "protocol    = tcp\n"                                                                          \
    "from        = log, lan\n"                                                                     \
    "to          = tcp\n"                                                                          \
    "port        = 80-90, 443\n"                                                                   \
    "source-port = 1024-65535\n"                                                                   \
    "action      = drop\n"                                                                         \
    "log         = yes\n"                                                                          \
    "note        = a, b\n"                                                                         \
    "\n"                                                                                           \
    "; last\n"                                                                                     \
    "[expect e]\n"                                                                                 \
    "packet   = out tcp 192.0.2.1:2 > 10.0.0.1:1 syn-ack\n"                                        \
    "verdict  = accept\n"                                                                          \
    "reply-to = in tcp 10.0.0.1:1 > 192.0.2.1:2\n"

static void becomes_the_other_form(void **state)
{
    (void)state;
    assert_text(HEAD_AND_SETS LONG_RULES, POLICY_SHORT, HEAD_AND_SETS SHORT_RULES);
    assert_text(HEAD_AND_SETS SHORT_RULES, POLICY_LONG, HEAD_AND_SETS LONG_AGAIN);
}

/* Comments within a line that is continued come before what it becomes. */
static void keeps_comments_of_continued_lines(void **state)
{
    static const char *const names[] = {"short", "long"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        char path[256];
        struct diag *diag = diag_new();
        struct policy *policy = NULL;

        snprintf(path, sizeof(path), CONTINUED "/%s.ini", names[i]);
        assert_int_equal(policy_read(path, NULL, &policy, diag), 0);
        assert_both_forms(diag_source(diag, 0), policy, diag);
        policy_free(policy);
        diag_free(diag);
    }
}

/* Where the answer of a reject stands. */
static void says_what_to_reject_with(void **state)
{
    (void)state;
    assert_text(HEAD "[rules]\nr = REJECT with Port-Unreachable in udp > :53\n"
                     "[expectations]\ne = reject by r in udp 10.0.0.1:1 > 10.0.0.2:53\n",
                POLICY_LONG,
                HEAD "[rule r]\n"
                     "direction = in\n"
                     "protocol  = udp\n"
                     "port      = 53\n"
                     "action    = REJECT with Port-Unreachable\n"
                     "\n"
                     "[expect e]\n"
                     "packet  = in udp 10.0.0.1:1 > 10.0.0.2:53\n"
                     "verdict = reject\n"
                     "rule    = r\n");
}

/* Names that would otherwise be read as keywords. */
static void quotes_names_that_are_keywords(void **state)
{
    (void)state;
    assert_text(HEAD_AND_SETS "[rule r]\naction = drop\ndirection = in\nprotocol = icmp\n"
                              "from = redirect, ::1-::9, 2001:db8::/48\nto = @empty list\n",
                POLICY_SHORT,
                HEAD_AND_SETS "[rules]\nr = drop in icmp \"redirect\", ::1-::9, 2001:db8::/48 > "
                              "\"@empty list\"\n");
    assert_text(HEAD_AND_SETS "[rule r]\naction = drop\ndirection = in\nprotocol = udp\n"
                              "from = ::1-::9, 2001:db8::/48\nport = any\nsource-port = 9\n",
                POLICY_SHORT,
                HEAD_AND_SETS "[rules]\nr = drop in udp [::1-::9], [2001:db8::/48]:9 > :any\n");
}

/* What one form cannot say stays in the other form. */
static void leaves_what_it_cannot_say(void **state)
{
    const char *quote =
        HEAD_AND_SETS "[rule a]\naction = drop\ndirection = in\nnote = say \"no\"\n";
    const char *sign = HEAD_AND_SETS "[rules]\na = drop in note \"one # two\"\nb = drop in\n";

    (void)state;
    assert_text(quote, POLICY_SHORT, quote);
    assert_text(sign, POLICY_LONG,
                HEAD_AND_SETS "[rules]\na = drop in note \"one # two\"\n"
                              "\n[rule b]\ndirection = in\naction    = drop\n");
}

/* Rules of both forms alternate; included files are not opened. */
static void keeps_the_order(void **state)
{
    (void)state;
    assert_text(HEAD_AND_SETS "[rules]\na = drop in\n\n[rule b]\naction = drop\ndirection = in\n"
                              "[rules]\n\n; c\nc = drop in\n[expectations]\n"
                              "x = drop in tcp 10.0.0.1:1 > 192.0.2.1:2\n[rules]\nd = drop in\n",
                POLICY_SHORT,
                HEAD_AND_SETS "[rules]\na = drop in\nb = drop in\n\n; c\nc = drop in\n"
                              "[expectations]\nx = drop in tcp 10.0.0.1:1 > 192.0.2.1:2\n"
                              "[rules]\nd = drop in\n");
}

/* The set file that a policy in this test names, in a folder of its own. */
static char folder[] = "/tmp/edgexdp-format-XXXXXX";

static int make_list(void **state)
{
    FILE *list = mkdtemp(folder) && !chdir(folder) ? fopen("empty list", "w") : NULL;

    (void)state;
    return list ? fclose(list) : -1;
}

static int remove_list(void **state)
{
    (void)state;
    return unlink("empty list") || rmdir(folder);
}

static void writes_one_rule(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {HEAD "[rules]\nother = drop in udp > :1\nweb   = accept in tcp > :443 # a comment\n",
         "web = accept in tcp > :443"},
        {HEAD "[rule web]\n; why\ndirection = in\nprotocol = tcp\nport = 443\naction = accept\n",
         "web = accept in tcp > :443"},
        {HEAD "[sets]\nweb = 192.0.2.1\n[expectations]\nweb = drop in udp 192.0.2.1 > 192.0.2.2\n",
         NULL},
        {HEAD "[rules]\nweb = accept in tcp from 192.0.2.11, 192.0.2.22, 192.0.2.33, 192.0.2.44,"
              " 192.0.2.55, 192.0.2.66 port 80\n",
         "web = accept in tcp 192.0.2.11, 192.0.2.22, 192.0.2.33, 192.0.2.44, 192.0.2.55, "
         "192.0.2.66 > :80"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct diag *diag = diag_new();
        const struct source *source;
        char *line;

        assert_int_equal(
            source_copy(diag, "test.ini", cases[i].text, strlen(cases[i].text), &source), 0);
        assert_int_equal(policy_format_rule(source, "web", &line), 0);
        if (cases[i].expected)
            assert_string_equal(line, cases[i].expected);
        else
            assert_null(line);
        free(line);
        diag_free(diag);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policies),
        cmocka_unit_test(becomes_the_other_form),
        cmocka_unit_test(keeps_comments_of_continued_lines),
        cmocka_unit_test(says_what_to_reject_with),
        cmocka_unit_test(quotes_names_that_are_keywords),
        cmocka_unit_test(leaves_what_it_cannot_say),
        cmocka_unit_test(keeps_the_order),
        cmocka_unit_test(writes_one_rule),
    };
    return cmocka_run_group_tests(tests, make_list, remove_list);
}
