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

#include "../base/setting.h"

#define PORT_RANGE "net/ipv4/ip_local_port_range"

/* All states with a peer; a connected UDP socket counts as established, and one without a peer as
 * closed. */
#define CONNECTED                                                                                  \
    (1u << TCP_ESTABLISHED | 1u << TCP_SYN_SENT | 1u << TCP_FIN_WAIT1 | 1u << TCP_FIN_WAIT2 |      \
     1u << TCP_CLOSE_WAIT | 1u << TCP_LAST_ACK | 1u << TCP_CLOSING)

/* A bit for each port. */
struct ports {
    u64 bits[65536 / 64];
};

static void ports_add(struct ports *ports, u16 port)
{
    ports->bits[port / 64] |= 1ull << port % 64;
}

static bool ports_has(const struct ports *ports, u16 port)
{
    return ports->bits[port / 64] >> port % 64 & 1;
}

struct visitor {
    void (*visit)(const struct packet_notation *packet, void *context);
    void *context;
    const struct ports *serving; /* UDP ports of serving sockets */
    u8 protocol;
};

/* An IPv6 socket may carry IPv4: then its addresses are ::ffff:a.b.c.d. */
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
    if (packet.destination_port && (tcp || !ports_has(visitor->serving, packet.source_port)))
        visitor->visit(&packet, visitor->context);
    return MNL_CB_OK;
}

static int take_port(const struct nlmsghdr *message, void *data)
{
    const struct inet_diag_msg *socket = mnl_nlmsg_get_payload(message);

    ports_add(data, ntohs(socket->id.idiag_sport));
    return MNL_CB_OK;
}

/* Call TAKE for each socket of FAMILY and PROTOCOL that is in one of STATES. */
static int ask(struct mnl_socket *netlink, int family, u8 protocol, u32 states,
               int (*take)(const struct nlmsghdr *message, void *data), void *data)
{
    char buffer[16384];
    struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
    message->nlmsg_type = SOCK_DIAG_BY_FAMILY;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    struct inet_diag_req_v2 *request = mnl_nlmsg_put_extra_header(message, sizeof(*request));
    request->sdiag_family = (u8)family;
    request->sdiag_protocol = protocol;
    request->idiag_states = states;

    if (mnl_socket_sendto(netlink, message, message->nlmsg_len) < 0)
        return -errno;
    for (int result = MNL_CB_OK; result > MNL_CB_STOP;) {
        ssize_t got = mnl_socket_recvfrom(netlink, buffer, sizeof(buffer));
        if (got < 0)
            return -errno;
        result = mnl_cb_run(buffer, (size_t)got, 0, mnl_socket_get_portid(netlink), take, data);
        if (result < 0)
            return -errno;
    }
    return 0;
}

/* Adds the ports that only sockets get which asked for them; none if the range cannot be read. */
static void add_chosen(struct ports *ports)
{
    long first = setting_read(PORT_RANGE, 0), last = setting_read(PORT_RANGE, 1);

    for (long port = 0; last >= 0 && port < 65536; port++)
        if (port < first || port > last)
            ports_add(ports, (u16)port);
}

static int visit_protocol(struct mnl_socket *netlink, struct visitor *visitor)
{
    int error = ask(netlink, AF_INET, visitor->protocol, CONNECTED, take_socket, visitor);
    return error ? error
                 : ask(netlink, AF_INET6, visitor->protocol, CONNECTED, take_socket, visitor);
}

static int visit_udp(struct mnl_socket *netlink, struct visitor *visitor)
{
    struct ports serving = {0};
    u32 without_peer = 1u << TCP_CLOSE;

    add_chosen(&serving);
    int error = ask(netlink, AF_INET, IPPROTO_UDP, without_peer, take_port, &serving);
    if (!error)
        error = ask(netlink, AF_INET6, IPPROTO_UDP, without_peer, take_port, &serving);
    visitor->serving = &serving;
    visitor->protocol = IPPROTO_UDP;
    return error ? error : visit_protocol(netlink, visitor);
}

int sockets_each(bool udp, void (*visit)(const struct packet_notation *packet, void *context),
                 void *context)
{
    struct visitor visitor = {.visit = visit, .context = context, .protocol = IPPROTO_TCP};
    struct mnl_socket *netlink = mnl_socket_open(NETLINK_SOCK_DIAG);
    int error = netlink ? 0 : -errno;

    if (!error && mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID))
        error = -errno;
    if (!error)
        error = visit_protocol(netlink, &visitor);
    if (!error && udp)
        error = visit_udp(netlink, &visitor);
    if (netlink)
        mnl_socket_close(netlink);
    return error;
}
