/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cable.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "sandbox.h"

#define PATIENCE_MS  10000
#define MTU          9000 /* of both ends, see sandbox.c */
#define BUFFER_BYTES (32 << 20)

static _Noreturn void give_up(const char *what)
{
    perror(what);
    exit(1);
}

static int raw_socket(const char *interface)
{
    struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                  .sll_protocol = htons(ETH_P_ALL),
                                  .sll_ifindex = (int)if_nametoindex(interface)};
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL));
    int bytes = BUFFER_BYTES, yes = 1;

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)))
        give_up(interface);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) ||
        setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &yes, sizeof(yes)) ||
        setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes)))
        give_up("setsockopt");
    return fd;
}

void cable_open(struct cable *cable)
{
    *cable = (struct cable){0};
    cable->sockets[DIRECTION_IN] = raw_socket(OUTSIDE);
    cable->sockets[DIRECTION_OUT] = raw_socket(INSIDE);
}

void cable_close(struct cable *cable)
{
    close(cable->sockets[DIRECTION_IN]);
    close(cable->sockets[DIRECTION_OUT]);
}

bool cable_can_send(const struct wire *wire)
{
    return wire->length >= ETH_HLEN + 6 && wire->length <= ETH_HLEN + MTU;
}

static bool send_with(struct cable *cable, const struct wire *wire, struct virtio_net_hdr *header)
{
    struct iovec parts[] = {{header, sizeof(*header)}, {(void *)wire->bytes, wire->length}};
    int fd = cable->sockets[wire->direction];

    while (writev(fd, parts, 2) < 0) {
        struct pollfd waits = {.fd = fd, .events = POLLOUT};
        /* On the way out ENOBUFS means that a program dropped the packet; on the way in it means a
         * full ring, and nobody has seen the packet yet. */
        if (errno == ENOBUFS && wire->direction == DIRECTION_OUT)
            return false;
        if (errno != EAGAIN && errno != ENOBUFS)
            give_up("send");
        poll(&waits, 1, PATIENCE_MS);
    }
    return true;
}

bool cable_send(struct cable *cable, const struct wire *wire)
{
    struct virtio_net_hdr header = {.gso_type = VIRTIO_NET_HDR_GSO_NONE};

    return send_with(cable, wire, &header);
}

void cable_send_paged(struct cable *cable, const struct wire *wire, unsigned int linear_bytes)
{
    struct virtio_net_hdr header = {.gso_type = VIRTIO_NET_HDR_GSO_NONE,
                                    .hdr_len = (u16)linear_bytes};

    send_with(cable, wire, &header);
}

size_t cable_receive(struct cable *cable, enum direction direction, u8 *bytes, size_t size)
{
    struct virtio_net_hdr header;
    struct iovec parts[] = {{&header, sizeof(header)}, {bytes, size}};
    ssize_t length = readv(cable->sockets[!direction], parts, 2);

    if (length < 0 && errno != EAGAIN)
        give_up("receive");
    if (length < 0)
        return 0;
    cable->arrived[direction]++;
    return (size_t)length - sizeof(header);
}

static size_t drain_socket(int fd)
{
    u8 bytes[64];
    size_t count = 0;

    while (recv(fd, bytes, sizeof(bytes), MSG_TRUNC) >= 0)
        count++;
    if (errno != EAGAIN)
        give_up("receive");
    return count;
}

void cable_drain(struct cable *cable)
{
    cable->arrived[DIRECTION_IN] += drain_socket(cable->sockets[DIRECTION_OUT]);
    cable->arrived[DIRECTION_OUT] += drain_socket(cable->sockets[DIRECTION_IN]);
}

void cable_wait(struct cable *cable, enum direction direction, size_t count)
{
    struct pollfd waits = {.fd = cable->sockets[!direction], .events = POLLIN};

    cable_drain(cable);
    while (cable->arrived[direction] < count && poll(&waits, 1, PATIENCE_MS) > 0)
        cable_drain(cable);
}
