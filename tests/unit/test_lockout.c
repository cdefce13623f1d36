/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../loader/compile/image.h"
#include "../../loader/lockout/lockout.h"

static void reads_what_sshd_writes(void **state)
{
    struct session session;
    (void)state;
    assert_int_equal(session_parse("203.0.113.7 50000 198.51.100.10 22", &session), 0);
    assert_int_equal(session.family, FAMILY_IPV4);
    assert_int_equal(session.client_port, 50000);
    assert_int_equal(session.server_port, 22);
    assert_memory_equal(session.server, ((u8[]){198, 51, 100, 10}), 4);
    assert_int_equal(session_parse("fe80::7%eth0 50000 fe80::1%eth0 22", &session), 0);
    assert_int_equal(session.family, FAMILY_IPV6);
    assert_int_equal(session.client[15], 7);
}

static void refuses_what_sshd_never_writes(void **state)
{
    static const char *const bad[] = {
        "",
        "203.0.113.7 50000 198.51.100.10",
        "203.0.113.7 70000 198.51.100.10 22",
        "203.0.113.7 50000 2001:db8::1 22",
        "client 50000 server 22",
    };
    struct session session;
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_not_equal(session_parse(bad[i], &session), 0);
}

static void prefers_the_variable(void **state)
{
    struct session session;
    (void)state;
    setenv("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22", 1);
    assert_true(session_find(&session));
    assert_string_equal(session.text, "192.0.2.1 1 192.0.2.2 22");
    setenv("SSH_CONNECTION", "", 1);
    assert_false(session_find(&session));
}

static const char *namer(const void *policy, u32 number)
{
    return ((const struct policy *)policy)->rules[number].name;
}

/* Judges the session 203.0.113.7:50000 to 198.51.100.10:22 by a policy with these RULES. */
static int judge_by(const char *rules, struct why *why)
{
    char text[1024];
    struct diag *diag = diag_new();
    struct policy *policy = NULL;
    struct image *image = NULL;
    struct session session;

    snprintf(text, sizeof(text), "[policy]\nname = test\n%s", rules);
    assert_int_equal(policy_read_text("test.ini", text, strlen(text), &policy, diag), 0);
    assert_int_equal(policy_compile(policy, &BOUNDS_DEFAULT, &image, diag), 0);
    assert_int_equal(session_parse("203.0.113.7 50000 198.51.100.10 22", &session), 0);
    int error = lockout_judge(&session, image->header, namer, policy, "eth0", why);
    image_free(image);
    policy_free(policy);
    diag_free(diag);
    return error;
}

static void lets_a_session_stay(void **state)
{
    struct why why = {{0}};
    (void)state;
    assert_int_equal(judge_by("[rule ssh]\ndirection = in\nprotocol = tcp\nport = 22\n"
                              "action = accept\n",
                              &why),
                     0);
}

static void names_what_would_cut_it(void **state)
{
    struct why why = {{0}};
    (void)state;
    assert_int_not_equal(judge_by("", &why), 0);
    assert_non_null(strstr(why.text, "SYN) in is dropped by reason default"));
    assert_int_not_equal(judge_by("[rule no-ssh]\ndirection = in\nprotocol = tcp\nport = 22\n"
                                  "action = drop\n",
                                  &why),
                         0);
    assert_non_null(strstr(why.text, "dropped by rule no-ssh"));
    assert_non_null(strstr(why.text, "--force"));
}

/* A rule for the first segment alone lets nobody in. */
static void judges_what_follows(void **state)
{
    static const char syn[] = "[rule ssh]\ndirection = in\nprotocol = tcp\nport = 22\n"
                              "tcp-flags = syn+!ack\naction = accept\n";
    struct why why = {{0}};
    char both[512];

    (void)state;
    assert_int_not_equal(judge_by(syn, &why), 0);
    assert_non_null(strstr(why.text, "what follows (ACK) in is dropped by reason default"));
    snprintf(both, sizeof(both),
             "%s[rule more]\ndirection = in\nprotocol = tcp\nport = 22\n"
             "tcp-flags = ack\naction = accept\n",
             syn);
    assert_int_equal(judge_by(both, &why), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_sshd_writes),  cmocka_unit_test(refuses_what_sshd_never_writes),
        cmocka_unit_test(prefers_the_variable),    cmocka_unit_test(lets_a_session_stay),
        cmocka_unit_test(names_what_would_cut_it), cmocka_unit_test(judges_what_follows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
