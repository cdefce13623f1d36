/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "redirects.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <string.h>

#include "dump.h"
#include "legacy_nat.h"

#define EVERY_PORT ((struct number_range){0, 0xffff})

/* What the last expression that loads something has loaded. */
enum loaded { LOADED_OTHER, LOADED_PROTOCOL, LOADED_PORT };

/* A rule while its expressions are read, in their order. */
struct rule_reading {
    enum loaded loaded;
    bool other_protocol;
    bool passes_on;
    struct number_range ports;
};

struct asking {
    redirect_visitor *visit;
    void *context;
};

/* The attributes of one expression that matter; all kinds number them from 1 on. */
#define EXPRESSION_ATTRIBUTES 16
struct attributes {
    const struct nlattr *list[EXPRESSION_ATTRIBUTES];
};

static int take_attribute(const struct nlattr *attribute, void *context)
{
    struct attributes *taken = context;
    u16 type = mnl_attr_get_type(attribute);

    if (type < EXPRESSION_ATTRIBUTES)
        taken->list[type] = attribute;
    return MNL_CB_OK;
}

static u32 number_of(const struct attributes *taken, u16 type)
{
    const struct nlattr *attribute = taken->list[type];
    return attribute && mnl_attr_get_payload_len(attribute) >= sizeof(u32)
               ? from_be32(mnl_attr_get_u32(attribute))
               : 0;
}

/* Gets a value of BYTES bytes, at most 2, that an expression compares with. */
static bool value_of(const struct attributes *taken, u16 type, size_t bytes, u16 *value)
{
    struct attributes data = {{NULL}};
    const struct nlattr *found;
    u16 be = 0;

    if (!taken->list[type])
        return false;
    mnl_attr_parse_nested(taken->list[type], take_attribute, &data);
    found = data.list[NFTA_DATA_VALUE];
    if (!found || mnl_attr_get_payload_len(found) != bytes)
        return false;
    memcpy(&be, mnl_attr_get_payload(found), bytes);
    *value = bytes == 1 ? *(const u8 *)&be : from_be16(be);
    return true;
}

static void read_payload(struct rule_reading *rule, const struct attributes *taken)
{
    u32 base = number_of(taken, NFTA_PAYLOAD_BASE), at = number_of(taken, NFTA_PAYLOAD_OFFSET);
    u32 bytes = number_of(taken, NFTA_PAYLOAD_LEN);

    rule->loaded = LOADED_OTHER;
    if (base == NFT_PAYLOAD_TRANSPORT_HEADER && at == 2 && bytes == 2)
        rule->loaded = LOADED_PORT;
    if (base == NFT_PAYLOAD_NETWORK_HEADER && bytes == 1 && (at == 9 || at == 6))
        rule->loaded = LOADED_PROTOCOL;
}

static void read_comparison(struct rule_reading *rule, const struct attributes *taken)
{
    u16 value;

    if (!value_of(taken, NFTA_CMP_DATA, rule->loaded == LOADED_PORT ? 2 : 1, &value))
        return;
    u32 how = number_of(taken, NFTA_CMP_OP);
    if (rule->loaded == LOADED_PROTOCOL)
        rule->other_protocol |= how == NFT_CMP_EQ && value != IPPROTO_TCP;
    if (rule->loaded != LOADED_PORT)
        return;
    if (how == NFT_CMP_EQ || how == NFT_CMP_GTE)
        rule->ports.first = value;
    if (how == NFT_CMP_EQ || how == NFT_CMP_LTE)
        rule->ports.last = value;
}

static void read_range(struct rule_reading *rule, const struct attributes *taken)
{
    u16 first, last;

    if (rule->loaded == LOADED_PORT && number_of(taken, NFTA_RANGE_OP) == NFT_RANGE_EQ &&
        value_of(taken, NFTA_RANGE_FROM_DATA, 2, &first) &&
        value_of(taken, NFTA_RANGE_TO_DATA, 2, &last))
        rule->ports = (struct number_range){first, last};
}

/* A match of iptables, which nft keeps as it was. */
static void read_match(struct rule_reading *rule, const struct attributes *taken)
{
    const struct nlattr *name = taken->list[NFTA_MATCH_NAME], *info = taken->list[NFTA_MATCH_INFO];

    if (!name || !info)
        return;
    rule->other_protocol |= !strcmp(mnl_attr_get_str(name), "udp");
    if (!strcmp(mnl_attr_get_str(name), "tcp") &&
        mnl_attr_get_payload_len(info) >= sizeof(struct xt_tcp))
        legacy_nat_ports(mnl_attr_get_payload(info), &rule->ports);
}

static void read_expression(struct rule_reading *rule, const char *name,
                            const struct attributes *taken)
{
    const struct nlattr *target = taken->list[NFTA_TARGET_NAME];

    if (!strcmp(name, "payload"))
        read_payload(rule, taken);
    else if (!strcmp(name, "meta"))
        rule->loaded =
            number_of(taken, NFTA_META_KEY) == NFT_META_L4PROTO ? LOADED_PROTOCOL : LOADED_OTHER;
    else if (!strcmp(name, "cmp"))
        read_comparison(rule, taken);
    else if (!strcmp(name, "range"))
        read_range(rule, taken);
    else if (!strcmp(name, "match"))
        read_match(rule, taken);
    else if (!strcmp(name, "nat"))
        rule->passes_on |= number_of(taken, NFTA_NAT_TYPE) == NFT_NAT_DNAT;
    else if (!strcmp(name, "redir"))
        rule->passes_on = true;
    else if (!strcmp(name, "target") && target)
        rule->passes_on |= legacy_nat_passes_on(mnl_attr_get_str(target));
}

static int take_expression(const struct nlattr *element, void *context)
{
    struct attributes taken = {{NULL}}, inner = {{NULL}};

    mnl_attr_parse_nested(element, take_attribute, &taken);
    if (!taken.list[NFTA_EXPR_NAME])
        return MNL_CB_OK;
    if (taken.list[NFTA_EXPR_DATA])
        mnl_attr_parse_nested(taken.list[NFTA_EXPR_DATA], take_attribute, &inner);
    read_expression(context, mnl_attr_get_str(taken.list[NFTA_EXPR_NAME]), &inner);
    return MNL_CB_OK;
}

static int take_rule(const struct nlmsghdr *message, void *context)
{
    const struct asking *asking = context;
    struct rule_reading rule = {.ports = EVERY_PORT};
    struct attributes taken = {{NULL}};

    mnl_attr_parse(message, sizeof(struct nfgenmsg), take_attribute, &taken);
    if (taken.list[NFTA_RULE_EXPRESSIONS])
        mnl_attr_parse_nested(taken.list[NFTA_RULE_EXPRESSIONS], take_expression, &rule);
    if (rule.passes_on && !rule.other_protocol)
        asking->visit(rule.ports, asking->context);
    return MNL_CB_OK;
}

/* All rules of all tables of nf_tables; none where the kernel has no nf_tables. */
static int ask_nftables(struct asking *asking)
{
    char buffer[256];
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);

    request->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request->nlmsg_seq = NETLINK_SEQUENCE;
    struct nfgenmsg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
    header->nfgen_family = NFPROTO_UNSPEC;
    header->version = NFNETLINK_V0;
    int error = netlink_ask(NETLINK_NETFILTER, request, take_rule, asking);
    return error == -EINVAL || error == -EOPNOTSUPP || error == -EPROTONOSUPPORT ? 0 : error;
}

int redirects_ask(redirect_visitor *visit, void *context)
{
    struct asking asking = {visit, context};
    int error = ask_nftables(&asking), other = legacy_nat_ask(visit, context);

    return error ? error : other;
}
