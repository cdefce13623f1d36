/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "protocols.h"

#include "../base/memory.h"
#include "../base/nearest.h"

#include <errno.h>

struct number_name {
    u8 number;
    const char *name;
};

static const struct number_name protocols[] = {
    {PROTOCOL_TCP, "tcp"},       {PROTOCOL_UDP, "udp"},   {PROTOCOL_SCTP, "sctp"},
    {PROTOCOL_ICMPV6, "icmpv6"}, {PROTOCOL_ICMP, "icmp"}, {PROTOCOL_ESP, "esp"},
    {PROTOCOL_AH, "ah"},         {PROTOCOL_GRE, "gre"},
};

/* The names are nftables'. */
static const struct number_name icmp_types[] = {
    {0, "echo-reply"},           {3, "destination-unreachable"},
    {4, "source-quench"},        {5, "redirect"},
    {8, "echo-request"},         {9, "router-advertisement"},
    {10, "router-solicitation"}, {11, "time-exceeded"},
    {12, "parameter-problem"},   {13, "timestamp-request"},
    {14, "timestamp-reply"},     {15, "info-request"},
    {16, "info-reply"},          {17, "address-mask-request"},
    {18, "address-mask-reply"},
};

/* A type with two names is printed by the first. */
static const struct number_name icmpv6_types[] = {
    {1, "destination-unreachable"},  {2, "packet-too-big"},         {3, "time-exceeded"},
    {4, "parameter-problem"},        {128, "echo-request"},         {129, "echo-reply"},
    {130, "mld-listener-query"},     {131, "mld-listener-report"},  {132, "mld-listener-done"},
    {132, "mld-listener-reduction"}, {133, "nd-router-solicit"},    {134, "nd-router-advert"},
    {135, "nd-neighbor-solicit"},    {136, "nd-neighbor-advert"},   {137, "nd-redirect"},
    {138, "router-renumbering"},     {141, "ind-neighbor-solicit"}, {142, "ind-neighbor-advert"},
    {143, "mld2-listener-report"},
};

static const struct {
    const struct number_name *types;
    size_t count;
} icmp[2] = {
    {icmp_types, ARRAY_SIZE(icmp_types)},
    {icmpv6_types, ARRAY_SIZE(icmpv6_types)},
};

const char *protocol_name(u8 protocol)
{
    for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
        if (protocols[i].number == protocol)
            return protocols[i].name;
    return NULL;
}

bool protocol_has_ports(u8 protocol)
{
    return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP || protocol == PROTOCOL_SCTP;
}

int protocol_read(struct piece text, u8 *protocol, bool *named, struct fault *fault)
{
    struct nearest nearest = nearest_to(text.text, text.length);
    unsigned int number;

    if (text.length && is_digit(text.text[0])) {
        if (piece_number(text, 255, "protocol", &number, fault))
            return -EINVAL;
        *protocol = (u8)number;
        *named = false;
        return 0;
    }
    for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
        if (piece_is_keyword(text, protocols[i].name)) {
            *protocol = protocols[i].number;
            *named = true;
            return 0;
        }
        nearest_try(&nearest, protocols[i].name);
    }
    if (nearest.word)
        return fault_set(fault, 0, text.length, "unknown protocol \"%s\"%s", quote(text).text,
                         nearest_hint(&nearest).text);
    return fault_set(fault, 0, text.length,
                     "unknown protocol \"%s\": tcp, udp, sctp, icmp, icmpv6, esp, ah, gre or a "
                     "number from 0 to 255",
                     quote(text).text);
}

const char *icmp_type_name(enum family family, u8 type)
{
    for (size_t i = 0; i < icmp[family - 1].count; i++)
        if (icmp[family - 1].types[i].number == type)
            return icmp[family - 1].types[i].name;
    return NULL;
}

int icmp_type_find(enum family family, struct piece name)
{
    for (size_t i = 0; i < icmp[family - 1].count; i++)
        if (piece_is_keyword(name, icmp[family - 1].types[i].name))
            return icmp[family - 1].types[i].number;
    return -1;
}

/* NAME is no type of the families ALLOWED. */
static int fault_icmp_name(struct piece name, const bool allowed[2], struct fault *fault)
{
    static const char *const called[] = {"ICMP", "ICMPv6"};
    struct nearest nearest = nearest_to(name.text, name.length);

    for (int family = 0; family < 2; family++) {
        if (!allowed[family] && icmp_type_find(FAMILY_IPV4 + (unsigned int)family, name) >= 0)
            return fault_set(fault, 0, name.length, "\"%s\" is a type of %s, not of %s",
                             quote(name).text, called[family], called[!family]);
        for (size_t i = 0; allowed[family] && i < icmp[family].count; i++)
            nearest_try(&nearest, icmp[family].types[i].name);
    }
    return fault_set(fault, 0, name.length, "unknown %s type \"%s\"%s",
                     allowed[0] ? called[0] : called[1], quote(name).text,
                     nearest.word ? nearest_hint(&nearest).text
                                  : ": write one of nftables' names or a number from 0 to 255");
}

static int read_type(struct piece text, const bool allowed[2], struct icmp_match *match,
                     struct fault *fault)
{
    unsigned int number = 0;
    bool is_number = text.length && is_digit(text.text[0]);

    if (!text.length)
        return fault_set(fault, 0, 1, "an ICMP type is missing");
    if (is_number && piece_number(text, 255, "ICMP type", &number, fault))
        return -EINVAL;
    for (int family = 0; family < 2; family++) {
        int type =
            is_number ? (int)number : icmp_type_find(FAMILY_IPV4 + (unsigned int)family, text);

        match->known[family] = allowed[family] && type >= 0;
        match->type[family] = match->known[family] ? (u8)type : 0;
    }
    if (!match->known[0] && !match->known[1])
        return fault_icmp_name(text, allowed, fault);
    return 0;
}

int icmp_read(struct piece text, const bool allowed[2], struct icmp_match *match,
              struct fault *fault)
{
    size_t slash = piece_find(text, '/');
    struct icmp_match read = {.has_code = slash < text.length};
    unsigned int code = 0;

    if (read_type(piece_part(text, 0, slash), allowed, &read, fault))
        return -EINVAL;
    if (read.has_code &&
        piece_number(piece_part(text, slash + 1, text.length), 255, "ICMP code", &code, fault)) {
        fault->at += slash + 1;
        return -EINVAL;
    }
    read.code = (u8)code;
    *match = read;
    return 0;
}
