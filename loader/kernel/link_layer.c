/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the packets of an interface begin with. */
#include <errno.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/memory.h"
#include "guard.h"

/* From <linux/if_arp.h>, which cannot be included together with the C library's <net/if.h>. */
#define ARPHRD_IP6GRE   823
#define ARPHRD_NETLINK  824
#define ARPHRD_6LOWPAN  825
#define ARPHRD_VSOCKMON 826

/* The types of interfaces whose packets the kernel expects to begin with their IP header, see
 * dev_is_mac_header_xmit() in its <linux/if_arp.h>; two of its types are left out because they
 * carry nothing that could be guarded. */
static const u16 bare_types[] = {
    ARPHRD_NONE,   /* tun, WireGuard, IPsec's xfrm */
    ARPHRD_PPP,    /* PPP, PPPoE, L2TP */
    ARPHRD_TUNNEL, /* IPIP, VTI */
    ARPHRD_TUNNEL6, ARPHRD_SIT, ARPHRD_IPGRE, ARPHRD_IP6GRE, ARPHRD_RAWIP, /* mobile modems */
};

/* Types that people encounter, for the message. */
static const struct {
    u16 type;
    const char *name;
} refused_types[] = {
    {ARPHRD_IEEE80211_RADIOTAP, "a WLAN monitor, whose frames begin with a radio's header"},
    {ARPHRD_IEEE80211_PRISM, "a WLAN monitor, whose frames begin with a radio's header"},
    {ARPHRD_IEEE80211, "a WLAN monitor, whose frames begin with a header of 802.11"},
    {ARPHRD_INFINIBAND, "InfiniBand"},
    {ARPHRD_CAN, "a CAN bus"},
    {ARPHRD_IEEE1394, "FireWire"},
    {ARPHRD_IEEE802154, "a radio of 802.15.4"},
    {ARPHRD_6LOWPAN, "6LoWPAN"},
    {ARPHRD_NETLINK, "a monitor of netlink, which carries no packets"},
    {ARPHRD_VSOCKMON, "a monitor of vsock, which carries no packets"},
};

static int read_type(const char *interface, u16 *type)
{
    CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {0};

    if (strlen(interface) >= sizeof(request.ifr_name))
        return -ENODEV;
    memcpy(request.ifr_name, interface, strlen(interface));
    if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &request))
        return -errno;
    *type = request.ifr_hwaddr.sa_family;
    return 0;
}

static bool type_is_bare(u16 type)
{
    for (size_t i = 0; i < ARRAY_SIZE(bare_types); i++)
        if (bare_types[i] == type)
            return true;
    return false;
}

static int refuse_type(const char *interface, u16 type, struct why *why)
{
    const char *name = "of a kind that is not known here";

    for (size_t i = 0; i < ARRAY_SIZE(refused_types); i++)
        if (refused_types[i].type == type)
            name = refused_types[i].name;
    return why_set(why, -EPROTONOSUPPORT,
                   "%s cannot be guarded: it is %s (link type %u), and edgexdp reads only packets "
                   "that begin with an Ethernet or an IP header",
                   interface, name, type);
}

/* Refuses interfaces that receive packets only behind every hook where a program could see them. */
static int refuse_unseen(const char *interface, struct why *why)
{
    struct interface found;

    if (interface_by_name(interface, &found))
        return 0; /* gone in the meantime: attaching reports it */
    if (!strcmp(found.kind, "vrf"))
        return why_set(why, -EOPNOTSUPP,
                       "%s cannot be guarded: it is a VRF, and packets that come in by its ports "
                       "pass no filter of its own; guard the interfaces that are in it",
                       interface);
    if (found.is_l3s)
        return why_set(
            why, -EOPNOTSUPP,
            "%s cannot be guarded: in mode l3s the incoming packets of an ipvlan bypass every "
            "filter of its own; guard the interface below it, or use mode l2 or l3",
            interface);
    return 0;
}

int link_layer_find(const char *interface, enum link_layer *layer, struct why *why)
{
    u16 type = 0;
    int error = read_type(interface, &type);

    if (error)
        return why_kernel(why, error, "cannot ask what the interface's packets begin with");
    if (type == ARPHRD_ETHER || type == ARPHRD_LOOPBACK)
        *layer = LINK_ETHERNET;
    else if (type_is_bare(type))
        *layer = LINK_BARE;
    else
        return refuse_type(interface, type, why);
    return refuse_unseen(interface, why);
}

bool link_layer_has_changed(const struct guard *guard)
{
    char interface[IF_NAMESIZE];
    enum link_layer layer;
    struct why ignored;

    return if_indextoname(guard->ifindex, interface) &&
           (link_layer_find(interface, &layer, &ignored) || layer != guard->state->link_layer);
}
