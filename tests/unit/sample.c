/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sample.h"

#include "check.h"

#include "../../loader/policy/address.h"
#include "../../loader/policy/flags.h"
#include "../../loader/policy/match.h"
#include "../../loader/policy/protocols.h"

static struct sample sample_of(enum field field, enum family family)
{
    const struct field_row *row = &field_rows[field];
    bool ipv6 = family == FAMILY_IPV6, tcp = row->needs == NEEDS_TCP;
    struct sample made = {.field = field,
                          .family = family,
                          .protocol = tcp ? "tcp" : "any",
                          .packet_protocol = tcp ? PROTOCOL_TCP : PROTOCOL_UDP,
                          .first = row->last < 4 ? 1 : row->last / 4,
                          .last = row->last / 2};

    switch (row->kind) {
    case KIND_FAMILIES:
        made.first = made.last = family;
        snprintf(made.text, sizeof(made.text), "%s", ipv6 ? "ipv6" : "ipv4");
        return made;
    case KIND_PROTOCOLS:
        made.first = made.last = PROTOCOL_GRE;
        snprintf(made.text, sizeof(made.text), "gre");
        return made;
    case KIND_ADDRESSES:
        made.first = ipv6 ? (u128)0x20010db8 << 96 | 16 : 0xc0000210;
        made.last = made.first + 14; /* not a prefix */
        address_range_print(family, (struct address_range){made.first, made.last}, made.text);
        return made;
    case KIND_TYPES:
        made.first = 40 << 8;
        made.last = made.first | 0xff;
        made.protocol = ipv6 ? "icmpv6" : "icmp";
        made.packet_protocol = ipv6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP;
        snprintf(made.text, sizeof(made.text), "40");
        return made;
    case KIND_FLAGS:
        made.first = TCP_ECE;
        made.last = TCP_CWR - 1;
        snprintf(made.text, sizeof(made.text), "ece+!cwr");
        return made;
    case KIND_FRAGMENTS: /* later ones have reasons of their own: cases_fragments.c */
        made.first = made.last = FRAGMENT_FIRST;
        snprintf(made.text, sizeof(made.text), "first");
        return made;
    case KIND_ZONES: /* see sample_each() */
    case KIND_PORTS:
    case KIND_NUMBERS:
        made.protocol = tcp ? "tcp" : "udp";
        snprintf(made.text, sizeof(made.text), made.first == made.last ? "%u" : "%u-%u",
                 (unsigned int)made.first, (unsigned int)made.last);
        return made;
    }
    fail_msg("%s is of a kind that has no sample", row->name);
    return made;
}

u128 sample_value(const struct sample *sample, int border)
{
    /* IPv6 has no other flag than "more fragments". */
    const bool is_last = sample->field == FIELD_IP_FLAGS && sample->family == FAMILY_IPV6;
    const u128 values[BORDERS] = {sample->first - 1, sample->first, sample->last,
                                  is_last ? sample->first - 1 : sample->last + 1};

    return values[border];
}

bool border_is_inside(int border)
{
    return border == 1 || border == 2;
}

/* Outside of a family is the other one. */
static enum family family_at(const struct sample *sample, u128 value)
{
    enum family other = sample->family == FAMILY_IPV4 ? FAMILY_IPV6 : FAMILY_IPV4;

    return sample->field == FIELD_FAMILY && value != sample->family ? other : sample->family;
}

struct packet_notation sample_packet(const struct sample *sample, enum direction direction,
                                     u128 value)
{
    enum family family = family_at(sample, value);
    bool ipv6 = family == FAMILY_IPV6;
    u128 net = ipv6 ? (u128)0x20010db8 << 96 : 0xc6336400;
    struct packet_notation packet = {.direction = direction,
                                     .family = family,
                                     .protocol = sample->packet_protocol,
                                     .icmp_type = ipv6 ? ICMPV6_ECHO_REQUEST : ICMP_ECHO_REQUEST};

    if (packet.protocol == PROTOCOL_UDP)
        packet.source_port = packet.destination_port = 9;
    address_to_bytes(family, net + 0x1001, packet.source);
    address_to_bytes(family, net + 0x2002, packet.destination);
    if (sample->field == FIELD_IP_FLAGS && value & 1) /* "more fragments" */
        packet.fragment = FRAGMENT_FIRST;
    switch (sample->field) {
    case FIELD_FAMILY: /* the addresses say it */
        break;
    case FIELD_PROTOCOL:
        packet.protocol = (u8)value;
        packet.source_port = packet.destination_port = 0;
        break;
    case FIELD_FROM:
        address_to_bytes(family, value, packet.source);
        break;
    case FIELD_TO:
        address_to_bytes(family, value, packet.destination);
        break;
    case FIELD_PORT:
        packet.destination_port = (u16)value;
        break;
    case FIELD_SOURCE_PORT:
        packet.source_port = (u16)value;
        break;
    case FIELD_ICMP_TYPE:
        packet.icmp_type = (u8)(value >> 8);
        packet.icmp_code = (u8)value;
        break;
    case FIELD_TCP_FLAGS:
        packet.tcp_flags = (u8)value;
        break;
    case FIELD_FRAGMENT:
        packet.fragment = value == FRAGMENT_FIRST ? FRAGMENT_FIRST : FRAGMENT_NONE;
        break;
    default:
        assert_int_equal(field_rows[sample->field].kind, KIND_NUMBERS);
        packet.said = 1u << sample->field;
        packet.numbers[sample->field] = (u16)value;
    }
    if (packet.protocol != PROTOCOL_ICMP && packet.protocol != PROTOCOL_ICMPV6)
        packet.icmp_type = 0;
    return packet;
}

/* The key that a field of one family needs. */
static const char *family_of(enum field field)
{
    return field_rows[field].needs == NEEDS_IPV4   ? "family = ipv4\n"
           : field_rows[field].needs == NEEDS_IPV6 ? "family = ipv6\n"
                                                   : "";
}

char *sample_policy(const struct sample *sample, const char *direction, const char *text,
                    const char *action)
{
    char *made, key[128] = "";

    if (text)
        snprintf(key, sizeof(key), "%s = %s\n", field_rows[sample->field].name, text);
    if (asprintf(&made,
                 HEAD "[baseline]\nmartians = accept\ntcp-flags = accept\n"
                      "[rule r]\ndirection = %s\naction = %s\n%s%s%s%s%s",
                 direction, action, family_of(sample->field),
                 sample->field == FIELD_PROTOCOL ? "" : "protocol = ",
                 sample->field == FIELD_PROTOCOL ? "" : sample->protocol,
                 sample->field == FIELD_PROTOCOL ? "" : "\n", key) < 0)
        abort();
    return made;
}

char *sample_policy_both(const struct sample *sample, const char *text, const char *action)
{
    return sample_policy(sample, "both", text, action);
}

void sample_each(void (*visit)(const struct sample *sample))
{
    /* No frame tells through which zone it came in: test_zones.c */
    for (enum field field = 0; field < FIELDS && field_rows[field].kind != KIND_ZONES; field++)
        for (enum family family = FAMILY_IPV4; family <= FAMILY_IPV6; family++) {
            const struct sample sample = sample_of(field, family);
            if (field_is_of(field, family, sample.packet_protocol))
                visit(&sample);
        }
}
