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
