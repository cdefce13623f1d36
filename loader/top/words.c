/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "words.h"

#include <stdio.h>
#include <string.h>

#include "../base/labels.h"
#include "../policy/address.h"
#include "../policy/flags.h"
#include "../policy/protocols.h"

char *top_protocol(u8 protocol, char text[PROTOCOL_TEXT_BYTES])
{
    const char *name = protocol_name(protocol);

    if (name)
        snprintf(text, PROTOCOL_TEXT_BYTES, "%s", name);
    else
        snprintf(text, PROTOCOL_TEXT_BYTES, "%u", protocol);
    return text;
}

static void print_kind(const struct sketch_key *key, char text[TOP_WORDS_BYTES])
{
    static const char *const forms[] = {
        [TRAFFIC_NOT_IP] = "not IP",
        [TRAFFIC_PROTOCOL] = "%s",
        [TRAFFIC_TCP_SYN] = "%s syn",
        [TRAFFIC_FRAGMENT] = "%s, later fragment",
    };
    char protocol[PROTOCOL_TEXT_BYTES];

    snprintf(text, TOP_WORDS_BYTES, forms[key->what], top_protocol(key->protocol, protocol));
}

static void print_address(const struct sketch_key *key, char text[TOP_WORDS_BYTES])
{
    enum family family = (enum family)key->family;
    char address[ADDRESS_TEXT_BYTES];

    address_print(family, address_from_bytes(family, key->address), address);
    if (key->bits == address_bits(family))
        snprintf(text, TOP_WORDS_BYTES, "%s", address);
    else
        snprintf(text, TOP_WORDS_BYTES, "%s/%u", address, key->bits);
}

static void print_port(const struct sketch_key *key, char text[TOP_WORDS_BYTES])
{
    char protocol[PROTOCOL_TEXT_BYTES];
    const char *type = key->what & PORT_IS_ICMP
                           ? icmp_type_name((enum family)key->family, (u8)(key->number >> 8))
                           : NULL;

    top_protocol(key->protocol, protocol);
    if (type)
        snprintf(text, TOP_WORDS_BYTES, "%s %s", protocol, type);
    else
        snprintf(text, TOP_WORDS_BYTES, "%s %u", protocol,
                 key->what & PORT_IS_ICMP ? key->number >> 8 : key->number);
}

static void print_rule(const struct sketch_key *key, const struct roster *roster,
                       char text[TOP_WORDS_BYTES])
{
    const char *name = key->what & RULE_IS_REASON
                           ? (key->number < REASONS ? reason_names[key->number] : NULL)
                           : roster_name(roster, key->number);

    snprintf(text, TOP_WORDS_BYTES, "%s%s", name ? name : "(of a policy that is gone)",
             key->what & RULE_REPLY     ? " (replies)"
             : key->what & RULE_LIMITED ? " (limited)"
                                        : "");
}

char *top_words(enum census_field field, const struct sketch_key *key, const struct roster *roster,
                char text[TOP_WORDS_BYTES])
{
    *text = '\0';
    switch (field) {
    case BY_KIND:
        print_kind(key, text);
        break;
    case BY_SOURCE:
    case BY_NETWORK:
    case BY_DESTINATION:
        print_address(key, text);
        break;
    case BY_PORT:
    case BY_SOURCE_PORT:
        print_port(key, text);
        break;
    case BY_RULE:
        print_rule(key, roster, text);
        break;
    case BY_TCP_FLAGS:
        flags_print((u8)key->number, text);
        break;
    case CENSUS_FIELDS_COUNT:
        break;
    }
    return text;
}

enum census_field top_field(const char *name)
{
    int field = 0;

    while (field < CENSUS_FIELDS_COUNT && strcmp(name, census_fields[field].name) != 0)
        field++;
    return (enum census_field)field;
}
