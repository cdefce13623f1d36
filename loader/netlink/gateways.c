/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gateways.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <string.h>

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

int gateways_ask(u32 interface, gateway_visitor *visit, void *context)
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
