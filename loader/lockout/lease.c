/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lease.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#define DUMP_BYTES 32768 /* the most the kernel fills of a dump at a time */
#define FOREVER    (~0u)

struct looking {
    u32 ifindex;
    char *text; /* empty: none found yet */
};

static int take_address(const struct nlmsghdr *message, void *context)
{
    const struct ifaddrmsg *header = mnl_nlmsg_get_payload(message);
    const struct looking *looking = context;
    const struct ifa_cacheinfo *times = NULL;
    const void *address = NULL, *local = NULL;
    const struct nlattr *attribute;

    mnl_attr_for_each (attribute, message, sizeof(*header)) {
        if (mnl_attr_get_type(attribute) == IFA_CACHEINFO)
            times = mnl_attr_get_payload(attribute);
        if (mnl_attr_get_type(attribute) == IFA_ADDRESS)
            address = mnl_attr_get_payload(attribute);
        if (mnl_attr_get_type(attribute) == IFA_LOCAL)
            local = mnl_attr_get_payload(attribute);
    }
    bool single = header->ifa_family == AF_INET || header->ifa_prefixlen == 128;
    if (header->ifa_index == looking->ifindex && single && times && address &&
        times->ifa_valid != FOREVER && !looking->text[0])
        inet_ntop(header->ifa_family, local ? local : address, looking->text, LEASE_TEXT_BYTES);
    return MNL_CB_OK;
}

static void dump(struct mnl_socket *netlink, unsigned char family, struct looking *looking)
{
    char buffer[DUMP_BYTES];
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
    struct ifaddrmsg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
    int more = MNL_CB_OK;

    request->nlmsg_type = RTM_GETADDR;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    header->ifa_family = family;
    if (mnl_socket_sendto(netlink, request, request->nlmsg_len) < 0)
        return;
    while (more > MNL_CB_STOP) {
        ssize_t got = mnl_socket_recvfrom(netlink, buffer, sizeof(buffer));
        if (got < 0)
            return;
        more = mnl_cb_run(buffer, (size_t)got, 0, mnl_socket_get_portid(netlink), take_address,
                          looking);
    }
}

bool lease_find(const char *interface, char text[LEASE_TEXT_BYTES])
{
    struct looking looking = {if_nametoindex(interface), text};
    struct mnl_socket *netlink = mnl_socket_open(NETLINK_ROUTE);

    text[0] = 0;
    if (netlink && looking.ifindex && !mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID)) {
        dump(netlink, AF_INET, &looking);
        dump(netlink, AF_INET6, &looking);
    }
    if (netlink)
        mnl_socket_close(netlink);
    return text[0];
}
