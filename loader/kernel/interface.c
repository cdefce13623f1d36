/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "interface.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "../base/memory.h"

#ifndef IFLA_ALT_IFNAME
#define IFLA_ALT_IFNAME 53
#endif

#define ANSWER_BYTES                                                                               \
    65536 /* what is said of one interface, or the kernel says of many at a time                   \
           */

static void socket_close(struct mnl_socket **socket)
{
    if (*socket)
        mnl_socket_close(*socket);
}

static int take_ipvlan(const struct nlattr *attribute, void *context)
{
    struct interface *interface = context;

    if (mnl_attr_get_type(attribute) == IFLA_IPVLAN_MODE)
        interface->is_l3s = mnl_attr_get_u16(attribute) == IPVLAN_MODE_L3S;
    return MNL_CB_OK;
}

/* The kernel sends the kind before the data of that kind. */
static int take_kind(const struct nlattr *attribute, void *context)
{
    struct interface *interface = context;

    if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND)
        strncpy(interface->kind, mnl_attr_get_str(attribute), sizeof(interface->kind) - 1);
    if (mnl_attr_get_type(attribute) == IFLA_INFO_DATA && !strcmp(interface->kind, "ipvlan"))
        mnl_attr_parse_nested(attribute, take_ipvlan, interface);
    return MNL_CB_OK;
}

/* With one program its id is in IFLA_XDP_PROG_ID; with several, each mode has its own attribute. */
static int take_xdp(const struct nlattr *attribute, void *context)
{
    struct interface *interface = context;

    switch (mnl_attr_get_type(attribute)) {
    case IFLA_XDP_ATTACHED:
        interface->xdp_is_generic = mnl_attr_get_u8(attribute) == XDP_ATTACHED_SKB;
        break;
    case IFLA_XDP_PROG_ID:
    case IFLA_XDP_DRV_PROG_ID:
    case IFLA_XDP_SKB_PROG_ID:
    case IFLA_XDP_HW_PROG_ID:
        if (!interface->xdp_program)
            interface->xdp_program = mnl_attr_get_u32(attribute);
        break;
    }
    return MNL_CB_OK;
}

struct answer {
    struct interface interface;
    u32 link; /* index of the interface that it is tied to, in the namespace LINK_NETNS, where
               * indices mean other interfaces */
    int link_netns;
    int (*visit)(const struct interface *interface, void *context);
    void *context;
    int result;
};

static int take_attribute(const struct nlattr *attribute, void *context)
{
    struct answer *answer = context;
    struct interface *interface = &answer->interface;

    switch (mnl_attr_get_type(attribute)) {
    case IFLA_IFNAME:
        strncpy(interface->name, mnl_attr_get_str(attribute), sizeof(interface->name) - 1);
        break;
    case IFLA_MASTER:
        interface->master = mnl_attr_get_u32(attribute);
        break;
    case IFLA_LINK:
        answer->link = mnl_attr_get_u32(attribute);
        break;
    case IFLA_LINK_NETNSID:
        answer->link_netns = (int)mnl_attr_get_u32(attribute);
        break;
    case IFLA_LINKINFO:
        mnl_attr_parse_nested(attribute, take_kind, interface);
        break;
    case IFLA_XDP:
        mnl_attr_parse_nested(attribute, take_xdp, interface);
        break;
    }
    return MNL_CB_OK;
}

/* The two ends of a veth pair name each other, but neither stands on the other. */
static void take_tie(struct answer *answer)
{
    struct interface *interface = &answer->interface;
    bool is_veth = !strcmp(interface->kind, "veth");

    if (is_veth)
        interface->peer = answer->link;
    else if (answer->link_netns == NETNS_OURS)
        interface->lower = answer->link;
    interface->peer_netns = is_veth ? answer->link_netns : NETNS_OURS;
}

static int take_link(const struct nlmsghdr *message, void *context)
{
    const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);
    struct answer *answer = context;

    answer->interface = (struct interface){.ifindex = (u32)link->ifi_index};
    answer->link = 0;
    answer->link_netns = NETNS_OURS;
    mnl_attr_parse(message, sizeof(*link), take_attribute, answer);
    take_tie(answer);
    if (!answer->result && answer->visit)
        answer->result = answer->visit(&answer->interface, answer->context);
    return MNL_CB_OK;
}

static struct nlmsghdr *put_request(char *buffer, u16 flags, u32 ifindex)
{
    struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

    message->nlmsg_type = RTM_GETLINK;
    message->nlmsg_flags = NLM_F_REQUEST | flags;
    message->nlmsg_seq = 1;
    struct ifinfomsg *link = mnl_nlmsg_put_extra_header(message, sizeof(*link));
    link->ifi_index = (int)ifindex;
    mnl_attr_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    return message;
}

/* Sends REQUEST, and passes all replies to ANSWER. */
static int ask(const struct nlmsghdr *request, struct answer *answer)
{
    CLEANUP(socket_close) struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    CLEANUP_FREE char *buffer = malloc(ANSWER_BYTES);
    bool is_dump = request->nlmsg_flags & NLM_F_DUMP;
    int going = MNL_CB_OK;

    if (!socket || !buffer || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) ||
        mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
        return buffer ? -errno : -ENOMEM;
    do {
        ssize_t got = mnl_socket_recvfrom(socket, buffer, ANSWER_BYTES);
        if (got < 0)
            return -errno;
        going =
            mnl_cb_run(buffer, (size_t)got, 1, mnl_socket_get_portid(socket), take_link, answer);
    } while (going > MNL_CB_STOP && is_dump);
    return going < 0 ? -errno : 0;
}

static int ask_for_one(const struct nlmsghdr *request, struct interface *interface)
{
    struct answer answer = {0};
    int error = ask(request, &answer);

    if (!error && !answer.interface.ifindex)
        error = -ENODEV;
    if (!error)
        *interface = answer.interface;
    return error;
}

int interface_by_name(const char *name, struct interface *interface)
{
    char buffer[256 + INTERFACE_NAME_BYTES];
    size_t length = strlen(name);

    if (!length || length >= INTERFACE_NAME_BYTES || strchr(name, '/'))
        return -ENODEV;
    struct nlmsghdr *request = put_request(buffer, 0, 0);
    mnl_attr_put_strz(request, length < IF_NAMESIZE ? IFLA_IFNAME : IFLA_ALT_IFNAME, name);
    return ask_for_one(request, interface);
}

int interface_by_index(u32 ifindex, struct interface *interface)
{
    char buffer[256];

    return ifindex ? ask_for_one(put_request(buffer, 0, ifindex), interface) : -ENODEV;
}

int interface_peer(const struct interface *interface, struct interface *peer)
{
    char buffer[256];

    if (!interface->peer)
        return -ENODEV;
    struct nlmsghdr *request = put_request(buffer, 0, interface->peer);
    if (interface->peer_netns != NETNS_OURS)
        mnl_attr_put_u32(request, IFLA_TARGET_NETNSID, (u32)interface->peer_netns);
    return ask_for_one(request, peer);
}

void interface_canonical(const char *given, char name[INTERFACE_NAME_BYTES])
{
    struct interface found;
    bool is_there = !interface_by_name(given, &found);

    snprintf(name, INTERFACE_NAME_BYTES, "%s", is_there ? found.name : given);
}

int interface_each(int (*visit)(const struct interface *interface, void *context), void *context)
{
    char buffer[256];
    struct answer answer = {.visit = visit, .context = context};
    int error = ask(put_request(buffer, NLM_F_DUMP, 0), &answer);

    return error ? error : answer.result;
}
