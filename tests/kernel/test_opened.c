/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who opened a TCP connection, according to the kernel's own sockets: real ones, over the loopback
 * of the sandbox.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../loader/kernel/kernel.h"
#include "sandbox.h"

#define PORT 4000

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static socklen_t address_of(int family, u16 port, union address *address)
{
    memset(address, 0, sizeof(*address));
    address->any.sa_family = (sa_family_t)family;
    if (family == AF_INET) {
        address->v4.sin_port = htons(port);
        address->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return sizeof(address->v4);
    }
    address->v6.sin6_port = htons(port);
    address->v6.sin6_addr = in6addr_loopback;
    return sizeof(address->v6);
}

static int stream(int family)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;

    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)), 0);
    return fd;
}

static int bound(int family, u16 port)
{
    union address address;
    socklen_t bytes = address_of(family, port, &address);
    int fd = stream(family);

    assert_int_equal(bind(fd, &address.any, bytes), 0);
    return fd;
}

static int listening(int family, u16 port, int backlog)
{
    int fd = bound(family, port);

    assert_int_equal(listen(fd, backlog), 0);
    return fd;
}

static void side(const union address *address, u8 bytes[16], u16 *port)
{
    bool ipv4 = address->any.sa_family == AF_INET;

    memcpy(bytes, ipv4 ? (const void *)&address->v4.sin_addr : (const void *)&address->v6.sin6_addr,
           ipv4 ? 4 : 16);
    *port = ntohs(ipv4 ? address->v4.sin_port : address->v6.sin6_port);
}

/* What the kernel says about the socket FD. */
static bool connected(int fd)
{
    struct socket_asker *asker;
    struct why why = {""};
    union address local, remote;
    socklen_t bytes = sizeof(local);
    struct flow_key key = {.protocol = IPPROTO_TCP};
    bool result = false;

    assert_int_equal(getsockname(fd, &local.any, &bytes), 0);
    bytes = sizeof(remote);
    if (getpeername(fd, &remote.any, &bytes)) /* the peer is gone */
        address_of(local.any.sa_family, 1, &remote);
    key.family = local.any.sa_family == AF_INET ? FAMILY_IPV4 : FAMILY_IPV6;
    side(&local, key.local, &key.local_port);
    side(&remote, key.remote, &key.remote_port);
    if (socket_asker_new(&asker, &why))
        fail_msg("%s", why.text);
    assert_int_equal(socket_connected(asker, &key, &result), 0);
    socket_asker_free(asker);
    return result;
}

static void check_pair(int client, int listener, bool closes)
{
    union address address;
    socklen_t bytes = sizeof(address);

    assert_int_equal(getsockname(listener, &address.any, &bytes), 0);
    assert_int_equal(connect(client, &address.any, bytes), 0);
    int accepted = accept(listener, NULL, NULL);
    assert_true(accepted >= 0);
    if (closes)
        close(listener);
    assert_true(connected(client));
    assert_false(connected(accepted));
    close(client);
    close(accepted);
    if (!closes)
        close(listener);
}

static const int families[] = {AF_INET, AF_INET6};

static void tells_who_connected(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        for (int backlog = 1; backlog < 10; backlog += 7) {
            check_pair(stream(families[i]), listening(families[i], 0, backlog), false);
            check_pair(bound(families[i], 0), listening(families[i], 0, backlog), true);
            check_pair(bound(families[i], PORT), listening(families[i], 0, backlog), true);
        }
    }
}

/* Children of such a listener do not show that they are; the listener does, while it exists. */
static void is_careful_with_a_backlog_of_0(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++)
        check_pair(stream(families[i]), listening(families[i], 0, 0), false);
}

/* It does not matter if a listener with a backlog above 0 is at the port from which a socket
 * connects. */
static void looks_at_the_socket_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        int client = bound(families[i], PORT + 1);
        int server = listening(families[i], 0, 8);
        union address address;
        socklen_t bytes = sizeof(address);

        assert_int_equal(getsockname(server, &address.any, &bytes), 0);
        assert_int_equal(connect(client, &address.any, bytes), 0);
        int other = listening(families[i], PORT + 1, 8);
        assert_true(connected(client));
        close(other);
        close(client);
        close(server);
    }
}

static void nobody_has_connected(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        int idle = bound(families[i], 0), listener = listening(families[i], 0, 8);

        assert_false(connected(idle));
        assert_false(connected(listener));
        close(idle);
        close(listener);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_who_connected),
        cmocka_unit_test(is_careful_with_a_backlog_of_0),
        cmocka_unit_test(looks_at_the_socket_itself),
        cmocka_unit_test(nobody_has_connected),
    };

    sandbox_enter();
    if (system("ip link set lo up"))
        return SKIPPED;
    return cmocka_run_group_tests_name("opened", tests, NULL, NULL);
}
