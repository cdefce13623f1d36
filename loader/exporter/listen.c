/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The socket that clients connect to. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/memory.h"
#include "exporter.h"

#define LISTEN_FDS_START 3 /* set by systemd's protocol */
#define BACKLOG          128

/* The first socket that systemd passed to this process, or -1. */
static int passed_socket(void)
{
    const char *process = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
    int listens = 0;
    socklen_t size = sizeof(listens);

    if (!process || !count || atol(process) != getpid() || atoi(count) < 1)
        return -1;
    if (getsockopt(LISTEN_FDS_START, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) || !listens)
        return -1;
    return LISTEN_FDS_START;
}

/* getaddrinfo() accepts any number and truncates it. */
static bool is_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits && digits < 6 && !text[digits] && atoi(text) > 0 && atoi(text) < 65536;
}

/* "127.0.0.1:9469", "[::1]:9469"; not names, which would have to be resolved. */
static int parse(const char *address, struct addrinfo **found)
{
    static const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                          .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
    char host[64];
    const char *colon = strrchr(address, ':');
    bool bracket = address[0] == '[';
    size_t length = colon ? (size_t)(colon - address) : 0;

    if (!colon || !is_port(colon + 1) || length >= sizeof(host) || length < 2)
        return -EINVAL;
    if (bracket && address[length - 1] != ']')
        return -EINVAL;
    snprintf(host, sizeof(host), "%.*s", (int)(length - (bracket ? 2 : 0)), address + bracket);
    if (!bracket && strchr(host, ':'))
        return -EINVAL;
    return getaddrinfo(host, colon + 1, &hints, found) ? -EINVAL : 0;
}

static int open_socket(const struct addrinfo *to, int *listener)
{
    const int yes = 1;
    CLEANUP_CLOSE int made = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (made < 0)
        return -errno;
    setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (to->ai_family == AF_INET6)
        setsockopt(made, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
    if (bind(made, to->ai_addr, to->ai_addrlen) || listen(made, BACKLOG))
        return -errno;
    *listener = TAKE_FD(made);
    return 0;
}

int exporter_listen(const char *address, int *listener, struct why *why)
{
    struct addrinfo *found;
    int passed = passed_socket();

    if (passed >= 0) {
        fcntl(passed, F_SETFD, FD_CLOEXEC);
        fcntl(passed, F_SETFL, fcntl(passed, F_GETFL) | O_NONBLOCK);
        *listener = passed;
        return 0;
    }
    if (parse(address, &found))
        return why_set(why, -EINVAL,
                       "%s is not an address to listen on: write for example " EXPORTER_ADDRESS
                       " or [::1]:9469",
                       address);
    int error = open_socket(found, listener);
    freeaddrinfo(found);
    return error ? why_set(why, error, "cannot listen on %s: %s", address, strerror(-error)) : 0;
}
