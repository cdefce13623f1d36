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

/* Other names from /etc/protocols, only for reading. `ip` is left out, since it is not a transport
 * protocol, and so is what is not a number in an IP header. */
static const struct number_name other_protocols[] = {
    {0, "hopopt"},     {2, "igmp"},         {3, "ggp"},         {4, "ipencap"},
    {4, "ip-encap"},   {5, "st"},           {8, "egp"},         {9, "igp"},
    {12, "pup"},       {20, "hmp"},         {22, "xns-idp"},    {27, "rdp"},
    {29, "iso-tp4"},   {33, "dccp"},        {36, "xtp"},        {37, "ddp"},
    {38, "idpr-cmtp"}, {41, "ipv6"},        {43, "ipv6-route"}, {44, "ipv6-frag"},
    {45, "idrp"},      {46, "rsvp"},        {50, "ipsec-esp"},  {51, "ipsec-ah"},
    {57, "skip"},      {59, "ipv6-nonxt"},  {60, "ipv6-opts"},  {73, "rspf"},
    {73, "cphb"},      {81, "vmtp"},        {88, "eigrp"},      {89, "ospf"},
    {89, "ospfigp"},   {93, "ax.25"},       {94, "ipip"},       {97, "etherip"},
    {98, "encap"},     {103, "pim"},        {108, "ipcomp"},    {112, "vrrp"},
    {115, "l2tp"},     {124, "isis"},       {133, "fc"},        {135, "mobility-header"},
    {136, "udplite"},  {137, "mpls-in-ip"}, {138, "manet"},     {139, "hip"},
    {140, "shim6"},    {141, "wesp"},       {142, "rohc"},      {143, "ethernet"},
};

/* The names are those of nftables. */
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

/* The codes of a type. nftables' names come first, then those of iptables and the RFCs for the same
 * codes. */
struct code_name {
    u8 type, code;
    const char *name;
};

static const struct code_name icmp_codes[] = {
    {3, 0, "net-unreachable"},
    {3, 0, "network-unreachable"},
    {3, 1, "host-unreachable"},
    {3, 2, "prot-unreachable"},
    {3, 2, "protocol-unreachable"},
    {3, 3, "port-unreachable"},
    {3, 4, "frag-needed"},
    {3, 4, "fragmentation-needed"},
    {3, 5, "source-route-failed"},
    {3, 6, "network-unknown"},
    {3, 7, "host-unknown"},
    {3, 9, "net-prohibited"},
    {3, 9, "network-prohibited"},
    {3, 10, "host-prohibited"},
    {3, 11, "tos-network-unreachable"},
    {3, 12, "tos-host-unreachable"},
    {3, 13, "admin-prohibited"},
    {3, 13, "communication-prohibited"},
    {3, 14, "host-precedence-violation"},
    {3, 15, "precedence-cutoff"},
    {5, 0, "network-redirect"},
    {5, 1, "host-redirect"},
    {5, 2, "tos-network-redirect"},
    {5, 3, "tos-host-redirect"},
    {11, 0, "ttl-zero-during-transit"},
    {11, 1, "ttl-zero-during-reassembly"},
    {12, 0, "ip-header-bad"},
    {12, 1, "required-option-missing"},
};

static const struct code_name icmpv6_codes[] = {
    {1, 0, "no-route"},
    {1, 1, "admin-prohibited"},
    {1, 1, "communication-prohibited"},
    {1, 2, "beyond-scope"},
    {1, 3, "addr-unreachable"},
    {1, 3, "address-unreachable"},
    {1, 4, "port-unreachable"},
    {1, 5, "policy-fail"},
    {1, 5, "failed-policy"},
    {1, 6, "reject-route"},
    {3, 0, "ttl-zero-during-transit"},
    {3, 1, "ttl-zero-during-reassembly"},
    {4, 0, "bad-header"},
    {4, 1, "unknown-header-type"},
    {4, 2, "unknown-option"},
};

static const struct {
    const struct number_name *types;
    size_t count;
    const struct code_name *codes;
    size_t code_count;
} icmp[2] = {
    {icmp_types, ARRAY_SIZE(icmp_types), icmp_codes, ARRAY_SIZE(icmp_codes)},
    {icmpv6_types, ARRAY_SIZE(icmpv6_types), icmpv6_codes, ARRAY_SIZE(icmpv6_codes)},
};

const char *protocol_name(u8 protocol)
{
    for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
        if (protocols[i].number == protocol)
            return protocols[i].name;
    return NULL;
}

static unsigned int transport_bytes(enum family family, u8 protocol)
{
    if (protocol == PROTOCOL_TCP)
        return 20;
    if (protocol == PROTOCOL_SCTP)
        return 12;
    return protocol == PROTOCOL_UDP ||
                   protocol == (family == FAMILY_IPV4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6)
               ? 8
               : 0;
}

unsigned int protocol_least_length(enum family family, u8 protocol, enum fragment_kind fragment)
{
    unsigned int header = family == FAMILY_IPV4 ? 20 : 40;

    if (fragment != FRAGMENT_NONE && family == FAMILY_IPV6)
        header += 8;
    return fragment == FRAGMENT_LATER ? header : header + transport_bytes(family, protocol);
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
    if (piece_is_keyword(text, "ipv6-icmp")) {
        *protocol = PROTOCOL_ICMPV6;
        *named = true;
        return 0;
    }
    for (size_t i = 0; i < ARRAY_SIZE(other_protocols); i++) {
        if (piece_is_keyword(text, other_protocols[i].name)) {
            *protocol = other_protocols[i].number;
            *named = false;
            return 0;
        }
        nearest_try(&nearest, other_protocols[i].name);
    }
    if (nearest.word)
        return fault_set(fault, 0, text.length, "unknown protocol \"%s\"%s", quote(text).text,
                         nearest_hint(&nearest).text);
    return fault_set(
        fault, 0, text.length,
        "unknown protocol \"%s\": write tcp, udp, sctp, icmp, icmpv6, esp, ah, gre, another "
        "name of /etc/protocols, or a number from 0 to 255",
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

/* Sets FAULT: NAME is not a type of the families ALLOWED. */
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

/* Reads a number or A-B. */
static int read_numbers(struct piece text, const char *what, unsigned int *first,
                        unsigned int *last, struct fault *fault)
{
    size_t dash = piece_find(text, '-');

    if (piece_number(piece_part(text, 0, dash), 255, what, first, fault))
        return -EINVAL;
    *last = *first;
    if (dash == text.length)
        return 0;
    if (piece_number(piece_part(text, dash + 1, text.length), 255, what, last, fault)) {
        fault->at += dash + 1;
        return -EINVAL;
    }
    return *first <= *last ? 0
                           : fault_set(fault, 0, text.length, "the range is reversed: write %u-%u",
                                       *last, *first);
}

static int read_type(struct piece text, const bool allowed[2], struct icmp_match *match,
                     struct fault *fault)
{
    unsigned int first = 0, last = 0;
    bool is_number = text.length && is_digit(text.text[0]);

    if (!text.length)
        return fault_set(fault, 0, 1, "an ICMP type is missing");
    if (is_number && read_numbers(text, "ICMP type", &first, &last, fault))
        return -EINVAL;
    for (int family = 0; family < 2; family++) {
        int type =
            is_number ? (int)first : icmp_type_find(FAMILY_IPV4 + (unsigned int)family, text);

        match->known[family] = allowed[family] && type >= 0;
        match->type[family] = match->known[family] ? (u8)type : 0;
        match->last_type[family] =
            is_number && match->known[family] ? (u8)last : match->type[family];
    }
    if (!match->known[0] && !match->known[1])
        return fault_icmp_name(text, allowed, fault);
    return 0;
}

/* Reads NAME as a code of MATCH's types. Families that do not know it are not meant. */
static int read_code_name(struct piece name, struct icmp_match *match, struct fault *fault)
{
    struct nearest nearest = nearest_to(name.text, name.length);
    bool found[2] = {false};

    for (int family = 0; family < 2; family++)
        for (size_t i = 0; i < icmp[family].code_count; i++) {
            const struct code_name *code = &icmp[family].codes[i];

            if (!match->known[family] || code->type != match->type[family])
                continue;
            nearest_try(&nearest, code->name);
            found[family] |= piece_is_keyword(name, code->name);
            if (piece_is_keyword(name, code->name))
                match->code[family] = match->last_code[family] = code->code;
        }
    if (!found[0] && !found[1])
        return fault_set(fault, 0, name.length, "unknown ICMP code \"%s\"%s", quote(name).text,
                         nearest.word ? nearest_hint(&nearest).text
                                      : " of this type: write a number from 0 to 255");
    match->known[0] = found[0];
    match->known[1] = found[1];
    return 0;
}

static int read_code(struct piece text, struct icmp_match *match, struct fault *fault)
{
    unsigned int first, last;

    if (text.length && is_letter(text.text[0]))
        return read_code_name(text, match, fault);
    if (read_numbers(text, "ICMP code", &first, &last, fault))
        return -EINVAL;
    match->code[0] = match->code[1] = (u8)first;
    match->last_code[0] = match->last_code[1] = (u8)last;
    return 0;
}

int icmp_read(struct piece text, const bool allowed[2], struct icmp_match *match,
              struct fault *fault)
{
    size_t slash = piece_find(text, '/');
    struct icmp_match read = {.has_code = slash < text.length};

    if (read_type(piece_part(text, 0, slash), allowed, &read, fault))
        return -EINVAL;
    if (read.has_code && read_code(piece_part(text, slash + 1, text.length), &read, fault)) {
        fault->at += slash + 1;
        return -EINVAL;
    }
    *match = read;
    return 0;
}
