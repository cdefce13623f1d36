/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../loader/base/memory.h"
#include "../../loader/policy/read.h"

#define MARK       "\n@@\n"
#define MARK_BYTES 4

static struct part set_file;

struct part part_take(struct part *rest)
{
    const u8 *mark = rest->length ? memmem(rest->bytes, rest->length, MARK, MARK_BYTES) : NULL;
    struct part taken = *rest;

    if (!mark) {
        *rest = (struct part){0};
        return taken;
    }
    taken.length = (size_t)(mark - taken.bytes);
    rest->bytes += taken.length + MARK_BYTES;
    rest->length -= taken.length + MARK_BYTES;
    return taken;
}

u64 part_number(struct part part)
{
    u64 number = 0;

    for (size_t i = 0; i < part.length && i < sizeof(number); i++)
        number = number << 8 | part.bytes[i];
    return number;
}

FILE *fuzz_nowhere(void)
{
    static FILE *nowhere;

    if (!nowhere)
        nowhere = fopen("/dev/null", "w");
    return nowhere;
}

const struct host *fuzz_host(void)
{
    static const char text[] = "self = 192.0.2.1, 2001:db8::1\nbroadcast = 192.0.2.255\n"
                               "eth0:addresses = 192.0.2.1, fe80::1\neth0:networks =\n";
    static struct host *host;

    if (!host && host_parse(text, strlen(text), &host))
        abort();
    return host;
}

static int open_list(struct diag *diag, const char *path, const struct source **source)
{
    if (strlen(path) % 4 == 3)
        return -ENOENT;
    return source_copy(diag, path, (const char *)set_file.bytes, set_file.length, source);
}

struct policy *fuzz_read(struct part text, struct part list, struct diag *diag)
{
    const struct source *source = NULL;
    struct policy *policy = NULL;
    int error;

    set_file = list;
    if (source_copy(diag, "fuzz.ini", (const char *)text.bytes, text.length, &source))
        abort();
    error = policy_read_source(source, open_list, fuzz_host(), &policy, diag);
    if ((error == 0) != (policy != NULL) || (error == -EINVAL) != (policy == NULL))
        abort();
    if ((error != 0) != (diag_count(diag, SEVERITY_ERROR) != 0))
        abort();
    return policy;
}

u64 fuzz_later(u64 now_s, unsigned int choice)
{
    static const unsigned int steps[] = {0, 0, 2, 30, 31, 61, 181, 7201};

    return now_s + steps[choice % ARRAY_SIZE(steps)];
}

void fuzz_judge(struct court *court, const struct wire *wire, u64 now_s)
{
    struct outcome outcome = court_outcome(court, wire, now_s);
    struct said said = court_brute(court, wire, now_s);
    char native[SAID_BYTES];

    court_say(court, &outcome, native);
    if (outcome.kind == OUTCOME_RULE && !court->image->entries[outcome.rule].reachable)
        fprintf(stderr, "never reached, says the image: ");
    else if (said_matches(&said, native))
        return;
    fprintf(stderr, "%s %zu bytes at %llu s:\n", wire->direction == DIRECTION_IN ? "in" : "out",
            wire->length, (unsigned long long)now_s);
    for (size_t i = 0; i < wire->length; i++)
        fprintf(stderr, "%02x%s", wire->bytes[i], i % 32 == 31 ? "\n" : " ");
    fprintf(stderr, "\nthe manual says \"%s\" or \"%s\", native_judge \"%s\"", said.text, said.also,
            native);
    if (court->text)
        fprintf(stderr, ", by\n%s", court->text);
    abort();
}
