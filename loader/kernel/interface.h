/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel says about the interfaces of this network namespace: their names, and which one
 * stands on which. */
#ifndef EDGEXDP_INTERFACE_H
#define EDGEXDP_INTERFACE_H

#include <edgexdp/types.h>
#include <net/if.h>
#include <stdbool.h>

/* An interface may have additional names: `ip link property add dev eth0 altname uplink`. */
#define INTERFACE_NAME_BYTES 128

#define NETNS_OURS (-1)

struct interface {
    u32 ifindex;
    char name[IF_NAMESIZE];
    char kind[16];   /* "bridge", "veth", ...; empty: a driver's, or unknown */
    bool is_l3s;     /* ipvlan only: in mode l3s */
    u32 master;      /* index of the bridge or bond that it is a port of; 0: none */
    u32 lower;       /* index of the interface that it stands on, if that is here; 0: none */
    u32 peer;        /* veth only: index of its other end, in the network namespace of that */
    int peer_netns;  /* the id that our namespace has for that one; NETNS_OURS: it is here */
    u32 xdp_program; /* id of the XDP program that it carries; 0: none */
    bool xdp_is_generic;
};

/* NAME may be any of its names. Returns 0, -ENODEV when nothing here has that name, or -errno. */
int interface_by_name(const char *name, struct interface *interface);
int interface_by_index(u32 ifindex, struct interface *interface);

/* The other end of the veth INTERFACE, wherever it is. Returns 0, -ENODEV, or -errno: another
 * network namespace may be none of our business. */
int interface_peer(const struct interface *interface, struct interface *peer);

/* The main name of the interface that has GIVEN as any of its names; GIVEN itself if there is
 * none. */
void interface_canonical(const char *given, char name[INTERFACE_NAME_BYTES]);

/* Call VISIT for each interface; stops at the first non-zero return. Returns that, or -errno. */
int interface_each(int (*visit)(const struct interface *interface, void *context), void *context);

#endif
