/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../loader/apply/apply.h"

#include <unistd.h>

#include "../../loader/base/memory.h"
#include "check.h"
#include "imagined.h"

#define POLICY                                                                                     \
    HEAD "[sets]\nweb = @list\n[rule web]\ndirection = in\nprotocol = tcp\nto = web\naction "      \
         "= accept\n"

static char folder[] = "/tmp/edgexdp-apply-XXXXXX";
static char path[64], other[64], list[64];
static const struct apply_request PLAIN = {.interface = "eth7"};

static void write_file(const char *name, const char *text)
{
    FILE *stream = fopen(name, "w");

    assert_non_null(stream);
    fputs(text, stream);
    fclose(stream);
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof(path), "%s/one.ini", folder);
    snprintf(other, sizeof(other), "%s/other.ini", folder);
    snprintf(list, sizeof(list), "%s/list", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    unlink(other);
    unlink(list);
    return rmdir(folder);
}

static int begin(void **state)
{
    (void)state;
    imagined_reset();
    write_file(path, POLICY);
    write_file(other, POLICY);
    write_file(list, "192.0.2.1\n");
    return 0;
}

static int end(void **state)
{
    (void)state;
    imagined_reset();
    return 0;
}

/* The policy at `path`, prepared so that it can be put in force. */
static void prepare(struct prepared *prepared)
{
    struct why why = {0};

    assert_int_equal(prepared_read(prepared, path, NULL, &why), 0);
}

static void attach(const struct apply_request *request)
{
    CLEANUP(prepared_clear) struct prepared prepared = {0};
    struct apply_notes notes = {0};
    struct why why = {0};

    prepare(&prepared);
    assert_int_equal(apply_attach(request, &prepared, NULL, &notes, &why), 0);
}

/* The interface is guarded by the policy at `path`, and nothing has been asked yet. */
static void guarded(void)
{
    attach(&PLAIN);
    imagined.steps[0] = 0;
    imagined.compiled = imagined.numbered = 0;
}

static int change(const struct apply_request *request, enum applied *applied, struct why *why)
{
    CLEANUP(prepared_clear) struct prepared prepared = {0};
    struct apply_notes notes = {0};

    prepare(&prepared);
    return apply_change(request, &prepared, applied, &notes, why);
}

static int reload(const struct apply_request *request, const char *name, struct why *why)
{
    CLEANUP(prepared_clear) struct prepared prepared = {0};
    struct apply_notes notes = {0};

    return apply_reload(request, name, &prepared, &notes, why);
}

static void prepares_without_a_kernel(void **state)
{
    CLEANUP(prepared_clear) struct prepared prepared = {0};

    (void)state;
    prepare(&prepared);
    assert_string_equal(imagined.steps, "compile");
    assert_string_equal(prepared.policy->path, path);
    assert_false(prepared_has_errors(&prepared));
    assert_true(prepared.archive.length);
}

static void says_the_first_error_in_a_line(void **state)
{
    CLEANUP(prepared_clear) struct prepared prepared = {0};
    struct why why = {0};
    char expected[256];

    (void)state;
    write_file(path, "[policy]\nname = error: \n[sets]\na = 192.0.2.300\nb = 192.0.2.400\n");
    assert_int_equal(prepared_read(&prepared, path, NULL, &why), -EINVAL);
    snprintf(expected, sizeof(expected), "%s:2:13: error: policy name \"error:\" contains", path);
    assert_int_equal(strncmp(why.text, expected, strlen(expected)), 0);
    assert_null(strchr(why.text, '\n'));
    assert_true(prepared_has_errors(&prepared));
    assert_null(prepared.policy);
    assert_null(prepared.image);
}

static void attaches_in_order(void **state)
{
    struct apply_request request = PLAIN;

    (void)state;
    attach(&request);
    assert_string_equal(imagined.steps, "compile create number seat attach-out seed attach");

    imagined_reset();
    request.confirm_ns = 1;
    attach(&request);
    assert_non_null(strstr(imagined.steps, "create seat-unguarded number "
                                           "seat-to-confirm attach-out"));

    imagined_reset();
    request = (struct apply_request){.interface = "eth7", .options.audit = true};
    attach(&request);
    assert_non_null(strstr(imagined.steps, "number seat-audit attach-out"));
}

static void attaches_although_bans_are_refused(void **state)
{
    CLEANUP(prepared_clear) struct prepared prepared = {0};
    struct apply_notes notes = {0};
    struct banned banned = {0};
    struct bans bans = {.list = &banned, .count = 1};
    struct why why = {0};

    (void)state;
    prepare(&prepared);
    imagined.refuses_bans = -ENOSPC;
    assert_int_equal(apply_attach(&PLAIN, &prepared, &bans, &notes, &why), 0);
    assert_string_equal(notes.bans.text, "the saved bans are not in force: no room");
    assert_string_equal(notes.mode.text, "generic mode is used");
    assert_non_null(strstr(imagined.steps, "seat ban attach-out"));
}

static void changes_only_what_has_changed(void **state)
{
    enum applied applied;
    struct why why = {0};

    (void)state;
    guarded();
    assert_int_equal(change(&PLAIN, &applied, &why), 0);
    assert_int_equal(applied, APPLIED_NOTHING);
    assert_string_equal(imagined.steps, "compile open number");

    imagined.is_old = true;
    assert_int_equal(change(&PLAIN, &applied, &why), 0);
    assert_int_equal(applied, APPLIED_PROGRAMS);

    write_file(path, POLICY "# another text\n");
    assert_int_equal(change(&PLAIN, &applied, &why), 0);
    assert_int_equal(applied, APPLIED_SWAP);
}

/* The policy's own text is unchanged: only the tables show that its list is a different one. */
static void makes_tables_once(void **state)
{
    enum applied applied;
    struct why why = {0};

    (void)state;
    guarded();
    write_file(list, "192.0.2.2\n");
    assert_int_equal(change(&PLAIN, &applied, &why), 0);
    assert_int_equal(applied, APPLIED_SWAP);
    assert_string_equal(imagined.steps, "compile open number seat");
    assert_int_equal(imagined.compiled, 1);
    assert_int_equal(imagined.numbered, 1);
}

static void leaves_no_numbers_behind(void **state)
{
    enum applied applied;
    struct why why = {0};

    (void)state;
    guarded();
    imagined.is_pending = true;
    assert_int_equal(change(&PLAIN, &applied, &why), 0);
    assert_int_equal(applied, APPLIED_NOTHING);

    imagined.steps[0] = 0;
    write_file(list, "192.0.2.2\n");
    assert_int_equal(change(&PLAIN, &applied, &why), -EBUSY);
    assert_string_equal(imagined.steps, "compile open number forget");
}

static void mends_before_a_change(void **state)
{
    CLEANUP(prepared_clear) struct prepared prepared = {0};
    struct apply_request request = {.interface = "eth7", .options.make_way = true};
    struct apply_notes notes = {0};
    struct why why = {0};
    enum applied applied;

    (void)state;
    guarded();
    imagined.is_open = true;
    prepare(&prepared);
    assert_int_equal(apply_change(&request, &prepared, &applied, &notes, &why), 0);
    assert_string_equal(imagined.steps, "compile open make-way mend number");
    assert_string_equal(notes.mended.text, "it is attached again");
}

/* Whatever puts a policy in force says when its rejected packets are not answered. */
static void says_that_answers_are_lost(void **state)
{
    CLEANUP(prepared_clear) struct prepared first = {0};
    CLEANUP(prepared_clear) struct prepared again = {0};
    struct apply_notes notes[4] = {0};
    struct why why = {0};
    enum applied applied;

    (void)state;
    imagined.loses_answers = true;
    prepare(&first);
    assert_int_equal(apply_attach(&PLAIN, &first, NULL, &notes[0], &why), 0);
    assert_int_equal(apply_change(&PLAIN, &first, &applied, &notes[1], &why), 0);
    assert_int_equal(apply_reload(&PLAIN, NULL, &again, &notes[2], &why), 0);
    assert_int_equal(apply_rollback(&PLAIN, &notes[3], &why), 0);
    for (size_t i = 0; i < ARRAY_SIZE(notes); i++)
        assert_string_equal(notes[i].answers.text, "senders are not told");
}

static void reloads_with_one_compilation(void **state)
{
    struct why why = {0};

    (void)state;
    guarded();
    assert_int_equal(reload(&PLAIN, NULL, &why), 0);
    assert_string_equal(imagined.steps, "look compile open number seat look count-ok");
    assert_int_equal(imagined.compiled, 1);
    assert_int_equal(imagined.numbered, 1);
}

static void reloads_nothing_that_is_broken(void **state)
{
    CLEANUP(prepared_clear) struct prepared prepared = {0};
    struct apply_notes notes = {0};
    struct why why = {0};

    (void)state;
    guarded();
    write_file(path, "[policy]\nnonsense\n");
    assert_int_equal(apply_reload(&PLAIN, NULL, &prepared, &notes, &why), -EINVAL);
    assert_true(prepared_has_errors(&prepared));
    assert_non_null(strstr(why.text, "one.ini:1:1: error: "));
    assert_string_equal(imagined.steps, "look look count-failed");
}

/* Meanwhile somebody else reloads once, with another file. */
static void put_other(void)
{
    struct why why = {0};

    imagined.meanwhile = NULL;
    assert_int_equal(reload(&PLAIN, other, &why), 0);
    imagined.steps[0] = 0;
}

static void put_another_each_time(void)
{
    const char *next =
        strstr((const char *)imagined.seated + imagined.seated->path * 4, "one.ini") ? other : path;
    struct why why = {0};

    imagined.meanwhile = NULL;
    assert_int_equal(reload(&PLAIN, next, &why), 0);
    imagined.meanwhile = put_another_each_time;
}

static void reloads_the_file_in_force(void **state)
{
    struct why why = {0};

    (void)state;
    guarded();
    imagined.meanwhile = put_other;
    assert_int_equal(reload(&PLAIN, NULL, &why), 0);
    assert_string_equal(imagined.steps, "open look compile open number seat look count-ok");
    assert_string_equal((const char *)imagined.seated + imagined.seated->path * 4, other);

    imagined.meanwhile = put_another_each_time;
    imagined.compiled = 0;
    assert_int_equal(reload(&PLAIN, NULL, &why), -EAGAIN);
    assert_non_null(strstr(why.text, "try again"));
    assert_int_equal(imagined.compiled, 3 * 2);
}

static void locks_out_nobody(void **state)
{
    struct apply_request request = PLAIN;
    struct why why = {0};

    (void)state;
    guarded();
    imagined.cuts = true;
    assert_int_equal(reload(&request, path, &why), -EPERM);
    assert_string_equal(why.text, "eth7: this would lock you out");
    assert_string_equal(imagined.steps, "look compile open look count-failed");

    request.force = true;
    assert_int_equal(reload(&request, path, &why), 0);

    request = (struct apply_request){.interface = "eth7", .options.audit = true};
    CLEANUP(prepared_clear) struct prepared prepared = {0};
    prepare(&prepared);
    assert_int_equal(apply_lockout(&PLAIN, &prepared, &why), -EPERM);
    assert_int_equal(apply_lockout(&request, &prepared, &why), 0);
}

/* After an attach with --audit, the interface keeps auditing until a file is named. */
static void keeps_auditing(void **state)
{
    struct why why = {0};

    (void)state;
    guarded();
    imagined.is_audited = imagined.cuts = true;
    assert_int_equal(reload(&PLAIN, NULL, &why), 0);
    assert_non_null(strstr(imagined.steps, "seat-audit"));
    assert_true(imagined.is_audited);

    imagined.cuts = false;
    assert_int_equal(reload(&PLAIN, path, &why), 0);
    assert_false(imagined.is_audited);
}

static void rolls_back_unless_that_cuts(void **state)
{
    struct apply_request request = PLAIN;
    struct apply_notes notes = {0};
    struct why why = {0};

    (void)state;
    guarded();
    imagined.cuts = true;
    assert_int_equal(apply_rollback(&request, &notes, &why), -EPERM);
    assert_string_equal(imagined.steps, "open");
    request.force = true;
    assert_int_equal(apply_rollback(&request, &notes, &why), 0);
    assert_string_equal(imagined.steps, "open open rollback");
}

static void knows_what_is_enforced(void **state)
{
    CLEANUP(prepared_clear) struct prepared prepared = {0}, changed = {0};

    (void)state;
    guarded();
    prepare(&prepared);
    assert_true(prepared_is_enforced(&prepared, imagined.seated));
    assert_false(prepared_is_enforced(&prepared, NULL));
    imagined.seated->switches.audit = 1;
    assert_false(prepared_is_enforced(&prepared, imagined.seated));
    imagined.seated->switches.audit = 0;
    write_file(list, "192.0.2.2\n");
    prepare(&changed);
    assert_false(prepared_is_enforced(&changed, imagined.seated));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

#define OURS HEAD "[rules]\nweb = accept in tcp > self:443\n"

static int readdress(char **changes, struct why *why)
{
    CLEANUP(prepared_clear) struct prepared prepared = {0};

    const struct known_names none = {0};

    return apply_readdress("eth7", &none, &prepared, changes, why);
}

/* The interface is guarded by TEXT, on a host with one address. */
static void guarded_by(const char *text)
{
    CLEANUP(prepared_clear) struct prepared prepared = {0};
    struct apply_notes notes = {0};
    struct why why = {0};

    write_file(path, text);
    imagined.host = "self = 192.0.2.1\n";
    assert_int_equal(apply_read("eth7", path, NULL, &prepared, &why), 0);
    assert_int_equal(apply_attach(&PLAIN, &prepared, NULL, &notes, &why), 0);
    imagined.steps[0] = 0;
}

/* From what is kept, not from the file, and without another word on whom it would lock out. */
static void follows_addresses(void **state)
{
    struct why why = {0};
    char *changes;

    (void)state;
    guarded_by(OURS);
    assert_int_equal(readdress(&changes, &why), 0);
    assert_null(changes);
    assert_string_equal(imagined.steps, "look");
    write_file(path, "broken");
    imagined.host = "self = 192.0.2.2\n";
    imagined.cuts = imagined.is_pending = true;
    imagined.steps[0] = 0;
    assert_int_equal(readdress(&changes, &why), 0);
    assert_string_equal(changes, "self (new: 192.0.2.2; gone: 192.0.2.1)");
    assert_string_equal(imagined.steps, "look compile open number seat in-its-place");
    assert_string_equal(tables_path(imagined.seated), path);
    free(changes);
    assert_int_equal(readdress(&changes, &why), 0);
    assert_null(changes);
}

static void follows_addresses_only_where_they_matter(void **state)
{
    struct why why = {0};
    char *changes;

    (void)state;
    guarded_by(HEAD "[rules]\nweb = accept in tcp > 192.0.2.1:443\n");
    imagined.host = "self = 192.0.2.2\n";
    assert_int_equal(readdress(&changes, &why), 0);
    assert_null(changes);
    assert_string_equal(imagined.steps, "look");
}

static void change_meanwhile(void)
{
    imagined.seated->seated.generation++;
}

/* The next look compares with what others put in force. */
static void leaves_what_others_put_in_force(void **state)
{
    struct why why = {0};
    char *changes;

    (void)state;
    guarded_by(OURS);
    imagined.host = "self = 192.0.2.2\n";
    imagined.meanwhile = change_meanwhile;
    assert_int_equal(readdress(&changes, &why), -EAGAIN);
    assert_null(changes);
    assert_string_equal(imagined.steps, "look compile open");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(prepares_without_a_kernel),
        TEST(says_the_first_error_in_a_line),
        TEST(attaches_in_order),
        TEST(attaches_although_bans_are_refused),
        TEST(changes_only_what_has_changed),
        TEST(makes_tables_once),
        TEST(leaves_no_numbers_behind),
        TEST(mends_before_a_change),
        TEST(says_that_answers_are_lost),
        TEST(reloads_with_one_compilation),
        TEST(reloads_nothing_that_is_broken),
        TEST(reloads_the_file_in_force),
        TEST(locks_out_nobody),
        TEST(keeps_auditing),
        TEST(rolls_back_unless_that_cuts),
        TEST(knows_what_is_enforced),
        TEST(follows_addresses),
        TEST(follows_addresses_only_where_they_matter),
        TEST(leaves_what_others_put_in_force),
    };
    return cmocka_run_group_tests_name("apply", tests, make_folder, remove_folder);
}
