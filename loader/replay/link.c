/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <pcap/dlt.h>
#include <string.h>

#define ETHERTYPE_PPP 0x880b

/* What the link-layer header of a captured packet says. */
struct reading {
    const u8 *data;
    u32 bytes;  /* at DATA; at least as many as the shortest header */
    u32 header; /* its length; that of the shortest header until it is read */
    u16 type;   /* the Ethertype */
    u8 source[ETH_ALEN];
    bool is_swapped;
    enum heading heading;
};

struct link_type {
    int dlt;
    u32 bytes; /* of its shortest header */
    /* Returns false if the header is incomplete. NULL means Ethernet. */
    bool (*read)(struct reading *reading);
    bool tells_heading;
};

static u16 be16(const u8 *at)
{
    return (u16)(at[0] << 8 | at[1]);
}

/* A packet of any other version is not IP, and is judged as malformed IPv4. */
static bool read_raw(struct reading *reading)
{
    u8 first = reading->header < reading->bytes ? reading->data[reading->header] : 0;
    reading->type = first >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP;
    return true;
}

static bool read_ipv4(struct reading *reading)
{
    reading->type = ETH_P_IP;
    return true;
}

static bool read_ipv6(struct reading *reading)
{
    reading->type = ETH_P_IPV6;
    return true;
}

static bool read_cooked_common(const u8 *source, u16 source_bytes, u8 way, struct reading *reading)
{
    if (source_bytes == ETH_ALEN)
        memcpy(reading->source, source, ETH_ALEN);
    reading->heading = way == PACKET_OUTGOING ? HEADING_OUT : HEADING_IN;
    return true;
}

/* Header: packet type, hardware type, address length, address, protocol. */
static bool read_cooked(struct reading *reading)
{
    const u8 *header = reading->data;
    reading->type = be16(header + 14);
    return read_cooked_common(header + 6, be16(header + 4), header[1], reading);
}

/* Header: protocol, reserved, interface, hardware type, packet type, address length, address. */
static bool read_cooked2(struct reading *reading)
{
    const u8 *header = reading->data;
    reading->type = be16(header);
    return read_cooked_common(header + 12, header[11], header[10], reading);
}

/* Header: address and control, which may be absent; then the protocol, whose first byte may be
 * absent if it is 0. What is not IP gets the Ethertype of PPP itself. */
static bool read_ppp(struct reading *reading)
{
    const u8 *data = reading->data;
    u32 at = reading->header - 1, protocol;

    if (at + 1 < reading->bytes && data[at] == 0xff && data[at + 1] == 0x03)
        at += 2;
    if (at >= reading->bytes)
        return false;
    protocol = data[at++];
    if (!(protocol & 1)) {
        if (at >= reading->bytes)
            return false;
        protocol = protocol << 8 | data[at++];
    }
    reading->header = at;
    reading->type = protocol == 0x21 ? ETH_P_IP : protocol == 0x57 ? ETH_P_IPV6 : ETHERTYPE_PPP;
    return true;
}

static bool read_ppp_with_way(struct reading *reading)
{
    reading->heading = reading->data[0] ? HEADING_OUT : HEADING_IN;
    return read_ppp(reading);
}

/* The header of an attribute: its length and type, in the writer's byte order, which libpcap
 * converts to ours. The value follows, padded to four bytes. */
#define NFLOG_ATTRIBUTE_BYTES 4

static u16 nflog_number(const struct reading *reading, u32 at)
{
    u16 number;

    memcpy(&number, reading->data + at, sizeof(number));
    return reading->is_swapped ? __builtin_bswap16(number) : number;
}

/* Value: protocol, then hook, which says where Netfilter saw the packet. A forwarded packet goes
 * both ways. */
static void read_nflog_packet(const u8 *value, struct reading *reading)
{
    u8 hook = value[2];

    reading->type = be16(value);
    if (hook == NF_INET_LOCAL_OUT || hook == NF_INET_POST_ROUTING)
        reading->heading = HEADING_OUT;
    else if (hook != NF_INET_FORWARD)
        reading->heading = HEADING_IN;
}

/* Header: family, version, group number; then attributes, the last of which is the packet. */
static bool read_nflog(struct reading *reading)
{
    u32 at = reading->header;

    while (at + NFLOG_ATTRIBUTE_BYTES <= reading->bytes) {
        u16 length = nflog_number(reading, at), type = nflog_number(reading, at + sizeof(u16));
        if (length < NFLOG_ATTRIBUTE_BYTES)
            return false;
        reading->header = at + NFLOG_ATTRIBUTE_BYTES;
        if (type == NFULA_PAYLOAD)
            return reading->type || read_raw(reading);
        if (type == NFULA_PACKET_HDR && length >= NFLOG_ATTRIBUTE_BYTES + 3 &&
            reading->header + 3 <= reading->bytes)
            read_nflog_packet(reading->data + reading->header, reading);
        at += (length + 3u) & ~3u;
    }
    return false;
}

static const struct link_type links[] = {
    {DLT_EN10MB, 0, NULL, false},
    {DLT_RAW, 0, read_raw, false},
    {DLT_IPV4, 0, read_ipv4, false},
    {DLT_IPV6, 0, read_ipv6, false},
    {DLT_LINUX_SLL, 16, read_cooked, true},
    {DLT_LINUX_SLL2, 20, read_cooked2, true},
    /* The header is the family, whose numbers differ between systems. IP states its own version, so
     * the family is not needed. */
    {DLT_NULL, 4, read_raw, false},
    {DLT_LOOP, 4, read_raw, false},
    {DLT_PPP, 1, read_ppp, false},
    {DLT_PPP_SERIAL, 1, read_ppp, false},
    {DLT_PPP_ETHER, 6 + 1, read_ppp, false}, /* after the PPPoE header */
    {DLT_PPP_WITH_DIRECTION, 1 + 1, read_ppp_with_way, true},
    {DLT_NFLOG, 4, read_nflog, true},
};

const struct link_type *link_find(int dlt)
{
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
        if (links[i].dlt == dlt)
            return &links[i];
    return NULL;
}

/* They are the same but for raw IP, whose number differs between systems. */
const struct link_type *link_find_recorded(u16 number)
{
    static const u16 raw = 101;

    return link_find(number == raw ? DLT_RAW : number);
}

bool link_tells_heading(const struct link_type *link)
{
    return link->tells_heading;
}

enum heading link_frame(const struct link_type *link, const struct captured *packet,
                        bool is_swapped, u8 *buffer, struct captured *frame)
{
    struct reading reading = {.data = packet->data,
                              .bytes = packet->bytes,
                              .header = link->bytes,
                              .is_swapped = is_swapped,
                              .heading = HEADING_UNKNOWN};

    if (!link->read) {
        *frame = *packet;
        return HEADING_UNKNOWN;
    }
    bool there = packet->bytes >= link->bytes && link->read(&reading);
    *frame = (struct captured){.data = buffer};
    if (packet->length >= reading.header)
        frame->length = packet->length - reading.header + ETH_HLEN;
    if (!there)
        return HEADING_UNKNOWN;

    u32 payload = packet->bytes - reading.header;
    if (payload > LINK_FRAME_BYTES - ETH_HLEN)
        payload = LINK_FRAME_BYTES - ETH_HLEN;
    memset(buffer, 0, ETH_ALEN);
    memcpy(buffer + ETH_ALEN, reading.source, ETH_ALEN);
    buffer[2 * ETH_ALEN] = (u8)(reading.type >> 8);
    buffer[2 * ETH_ALEN + 1] = (u8)reading.type;
    memcpy(buffer + ETH_HLEN, packet->data + reading.header, payload);
    frame->bytes = ETH_HLEN + payload;
    return reading.heading;
}
