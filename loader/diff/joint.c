/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "joint.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "../base/labels.h"
#include "../base/memory.h"
#include "../policy/match.h"
#include "../policy/piece.h"
#include "../policy/protocols.h"

#define CLASSES_ENOUGH (1u << 24)
#define OWN_SETS       3 /* martian, unspecified, any */

#define NUMBERS(...)                                                                               \
    {                                                                                              \
        (struct number_range[]){__VA_ARGS__},                                                      \
            sizeof((struct number_range[]){__VA_ARGS__}) / sizeof(struct number_range)             \
    }

/* What an extra wants of a field, in IPv4 only or in IPv6 only. */
#define IN_IPV4(FIELD, ...) .matches[FIELD_##FIELD].numbers[0] = NUMBERS(__VA_ARGS__)
#define IN_IPV6(FIELD, ...) .matches[FIELD_##FIELD].numbers[1] = NUMBERS(__VA_ARGS__)
#define PROTOCOL(number)                                                                           \
    {                                                                                              \
        PROTOCOL_##number, PROTOCOL_##number                                                       \
    }
#define TYPES(first, last)                                                                         \
    {                                                                                              \
        (first) << 8, (last) << 8 | 0xff                                                           \
    }
#define ONLY(number)                                                                               \
    {                                                                                              \
        number, number                                                                             \
    }

/* These match what baseline_reason() accepts. Fields that are not set here accept anything; they
 * are filled in when the rules are copied. */
static const struct rule extras[EXTRAS] = {
    [EXTRA_NEIGHBOURS] = {.direction = {true, true},
                          IN_IPV6(PROTOCOL, PROTOCOL(ICMPV6)),
                          IN_IPV6(ICMP_TYPE, TYPES(133, 137)),
                          IN_IPV6(TTL, ONLY(255))},
    [EXTRA_MLD] = {.direction = {true, true},
                   IN_IPV6(PROTOCOL, PROTOCOL(ICMPV6)),
                   IN_IPV6(ICMP_TYPE, TYPES(130, 132), TYPES(143, 143))},
    [EXTRA_IGMP] = {.direction = {true, true}, IN_IPV4(PROTOCOL, ONLY(IPPROTO_IGMP))},
    [EXTRA_DHCP4_IN] = {.direction = {true, false},
                        IN_IPV4(PROTOCOL, PROTOCOL(UDP)),
                        IN_IPV4(SOURCE_PORT, ONLY(67)),
                        IN_IPV4(PORT, ONLY(68))},
    [EXTRA_DHCP4_OUT] = {.direction = {false, true},
                         IN_IPV4(PROTOCOL, PROTOCOL(UDP)),
                         IN_IPV4(SOURCE_PORT, ONLY(68)),
                         IN_IPV4(PORT, ONLY(67))},
    [EXTRA_DHCP6_IN] = {.direction = {true, false},
                        IN_IPV6(PROTOCOL, PROTOCOL(UDP)),
                        IN_IPV6(SOURCE_PORT, ONLY(547)),
                        IN_IPV6(PORT, ONLY(546))},
    [EXTRA_DHCP6_OUT] = {.direction = {false, true},
                         IN_IPV6(PROTOCOL, PROTOCOL(UDP)),
                         IN_IPV6(SOURCE_PORT, ONLY(546)),
                         IN_IPV6(PORT, ONLY(547))},
    [EXTRA_PING_IN] = {.direction = {true, false},
                       IN_IPV4(PROTOCOL, PROTOCOL(ICMP)),
                       IN_IPV4(ICMP_TYPE, TYPES(8, 8)),
                       IN_IPV6(PROTOCOL, PROTOCOL(ICMPV6)),
                       IN_IPV6(ICMP_TYPE, TYPES(128, 128))},
    [EXTRA_PING_OUT] = {.direction = {false, true},
                        IN_IPV4(PROTOCOL, PROTOCOL(ICMP)),
                        IN_IPV4(ICMP_TYPE, TYPES(0, 0)),
                        IN_IPV6(PROTOCOL, PROTOCOL(ICMPV6)),
                        IN_IPV6(ICMP_TYPE, TYPES(129, 129))},
    [EXTRA_UNSPECIFIED] = {IN_IPV4(PROTOCOL, PROTOCOL(UDP)), IN_IPV4(SOURCE_PORT, ONLY(68)),
                           IN_IPV6(PROTOCOL, PROTOCOL(ICMPV6)),
                           IN_IPV6(ICMP_TYPE, TYPES(130, 133), TYPES(135, 135), TYPES(143, 143))},
};

static const struct address_range unspecified[] = {{0, 0}};

static struct address_ranges ranges_of(const struct address_range *ranges, size_t count)
{
    return (struct address_ranges){(struct address_range *)ranges, count};
}

const char *extra_name(enum extra extra)
{
    switch (extra) {
    case EXTRA_NEIGHBOURS:
    case EXTRA_MLD:
        return reason_names[REASON_NEIGHBOUR_DISCOVERY];
    case EXTRA_IGMP:
        return reason_names[REASON_IGMP];
    case EXTRA_PING_IN:
    case EXTRA_PING_OUT:
        return reason_names[REASON_PING];
    default:
        return reason_names[REASON_DHCP_CLIENT];
    }
}

bool joint_has_extra(const struct joint *joint, enum side side, enum extra extra)
{
    const struct baseline *baseline = &joint->sides[side]->baseline;

    switch (extra) {
    case EXTRA_NEIGHBOURS:
    case EXTRA_MLD:
        return baseline->neighbour_discovery;
    case EXTRA_IGMP:
        return baseline->igmp;
    case EXTRA_PING_IN:
    case EXTRA_PING_OUT:
        return baseline->ping;
    case EXTRA_UNSPECIFIED:
    case EXTRA_BAD_FLAGS:
    case EXTRAS:
        return false;
    default:
        return baseline->dhcp_client;
    }
}

/* A set of one of the policies, to be compared with the others. */
struct known_set {
    u64 hash;
    int rank; /* of equal sets, the one of least rank provides the label */
    const struct address_set *set;
    size_t *index; /* receives the index of the shared set */
};

static u64 hash_set(const struct address_set *set)
{
    u64 hash = 0xcbf29ce484222325ull;

    for (int family = 0; family < 2; family++) {
        const u64 *words = (const u64 *)set->family[family].ranges;
        size_t count = set->family[family].count * sizeof(struct address_range) / sizeof(u64);
        hash = (hash ^ count) * 0x9e3779b97f4a7c15ull;
        for (size_t i = 0; i < count; i++) {
            hash = (hash ^ words[i]) * 0x9e3779b97f4a7c15ull;
            hash ^= hash >> 29;
        }
    }
    return hash;
}

/* Returns whether a set's label is a name, not its items as written. */
static bool label_is_name(const char *label)
{
    for (const char *at = label; *at && strcmp(at, SET_BEYOND) != 0; at++)
        if (!is_letter(*at) && !is_digit(*at) && !strchr(at == label ? "@" : "-_./", *at))
            return false;
    return is_letter(*label) || *label == '@';
}

/* A name is preferred to items as written, and a label of NEW to one of OLD. */
static struct known_set know_set(const struct address_set *set, int side, size_t *index)
{
    int rank = (label_is_name(set->label) ? 0 : SIDES) + (side == SIDE_NEW ? 0 : 1);

    return (struct known_set){hash_set(set), rank, set, index};
}

static int compare_known(const void *left, const void *right)
{
    const struct known_set *a = left, *b = right;

    if (a->hash != b->hash)
        return a->hash > b->hash ? 1 : -1;
    return a->rank - b->rank;
}

static bool ranges_are_equal(const struct address_ranges *a, const struct address_ranges *b)
{
    return a->count == b->count &&
           (!a->count || !memcmp(a->ranges, b->ranges, a->count * sizeof(*a->ranges)));
}

static bool sets_are_equal(const struct address_set *a, const struct address_set *b)
{
    return ranges_are_equal(&a->family[0], &b->family[0]) &&
           ranges_are_equal(&a->family[1], &b->family[1]);
}

/* Stores each content once, so that a set in both policies is one set and no extra classes
 * arise. */
static size_t share_sets(struct known_set *known, size_t count, struct address_set *sets)
{
    size_t used = 0;

    qsort(known, count, sizeof(*known), compare_known);
    for (size_t i = 0; i < count; i++) {
        if (!i || known[i].hash != known[i - 1].hash ||
            !sets_are_equal(known[i].set, known[i - 1].set)) {
            sets[used] = *known[i].set;
            sets[used].index = used;
            used++;
        }
        *known[i].index = used - 1;
    }
    return used;
}

static void add_own_sets(struct joint *joint, size_t used)
{
    static const struct address_range any4 = {0, 0xffffffff}, any6 = {0, ~(u128)0};

    joint->martian = used;
    joint->unspecified = used + 1;
    joint->any = used + 2;
    joint->sets[joint->martian] = (struct address_set){0};
    for (enum family family = FAMILY_IPV4; family <= FAMILY_IPV6; family++) {
        struct address_range *ranges = joint->martians[family - 1];
        joint->sets[joint->martian].family[family - 1] =
            ranges_of(ranges, baseline_martian_ranges(family, ranges));
    }
    joint->sets[joint->unspecified] =
        (struct address_set){.family = {ranges_of(unspecified, 1), ranges_of(unspecified, 1)}};
    joint->sets[joint->any] =
        (struct address_set){.family = {ranges_of(&any4, 1), ranges_of(&any6, 1)}};
    for (size_t i = used; i < used + OWN_SETS; i++)
        joint->sets[i].index = i;
}

static int join_sets(struct joint *joint, size_t *indices[SIDES])
{
    size_t count = 0, total = joint->sides[0]->set_count + joint->sides[1]->set_count;
    CLEANUP_FREE struct known_set *known = calloc(total + 1, sizeof(*known));

    joint->sets = calloc(total + OWN_SETS, sizeof(*joint->sets));
    joint->policy.sets = calloc(total + OWN_SETS, sizeof(struct address_set *));
    if (!known || !joint->sets || !joint->policy.sets)
        return -ENOMEM;
    for (int side = 0; side < SIDES; side++)
        for (size_t i = 0; i < joint->sides[side]->set_count; i++)
            known[count++] = know_set(joint->sides[side]->sets[i], side, &indices[side][i]);
    size_t used = share_sets(known, count, joint->sets);
    add_own_sets(joint, used);
    joint->policy.set_count = used + OWN_SETS;
    for (size_t i = 0; i < joint->policy.set_count; i++)
        joint->policy.sets[i] = &joint->sets[i];
    return 0;
}

static int compare_labels(const void *left, const void *right)
{
    const struct address_set *const *a = left, *const *b = right;

    return strcmp((*a)->label, (*b)->label);
}

/* Where the policies have different sets of the same name, neither may be called by it. */
static int find_names(struct joint *joint)
{
    size_t count = joint->martian;
    CLEANUP_FREE const struct address_set **sorted =
        calloc(count + 1, sizeof(struct address_set *));

    joint->named = calloc(count + 1, sizeof(*joint->named));
    if (!sorted || !joint->named)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        sorted[i] = &joint->sets[i];
        joint->named[i] = label_is_name(joint->sets[i].label);
    }
    qsort(sorted, count, sizeof(struct address_set *), compare_labels);
    for (size_t i = 1; i < count; i++)
        if (!compare_labels(&sorted[i - 1], &sorted[i]))
            joint->named[sorted[i - 1]->index] = joint->named[sorted[i]->index] = false;
    return 0;
}

/* A field that is not set accepts anything, also if it is unset in one family only; but an unset
 * protocol accepts nothing. */
static void fill_match(const struct joint *joint, enum field field, struct match *match)
{
    static const struct number_range whole[FIELDS] = {
#define ROW(ID, id, name, kind, test, needs, last, ...) [FIELD_##ID] = {0, last},
        EDGEXDP_FIELDS(ROW)
#undef ROW
    };

    if (field_rows[field].kind == KIND_ADDRESSES)
        match->set = &joint->sets[joint->any];
    match->any = !match->numbers[0].count && !match->numbers[1].count;
    for (int family = 0; family < 2; family++)
        if (!match->numbers[family].count && field != FIELD_PROTOCOL)
            match->numbers[family] =
                (struct number_ranges){(struct number_range *)&whole[field], 1};
}

static void set_bad_flags(struct joint *joint)
{
    struct match *match = &joint->rules[joint->extras + EXTRA_BAD_FLAGS].matches[FIELD_TCP_FLAGS];
    struct number_ranges bad = {joint->bad_flags, baseline_bad_flags(joint->bad_flags)};

    *match = (struct match){.numbers = {bad, bad}};
}

static const struct number_range only_tcp[] = {{PROTOCOL_TCP, PROTOCOL_TCP}};

static bool matches_tcp(const struct rule *rule)
{
    const struct match *protocol = &rule->matches[FIELD_PROTOCOL];

    return match_holds(protocol, FAMILY_IPV4, PROTOCOL_TCP) ||
           match_holds(protocol, FAMILY_IPV6, PROTOCOL_TCP);
}

/* Splits the rule that was added last: a plain reject tells the senders of TCP and of all else
 * different things, and policies may say the same in other words. */
static void split_refusal(struct joint *joint, size_t *at)
{
    struct rule *tcp = &joint->rules[*at - 1], *rest = tcp + 1;
    struct match *protocol = &tcp->matches[FIELD_PROTOCOL];

    if (tcp->refusal != REFUSAL_DEFAULT)
        return;
    if (matches_tcp(tcp)) {
        *rest = *tcp;
        for (int family = 0; family < 2; family++)
            if (match_holds(protocol, FAMILY_IPV4 + (enum family)family, PROTOCOL_TCP))
                protocol->numbers[family] =
                    (struct number_ranges){(struct number_range *)only_tcp, 1};
            else
                protocol->numbers[family].count = 0;
        protocol->any = false;
        tcp->refusal = REFUSAL_TCP_RESET;
        joint->written[*at] = joint->written[*at - 1];
        (*at)++;
        tcp = rest;
    }
    tcp->refusal = REFUSAL_ADMIN_PROHIBITED;
}

static void join_side(struct joint *joint, enum side side, const size_t *indices, size_t *at)
{
    const struct address_set *exempt = joint->sides[side]->exempt;

    joint->exempt[side] = exempt ? &joint->sets[indices[exempt->index]] : NULL;
    joint->first[side] = *at;
    for (size_t i = 0; i < joint->sides[side]->rule_count; i++) {
        struct rule *rule = &joint->rules[*at];
        *rule = joint->sides[side]->rules[i];
        joint->written[*at] = &joint->sides[side]->rules[i];
        (*at)++;
        for (enum field field = 0; field < FIELDS; field++) {
            struct match *match = &rule->matches[field];
            if (match->set)
                match->set = &joint->sets[indices[match->set->index]];
        }
        split_refusal(joint, at);
    }
}

static int join_rules(struct joint *joint, size_t *const indices[SIDES])
{
    size_t total = 2 * (joint->sides[0]->rule_count + joint->sides[1]->rule_count), at = 0;

    joint->rules = calloc(total + EXTRAS, sizeof(*joint->rules));
    joint->written = calloc(total + 1, sizeof(const struct rule *));
    if (!joint->rules || !joint->written)
        return -ENOMEM;
    for (enum side side = SIDE_OLD; side < SIDES; side++)
        join_side(joint, side, indices[side], &at);
    joint->extras = at;
    for (size_t i = 0; i < EXTRAS; i++) {
        joint->rules[at] = extras[i];
        joint->rules[at].action = VERDICT_ACCEPT;
        for (enum field field = 0; field < FIELDS; field++)
            fill_match(joint, field, &joint->rules[at].matches[field]);
        at++;
    }
    set_bad_flags(joint);
    joint->policy.rules = joint->rules;
    joint->policy.rule_count = at;
    return 0;
}

int joint_build(const struct policy *before, const struct policy *after, struct joint *joint,
                struct diag *diag)
{
    CLEANUP_FREE size_t *before_indices = calloc(before->set_count + 1, sizeof(*before_indices));
    CLEANUP_FREE size_t *after_indices = calloc(after->set_count + 1, sizeof(*after_indices));
    size_t *indices[SIDES] = {before_indices, after_indices};

    *joint = (struct joint){.sides = {before, after}};
    int error = before_indices && after_indices ? join_sets(joint, indices) : -ENOMEM;
    if (!error)
        error = find_names(joint);
    if (!error)
        error = join_rules(joint, indices);
    return error ? error
                 : classes_build(&joint->policy, CLASSES_ENOUGH, NOT_SPOKEN_OF, &joint->classes,
                                 diag);
}

const struct class_runs *joint_ignored(const struct joint *joint, enum test test, int family)
{
    const struct classes *classes = &joint->classes;

    if (test == TEST_SOURCE && joint_ignores_martians(joint))
        return &classes->addresses[family].sets[joint->martian];
    if (test == TEST_TCP_FLAGS && joint_ignores_bad_flags(joint))
        return classes->wants[family][joint->extras + EXTRA_BAD_FLAGS].by_test[test];
    return NULL;
}

void joint_clear(struct joint *joint)
{
    classes_clear(&joint->classes);
    free(joint->policy.sets);
    free(joint->sets);
    free(joint->named);
    free(joint->rules);
    free(joint->written);
}
