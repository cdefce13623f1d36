/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When memory is short: whichever request for memory is refused, the caller is told, and everything
 * that was allocated before is freed. The linker directs every request of the loader to this file.
 */
#include "check.h"

#include "../../loader/compile/lint.h"
#include "../../loader/judge/expect.h"
#include "../../loader/judge/native.h"
#include "../shared/random.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_reallocarray(void *memory, size_t count, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t most);
void __real_free(void *memory);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_reallocarray(void *memory, size_t count, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t most);
void __wrap_free(void *memory);

static bool counts;                  /* on only while the loader works, not the test itself */
static unsigned long asked, refused; /* requests so far; the one to refuse, from 1, or 0 */
static bool all_after;               /* all that follow are refused as well */
static long held;                    /* pieces allocated and not freed */

static bool is_refused(void)
{
    return counts && (++asked == refused || (all_after && refused && asked > refused));
}

static void *had(void *memory)
{
    held += counts && memory;
    return memory;
}

void *__wrap_malloc(size_t size)
{
    return is_refused() ? NULL : had(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_refused() ? NULL : had(__real_calloc(count, size));
}

void *__wrap_realloc(void *memory, size_t size)
{
    if (is_refused())
        return NULL;
    return memory ? __real_realloc(memory, size) : had(__real_realloc(NULL, size));
}

void *__wrap_reallocarray(void *memory, size_t count, size_t size)
{
    if (is_refused())
        return NULL;
    return memory ? __real_reallocarray(memory, count, size)
                  : had(__real_reallocarray(NULL, count, size));
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return is_refused() ? NULL : had(__real_aligned_alloc(alignment, size));
}

char *__wrap_strdup(const char *text)
{
    return is_refused() ? NULL : had(__real_strdup(text));
}

char *__wrap_strndup(const char *text, size_t most)
{
    return is_refused() ? NULL : had(__real_strndup(text, most));
}

void __wrap_free(void *memory)
{
    held -= counts && memory;
    __real_free(memory);
}

/* Everything that `edgexdp check` does with TEXT. */
static int prepare(const char *text, struct diag *diag)
{
    struct policy *policy = NULL;
    struct image *image = NULL;
    int error = policy_read_text("test.ini", text, strlen(text), &policy, diag);

    assert_int_equal(!error, !!policy);
    if (!error)
        error = policy_compile(policy, &BOUNDS_DEFAULT, &image, diag);
    if (!error)
        error = policy_lint(policy, image, diag);
    if (!error)
        error = expectations_check(policy, image, diag);
    image_free(image);
    policy_free(policy);
    return error;
}

/* Refuses request NUMBER, or none (0). OTHERWISE is the result for TEXT if nothing is refused; it
 * is also right where the only thing that memory was missing for is a message. */
static void prepare_short(const char *text, unsigned long number, int otherwise)
{
    struct diag *diag;
    int error;

    asked = 0;
    held = 0;
    refused = number;
    counts = true;
    diag = diag_new();
    error = diag ? prepare(text, diag) : -ENOMEM;
    diag_free(diag);
    counts = false;
    if (held || (error != otherwise && !(number && error == -ENOMEM)))
        fail_msg("request %lu refused: error %d, %ld pieces not given back", number, error, held);
}

/* Most of the similar requests in the middle are left out: there are up to 65,536. */
static void refuse_each(const char *text, int otherwise)
{
    prepare_short(text, 0, otherwise);
    unsigned long total = asked;

    assert_true(total > 50); /* if not, the linker does not direct requests here */
    for (int after = 0; after < 2; after++) {
        all_after = after;
        for (unsigned long i = 0; i < total; i += 1 + i / 64) {
            prepare_short(text, 1 + i, otherwise);
            prepare_short(text, total - i, otherwise);
        }
    }
}

static void good_policies(void **state)
{
    static const char text[] =
        HEAD "description = all that can be said\n"
             "[baseline]\nping = accept\n"
             "[sets]\na = 10.0.0.0/8, 2001:db8::/32\nb = a, 192.0.2.1-192.0.2.9\n"
             "[rule in]\ndirection = both\naction = accept\nprotocol = tcp, udp\nport = 1-9, 22\n"
             "source-port = 1024-65535\nfrom = b, 198.51.100.0/24\nto = a\nnote = why\n"
             "[rule ping]\ndirection = out\naction = accept\nprotocol = icmp\nicmp-type = 8/0\n"
             "[rule late]\ndirection = out\naction = drop\nprotocol = icmp\nicmp-type = 8/0\n"
             "[expect a]\npacket = in icmp 10.0.0.1 > 10.0.0.2 echo-reply\nverdict = accept\n"
             "reply-to = out icmp 10.0.0.2 > 10.0.0.1 echo-request\n";

    (void)state;
    refuse_each(text, 0);
    for (u64 seed = 1; seed < 4; seed++) {
        struct dice dice = {.state = seed};
        char *random = random_policy(&dice);

        refuse_each(random, 0);
        free(random);
    }
}

static void broken_policies(void **state)
{
    static const char text[] =
        HEAD "mod = audit\n[sets]\na = 10.0.0.0/8, b\nb = a\nc = @missing\n"
             "[rule web]\ndirection = in\nprotocol = tcp\nport = 70000\nfrom = lan\n"
             "[rule web]\naction = accept\ndirection = sideways\n"
             "[expect a]\npacket = in tcp 10.0.0.1 > 10.0.0.2\nverdict = drop\nrule = wbe\n";

    (void)state;
    refuse_each(text, -EINVAL);
}

static void a_native_judge(void **state)
{
    struct diag *diag = diag_new();
    struct policy *policy = good_policy(HEAD, diag);
    struct image *image = NULL;
    const struct banned banned = {.family = FAMILY_IPV4, .bits = 8, .expires_ns = BAN_FOREVER};

    (void)state;
    assert_int_equal(policy_compile(policy, &BOUNDS_DEFAULT, &image, diag), 0);
    refused = held = 0;
    counts = true;
    struct native *native = native_new(image->header);
    int error = native ? native_ban(native, &banned) : -ENOMEM;
    native_free(native);
    counts = false;
    assert_int_equal(error, 0);
    assert_int_equal(held, 0);
    image_free(image);
    policy_free(policy);
    diag_free(diag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_policies),
        cmocka_unit_test(a_native_judge),
        cmocka_unit_test(broken_policies),
    };

    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
