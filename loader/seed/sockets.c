/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sockets.h"

#include <edgexdp/wire.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

/* Everything with a peer; a connected UDP socket counts as established. */
#define STATES                                                                                     \
    (1u << TCP_ESTABLISHED | 1u << TCP_SYN_SENT | 1u << TCP_FIN_WAIT1 | 1u << TCP_FIN_WAIT2 |      \
     1u << TCP_CLOSE_WAIT | 1u << TCP_LAST_ACK | 1u << TCP_CLOSING)

struct visitor {
    void (*visit)(const struct packet_notation *packet, void *context);
    void *context;
    u8 protocol;
};

/* An IPv6 socket may speak IPv4: then its addresses are ::ffff:a.b.c.d. */
static bool is_mapped(const __be32 address[4])
{
    return !address[0] && !address[1] && address[2] == htonl(0xffff);
}

static int take_socket(const struct nlmsghdr *message, void *data)
{
    const struct inet_diag_msg *socket = mnl_nlmsg_get_payload(message);
    const struct inet_diag_sockid *id = &socket->id;
    const struct visitor *visitor = data;
    bool tcp = visitor->protocol == IPPROTO_TCP;
    bool mapped = socket->idiag_family == AF_INET6 && is_mapped(id->idiag_dst);
    bool ipv4 = socket->idiag_family == AF_INET || mapped;
    struct packet_notation packet = {.direction = DIRECTION_OUT,
                                     .family = ipv4 ? FAMILY_IPV4 : FAMILY_IPV6,
                                     .protocol = visitor->protocol,
                                     .tcp_flags = tcp ? TCP_ACK : 0,
                                     .source_port = ntohs(id->idiag_sport),
                                     .destination_port = ntohs(id->idiag_dport)};

    memcpy(packet.source, mapped ? &id->idiag_src[3] : id->idiag_src, ipv4 ? 4 : 16);
    memcpy(packet.destination, mapped ? &id->idiag_dst[3] : id->idiag_dst, ipv4 ? 4 : 16);
    if (packet.destination_port)
        visitor->visit(&packet, visitor->context);
    return MNL_CB_OK;
}

static int ask(struct mnl_socket *netlink, int family, const struct visitor *visitor)
{
    char buffer[16384];
    struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
    message->nlmsg_type = SOCK_DIAG_BY_FAMILY;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    struct inet_diag_req_v2 *request = mnl_nlmsg_put_extra_header(message, sizeof(*request));
    request->sdiag_family = (u8)family;
    request->sdiag_protocol = visitor->protocol;
    request->idiag_states = STATES;

    if (mnl_socket_sendto(netlink, message, message->nlmsg_len) < 0)
        return -errno;
    for (int result = MNL_CB_OK; result > MNL_CB_STOP;) {
        ssize_t got = mnl_socket_recvfrom(netlink, buffer, sizeof(buffer));
        if (got < 0)
            return -errno;
        result = mnl_cb_run(buffer, (size_t)got, 0, mnl_socket_get_portid(netlink), take_socket,
                            (void *)visitor);
        if (result < 0)
            return -errno;
    }
    return 0;
}

int sockets_each(void (*visit)(const struct packet_notation *packet, void *context), void *context)
{
    static const u8 protocols[] = {IPPROTO_TCP, IPPROTO_UDP};
    static const int families[] = {AF_INET, AF_INET6};
    struct mnl_socket *netlink = mnl_socket_open(NETLINK_SOCK_DIAG);
    int error = netlink ? 0 : -errno;

    if (!error && mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID))
        error = -errno;
    for (size_t i = 0; !error && i < 4; i++) {
        struct visitor visitor = {visit, context, protocols[i / 2]};
        error = ask(netlink, families[i % 2], &visitor);
    }
    if (netlink)
        mnl_socket_close(netlink);
    return error;
}
