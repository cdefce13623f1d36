/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lease.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "../netlink/dump.h"

#define FOREVER (~0u)

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
    bool single = header->ifa_family == AF_INET ||
                  (header->ifa_family == AF_INET6 && header->ifa_prefixlen == 128);
    if (header->ifa_index == looking->ifindex && single && times && address &&
        times->ifa_valid != FOREVER && !looking->text[0])
        inet_ntop(header->ifa_family, local ? local : address, looking->text, LEASE_TEXT_BYTES);
    return MNL_CB_OK;
}

bool lease_find(const char *interface, char text[LEASE_TEXT_BYTES])
{
    struct looking looking = {if_nametoindex(interface), text};

    text[0] = 0;
    if (looking.ifindex)
        netlink_dump(RTM_GETADDR, take_address, &looking);
    return text[0];
}
