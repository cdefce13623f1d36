/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking the tables: from a packet's addresses, protocol and ports to the first rule that matches.
 */
#ifndef EDGEXDP_SEARCH_H
#define EDGEXDP_SEARCH_H

#include "packet.h"
#include "tables.h"
#include "verifier.h"

/* The kernel side keeps the header of a policy in .rodata as well, so that the verifier knows it.
 * An image of blocks comes and goes while the programs stay: it is read with its own header. */
struct tables {
    const volatile struct tables_header *header;
    const u32 *words;
};

/* What the tables look at. Ports are in host order; for ICMP, type << 8 | code takes the place of
 * the destination port; protocols without ports have 0. */
struct tuple {
    const u8 *source;
    const u8 *destination;
    u8 family;
    u8 protocol;
    u16 source_port;
    u16 destination_port;
};

/* Are these an image of blocks, whose words, the header among them, the verifier does not know?
 * Wherever they are read, compilers see that both pointers are the same one; wherever they do not,
 * it is a policy. User space needs no bounds. */
INLINE bool tables_are_unknown(const struct tables *tables)
{
#ifdef __bpf__
    return __builtin_constant_p((const volatile void *)tables->header == tables->words) &&
           (const volatile void *)tables->header == tables->words;
#else
    (void)tables;
    return false;
#endif
}

/* An offset that the header states, or that is computed from it. */
INLINE u32 tables_place(const struct tables *tables, u32 at)
{
    return tables_are_unknown(tables) ? bounded(at, BLOCK_IMAGE_WORDS - 1) : at;
}

/* How many words there are. An offset beyond cannot come from our compiler; checks of it are for
 * the verifier. */
INLINE u32 tables_end(const struct tables *tables)
{
    return tables_are_unknown(tables) ? BLOCK_IMAGE_WORDS : tables->header->words;
}

/* Item number AT of those of TYPE that begin at LIST, in an image of blocks. */
#define tables_item(tables, list, at, type)                                                        \
    ((const type *)(const void *)((tables)->words +                                                \
                                  tables_place(tables, (list) + (at) * (u32)(sizeof(type) / 4))))

INLINE u32 tables_word(const struct tables *tables, u32 at)
{
    if (at >= tables_end(tables))
        return 0;
    return tables->words[at];
}

INLINE u32 tables_half(const struct tables *tables, u32 at)
{
    if (at >= tables_end(tables) * 2)
        return 0;
    return ((const u16 *)tables->words)[at];
}

/* The limit number AT of all rules, or NULL; also the limits of proven packets. */
INLINE const struct tables_limit *tables_limit(const struct tables *tables, u32 at)
{
    const u32 *list = tables->words + tables->header->limit_list;
    u32 count = tables->header->limit_list_count;
    if (tables_are_unknown(tables))
        return tables_item(tables, tables->header->limit_list, at, struct tables_limit);
    if (!count)
        return NULL;
    /* Or both are one comparison, and Linux 6.1 only knows what is below a constant. */
    OPAQUE(count);
    if (at >= count)
        return NULL;
    /* Or its place is computed before it is checked; and where Linux 6.1 walks a path that cannot
     * be, with a number from 1 to 0, only the mask leaves it a bound. */
    return (const struct tables_limit *)(const void *)list + bounded(at, ~0u >> LIMITS_SHIFT);
}

/* The index of the last of COUNT ascending words of LIST that is <= KEY (or 0). */
INLINE u32 tables_list_search(const u32 *list, u32 count, u32 key)
{
    u32 at = 0;
    for (u32 step = 0; step < 17; step++) {
        if (count <= 1)
            break;
        u32 half = count >> 1;
        u64 word = list[bounded(at + half, LIST_MASK)];
        s64 beyond = (s64)(key - word);
        OPAQUE(beyond);
        at += half & (u32) ~(beyond >> 63);
        count -= half;
    }
    return bounded(at, LIST_MASK);
}

INLINE u32 tables_class4(const struct tables *tables, const u8 *address)
{
    u32 host = from_be32(*(const u32 *)address);
    OPAQUE(host); /* or its upper half comes from a 16-bit swap, unbounded to Linux 6.1 */
    u32 root = tables->words[tables_place(tables, tables->header->root4) + (host >> 16)];
    if (root & ROOT_CLASS)
        return root & CLASS_MASK;
    if (root >= tables_end(tables))
        return 0;
    const u32 *list = tables->words + root;
    return list[1 + tables_list_search(list + 1, *list, host << 16 | CLASS_MASK)] & CLASS_MASK;
}

/* All ones if A <= B, else 0; without a branch. */
INLINE u64 tables_mask_not_above(u64 a, u64 b)
{
    u64 borrow = (~b & a) | ((~b | a) & (b - a));
    OPAQUE(borrow);
    return (borrow >> 63) - 1;
}

/* NODE of the search tree over IPv6 addresses, or NULL. */
INLINE const struct node6 *tables_node6(const struct tables *tables, u32 node)
{
    if (tables_are_unknown(tables))
        return tables_item(tables, tables->header->nodes6, node, struct node6);
    if (node >= tables->header->nodes6_count)
        return NULL;
    return (const struct node6 *)(tables->words + tables->header->nodes6) + node;
}

/* The edge of the last key of NODE that is <= KEY. */
INLINE u32 tables_step6(const struct tables *tables, u32 node, u64 key)
{
    const struct node6 *at = tables_node6(tables, node);
    if (!at)
        return ROOT_CLASS;
    u32 i = 0;
    for (u32 half = NODE6_KEYS / 2; half; half /= 2)
        i += half & (u32)tables_mask_not_above(at->first[forget(i + half, NODE6_KEYS - 1)], key);
    return at->edge[forget(i, NODE6_KEYS - 1)];
}

INLINE u32 tables_search6(const struct tables *tables, u64 upper, u64 lower)
{
    u64 key = upper;
    OPAQUE(key); /* as in tables_class4() */
    u32 edge = tables->words[tables_place(tables, tables->header->root6) + (u32)(key >> 48)];
    /* This removes the search from the programs if there is no node. From the bound alone, which is
     * 0, Linux 6.1 would not see that no node is ever read. */
    if (!tables->header->nodes6_count)
        return edge & CLASS_MASK;
    for (u32 step = 0; step < NODE6_DEPTH; step++) {
        if (edge & ROOT_CLASS)
            break;
        u64 descend = 0 - (u64) !!(edge & ROOT_LOWER); /* all ones, or 0 */
        OPAQUE(descend);
        key ^= (key ^ lower) & descend;
        edge = tables_step6(tables, edge & ROOT_NODE, key);
    }
    return edge & CLASS_MASK;
}

/* tables_search6(), or the same in a function of its own; the includer supplies it. */
static u32 world_search6(const struct tables *tables, u64 upper, u64 lower);

INLINE u32 tables_class6(const struct tables *tables, const u8 *address)
{
    return world_search6(tables, from_be64(*(const u64 *)address),
                         from_be64(*(const u64 *)(address + 8)));
}

INLINE u32 tables_address_class(const struct tables *tables, u8 family, const u8 *address)
{
    return family == FAMILY_IPV4 ? tables_class4(tables, address) : tables_class6(tables, address);
}

/* Is ADDRESS of FAMILY one of MEMBERS, which are bits by class: see struct tables_header. */
INLINE bool tables_is_member(const struct tables *tables, const volatile u32 *members, u8 family,
                             const u8 *address)
{
    const bool six = family == FAMILY_IPV6;
    u32 at = six ? members[1] : members[0];
    u32 root = six ? tables->header->root6 : tables->header->root4, class_id = 0;

    if (!at)
        return false;
    if (root) /* or all addresses are one class */
        class_id = bounded(tables_address_class(tables, family, address), CLASS_MASK);
    return tables->words[at + class_id / 32] >> class_id % 32 & 1;
}

/* The zone of the interface with INDEX, by which a packet came in; 0: this host sent it. */
INLINE u8 tables_zone(const struct tables *tables, u32 index)
{
    u32 count = tables->header->arrivals_count;
    const u32 *list = tables->words + tables->header->arrivals;

    if (!count)
        return ZONE_HERE;
    return (u8)list[tables_list_search(list, count, index) + count];
}

/* Is ADDRESS of FAMILY to be spared, although a limit has banned it, or the prefix of BITS around
 * it? Whoever is exempt is. A policy without limits exempts nobody: under it, bans of prefixes do
 * not hold at all. */
INLINE bool tables_spares(const struct tables *tables, u8 family, const u8 *address, u32 bits)
{
    if (!tables->header->limits_count)
        return bits < (family == FAMILY_IPV6 ? 128 : 32);
    return tables_is_member(tables, tables->header->exempt, family, address);
}

/* Is ADDRESS this host's? Only to be asked where the policy has the packet path know it. */
INLINE bool tables_is_self(const struct tables *tables, u8 family, const u8 *address)
{
    return tables_is_member(tables, tables->header->self, family, address);
}

INLINE u32 tables_page_class(const struct tables *tables, u32 page, u16 number)
{
    u32 pages = tables->header->pages * 2;
    page = tables_half(tables, pages + page * PAGE_HALVES + (number >> 8));
    return tables_half(tables, pages + page * PAGE_HALVES + (number & 0xff));
}

INLINE u32 tables_port_class(const struct tables *tables, u8 protocol, u16 port)
{
    u32 entry = tables_word(tables, tables->header->ports + protocol);
    u32 page = entry >> PORTS_PAGE_SHIFT;
    return page ? tables_page_class(tables, page, port) : entry & CLASS_MASK;
}

INLINE bool tables_edge_tests(u32 edge, enum test test)
{
    return edge >> EDGE_TEST_SHIFT == test;
}

/* tables_follow(), if that takes a single read; else EDGE. */
INLINE u32 tables_follow_dense(const struct tables *tables, u32 edge, u32 class_id)
{
    u32 node = edge & EDGE_NODE;
    if (node >= tables_end(tables))
        return edge;
    const u32 *list = tables->words + node;
    return (*list & LIST_MASK) == NODE_DENSE ? list[1 + bounded(class_id, CLASS_MASK)] : edge;
}

INLINE u32 tables_follow(const struct tables *tables, u32 edge, u32 class_id)
{
    u32 node = edge & EDGE_NODE;
    if (node >= tables_end(tables))
        return 0;
    const u32 *list = tables->words + node;
    u32 runs = *list & LIST_MASK;
    if (runs == NODE_DENSE)
        return list[1 + bounded(class_id, CLASS_MASK)];
    return list[1 + tables_list_search(list + 1, runs, class_id) + runs];
}

/* What the header says about the numbers that TEST asks for. */
INLINE u32 tables_numbers(const struct tables *tables, u32 test)
{
    return tables->header->numbers[test - TEST_SOURCE_PORT];
}

/* Where EDGE, which asks for a number, leads a packet that has NUMBER, or one whose number is
 * UNKNOWN. ENTRY: see tables_numbers(). */
INLINE u32 tables_ask_number(const struct tables *tables, u32 edge, u32 entry, u16 number,
                             bool unknown)
{
    u32 class_id =
        unknown ? entry & CLASS_MASK : tables_page_class(tables, entry >> PORTS_PAGE_SHIFT, number);
    return tables_follow(tables, edge, class_id);
}

/* Does EDGE ask for TEST, which is about a number? Left out of the programs of a policy whose rules
 * do not: all of it, since the compiler may not look at EDGE first. */
INLINE bool tables_may_test(const volatile struct tables_header *header, u32 edge, enum test test)
{
    if (!header->numbers[test - TEST_SOURCE_PORT])
        return false;
    OPAQUE(edge);
    return tables_edge_tests(edge, test);
}

/* The leaf that EDGE leads to, which only asks for fields that have a test of their own. Of a
 * packet that is only SPOKEN_OF nobody knows them: it is answered or quoted by the one that is
 * here, and how it travelled is unknown. */
INLINE u32 tables_walk_own(const struct tables *tables, u32 edge, const struct packet *packet,
                           bool spoken_of)
{
#define ROW(ID, id, ...)                                                                           \
    if (tables_may_test(tables->header, edge, TEST_##ID))                                          \
        edge = tables_ask_number(tables, edge, tables_numbers(tables, TEST_##ID),                  \
                                 packet_##id(packet), spoken_of);
    EDGEXDP_OWN_FIELDS(ROW)
#undef ROW
    return edge;
}

/* Where TUPLE leads in the diagrams that begin at ROOT, an edge for each port class. The edge is a
 * leaf, unless a field decides that has a test of its own: see tables_walk_own(). */
INLINE u32 tables_walk(const struct tables *tables, u32 root, const struct tuple *tuple)
{
    u32 port = tables_port_class(tables, tuple->protocol, tuple->destination_port);
    u32 edge = tables_word(tables, root + port);

    if (tables_edge_tests(edge, TEST_SOURCE))
        edge =
            tables_follow(tables, edge, tables_address_class(tables, tuple->family, tuple->source));
    if (tables_edge_tests(edge, TEST_DESTINATION))
        edge = tables_follow(tables, edge,
                             tables_address_class(tables, tuple->family, tuple->destination));
    if (tables_edge_tests(edge, TEST_PORT))
        edge = tables_follow(tables, edge, port);
    if (tables_may_test(tables->header, edge, TEST_SOURCE_PORT))
        edge = tables_ask_number(tables, edge, tables_numbers(tables, TEST_SOURCE_PORT),
                                 tuple->source_port, false);
    return edge;
}

/* Where the rules of DIRECTION lead TUPLE. */
INLINE u32 tables_judge(const struct tables *tables, enum direction direction,
                        const struct tuple *tuple)
{
    const volatile struct tables_header *header = tables->header;
    u32 root =
        tuple->family == FAMILY_IPV4 ? header->roots[direction][0] : header->roots[direction][1];
    return tables_walk(tables, root, tuple);
}

/* The same for a later fragment, of the rules that name them. */
INLINE u32 tables_judge_later(const struct tables *tables, enum direction direction,
                              const struct tuple *tuple)
{
    const volatile struct tables_header *header = tables->header;
    u32 root = tuple->family == FAMILY_IPV4 ? header->later_roots[direction][0]
                                            : header->later_roots[direction][1];
    return header->switches.later ? tables_walk(tables, root, tuple) : EDGE_LEAF | NO_RULE;
}

#endif
