/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "links.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "../base/memory.h"

struct reading {
    links_concerns *concerns;
    void *context;
    u32 ifindex; /* of the present message */
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

static int take_name(const struct nlattr *attribute, void *context)
{
    const struct reading *reading = context;

    if (mnl_attr_get_type(attribute) == IFLA_PROP_LIST)
        return mnl_attr_parse_nested(attribute, take_name, context);
    if ((mnl_attr_get_type(attribute) == IFLA_IFNAME ||
         mnl_attr_get_type(attribute) == IFLA_ALT_IFNAME) &&
        mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
        reading->concerns(mnl_attr_get_str(attribute), reading->ifindex, reading->context);
    return MNL_CB_OK;
}

static int take_message(const struct nlmsghdr *message, void *context)
{
    const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);
    struct reading *reading = context;

    reading->news.addresses = true;
    if (message->nlmsg_type != RTM_NEWLINK && message->nlmsg_type != RTM_DELLINK)
        return MNL_CB_OK;
    reading->ifindex = (u32)link->ifi_index;
    mnl_attr_parse(message, sizeof(*link), take_name, reading);
    return MNL_CB_OK;
}

struct news links_read(int links, links_concerns *concerns, void *context)
{
    struct reading reading = {.concerns = concerns, .context = context};
    _Alignas(struct nlmsghdr) char buffer[32768];

    for (;;) {
        ssize_t length = recv(links, buffer, sizeof(buffer), 0);
        if (length < 0 && errno == ENOBUFS) {
            reading.news.addresses = true;
            concerns(NULL, 0, context);
        } else if (length < 0 && errno != EINTR) {
            return reading.news;
        }
        if (length > 0)
            mnl_cb_run(buffer, (size_t)length, 0, 0, take_message, &reading);
    }
}
