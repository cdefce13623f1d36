/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bans written to a file are the same when read back; lines that make no sense are skipped. */
#include "../../loader/service/banfile.h"

#include <unistd.h>

#include "../../loader/base/clock.h"
#include "../../loader/base/memory.h"
#include "check.h"

static char folder[] = "/tmp/edgexdp-banfile-XXXXXX";
static char path[64];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof(path), "%s/eth7", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static void add(struct bans *bans, const char *text, u64 expires_ns)
{
    struct banned banned = {.since_ns = 0, .expires_ns = expires_ns}; /* since the boot */
    struct fault fault;

    assert_int_equal(banned_read(piece_of(text), &banned, &fault), 0);
    assert_int_equal(bans_add(bans, &banned), 0);
}

static void keeps_what_has_not_expired(void **state)
{
    CLEANUP(bans_clear) struct bans written = {0}, read = {0};
    struct why why = {0};

    (void)state;
    add(&written, "192.0.2.0/24", BAN_FOREVER);
    add(&written, "2001:db8::1", monotonic_ns() + 3600 * SECOND_NS);
    add(&written, "192.0.2.7", 1); /* long ago */
    bans_sort(&written);
    assert_int_equal(banfile_write(path, &written, &why), 0);
    assert_int_equal(banfile_read(path, &read, &why), 0);
    bans_sort(&read);
    assert_int_equal(read.count, 2);
    for (size_t i = 0; i < read.count; i++) {
        const struct banned *before = bans_find(&written, &read.list[i]);
        assert_non_null(before);
        assert_int_equal(before->expires_ns == BAN_FOREVER, read.list[i].expires_ns == BAN_FOREVER);
    }
}

static void goes_on_after_nonsense(void **state)
{
    CLEANUP(bans_clear) struct bans none = {0}, written = {0}, read = {0};
    struct why why = {0};

    (void)state;
    add(&written, "192.0.2.0/24", BAN_FOREVER);
    assert_int_equal(banfile_write(path, &written, &why), 0);
    FILE *stream = fopen(path, "a");
    assert_non_null(stream);
    fputs("nonsense\n", stream);
    fclose(stream);
    assert_int_equal(banfile_read(path, &read, &why), -EINVAL);
    assert_non_null(strstr(why.text, path));
    assert_int_equal(read.count, 1);

    assert_int_equal(banfile_write(path, &none, &why), 0);
    assert_int_not_equal(access(path, F_OK), 0);
    bans_clear(&read);
    assert_int_equal(banfile_read(path, &read, &why), 0);
    assert_int_equal(read.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_has_not_expired),
        cmocka_unit_test(goes_on_after_nonsense),
    };
    return cmocka_run_group_tests_name("banfile", tests, make_folder, remove_folder);
}
