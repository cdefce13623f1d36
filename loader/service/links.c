/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "links.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "../base/memory.h"

struct concern {
    const char *name;
    u32 ifindex;
    struct news news;
};

int links_open(int *links)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK,
                                  .nl_groups =
                                      RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR};
    CLEANUP_CLOSE int fd =
        socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)))
        return -errno;
    *links = TAKE_FD(fd);
    return 0;
}

static int compare_name(const struct nlattr *attribute, void *context)
{
    struct concern *concern = context;

    if (mnl_attr_get_type(attribute) == IFLA_PROP_LIST)
        return mnl_attr_parse_nested(attribute, compare_name, context);
    if ((mnl_attr_get_type(attribute) == IFLA_IFNAME ||
         mnl_attr_get_type(attribute) == IFLA_ALT_IFNAME) &&
        mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0 &&
        !strcmp(mnl_attr_get_str(attribute), concern->name))
        concern->news.ours = true;
    return MNL_CB_OK;
}

static int compare_link(const struct nlmsghdr *message, void *context)
{
    const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);
    struct concern *concern = context;

    concern->news.addresses = true;
    if (message->nlmsg_type != RTM_NEWLINK && message->nlmsg_type != RTM_DELLINK)
        return MNL_CB_OK;
    if (concern->ifindex && (u32)link->ifi_index == concern->ifindex)
        concern->news.ours = true;
    mnl_attr_parse(message, sizeof(*link), compare_name, concern);
    return MNL_CB_OK;
}

struct news links_read(int links, const char *name, u32 ifindex)
{
    struct concern concern = {name, ifindex, {0}};
    _Alignas(struct nlmsghdr) char buffer[32768];

    for (;;) {
        ssize_t length = recv(links, buffer, sizeof(buffer), 0);
        if (length < 0 && errno == ENOBUFS)
            concern.news = (struct news){true, true};
        else if (length < 0 && errno != EINTR)
            return concern.news;
        if (length > 0)
            mnl_cb_run(buffer, (size_t)length, 0, 0, compare_link, &concern);
    }
}
