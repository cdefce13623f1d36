/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows as ExaBGP 4.2 writes them: exabgp/bgp/message/update/nlri/flow.py. */
#include "flowspec.h"

#include <arpa/inet.h>
#include <string.h>

static const char *const keys[2][14] = {
    {"", "destination-ipv4", "source-ipv4", "protocol", "port", "destination-port", "source-port",
     "icmp-type", "icmp-code", "tcp-flags", "packet-length", "dscp", "fragment", ""},
    {"", "destination-ipv6", "source-ipv6", "next-header", "port", "destination-port",
     "source-port", "icmp-type", "icmp-code", "tcp-flags", "packet-length", "traffic-class",
     "fragment", "flow-label"},
};

struct name {
    unsigned int value;
    const char *name;
};

static const struct name protocols[] = {{1, "icmp"}, {2, "igmp"}, {6, "tcp"},    {17, "udp"},
                                        {47, "gre"}, {50, "esp"}, {132, "sctp"}, {0, NULL}};
static const struct name types[] = {{0, "echo-reply"},           {3, "unreachable"},
                                    {4, "source-quench"},        {8, "echo-request"},
                                    {9, "router-advertisement"}, {253, "experimental-one"},
                                    {254, "experimental-two"},   {0, NULL}};
static const struct name flags[] = {{1, "fin"},    {2, "syn"},    {4, "rst"},    {8, "push"},
                                    {0x10, "ack"}, {0x20, "urg"}, {0x40, "ece"}, {0x80, "cwr"},
                                    {0x100, "ns"}, {0, NULL}};
static const struct name fragments[] = {{0, "not-a-fragment"}, {1, "dont-fragment"},
                                        {2, "is-fragment"},    {4, "first-fragment"},
                                        {8, "last-fragment"},  {0, NULL}};

static void put_prefix(const struct flowspec *flow, size_t at, FILE *out)
{
    unsigned int length = flow->bytes[at++], offset = flow->ipv6 ? flow->bytes[at++] : 0;
    char text[INET6_ADDRSTRLEN];
    u8 address[16] = {0};

    for (unsigned int bit = offset; bit < length; bit++) {
        unsigned int from = bit - offset;
        if (flow->bytes[at + from / 8] >> (7 - from % 8) & 1)
            address[bit / 8] |= (u8)(0x80 >> bit % 8);
    }
    fprintf(out, "%s/%u", inet_ntop(flow->ipv6 ? AF_INET6 : AF_INET, address, text, sizeof(text)),
            length);
    if (flow->ipv6)
        fprintf(out, "/%u", offset);
}

static void put_value(unsigned int type, unsigned int value, FILE *out)
{
    const struct name *names = type == 3 ? protocols : types;

    if (type != 3 && type != 7) {
        fprintf(out, "%u", value);
        return;
    }
    for (; names->name; names++)
        if (names->value == value) {
            fputs(names->name, out);
            return;
        }
    fprintf(out, "unknown %s type %u", type == 3 ? "protocol" : "icmp type", value);
}

static void put_number(unsigned int type, unsigned int op, unsigned int value, FILE *out)
{
    static const char *const words[] = {"false", "=", ">", ">=", "<", "<=", "!=", "true"};
    unsigned int comparison = op & 7;

    fprintf(out, "%s%s", op & 0x40 ? "&" : "", words[comparison]);
    if (op & 0x40 || (comparison != 0 && comparison != 7))
        put_value(type, value, out);
}

/* The bits of VALUE by name, and all of it by number if there is one without a name, with BETWEEN
 * between them and OP before each, or only before the first. */
static void put_bits(unsigned int type, unsigned int value, const char *op, const char *between,
                     bool each, FILE *out)
{
    const char *separator = "";
    const unsigned int all = value;

    if (!each)
        fputs(op, out);
    for (const struct name *name = type == 9 ? flags : fragments; name->name; name++) {
        const char *word = name->name;
        if (!(value & name->value) && value != name->value)
            continue;
        const char *before = op;
        if (each && type == 12 && name->value == 2 && !strcmp(op, "!")) {
            before = "";
            word = "not-a-fragment";
        }
        fprintf(out, "%s%s%s", separator, each ? before : "", word);
        separator = between;
        value -= name->value;
    }
    if (value)
        fprintf(out, "%s%sunknown tcp flag type %u", separator, each ? op : "", all);
}

static const char *bits_op(unsigned int op)
{
    static const char *const words[] = {"", "=", "!", "!=", "&", "&=", "&!", "&!="};

    return words[(op & 3) | (op & 0x40 ? 4 : 0)];
}

/* One list, in the form of JSON or of words. Returns how many alternatives it has. */
static unsigned int put_list(const struct flowspec *flow, unsigned int type, size_t at, bool json,
                             FILE *out)
{
    unsigned int terms = 0;
    u8 op;

    do {
        op = flow->bytes[at++];
        unsigned int value = (unsigned int)flowspec_value(flow->bytes, &at, op);
        bool joined = terms && op & 0x40;
        if (terms && !joined)
            fputs(json ? "\", \"" : " ", out);
        if (type != 9 && type != 12)
            put_number(type, op, value, out);
        else
            put_bits(type, value, bits_op(op), json ? "\", \"" : "+", json, out);
        terms++;
    } while (!(op & 0x80));
    return terms;
}

void flowspec_write(const struct flowspec *flow, FILE *out)
{
    const char *comma = "";
    FILE *nowhere = fopen("/dev/null", "w");

    fputc('{', out);
    for (size_t at = 0; at < flow->length; at = flowspec_end_of(flow, at), comma = ",") {
        unsigned int type = flow->bytes[at];
        fprintf(out, "%s \"%s\": [ \"", comma, keys[flow->ipv6][type]);
        if (type <= 2)
            put_prefix(flow, at + 1, out);
        else
            put_list(flow, type, at + 1, true, out);
        fputs("\" ]", out);
    }
    fputs(", \"string\": \"flow", out);
    for (size_t at = 0; at < flow->length; at = flowspec_end_of(flow, at)) {
        unsigned int type = flow->bytes[at];
        fprintf(out, " %s ", keys[flow->ipv6][type]);
        if (type <= 2) {
            put_prefix(flow, at + 1, out);
            continue;
        }
        bool several = put_list(flow, type, at + 1, false, nowhere) > 1;
        fputs(several ? "[ " : "", out);
        put_list(flow, type, at + 1, false, out);
        fputs(several ? " ]" : "", out);
    }
    fputs("\" }", out);
    fclose(nowhere);
}
