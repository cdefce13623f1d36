/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lookup.h"

#include <ares.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/memory.h"
#include "../child/child.h"
#include "resolver.h"

/* The process gives up before. */
#define PATIENCE_NS (15 * SECOND_NS)

#define LINE_BYTES 128 /* none of ours is longer */

struct lookup {
    char **hosts;
    struct name_answer *answers;
    size_t count;
    pid_t process;
    int from; /* what it writes */
    u64 patience_ns;
    char line[LINE_BYTES]; /* not complete yet */
    size_t used;
    bool is_over;
};

void lookup_free(struct lookup *lookup)
{
    if (!lookup)
        return;
    if (lookup->process > 0) {
        kill(lookup->process, SIGKILL);
        while (waitpid(lookup->process, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    close_descriptor(&lookup->from);
    for (size_t i = 0; i < lookup->count; i++) {
        free(lookup->hosts[i]);
        answer_clear(&lookup->answers[i]);
    }
    free(lookup->hosts);
    free(lookup->answers);
    free(lookup);
}

static void lookup_freep(struct lookup **lookup)
{
    lookup_free(*lookup);
}

static struct lookup *make(const char *const *hosts, size_t count)
{
    CLEANUP(lookup_freep) struct lookup *made = calloc(1, sizeof(*made));

    if (!made)
        return NULL;
    made->from = -1;
    made->hosts = calloc(count + 1, sizeof(*made->hosts));
    made->answers = calloc(count + 1, sizeof(*made->answers));
    if (!made->hosts || !made->answers)
        return NULL;
    for (; made->count < count; made->count++) {
        made->hosts[made->count] = strdup(hosts[made->count]);
        if (!made->hosts[made->count])
            return NULL;
    }
    return TAKE_PTR(made);
}

/* Errors are reported by there being no answer: nothing could be said to anybody in here. */
static _Noreturn void ask(const struct lookup *lookup, pid_t parent, int out)
{
    int error = child_become("edgexdp-names", parent, &out, 1);

    if (!error)
        error = child_silence();
    if (!error)
        error = resolver_run((const char *const *)lookup->hosts, lookup->count, out);
    _exit(-error);
}

int lookup_start(const char *const *hosts, size_t count, struct lookup **lookup, struct why *why)
{
    CLEANUP(lookup_freep) struct lookup *made = make(hosts, count);
    pid_t parent = getpid();
    int ends[2];

    if (!made)
        return why_set(why, -ENOMEM, "out of memory");
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
        return why_set(why, -errno, "cannot ask for names: %s", strerror(errno));
    made->from = ends[0];
    fcntl(ends[1], F_SETFL, 0); /* its writer waits for us */
    fflush(NULL);               /* or the child would write it again */
    made->process = fork();
    if (!made->process)
        ask(made, parent, ends[1]);
    int error = made->process < 0 ? -errno : 0;
    close(ends[1]);
    if (error)
        return why_set(why, error, "cannot ask for names: %s", strerror(-error));
    made->patience_ns = monotonic_ns() + PATIENCE_NS;
    *lookup = TAKE_PTR(made);
    return 0;
}

int lookup_descriptor(const struct lookup *lookup)
{
    return lookup->from;
}

u64 lookup_patience_ns(const struct lookup *lookup)
{
    return lookup->patience_ns;
}

/* Whatever is not answered by now will not be. If the process said what makes no sense, none of it
 * is believed. */
static void end(struct lookup *lookup, bool is_sound, int code)
{
    for (size_t i = 0; i < lookup->count; i++) {
        if (!is_sound)
            answer_clear(&lookup->answers[i]);
        answer_tidy(&lookup->answers[i], code);
    }
    lookup->is_over = true;
}

static bool take(struct lookup *lookup, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct piece line = {.text = lookup->line, .length = (unsigned int)lookup->used};

        if (bytes[i] != '\n') {
            if (lookup->used == LINE_BYTES)
                return false;
            lookup->line[lookup->used++] = bytes[i];
            continue;
        }
        lookup->used = 0;
        if (answers_take(lookup->answers, lookup->count, line))
            return false;
    }
    return true;
}

bool lookup_read(struct lookup *lookup)
{
    char bytes[4096];

    while (!lookup->is_over) {
        ssize_t got = read(lookup->from, bytes, sizeof(bytes));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN && monotonic_ns() < lookup->patience_ns)
            return false;
        if (got <= 0)
            end(lookup, true, got ? ARES_ETIMEOUT : ARES_EDESTRUCTION);
        else if (!take(lookup, bytes, (size_t)got))
            end(lookup, false, ARES_EBADRESP);
    }
    return true;
}

const char *lookup_host(const struct lookup *lookup, size_t number)
{
    return number < lookup->count ? lookup->hosts[number] : NULL;
}

const struct name_answer *lookup_answer(const struct lookup *lookup, size_t number)
{
    return &lookup->answers[number];
}

int lookup_wait(const char *const *hosts, size_t count, struct lookup **lookup, struct why *why)
{
    struct lookup *made;
    int error = lookup_start(hosts, count, &made, why);

    if (error)
        return error;
    while (!lookup_read(made)) {
        struct pollfd wait = {.fd = made->from, .events = POLLIN};

        poll(&wait, 1, 1000);
    }
    *lookup = made;
    return 0;
}
