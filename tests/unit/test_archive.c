/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packed files of a policy: it can be read again without the files, and compared with them. */
#include "check.h"

#include "../../loader/policy/archive.h"
#include "../../loader/policy/source.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define POLICY                                                                                     \
    "\xef\xbb\xbf[policy]\nname = kept\n[sets]\nlist = @list.txt, @empty.txt\n"                    \
    "[rule one]\ndirection = in\nfrom = list\naction = accept\n"
#define LIST "192.0.2.0/24\n2001:db8::/32\n"

static char folder[] = "/tmp/edgexdp-archive-XXXXXX";
static char path[64], list[64], empty[64];

static void write_file(const char *to, const char *text)
{
    FILE *file = fopen(to, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int write_files(void **state)
{
    (void)state;
    snprintf(path, sizeof(path), "%s/p.ini", folder);
    snprintf(list, sizeof(list), "%s/list.txt", folder);
    snprintf(empty, sizeof(empty), "%s/empty.txt", folder);
    unlink(list);
    write_file(path, POLICY);
    write_file(list, LIST);
    write_file(empty, "");
    return 0;
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return unlink(path) || unlink(list) || unlink(empty) || rmdir(folder);
}

static struct archive packed_for(const struct host *host, const char *name)
{
    struct archive archive = {0};
    struct policy *policy;
    struct diag *diag = diag_new();

    assert_int_equal(policy_read(name, host, &policy, diag), 0);
    assert_int_equal(archive_pack(diag, policy->host, &archive), 0);
    policy_free(policy);
    diag_free(diag);
    return archive;
}

static struct archive packed(const char *name)
{
    return packed_for(NULL, name);
}

static void reads_without_the_files(void **state)
{
    struct archive archive = packed(path);
    struct diag *diag = diag_new();
    struct policy *policy;

    (void)state;
    write_file(path, "[policy]\nname = other\n");
    write_file(list, "any\n");
    assert_int_equal(archive_read(archive.bytes, archive.length, "/in/force.ini", &policy, diag),
                     0);
    assert_string_equal(policy->name, "kept");
    assert_string_equal(policy->path, "/in/force.ini");
    assert_int_equal(policy->rule_count, 1);
    assert_int_equal(policy->rules[0].matches[FIELD_FROM].set->family[0].count, 1);
    assert_int_equal(policy->rules[0].matches[FIELD_FROM].set->family[1].count, 1);
    assert_string_equal(policy->rules[0].matches[FIELD_FROM].set->label, "list");
    policy_free(policy);
    diag_free(diag);
    archive_clear(&archive);
}

/* Relative names are stored as absolute paths, so it does not matter where the caller is. */
static void reads_what_was_named_relatively(void **state)
{
    char before[256];
    struct diag *diag = diag_new();
    struct policy *policy;

    (void)state;
    assert_non_null(getcwd(before, sizeof(before)));
    assert_int_equal(chdir(folder), 0);
    struct archive archive = packed("p.ini");
    assert_int_equal(chdir(before), 0);
    assert_int_equal(archive_read(archive.bytes, archive.length, NULL, &policy, diag), 0);
    assert_string_equal(policy->path, "p.ini");
    policy_free(policy);
    diag_free(diag);
    archive_clear(&archive);
}

/* Included files as well: their rules say where they stand. */
static void says_where_included_rules_stand(void **state)
{
    char before[256];
    struct diag *diag = diag_new();
    struct policy *policy;

    (void)state;
    write_file(path, "[policy]\nname = outer\n[include empty.txt]\n[rules]\nb = drop in\n");
    write_file(empty, "[rules]\na = accept in tcp\n");
    assert_non_null(getcwd(before, sizeof(before)));
    assert_int_equal(chdir(folder), 0);
    struct archive archive = packed("p.ini");
    assert_int_equal(chdir(before), 0);
    assert_int_equal(archive_read(archive.bytes, archive.length, path, &policy, diag), 0);
    assert_string_equal(rule_file(policy, &policy->rules[0]), empty);
    assert_string_equal(rule_file(policy, &policy->rules[1]), path);
    policy_free(policy);
    diag_free(diag);
    archive_clear(&archive);
}

static struct host *host_with(const char *text)
{
    struct host *host = NULL;

    assert_int_equal(host_parse(text, strlen(text), &host), 0);
    return host;
}

/* The first range of IPv4 of the policy's rule, as kept. */
static void assert_kept(const struct archive *archive, u32 first, const char *host)
{
    struct diag *diag = diag_new();
    struct policy *policy = NULL;
    struct host *kept = NULL;
    char *text;

    assert_int_equal(archive_read(archive->bytes, archive->length, NULL, &policy, diag), 0);
    assert_true(policy->rules[0].matches[FIELD_FROM].set->family[0].ranges[0].first == first);
    assert_int_equal(archive_host(archive->bytes, archive->length, &kept), 0);
    text = host_print(kept);
    assert_string_equal(text, host);
    free(text);
    host_free(kept);
    policy_free(policy);
    diag_free(diag);
}

/* Only what the policy uses is kept: a host may have any other address. */
static void keeps_the_host(void **state)
{
    struct host *host = host_with("self = 192.0.2.1\nbroadcast = 192.0.2.255\n");
    struct host *other = host_with("self = 192.0.2.2\n"), *none = NULL;
    struct archive readdressed = {0};

    (void)state;
    write_file(path, "[policy]\nname = kept\n[rules]\nr = accept in self >\n");
    struct archive archive = packed_for(host, path);
    assert_kept(&archive, 0xc0000201, "self = 192.0.2.1\n");
    assert_int_equal(archive_readdress(archive.bytes, archive.length, other, &readdressed), 0);
    assert_kept(&readdressed, 0xc0000202, "self = 192.0.2.2\n");
    struct archive fresh = packed_for(other, path);
    assert_int_equal(fresh.length, readdressed.length);
    assert_memory_equal(fresh.bytes, readdressed.bytes, fresh.length);
    archive_clear(&archive);
    write_file(path, POLICY);
    archive = packed_for(host, path);
    assert_int_equal(archive_host(archive.bytes, archive.length, &none), 0);
    assert_null(none);
    archive_clear(&archive);
    archive_clear(&fresh);
    archive_clear(&readdressed);
    host_free(other);
    host_free(host);
}

struct compared {
    char text[512];
};

static int take(const char *name, enum archived_state state, void *context)
{
    struct compared *compared = context;
    size_t length = strlen(compared->text);

    snprintf(compared->text + length, sizeof(compared->text) - length, "%s %d ",
             strrchr(name, '/') + 1, state);
    return 0;
}

static void assert_compared(const struct archive *archive, const char *expected)
{
    struct compared compared = {""};

    assert_int_equal(archive_compare(archive->bytes, archive->length, take, &compared), 0);
    assert_string_equal(compared.text, expected);
}

static void compares(void **state)
{
    struct archive archive = packed(path);

    (void)state;
    assert_compared(&archive, "p.ini 0 list.txt 0 empty.txt 0 ");
    write_file(list, "192.0.3.0/24\n2001:db8::/32\n"); /* same length as before */
    assert_compared(&archive, "p.ini 0 list.txt 1 empty.txt 0 ");
    write_file(list, LIST);
    write_file(empty, "\n");
    assert_compared(&archive, "p.ini 0 list.txt 0 empty.txt 1 ");
    write_file(empty, "");
    write_file(path, POLICY "; more\n");
    assert_compared(&archive, "p.ini 1 list.txt 0 empty.txt 0 ");
    archive_clear(&archive);
}

/* A pipe does not block the comparison, and a device is not read. */
static void compares_with_what_is_no_file(void **state)
{
    struct archive archive = packed(path);

    (void)state;
    unlink(list);
    assert_compared(&archive, "p.ini 0 list.txt 2 empty.txt 0 ");
    assert_int_equal(mkfifo(list, 0600), 0);
    assert_compared(&archive, "p.ini 0 list.txt 2 empty.txt 0 ");
    unlink(list);
    assert_int_equal(symlink("/dev/zero", list), 0);
    assert_compared(&archive, "p.ini 0 list.txt 2 empty.txt 0 ");
    unlink(list);
    assert_int_equal(symlink(list, list), 0); /* a link to itself */
    assert_compared(&archive, "p.ini 0 list.txt 3 empty.txt 0 ");
    archive_clear(&archive);
}

/* The link may point to another file by now: what was named is the link. */
static void follows_a_link_anew(void **state)
{
    char other[64];

    (void)state;
    snprintf(other, sizeof(other), "%s/other.txt", folder);
    assert_int_equal(rename(list, other), 0);
    assert_int_equal(symlink("other.txt", list), 0);
    struct archive archive = packed(path);
    assert_compared(&archive, "p.ini 0 list.txt 0 empty.txt 0 ");
    unlink(list);
    write_file(list, "192.0.2.1\n");
    assert_compared(&archive, "p.ini 0 list.txt 1 empty.txt 0 ");
    archive_clear(&archive);
    unlink(other);
}

/* A damaged archive is refused, and never read beyond its end. */
static void refuses_damage(void **state)
{
    struct host *host = host_with("self = 192.0.2.1\n"), *kept = NULL;
    struct compared compared = {""};

    (void)state;
    write_file(path, POLICY "[rules]\nr = accept in self >\n");
    struct archive archive = packed_for(host, path);
    for (size_t at = 0; at < archive.length; at++) {
        struct diag *diag = diag_new();
        struct policy *policy = NULL;
        u8 *cut = malloc(at ? at : 1), *byte = (u8 *)archive.bytes + at;

        memcpy(cut, archive.bytes, at);
        if (!archive_read(cut, at, NULL, &policy, diag))
            policy_free(policy);
        free(cut);
        *byte ^= 0xff;
        policy = NULL;
        if (!archive_read(archive.bytes, archive.length, NULL, &policy, diag))
            policy_free(policy);
        archive_compare(archive.bytes, archive.length, take, &compared);
        archive_host(archive.bytes, archive.length, &kept);
        host_free(kept);
        kept = NULL;
        *byte ^= 0xff;
        compared.text[0] = '\0';
        diag_free(diag);
    }
    archive_clear(&archive);
    host_free(host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(reads_without_the_files, write_files),
        cmocka_unit_test_setup(reads_what_was_named_relatively, write_files),
        cmocka_unit_test_setup(says_where_included_rules_stand, write_files),
        cmocka_unit_test_setup(keeps_the_host, write_files),
        cmocka_unit_test_setup(compares, write_files),
        cmocka_unit_test_setup(compares_with_what_is_no_file, write_files),
        cmocka_unit_test_setup(follows_a_link_anew, write_files),
        cmocka_unit_test_setup(refuses_damage, write_files),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
