/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The headers of wire.h, one function each. */
#include "writer.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The part after > in A > B. */
static char *other_side(struct writer *writer)
{
    if (strcmp(need(writer), ">") != 0)
        give_up(writer, "no >");
    return need(writer);
}

static void write_mac(struct writer *writer, unsigned int unused)
{
    unsigned int byte[6];

    (void)unused;
    if (sscanf(need(writer), "%x:%x:%x:%x:%x:%x", &byte[0], &byte[1], &byte[2], &byte[3], &byte[4],
               &byte[5]) != 6)
        give_up(writer, "no MAC address");
    for (int i = 0; i < 6; i++)
        writer->wire->bytes[i] = (u8)byte[i];
}

static void write_tag(struct writer *writer, unsigned int type)
{
    u8 *tag;

    announce(writer, type);
    tag = append(writer, 4);
    tag[1] = 7;
    expect_next(writer, tag + 2, true);
}

static void write_type(struct writer *writer, unsigned int unused)
{
    (void)unused;
    announce(writer, number(writer));
}

static void write_options(struct writer *writer, u8 *ip, const char *hex)
{
    size_t size = (strlen(hex) / 2 + 3) & ~(size_t)3;
    u8 *options = append(writer, size);
    unsigned int byte;

    for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
        *options++ = (u8)byte;
    ip[0] = (u8)(0x40 | (20 + size) / 4);
}

static size_t start_of(const struct writer *writer, const u8 *header)
{
    return (size_t)(header - writer->wire->bytes);
}

static void write_ip4_word(struct writer *writer, u8 *ip, const char *name)
{
    if (!strcmp(name, "version"))
        ip[0] = (u8)(number(writer) << 4 | (ip[0] & 15));
    else if (!strcmp(name, "ihl"))
        ip[0] = (u8)((ip[0] & 0xf0) | number(writer));
    else if (!strcmp(name, "size"))
        writer->least = start_of(writer, ip) + number(writer);
    else if (!strcmp(name, "dscp"))
        ip[1] = (u8)(number(writer) << 2);
    else if (!strcmp(name, "ttl"))
        ip[8] = (u8)number(writer);
    else if (!strcmp(name, "more"))
        ip[6] |= 0x20;
    else if (!strcmp(name, "whole"))
        ip[6] |= 0x40;
    else if (!strcmp(name, "id"))
        put16(ip + 4, number(writer));
    else if (!strcmp(name, "offset"))
        put16(ip + 6, number(writer) | (unsigned int)(ip[6] & 0x60) << 8);
    else if (!strcmp(name, "options"))
        write_options(writer, ip, need(writer));
    else
        give_up(writer, "unknown word");
}

static void write_ip4(struct writer *writer, unsigned int unused)
{
    size_t start = writer->length;
    bool total = false, proto = false;
    u8 *ip;

    (void)unused;
    announce(writer, ETH_P_IP);
    ip = append(writer, 20);
    ip[0] = 0x45;
    ip[8] = 64;
    if (inet_pton(AF_INET, need(writer), ip + 12) != 1 ||
        inet_pton(AF_INET, other_side(writer), ip + 16) != 1)
        give_up(writer, "no IPv4 address");
    for (char *name = word(writer); name; name = word(writer)) {
        if (!strcmp(name, "total")) {
            put16(ip + 2, number(writer));
            total = true;
        } else if (!strcmp(name, "proto")) {
            ip[9] = (u8)number(writer);
            proto = true;
        } else {
            write_ip4_word(writer, ip, name);
        }
    }
    if (!total)
        fix_length(writer, ip + 2, start);
    if (!proto)
        expect_next(writer, ip + 9, false);
}

static void write_ip6(struct writer *writer, unsigned int unused)
{
    bool length = false, next = false;
    u8 *ip;

    (void)unused;
    announce(writer, ETH_P_IPV6);
    ip = append(writer, 40);
    ip[0] = 0x60;
    ip[6] = IPPROTO_NONE;
    ip[7] = 64;
    if (inet_pton(AF_INET6, need(writer), ip + 8) != 1 ||
        inet_pton(AF_INET6, other_side(writer), ip + 24) != 1)
        give_up(writer, "no IPv6 address");
    for (char *name = word(writer); name; name = word(writer)) {
        if (!strcmp(name, "version")) {
            ip[0] = (u8)(number(writer) << 4);
        } else if (!strcmp(name, "size")) {
            writer->least = start_of(writer, ip) + number(writer);
        } else if (!strcmp(name, "dscp")) {
            put16(ip, number(writer) << 6 | (unsigned int)(ip[0] & 0xf0) << 8 | (ip[1] & 15u));
        } else if (!strcmp(name, "label")) {
            unsigned int label = number(writer);
            ip[1] = (u8)((ip[1] & 0xf0) | label >> 16);
            put16(ip + 2, label & 0xffff);
        } else if (!strcmp(name, "hops")) {
            ip[7] = (u8)number(writer);
        } else if (!strcmp(name, "length")) {
            put16(ip + 4, number(writer));
            length = true;
        } else if (!strcmp(name, "next")) {
            ip[6] = (u8)number(writer);
            next = true;
        } else {
            give_up(writer, "unknown word");
        }
    }
    if (!length)
        fix_length(writer, ip + 4, writer->length);
    if (!next)
        expect_next(writer, ip + 6, false);
}

/* Extension headers with a length; for a routing header, type and segments left are words. */
static void write_extension(struct writer *writer, unsigned int protocol)
{
    unsigned int type = 0, left = 0, size = 0;
    char *text;
    u8 *header;

    if (protocol == IPPROTO_ROUTING) {
        type = number(writer);
        left = number(writer);
    }
    text = word(writer);
    if (text)
        size = (unsigned int)strtoul(text, NULL, 0);
    announce(writer, protocol);
    header = append(writer, 8 + size * (size_t)8);
    header[0] = IPPROTO_NONE;
    header[1] = (u8)size;
    header[2] = (u8)type;
    header[3] = (u8)left;
    expect_next(writer, header, false);
}

static void put32(u8 *at, unsigned int value)
{
    put16(at, value >> 16);
    put16(at + 2, value & 0xffff);
}

static void write_fragment(struct writer *writer, unsigned int protocol)
{
    unsigned int offset = number(writer);
    u8 *header;

    announce(writer, protocol);
    header = append(writer, 8);
    header[0] = IPPROTO_NONE;
    put16(header + 2, offset << 3);
    for (char *name = word(writer); name; name = word(writer)) {
        if (!strcmp(name, "more"))
            header[3] |= 1;
        else if (!strcmp(name, "id"))
            put32(header + 4, number(writer));
        else
            give_up(writer, "unknown word");
    }
    expect_next(writer, header, false);
}

static u8 *write_ports(struct writer *writer, unsigned int protocol, size_t size)
{
    u8 *header;

    announce(writer, protocol);
    header = append(writer, size);
    put16(header, number(writer));
    put16(header + 2, (unsigned int)strtoul(other_side(writer), NULL, 0));
    return header;
}

static u8 tcp_flag(const struct writer *writer, const char *name)
{
    static const char *const flags[] = {"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"};

    for (int bit = 0; bit < 8; bit++)
        if (!strcmp(name, flags[bit]))
            return (u8)(1 << bit);
    give_up(writer, "unknown word");
}

static void write_tcp(struct writer *writer, unsigned int protocol)
{
    u8 *tcp = write_ports(writer, protocol, 20);
    bool none = false;

    tcp[12] = 5 << 4;
    for (char *name = word(writer); name; name = word(writer)) {
        if (!strcmp(name, "doff"))
            tcp[12] = (u8)(number(writer) << 4);
        else if (!strcmp(name, "reserved"))
            tcp[12] |= (u8)number(writer);
        else if (!strcmp(name, "none"))
            none = true;
        else
            tcp[13] |= tcp_flag(writer, name);
    }
    if (!tcp[13] && !none)
        tcp[13] = 1 << 4;
}

static void write_udp(struct writer *writer, unsigned int protocol)
{
    size_t start = writer->length;
    u8 *udp = write_ports(writer, protocol, 8);

    if (word(writer))
        put16(udp + 4, number(writer));
    else
        fix_length(writer, udp + 4, start);
}

static void write_sctp(struct writer *writer, unsigned int protocol)
{
    write_ports(writer, protocol, 12);
}

static void write_icmp(struct writer *writer, unsigned int protocol)
{
    u8 *icmp;

    announce(writer, protocol);
    icmp = append(writer, 8);
    icmp[0] = (u8)number(writer);
    for (char *name = word(writer); name; name = word(writer)) {
        if (!strcmp(name, "code"))
            icmp[1] = (u8)number(writer);
        else if (!strcmp(name, "id"))
            put16(icmp + 4, number(writer));
        else
            give_up(writer, "unknown word");
    }
}

static void write_data(struct writer *writer, unsigned int unused)
{
    (void)unused;
    append(writer, number(writer));
}

static void write_quote(struct writer *writer, unsigned int unused)
{
    (void)unused;
    writer->next_field = 0;
    writer->quoted_from = writer->fixup_count;
}

static void write_short(struct writer *writer, unsigned int unused)
{
    size_t missing = number(writer);

    (void)unused;
    if (missing > writer->length)
        give_up(writer, "shorter than nothing");
    finish_lengths(writer, writer->quoted_from);
    writer->length -= missing;
    writer->next_field = 0;
}

/* `pad` and `cut` do the same in the end: they set the length, with zeros for missing bytes. */
static void write_end(struct writer *writer, unsigned int unused)
{
    (void)unused;
    writer->end = number(writer);
    if (writer->end > WIRE_BYTES)
        give_up(writer, "too long");
}

static void write_poke(struct writer *writer, unsigned int unused)
{
    unsigned int offset = number(writer), value = number(writer);

    (void)unused;
    if (offset < writer->wire->length)
        writer->wire->bytes[offset] = (u8)value;
}

static const struct layer layers[] = {
    {"mac", write_mac, 0, false},
    {"vlan", write_tag, ETH_P_8021Q, false},
    {"qinq", write_tag, ETH_P_8021AD, false},
    {"type", write_type, 0, false},
    {"ip4", write_ip4, 0, false},
    {"ip6", write_ip6, 0, false},
    {"hop", write_extension, IPPROTO_HOPOPTS, false},
    {"dst", write_extension, IPPROTO_DSTOPTS, false},
    {"mobility", write_extension, IPPROTO_MH, false},
    {"routing", write_extension, IPPROTO_ROUTING, false},
    {"fragment", write_fragment, IPPROTO_FRAGMENT, false},
    {"tcp", write_tcp, IPPROTO_TCP, false},
    {"udp", write_udp, IPPROTO_UDP, false},
    {"sctp", write_sctp, IPPROTO_SCTP, false},
    {"icmp", write_icmp, IPPROTO_ICMP, false},
    {"icmp6", write_icmp, IPPROTO_ICMPV6, false},
    {"proto", write_type, 0, false},
    {"data", write_data, 0, false},
    {"quote", write_quote, 0, false},
    {"short", write_short, 0, false},
    {"pad", write_end, 0, true},
    {"cut", write_end, 0, true},
    {"poke", write_poke, 0, true},
};

const struct layer *layer_find(const char *name)
{
    for (size_t i = 0; i < sizeof(layers) / sizeof(layers[0]); i++)
        if (!strcmp(layers[i].name, name))
            return &layers[i];
    return NULL;
}
