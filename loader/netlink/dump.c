/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "../base/memory.h"

#define ANSWER_BYTES 65536 /* more than the kernel says at a time */

static void socket_close(struct mnl_socket **socket)
{
    if (*socket)
        mnl_socket_close(*socket);
}

int netlink_ask(int bus, const struct nlmsghdr *request, netlink_taker *take, void *context)
{
    CLEANUP(socket_close) struct mnl_socket *socket = mnl_socket_open2(bus, SOCK_CLOEXEC);
    CLEANUP_FREE char *buffer = malloc(ANSWER_BYTES);
    int going = MNL_CB_OK;

    if (!socket || !buffer || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID))
        return buffer ? -errno : -ENOMEM;
    if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
        return -errno;
    while (going > MNL_CB_STOP) {
        ssize_t got = mnl_socket_recvfrom(socket, buffer, ANSWER_BYTES);
        if (got < 0)
            return -errno;
        going = mnl_cb_run(buffer, (size_t)got, NETLINK_SEQUENCE, mnl_socket_get_portid(socket),
                           take, context);
    }
    return going < 0 ? -errno : 0;
}

int netlink_dump(unsigned short type, netlink_taker *take, void *context)
{
    char buffer[256];
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);

    request->nlmsg_type = type;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request->nlmsg_seq = NETLINK_SEQUENCE;
    /* All families; as long as the header of any kind of dump. */
    mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));
    return netlink_ask(NETLINK_ROUTE, request, take, context);
}
