/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "route.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>

static bool same_address(const struct sockaddr *socket, enum family family, const u8 address[16])
{
    if (!socket)
        return false;
    if (family == FAMILY_IPV4 && socket->sa_family == AF_INET)
        return !memcmp(&((const struct sockaddr_in *)(const void *)socket)->sin_addr, address, 4);
    if (family == FAMILY_IPV6 && socket->sa_family == AF_INET6)
        return !memcmp(&((const struct sockaddr_in6 *)(const void *)socket)->sin6_addr, address,
                       16);
    return false;
}

bool route_is_local(enum family family, const u8 address[16])
{
    struct ifaddrs *list;
    bool found = false;

    if (getifaddrs(&list))
        return false;
    for (const struct ifaddrs *one = list; one && !found; one = one->ifa_next)
        found = same_address(one->ifa_addr, family, address);
    freeifaddrs(list);
    return found;
}

static int take_interface(const struct nlmsghdr *message, void *interface)
{
    const struct nlattr *attribute;

    mnl_attr_for_each (attribute, message, sizeof(struct rtmsg))
        if (mnl_attr_get_type(attribute) == RTA_OIF)
            *(u32 *)interface = mnl_attr_get_u32(attribute);
    return MNL_CB_OK;
}

u32 route_interface(enum family family, const u8 source[16], const u8 destination[16])
{
    char buffer[MNL_SOCKET_BUFFER_SIZE];
    size_t bytes = family == FAMILY_IPV4 ? 4 : 16;
    struct mnl_socket *netlink = mnl_socket_open(NETLINK_ROUTE);
    struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
    u32 interface = 0;

    if (!netlink)
        return 0;
    message->nlmsg_type = RTM_GETROUTE;
    message->nlmsg_flags = NLM_F_REQUEST;
    message->nlmsg_seq = 1;
    struct rtmsg *route = mnl_nlmsg_put_extra_header(message, sizeof(*route));
    route->rtm_family = family == FAMILY_IPV4 ? AF_INET : AF_INET6;
    route->rtm_src_len = route->rtm_dst_len = (unsigned char)(bytes * 8);
    mnl_attr_put(message, RTA_DST, bytes, destination);
    mnl_attr_put(message, RTA_SRC, bytes, source);
    if (!mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID) &&
        mnl_socket_sendto(netlink, message, message->nlmsg_len) >= 0) {
        ssize_t got = mnl_socket_recvfrom(netlink, buffer, sizeof(buffer));
        if (got > 0)
            mnl_cb_run(buffer, (size_t)got, 1, mnl_socket_get_portid(netlink), take_interface,
                       &interface);
    }
    mnl_socket_close(netlink);
    return interface;
}

#define DUMP_BYTES 32768 /* the most the kernel fills of a dump at a time */

struct gateways {
    u32 interface;
    gateway_visitor *visit;
    void *context;
};

static void take_gateway(const struct gateways *gateways, enum family family, const void *bytes,
                         size_t length)
{
    u8 address[16] = {0};

    if (length != (family == FAMILY_IPV4 ? 4 : 16))
        return;
    memcpy(address, bytes, length);
    gateways->visit(family, address, gateways->context);
}

/* Takes the gateway of a route or of one of its next hops. An IPv4 route may use an IPv6
 * gateway. */
static void take_hop(const struct gateways *gateways, enum family family,
                     const struct nlattr *attribute)
{
    u16 type = mnl_attr_get_type(attribute), length = mnl_attr_get_payload_len(attribute);

    if (type == RTA_GATEWAY)
        take_gateway(gateways, family, mnl_attr_get_payload(attribute), length);
    if (type != RTA_VIA || length < sizeof(struct rtvia))
        return;
    const struct rtvia *via = mnl_attr_get_payload(attribute);
    family = via->rtvia_family == AF_INET ? FAMILY_IPV4 : FAMILY_IPV6;
    take_gateway(gateways, family, via->rtvia_addr, length - sizeof(*via));
}

static void take_hops(const struct gateways *gateways, enum family family,
                      const struct nlattr *multipath)
{
    const struct rtnexthop *hop = mnl_attr_get_payload(multipath);
    int left = mnl_attr_get_payload_len(multipath);

    for (; RTNH_OK(hop, left); left -= NLMSG_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop)) {
        const struct nlattr *attr; /* the macro needs this name */
        if ((u32)hop->rtnh_ifindex != gateways->interface)
            continue;
        mnl_attr_for_each_payload ((void *)RTNH_DATA(hop), hop->rtnh_len - sizeof(*hop))
            take_hop(gateways, family, attr);
    }
}

static int take_route(const struct nlmsghdr *message, void *context)
{
    const struct gateways *gateways = context;
    const struct rtmsg *route = mnl_nlmsg_get_payload(message);
    enum family family = route->rtm_family == AF_INET ? FAMILY_IPV4 : FAMILY_IPV6;
    const struct nlattr *attribute;
    u32 by = 0;

    if (route->rtm_dst_len || route->rtm_type != RTN_UNICAST)
        return MNL_CB_OK;
    mnl_attr_for_each (attribute, message, sizeof(*route)) {
        if (mnl_attr_get_type(attribute) == RTA_OIF)
            by = mnl_attr_get_u32(attribute);
        if (mnl_attr_get_type(attribute) == RTA_MULTIPATH)
            take_hops(gateways, family, attribute);
    }
    mnl_attr_for_each (attribute, message, sizeof(*route))
        if (by == gateways->interface)
            take_hop(gateways, family, attribute);
    return MNL_CB_OK;
}

static int dump_routes(struct mnl_socket *netlink, unsigned char family, struct gateways *gateways)
{
    char buffer[DUMP_BYTES];
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
    int more = MNL_CB_OK;

    request->nlmsg_type = RTM_GETROUTE;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request->nlmsg_seq = family;
    struct rtmsg *route = mnl_nlmsg_put_extra_header(request, sizeof(*route));
    route->rtm_family = family;
    mnl_attr_put_u32(request, RTA_OIF, gateways->interface);
    if (mnl_socket_sendto(netlink, request, request->nlmsg_len) < 0)
        return -errno;
    while (more > MNL_CB_STOP) {
        ssize_t got = mnl_socket_recvfrom(netlink, buffer, sizeof(buffer));
        if (got < 0)
            return -errno;
        more = mnl_cb_run(buffer, (size_t)got, family, mnl_socket_get_portid(netlink), take_route,
                          gateways);
    }
    return more < 0 ? -errno : 0;
}

int route_gateways(u32 interface, gateway_visitor *visit, void *context)
{
    struct gateways gateways = {interface, visit, context};
    struct mnl_socket *netlink = mnl_socket_open(NETLINK_ROUTE);
    int error = !netlink || mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID) ? -errno : 0;

    /* Have the kernel leave out routes through other interfaces: there may be a million. */
    if (!error)
        mnl_socket_setsockopt(netlink, NETLINK_GET_STRICT_CHK, &(int){1}, sizeof(int));
    if (!error)
        error = dump_routes(netlink, AF_INET, &gateways);
    if (!error)
        error = dump_routes(netlink, AF_INET6, &gateways);
    if (netlink)
        mnl_socket_close(netlink);
    return error;
}
