/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "brute.h"

#include <string.h>

/* The rest of a frame. */
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

static void take_ports(const struct rest *rest, struct brute_packet *packet)
{
    packet->has_ports = true;
    packet->source_port = get16(rest->bytes);
    packet->destination_port = get16(rest->bytes + 2);
}

static const char *decode_tcp(const struct rest *rest, struct brute_packet *packet)
{
    size_t header;

    if (rest->length < 20)
        return "malformed";
    header = (rest->bytes[12] >> 4) * 4u;
    if (header < 20 || header > rest->length)
        return "malformed";
    take_ports(rest, packet);
    packet->is_tcp = true;
    packet->tcp_flags = rest->bytes[13];
    packet->tcp_reserved = rest->bytes[12] % 16u;
    packet->fin = rest->bytes[13] & 1;
    packet->syn = rest->bytes[13] & 2;
    packet->rst = rest->bytes[13] & 4;
    packet->ack = rest->bytes[13] & 16;
    packet->urg = rest->bytes[13] & 32;
    return NULL;
}

static bool is_icmp_of(enum family family, unsigned int protocol)
{
    return protocol == (family == FAMILY_IPV4 ? 1 : 58);
}

static void take_icmp(const struct rest *rest, struct brute_packet *packet)
{
    packet->is_icmp = true;
    packet->icmp_type = rest->bytes[0];
    packet->icmp_code = rest->bytes[1];
    packet->icmp_id = get16(rest->bytes + 4);
    packet->quote = rest->bytes + 8;
    packet->quote_bytes = rest->length - 8;
}

/* REST ends with the packet. MORE: further fragments will follow. */
static const char *decode_transport(const struct rest *rest, bool more, struct brute_packet *packet)
{
    switch (packet->protocol) {
    case 6:
        return decode_tcp(rest, packet);
    case 17:
        if (rest->length < 8)
            return "malformed";
        if (rest->length > 0xffff && !get16(rest->bytes + 4)) {
            take_ports(rest, packet);
            return NULL;
        }
        if (get16(rest->bytes + 4) < 8)
            return "malformed";
        if (get16(rest->bytes + 4) > rest->length && !more)
            return "malformed";
        take_ports(rest, packet);
        return NULL;
    case 132:
        if (rest->length < 12)
            return "malformed";
        take_ports(rest, packet);
        return NULL;
    default:
        if (!is_icmp_of(packet->family, packet->protocol))
            return NULL;
        if (rest->length < 8)
            return "malformed";
        take_icmp(rest, packet);
        return NULL;
    }
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

/* The fragment fields that both families have; OFFSET is in units of 8 bytes. */
static void take_fragment(struct brute_packet *packet, unsigned int offset, bool more,
                          unsigned int id)
{
    packet->later_fragment = offset > 0;
    packet->first_fragment = !offset && more;
    packet->fragment_begin = (size_t)offset * 8;
    packet->fragment_id = id;
}

static void decode_ip4_header(const u8 *ip, struct brute_packet *packet)
{
    packet->family = FAMILY_IPV4;
    packet->dscp = ip[1] / 4u;
    packet->ip_flags = ip[6] / 32u % 4;
    packet->hop_limit = ip[8];
    packet->protocol = ip[9];
    packet->source = get_address(ip + 12, 4);
    packet->destination = get_address(ip + 16, 4);
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
    if (!total && rest.length > 0xffff) /* more than the field can hold */
        total = (unsigned int)rest.length;
    if (ip[0] >> 4 != 4 || header < 20 || total < header || total > rest.length)
        return "malformed";
    decode_ip4_header(ip, packet);
    packet->ip_bytes = total;
    fragment = get16(ip + 6);
    take_fragment(packet, fragment & 0x1fff, fragment & 0x2000, get16(ip + 4));
    packet->fragment_protocol = ip[9];
    packet->fragment_end = packet->fragment_begin + total - header;
    if (total > 0xffff && (packet->first_fragment || packet->later_fragment))
        return "malformed";
    reason = decode_options(ip + 20, header - 20);
    if (reason)
        return reason;
    if (packet->later_fragment)
        return NULL;
    rest.length = total;
    skip(&rest, header);
    return decode_transport(&rest, fragment & 0x2000, packet);
}

static bool is_extension(unsigned int protocol)
{
    return protocol == 0 || protocol == 43 || protocol == 44 || protocol == 60;
}

/* The fragment header at REST. If there are several, the outermost one that belongs to a real
 * fragment counts, unless a later fragment follows, behind which nothing is read. */
static void decode_fragment_header(const struct rest *rest, struct brute_packet *packet)
{
    const u8 *header = rest->bytes;
    unsigned int offset = get16(header + 2) >> 3;

    if (packet->first_fragment && !offset)
        return;
    take_fragment(packet, offset, header[3] & 1, get16(header + 4) << 16 | get16(header + 6));
    packet->ip_flags = header[3] & 1;
    packet->fragment_protocol = header[0];
    packet->fragment_end = packet->fragment_begin + rest->length - 8;
}

static const char *decode_extensions(struct rest *rest, struct brute_packet *packet)
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
        if (packet->protocol == 44 && rest->length > 0xffff)
            return "malformed";
        if (packet->protocol == 43 && header[3] > 0)
            return "extension-headers";
        if (packet->protocol == 44)
            decode_fragment_header(rest, packet);
        if (size > rest->length)
            return "malformed";
        packet->protocol = header[0];
        skip(rest, size);
        if (packet->later_fragment)
            return NULL;
    }
    return NULL;
}

static void decode_ip6_header(const u8 *ip, struct brute_packet *packet)
{
    packet->family = FAMILY_IPV6;
    packet->protocol = ip[6];
    packet->dscp = (ip[0] % 16u) * 4 + ip[1] / 64u;
    packet->flow_label = (ip[1] % 16u) * 65536 + ip[2] * 256u + ip[3];
    packet->hop_limit = ip[7];
    packet->source = get_address(ip + 8, 16);
    packet->destination = get_address(ip + 24, 16);
}

static const char *decode_ip6(struct rest rest, struct brute_packet *packet)
{
    const u8 *ip = rest.bytes;
    const char *reason;

    if (rest.length < 40 || ip[0] >> 4 != 6 || get16(ip + 4) > rest.length - 40)
        return "malformed";
    decode_ip6_header(ip, packet);
    if (get16(ip + 4) || rest.length - 40 <= 0xffff)
        rest.length = 40 + get16(ip + 4);
    packet->ip_bytes = (unsigned int)rest.length;
    skip(&rest, 40);
    reason = decode_extensions(&rest, packet);
    if (reason || packet->later_fragment)
        return reason;
    return decode_transport(&rest, packet->first_fragment, packet);
}

const char *brute_decode(const u8 *bytes, size_t length, struct brute_packet *packet)
{
    static const u8 link_control[5] = {0x01, 0x80, 0xc2, 0, 0};
    struct rest rest = {bytes, length};
    int tags = 0;

    memset(packet, 0, sizeof(*packet));
    packet->bytes = length;
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

/* Routers truncate quotes, so lengths mean nothing there. Returns whether the headers are there,
 * and leaves REST after them. */
static bool decode_quoted_ip(enum family family, struct rest *rest, struct brute_packet *quoted)
{
    const u8 *ip = rest->bytes;
    size_t header;

    if (family == FAMILY_IPV6) {
        if (rest->length < 40 || ip[0] >> 4 != 6)
            return false;
        decode_ip6_header(ip, quoted);
        skip(rest, 40);
        return !decode_extensions(rest, quoted);
    }
    if (rest->length < 20 || ip[0] >> 4 != 4)
        return false;
    header = (ip[0] & 15) * 4u;
    if (header < 20 || header > rest->length)
        return false;
    decode_ip4_header(ip, quoted);
    quoted->later_fragment = get16(ip + 6) & 0x1fff;
    skip(rest, header);
    return true;
}

bool brute_decode_quote(const struct brute_packet *error, struct brute_packet *quoted)
{
    struct rest rest = {error->quote, error->quote_bytes};

    memset(quoted, 0, sizeof(*quoted));
    quoted->spoken_of = true;
    if (!decode_quoted_ip(error->family, &rest, quoted) || quoted->later_fragment)
        return false;
    if (is_icmp_of(quoted->family, quoted->protocol)) {
        if (rest.length < 8)
            return false;
        take_icmp(&rest, quoted);
    } else if (quoted->protocol == 6 || quoted->protocol == 17 || quoted->protocol == 132) {
        if (rest.length < 4)
            return false;
        take_ports(&rest, quoted);
    }
    return true;
}
