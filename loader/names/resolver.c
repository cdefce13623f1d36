/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "resolver.h"

#include <ares.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "../base/memory.h"
#include "cell.h"

/* A name server that says nothing is asked TRIES times, and waited for twice as long each time. */
#define TIMEOUT_MS 2000
#define TRIES      2

#define SOCKETS_MAX 64

struct asking {
    FILE *out;
    ares_channel files, servers;
    struct pollfd sockets[SOCKETS_MAX];
    size_t socket_count;
};

/* One question: of one name, and one family; AF_UNSPEC: of both, to the files. */
struct question {
    struct asking *asking;
    size_t number;
    const char *host;
    int family;
    int code;
    bool is_found;
};

static void say_addresses(const struct question *question, const struct ares_addrinfo *found)
{
    int shortest = -1;

    for (const struct ares_addrinfo_cname *cname = found->cnames; cname; cname = cname->next)
        if (shortest < 0 || cname->ttl < shortest)
            shortest = cname->ttl;
    for (const struct ares_addrinfo_node *node = found->nodes; node; node = node->ai_next) {
        char text[INET6_ADDRSTRLEN];
        bool is_4 = node->ai_family == AF_INET;
        const void *bytes =
            is_4 ? (void *)&((struct sockaddr_in *)(void *)node->ai_addr)->sin_addr
                 : (void *)&((struct sockaddr_in6 *)(void *)node->ai_addr)->sin6_addr;
        int ttl = node->ai_ttl;

        if (shortest >= 0 && shortest < ttl)
            ttl = shortest;
        fprintf(question->asking->out, "%zu %c address %s %d\n", question->number, is_4 ? '4' : '6',
                inet_ntop(node->ai_family, bytes, text, sizeof(text)), ttl < 0 ? 0 : ttl);
    }
}

static bool has(const struct ares_addrinfo *found, int family)
{
    for (const struct ares_addrinfo_node *node = found ? found->nodes : NULL; node;
         node = node->ai_next)
        if (node->ai_family == family)
            return true;
    return false;
}

static void say_end(const struct question *question, int family, bool given, int code)
{
    char digit = family == AF_INET ? '4' : '6';

    if (given)
        fprintf(question->asking->out, "%zu %c given\n", question->number, digit);
    else if (code == ARES_SUCCESS || code == ARES_ENODATA || code == ARES_ENOTFOUND)
        fprintf(question->asking->out, "%zu %c none %d\n", question->number, digit,
                code ? code : ARES_ENODATA);
    else
        fprintf(question->asking->out, "%zu %c failed %d\n", question->number, digit, code);
}

static void on_files(void *context, int code, int timeouts, struct ares_addrinfo *found)
{
    struct question *question = context;

    (void)timeouts;
    question->is_found = !code && found && found->nodes;
    if (question->is_found) {
        say_addresses(question, found);
        say_end(question, AF_INET, has(found, AF_INET), ARES_ENODATA);
        say_end(question, AF_INET6, has(found, AF_INET6), ARES_ENODATA);
    }
    ares_freeaddrinfo(found);
}

static void on_servers(void *context, int code, int timeouts, struct ares_addrinfo *found)
{
    const struct question *question = context;

    (void)timeouts;
    if (code != ARES_EDESTRUCTION && found)
        say_addresses(question, found);
    say_end(question, question->family, !code && has(found, question->family), code);
    fflush(question->asking->out);
    ares_freeaddrinfo(found);
}

static void ask(struct question *question, ares_channel channel, ares_addrinfo_callback done)
{
    const struct ares_addrinfo_hints hints = {.ai_family = question->family,
                                              .ai_flags = ARES_AI_NOSORT};

    ares_getaddrinfo(channel, question->host, NULL, &hints, done, question);
}

/* The kinds of each question: to the files, and for each family to the servers. If a family cannot
 * be found out, the other one counts, and what is known of this one goes on. */
#define KINDS 3

static void ask_all(struct asking *asking, struct question *questions, const char *const *hosts,
                    size_t count)
{
    static const int families[KINDS] = {AF_UNSPEC, AF_INET, AF_INET6};

    for (size_t i = 0; i < count; i++) {
        struct question *own = &questions[i * KINDS];

        for (int kind = 0; kind < KINDS; kind++)
            own[kind] = (struct question){
                .asking = asking, .number = i, .host = hosts[i], .family = families[kind]};
        ask(&own[0], asking->files, on_files);
        for (int kind = 1; kind < KINDS && !own[0].is_found; kind++)
            ask(&own[kind], asking->servers, on_servers);
    }
}

static void on_socket(void *context, ares_socket_t socket, int readable, int writable)
{
    struct asking *asking = context;
    size_t at = 0;

    while (at < asking->socket_count && asking->sockets[at].fd != socket)
        at++;
    if (!readable && !writable && at < asking->socket_count)
        asking->sockets[at] = asking->sockets[--asking->socket_count];
    if ((!readable && !writable) || at == SOCKETS_MAX)
        return;
    if (at == asking->socket_count)
        asking->socket_count++;
    asking->sockets[at] = (struct pollfd){
        .fd = socket,
        .events = (short)((readable ? POLLIN : 0) | (writable ? POLLOUT : 0)),
    };
}

/* Until every question has its answer. */
static int wait_for_all(struct asking *asking)
{
    struct timeval room, *left;

    while ((left = ares_timeout(asking->servers, NULL, &room))) {
        struct pollfd ready[SOCKETS_MAX];
        size_t count = asking->socket_count;
        int wait_ms = (int)(left->tv_sec * 1000 + left->tv_usec / 1000 + 1);

        memcpy(ready, asking->sockets, count * sizeof(*ready));
        if (poll(ready, count, wait_ms) < 0 && errno != EINTR)
            return -errno;
        ares_process_fd(asking->servers, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
        for (size_t i = 0; i < count; i++)
            if (ready[i].revents)
                ares_process_fd(asking->servers,
                                ready[i].revents & ~POLLOUT ? ready[i].fd : ARES_SOCKET_BAD,
                                ready[i].revents & POLLOUT ? ready[i].fd : ARES_SOCKET_BAD);
    }
    return 0;
}

static int open_channels(struct asking *asking)
{
    struct ares_options options = {.lookups = (char[]){"f"},
                                   .timeout = TIMEOUT_MS,
                                   .tries = TRIES,
                                   .sock_state_cb = on_socket,
                                   .sock_state_cb_data = asking};
    int masks = ARES_OPT_LOOKUPS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;

    if (ares_init_options(&asking->files, &options, masks))
        return -EIO;
    options.lookups = (char[]){"b"};
    return ares_init_options(&asking->servers, &options, masks) ? -EIO : 0;
}

int resolver_run(const char *const *hosts, size_t count, int out)
{
    CLEANUP_FREE struct question *questions = calloc(count * KINDS + 1, sizeof(*questions));
    struct asking asking = {.out = fdopen(out, "w")};
    int error = asking.out && questions ? cell_enter() : -ENOMEM;

    if (!error)
        error = ares_library_init(ARES_LIB_INIT_ALL) ? -EIO : open_channels(&asking);
    if (error)
        return error;
    ask_all(&asking, questions, hosts, count);
    error = wait_for_all(&asking);
    return fflush(asking.out) && !error ? -errno : error;
}
