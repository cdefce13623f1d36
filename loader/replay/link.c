/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <pcap/dlt.h>
#include <string.h>

/* What the header of a link layer says. */
struct read_header {
    u16 type; /* of Ethernet */
    u8 source[ETH_ALEN];
    enum heading heading;
};

struct link_type {
    int dlt;
    u32 bytes; /* of its header */
    /* HEADER is whole, and FIRST the byte behind it, 0 if there is none. NULL: it is Ethernet. */
    void (*read)(const u8 *header, u8 first, struct read_header *read);
    bool tells_heading;
};

static u16 be16(const u8 *at)
{
    return (u16)(at[0] << 8 | at[1]);
}

/* Of any other version it is no IP, and malformed. */
static void read_raw(const u8 *header, u8 first, struct read_header *read)
{
    (void)header;
    read->type = first >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP;
}

static void read_ipv4(const u8 *header, u8 first, struct read_header *read)
{
    (void)header;
    (void)first;
    read->type = ETH_P_IP;
}

static void read_ipv6(const u8 *header, u8 first, struct read_header *read)
{
    (void)header;
    (void)first;
    read->type = ETH_P_IPV6;
}

static void read_cooked_common(const u8 *source, u16 source_bytes, u8 way, struct read_header *read)
{
    if (source_bytes == ETH_ALEN)
        memcpy(read->source, source, ETH_ALEN);
    read->heading = way == PACKET_OUTGOING ? HEADING_OUT : HEADING_IN;
}

/* Type of packet, of hardware, length of the address, address, protocol. */
static void read_cooked(const u8 *header, u8 first, struct read_header *read)
{
    (void)first;
    read->type = be16(header + 14);
    read_cooked_common(header + 6, be16(header + 4), header[1], read);
}

/* Protocol, reserved, interface, type of hardware, of packet, length of the address, address. */
static void read_cooked2(const u8 *header, u8 first, struct read_header *read)
{
    (void)first;
    read->type = be16(header);
    read_cooked_common(header + 12, header[11], header[10], read);
}

static const struct link_type links[] = {
    {DLT_EN10MB, 0, NULL, false},
    {DLT_RAW, 0, read_raw, false},
    {DLT_IPV4, 0, read_ipv4, false},
    {DLT_IPV6, 0, read_ipv6, false},
    {DLT_LINUX_SLL, 16, read_cooked, true},
    {DLT_LINUX_SLL2, 20, read_cooked2, true},
    /* The family comes first, in numbers that differ between systems: IP says its version itself.
     */
    {DLT_NULL, 4, read_raw, false},
    {DLT_LOOP, 4, read_raw, false},
};

const struct link_type *link_find(int dlt)
{
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
        if (links[i].dlt == dlt)
            return &links[i];
    return NULL;
}

bool link_tells_heading(const struct link_type *link)
{
    return link->tells_heading;
}

enum heading link_frame(const struct link_type *link, const struct captured *packet, u8 *buffer,
                        struct captured *frame)
{
    struct read_header read = {.heading = HEADING_UNKNOWN};
    bool there = packet->bytes >= link->bytes;

    if (!link->read) {
        *frame = *packet;
        return HEADING_UNKNOWN;
    }
    *frame = (struct captured){.data = buffer};
    if (packet->length >= link->bytes)
        frame->length = packet->length - link->bytes + ETH_HLEN;
    if (!there)
        return HEADING_UNKNOWN;

    u32 payload = packet->bytes - link->bytes;
    if (payload > LINK_FRAME_BYTES - ETH_HLEN)
        payload = LINK_FRAME_BYTES - ETH_HLEN;
    link->read(packet->data, payload ? packet->data[link->bytes] : 0, &read);
    memset(buffer, 0, ETH_ALEN);
    memcpy(buffer + ETH_ALEN, read.source, ETH_ALEN);
    buffer[2 * ETH_ALEN] = (u8)(read.type >> 8);
    buffer[2 * ETH_ALEN + 1] = (u8)read.type;
    memcpy(buffer + ETH_HLEN, packet->data + link->bytes, payload);
    frame->bytes = ETH_HLEN + payload;
    return read.heading;
}
