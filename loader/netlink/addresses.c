/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "addresses.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "../base/memory.h"
#include "../policy/address.h"
#include "dump.h"
#include "gateways.h"

#ifndef IFLA_ALT_IFNAME
#define IFLA_PROP_LIST  52
#define IFLA_ALT_IFNAME 53
#endif

/* How often the kernel is asked again because addresses change while it answers. */
#define TRIES 10

/* These count, since a policy must be ready for an address before its first packet and go on until
 * its last one; but others are better examples. */
#define PASSING (IFA_F_TEMPORARY | IFA_F_DEPRECATED | IFA_F_TENTATIVE)

/* A name of an interface. */
struct link {
    u32 ifindex;
    bool is_alias;
    char *name;
};

struct told {
    struct link *links; /* sorted by ifindex before addresses are asked for; main names first */
    size_t link_count, link_capacity;
    struct host_address *addresses; /* their interfaces are names of links */
    size_t address_count, address_capacity;
};

static void told_clear(struct told *told)
{
    for (size_t i = 0; i < told->link_count; i++)
        free(told->links[i].name);
    free(told->links);
    free(told->addresses);
    *told = (struct told){0};
}

static int out_of_memory(void)
{
    errno = ENOMEM;
    return MNL_CB_ERROR;
}

static int add_link(struct told *told, u32 ifindex, bool is_alias, const struct nlattr *name)
{
    struct link *grown =
        array_grow(told->links, told->link_count, &told->link_capacity, sizeof(*told->links));
    char *copy = strdup(mnl_attr_get_str(name));

    if (grown)
        told->links = grown;
    if (!grown || !copy) {
        free(copy);
        return out_of_memory();
    }
    told->links[told->link_count++] = (struct link){ifindex, is_alias, copy};
    return MNL_CB_OK;
}

static int take_aliases(struct told *told, u32 ifindex, const struct nlattr *list)
{
    const struct nlattr *name;
    int result = MNL_CB_OK;

    mnl_attr_for_each_nested (name, list)
        if (mnl_attr_get_type(name) == IFLA_ALT_IFNAME && result == MNL_CB_OK)
            result = add_link(told, ifindex, true, name);
    return result;
}

static int take_link(const struct nlmsghdr *message, void *context)
{
    const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
    const struct nlattr *attribute;
    struct told *told = context;
    int result = MNL_CB_OK;

    mnl_attr_for_each (attribute, message, sizeof(*header)) {
        if (mnl_attr_get_type(attribute) == IFLA_IFNAME)
            result = add_link(told, (u32)header->ifi_index, false, attribute);
        if (mnl_attr_get_type(attribute) == IFLA_PROP_LIST)
            result = take_aliases(told, (u32)header->ifi_index, attribute);
        if (result != MNL_CB_OK)
            return result;
    }
    return MNL_CB_OK;
}

static int by_ifindex(const void *left, const void *right)
{
    const struct link *a = left, *b = right;

    if (a->ifindex != b->ifindex)
        return a->ifindex < b->ifindex ? -1 : 1;
    return a->is_alias - b->is_alias;
}

/* The main name of the interface; NULL: there was none when the links were asked for. */
static const char *name_of(const struct told *told, u32 ifindex)
{
    size_t low = 0, high = told->link_count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (told->links[middle].ifindex < ifindex)
            low = middle + 1;
        else
            high = middle;
    }
    return low < told->link_count && told->links[low].ifindex == ifindex ? told->links[low].name
                                                                         : NULL;
}

/* What one message says of an address. */
struct said {
    const void *local, *address, *broadcast;
    u32 flags;
};

static struct said read_attributes(const struct nlmsghdr *message, const struct ifaddrmsg *header)
{
    u16 bytes = header->ifa_family == AF_INET ? 4 : 16;
    struct said said = {.flags = header->ifa_flags};
    const struct nlattr *attribute;

    mnl_attr_for_each (attribute, message, sizeof(*header)) {
        const void *value = mnl_attr_get_payload(attribute);
        bool is_address = mnl_attr_get_payload_len(attribute) == bytes;

        switch (mnl_attr_get_type(attribute)) {
        case IFA_LOCAL:
            said.local = is_address ? value : NULL;
            break;
        case IFA_ADDRESS:
            said.address = is_address ? value : NULL;
            break;
        case IFA_BROADCAST:
            said.broadcast = is_address ? value : NULL;
            break;
        case IFA_FLAGS:
            said.flags = mnl_attr_get_u32(attribute);
            break;
        }
    }
    return said;
}

static u128 read_address(enum family family, const void *value)
{
    u8 bytes[16] = {0};

    memcpy(bytes, value, address_bits(family) / 8);
    return address_from_bytes(family, bytes);
}

/* On a point-to-point link, IFA_LOCAL is this end, and IFA_ADDRESS the other one, whose network it
 * is. IPv6 has IFA_LOCAL there only. */
static int take_address(const struct nlmsghdr *message, void *context)
{
    const struct ifaddrmsg *header = mnl_nlmsg_get_payload(message);
    enum family family = header->ifa_family == AF_INET ? FAMILY_IPV4 : FAMILY_IPV6;
    struct told *told = context;
    struct host_address *grown;

    if ((header->ifa_family != AF_INET && header->ifa_family != AF_INET6) ||
        header->ifa_prefixlen > address_bits(family))
        return MNL_CB_OK;
    struct said said = read_attributes(message, header);
    if (!said.local)
        said.local = said.address;
    if (!said.address)
        said.address = said.local;
    if (!said.local || said.flags & IFA_F_DADFAILED)
        return MNL_CB_OK;
    if (!name_of(told, header->ifa_index)) { /* the interface is newer than the list of them */
        errno = EINTR;
        return MNL_CB_ERROR;
    }
    grown = array_grow(told->addresses, told->address_count, &told->address_capacity,
                       sizeof(*told->addresses));
    if (!grown)
        return out_of_memory();
    told->addresses = grown;
    grown[told->address_count++] = (struct host_address){
        .interface = name_of(told, header->ifa_index),
        .family = family,
        .is_passing = said.flags & PASSING,
        .has_broadcast = said.broadcast,
        .address = read_address(family, said.local),
        .broadcast = said.broadcast ? read_address(family, said.broadcast) : 0,
        .network =
            address_prefix(family, read_address(family, said.address), header->ifa_prefixlen),
    };
    return MNL_CB_OK;
}

static int ask(struct told *told)
{
    int error = netlink_dump(RTM_GETLINK, take_link, told);

    if (error)
        return error;
    qsort(told->links, told->link_count, sizeof(*told->links), by_ifindex);
    return netlink_dump(RTM_GETADDR, take_address, told);
}

/* The main name of the interface with the name GIVEN. */
static const char *canonical(const struct told *told, const char *given)
{
    for (size_t i = 0; given && i < told->link_count; i++)
        if (!strcmp(told->links[i].name, given))
            return name_of(told, told->links[i].ifindex);
    return given;
}

static int make_host(const struct told *told, const char *guarded, struct host *host)
{
    const struct link *links = told->links;
    int error = 0;

    for (size_t i = 0; i < told->link_count && !error; i++)
        if (!links[i].is_alias)
            error = host_add_interface(host, links[i].name);
    if (!error)
        error = host_add(host, told->addresses, told->address_count, canonical(told, guarded));
    for (size_t i = 0; i < told->link_count && !error; i++)
        if (links[i].is_alias)
            error = host_add_alias(host, name_of(told, links[i].ifindex), links[i].name);
    for (size_t i = 0; i < told->link_count && !error; i++)
        error = links_add(host_links(host), links[i].name, links[i].ifindex);
    if (!error && guarded)
        error = links_guard(host_links(host), canonical(told, guarded));
    return error;
}

struct imply {
    struct host *host;
    int error;
};

static void imply_gateway(enum family family, const u8 address[16], void *context)
{
    struct imply *imply = context;

    if (!imply->error)
        imply->error =
            host_imply(imply->host, HOST_GATEWAYS, family, address_from_bytes(family, address));
}

/* If routes cannot be read, no gateway is known. */
static int imply_gateways(const char *guarded, struct host *host)
{
    struct imply imply = {.host = host};
    u32 ifindex = guarded ? if_nametoindex(guarded) : 0;

    if (ifindex)
        gateways_ask(ifindex, imply_gateway, &imply);
    return imply.error;
}

int addresses_ask(const char *guarded, struct host **host)
{
    CLEANUP(host_freep) struct host *made = host_new();
    CLEANUP(told_clear) struct told told = {0};
    int error = made ? -EINTR : -ENOMEM;

    for (int tries = 0; error == -EINTR && tries < TRIES; tries++) {
        told_clear(&told);
        error = ask(&told);
    }
    if (!error)
        error = make_host(&told, guarded, made);
    if (!error)
        error = imply_gateways(guarded, made);
    if (!error)
        *host = TAKE_PTR(made);
    return error;
}
