/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "brute.h"

#include <string.h>

/* What is left of a frame. */
struct rest {
    const u8 *bytes;
    size_t length;
};

static unsigned int get16(const u8 *bytes)
{
    return (unsigned int)bytes[0] << 8 | bytes[1];
}

static u128 get_address(const u8 *bytes, int size)
{
    u128 address = 0;

    for (int i = 0; i < size; i++)
        address = address << 8 | bytes[i];
    return address;
}

static void skip(struct rest *rest, size_t count)
{
    rest->bytes += count;
    rest->length -= count;
}

static const char *decode_tcp(const struct rest *rest, struct brute_packet *packet)
{
    size_t header;

    if (rest->length < 20)
        return "malformed";
    header = (rest->bytes[12] >> 4) * 4u;
    if (header < 20 || header > rest->length)
        return "malformed";
    packet->has_ports = packet->is_tcp = true;
    packet->fin = rest->bytes[13] & 1;
    packet->syn = rest->bytes[13] & 2;
    packet->rst = rest->bytes[13] & 4;
    packet->ack = rest->bytes[13] & 16;
    return NULL;
}

/* REST ends where the packet does. MORE: further fragments will follow. */
static const char *decode_transport(const struct rest *rest, bool more, struct brute_packet *packet)
{
    const char *reason = NULL;

    switch (packet->protocol) {
    case 6:
        reason = decode_tcp(rest, packet);
        break;
    case 17:
        if (rest->length < 8 || get16(rest->bytes + 4) < 8)
            return "malformed";
        if (get16(rest->bytes + 4) > rest->length && !more)
            return "malformed";
        packet->has_ports = true;
        break;
    case 132:
        if (rest->length < 12)
            return "malformed";
        packet->has_ports = true;
        break;
    case 1:
    case 58:
        if (packet->protocol != (packet->family == FAMILY_IPV4 ? 1 : 58))
            break;
        if (rest->length < 8)
            return "malformed";
        packet->is_icmp = true;
        packet->icmp_type = rest->bytes[0];
        packet->icmp_code = rest->bytes[1];
        packet->icmp_id = get16(rest->bytes + 4);
        break;
    default:
        break;
    }
    if (!reason && packet->has_ports) {
        packet->source_port = get16(rest->bytes);
        packet->destination_port = get16(rest->bytes + 2);
    }
    return reason;
}

static const char *decode_options(const u8 *options, size_t length)
{
    size_t at = 0;

    while (at < length && options[at] != 0) {
        if (options[at] == 1) {
            at++;
            continue;
        }
        if (options[at] == 0x83 || options[at] == 0x89)
            return "source-route";
        if (at + 1 >= length || options[at + 1] < 2)
            return "malformed";
        at += options[at + 1];
        if (at > length)
            return "malformed";
    }
    return NULL;
}

static const char *decode_ip4(struct rest rest, struct brute_packet *packet)
{
    const u8 *ip = rest.bytes;
    const char *reason;
    unsigned int header, total, fragment;

    if (rest.length < 20)
        return "malformed";
    header = (ip[0] & 15) * 4u;
    total = get16(ip + 2);
    if (ip[0] >> 4 != 4 || header < 20 || total < header || total > rest.length)
        return "malformed";
    packet->family = FAMILY_IPV4;
    packet->hop_limit = ip[8];
    packet->protocol = ip[9];
    packet->source = get_address(ip + 12, 4);
    packet->destination = get_address(ip + 16, 4);
    reason = decode_options(ip + 20, header - 20);
    if (reason)
        return reason;
    fragment = get16(ip + 6);
    packet->later_fragment = fragment & 0x1fff;
    if (packet->later_fragment)
        return NULL;
    rest.length = total;
    skip(&rest, header);
    return decode_transport(&rest, fragment & 0x2000, packet);
}

static bool is_extension(unsigned int protocol)
{
    return protocol == 0 || protocol == 43 || protocol == 44 || protocol == 60 || protocol == 135;
}

/* Walks the extension headers at REST; *more says whether one is of a first fragment. */
static const char *decode_extensions(struct rest *rest, bool *more, struct brute_packet *packet)
{
    for (int count = 1; is_extension(packet->protocol); count++) {
        const u8 *header = rest->bytes;
        size_t size;

        if (count > 8)
            return "extension-headers";
        if (packet->protocol == 0 && count > 1)
            return "malformed";
        if (rest->length < 8)
            return "malformed";
        size = packet->protocol == 44 ? 8 : (header[1] + 1u) * 8;
        if (packet->protocol == 43 && header[2] == 0 && header[3] > 0)
            return "extension-headers";
        if (packet->protocol == 44) {
            packet->later_fragment = get16(header + 2) >> 3;
            *more |= !packet->later_fragment && (header[3] & 1);
        }
        if (size > rest->length)
            return "malformed";
        packet->protocol = header[0];
        skip(rest, size);
        if (packet->later_fragment)
            return NULL;
    }
    return NULL;
}

static const char *decode_ip6(struct rest rest, struct brute_packet *packet)
{
    const u8 *ip = rest.bytes;
    const char *reason;
    bool more = false;

    if (rest.length < 40 || ip[0] >> 4 != 6 || get16(ip + 4) > rest.length - 40)
        return "malformed";
    packet->family = FAMILY_IPV6;
    packet->protocol = ip[6];
    packet->hop_limit = ip[7];
    packet->source = get_address(ip + 8, 16);
    packet->destination = get_address(ip + 24, 16);
    rest.length = 40 + get16(ip + 4);
    skip(&rest, 40);
    reason = decode_extensions(&rest, &more, packet);
    if (reason || packet->later_fragment)
        return reason;
    return decode_transport(&rest, more, packet);
}

const char *brute_decode(const u8 *bytes, size_t length, struct brute_packet *packet)
{
    static const u8 link_control[5] = {0x01, 0x80, 0xc2, 0, 0};
    struct rest rest = {bytes, length};
    int tags = 0;

    memset(packet, 0, sizeof(*packet));
    if (length < 14)
        return "malformed";
    packet->link_control = !memcmp(bytes, link_control, 5) && bytes[5] <= 0x0f;
    packet->ethertype = get16(bytes + 12);
    skip(&rest, 14);
    while (packet->ethertype == 0x8100 || packet->ethertype == 0x88a8) {
        if (++tags > 2)
            return "vlan-depth";
        if (rest.length < 4)
            return "malformed";
        packet->ethertype = get16(rest.bytes + 2);
        skip(&rest, 4);
    }
    if (packet->ethertype == 0x0800)
        return decode_ip4(rest, packet);
    if (packet->ethertype == 0x86dd)
        return decode_ip6(rest, packet);
    return NULL;
}
