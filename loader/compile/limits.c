/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "limits.h"

#include <stdint.h>
#include <string.h>

#include "../policy/address.h"
#include "../policy/limit.h"
#include "../policy/protect.h"

/* FNV-1a, over LENGTH bytes. */
static u32 mix(u32 hash, const void *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ ((const u8 *)bytes)[i]) * 16777619u;
    return hash;
}

/* Who is ahead stays so over reloads of a rule whose limit stays the same: the table is the same,
 * and so is this number. */
static u32 identity_of(const struct limit *limit, const struct rule *rule, enum direction direction)
{
    char text[LIMIT_TEXT_BYTES];
    u32 hash = mix(2166136261u, rule->name, strlen(rule->name) + 1);

    hash = mix(hash, &direction, sizeof(direction));
    limit_print(limit, text);
    return mix(hash, text, strlen(text));
}

/* The first BITS of the 16 bytes at MASK. */
static void set_mask(u64 mask_be[2], unsigned int bits)
{
    u8 bytes[16] = {0};

    for (unsigned int i = 0; i < bits; i++)
        bytes[i / 8] |= (u8)(0x80 >> i % 8);
    memcpy(mask_be, bytes, sizeof(bytes));
}

/* How far ahead BURST may bring somebody. What a packet costs is rounded, up or down by chance: a
 * burst must pass however that falls, so there is so much more room, at most that of a packet. */
static u64 most_of(u64 cost, u64 burst)
{
    u64 one = cost >> LIMIT_COST_SHIFT;

    return (u64)((unsigned __int128)cost * burst >> LIMIT_COST_SHIFT) + 1 +
           (burst < one ? burst : one);
}

struct tables_limit limit_compile(const struct limit *limit, const struct rule *rule,
                                  enum direction direction, u32 number)
{
    u64 cost = limit_cost(limit);
    struct tables_limit made = {
        .identity = identity_of(limit, rule, direction),
        .counts = (u8)limit_counts(limit),
        .key = (u8)limit->key,
        .owner = (u8)limit_owner(number),
        .cost = cost,
        .burst = limit->burst,
        .most = most_of(cost, limit->burst),
        .ban_ns = limit->ban_ns,
        .bits = {limit->bits[0], limit->bits[1]},
    };

    for (int family = 0; family < 2 && limit->key != LIMIT_RULE; family++)
        set_mask(made.masks_be[family], limit->bits[family]);
    return made;
}

/* What makes the identity of a limit beside another one, or of one that limits nothing. */
#define PROVEN  0x9e3779b9u
#define REFUSED 0x85ebca6bu
#define OVER    0xc2b2ae35u

/* A limit beside LIMIT, which bans: see condemn.h. It has no owner, since nobody is over a rate in
 * it. */
static struct tables_limit beside(const struct tables_limit *limit, u32 identity, u64 cost,
                                  u64 burst)
{
    struct tables_limit made = *limit;

    made.identity ^= identity;
    made.cost = cost;
    made.burst = burst;
    made.most = most_of(cost, burst);
    made.ban_ns = 0;
    made.owner = 0;
    return made;
}

/* The one that only proven packets are charged to. */
static struct tables_limit proof_of(const struct tables_limit *limit)
{
    u64 half = limit->burst / 2 ? limit->burst / 2 : 1;
    return beside(limit, PROVEN, limit->cost, limit->counts == LIMIT_NEW ? limit->burst : half);
}

/* Behind it, for new connections: that some were refused lasts until a burst has come back. */
static struct tables_limit refused_of(const struct tables_limit *limit)
{
    return beside(limit, REFUSED, limit->cost * limit->burst, 1);
}

#define TICKS_NOTICED 20u /* a tick is less than 5 % of more of them */

/* How seldom a clock may go on, in ns, to be exact enough for LIMIT: it lets through a packet more
 * at most, makes a burst at most 5 % shorter (by two ticks: see limit_most()), and holds nobody
 * back in the long run. */
static u32 tick_for(const struct tables_limit *limit)
{
    u64 packet_ns = limit->counts == LIMIT_BYTES ? 0 : limit->cost >> LIMIT_COST_BITS;
    u64 packets_ns = limit->burst > 1 ? packet_ns : packet_ns / TICKS_NOTICED;
    u64 burst_ns = (limit->most << LIMIT_UNIT_SHIFT) / (2 * TICKS_NOTICED);
    u64 tick_ns = packets_ns > burst_ns ? packets_ns : burst_ns;

    return tick_ns < UINT32_MAX ? (u32)tick_ns : UINT32_MAX;
}

static int append(const struct tables_limit *limit, struct words *words,
                  struct tables_header *header)
{
    if (limit->most > header->limit_most)
        header->limit_most = limit->most;
    if (tick_for(limit) < header->limit_tick_ns)
        header->limit_tick_ns = tick_for(limit);
    header->limit_list_count++;
    return words_append(words, (const u32 *)(const void *)limit, sizeof(*limit) / sizeof(u32),
                        NULL);
}

/* Appends what LIMIT, which bans, needs besides itself. */
static int append_proof(const struct tables_limit *limit, struct words *words,
                        struct tables_header *header)
{
    struct tables_limit proof = proof_of(limit), refused = refused_of(limit);
    int error = append(&proof, words, header);

    return error || limit->counts != LIMIT_NEW ? error : append(&refused, words, header);
}

/* Appends what tells how RULE protects its listeners; HEADER has room for it. */
static int append_protect(const struct rule *rule, enum direction direction, u32 number,
                          struct words *words, struct tables_header *header)
{
    struct tables_protect made = {.mss = rule->protect.mss, .on = 1};
    int error = 0;

    if (!rule_protects(rule))
        return 0;
    if (rule->protect.over.amount) {
        struct tables_limit over = limit_compile(&rule->protect.over, rule, direction, number);
        over.identity ^= OVER;
        over.owner = 0;
        made.over = header->limit_list_count + 1;
        error = append(&over, words, header);
    }
    if (!error)
        memcpy(words->words + header->protects + (size_t)number * (sizeof(made) / sizeof(u32)),
               &made, sizeof(made));
    return error;
}

/* Appends the limits of RULE, and behind them those that only proven packets are charged to. */
static int append_entry(const struct rule *rule, enum direction direction, u32 number,
                        struct words *words, struct tables_header *header)
{
    u32 first = header->limit_list_count, proof = first + (u32)rule->limit_count;
    struct tables_limit made[RULE_LIMITS];
    int error = 0;

    for (size_t i = 0; i < rule->limit_count && !error; i++) {
        made[i] = limit_compile(&rule->limits[i], rule, direction, number);
        made[i].proof = made[i].ban_ns ? proof : 0;
        proof += made[i].ban_ns ? 1 + (made[i].counts == LIMIT_NEW) : 0;
        error = append(&made[i], words, header);
    }
    for (size_t i = 0; i < rule->limit_count && !error; i++)
        if (made[i].ban_ns)
            error = append_proof(&made[i], words, header);
    if (!error && rule->limit_count)
        words->words[header->limits + number] = first << LIMITS_SHIFT | (u32)rule->limit_count;
    return error ? error : append_protect(rule, direction, number, words, header);
}

static bool is_limited(const struct rule *rule)
{
    return rule->limit_count;
}

/* Returns the least number that is above those of all rules for which IS holds; 0 if there are
 * none. */
static u32 above_all(const struct policy *policy, const struct entry *entries, size_t count,
                     const struct rule_number *numbers, bool (*is)(const struct rule *rule))
{
    u32 above = 0;

    for (size_t i = 0; i < count; i++)
        if (is(&policy->rules[entries[i].rule]) && entry_number(numbers, i) >= above)
            above = entry_number(numbers, i) + 1;
    return above;
}

/* The secrets of judges in user space, which judge alike each time. Any will do that are as good as
 * random: without any, sources of the two families would meet, such as 33.1.13.184 and
 * 2001:db8::/64. Whoever seats the block gives it secrets that nobody knows. */
static const u64 known_secrets[] = {0x9216d5d98979fb1bull, 0xd1310ba698dfb5acull,
                                    0x2ffd72dbd01adfb7ull};

int limits_build(const struct policy *policy, const struct entry *entries, size_t count,
                 const struct rule_number *numbers, struct words *words,
                 struct tables_header *header)
{
    header->limit_list_count = 0;
    header->limit_tick_ns = UINT32_MAX;
    memcpy((void *)header->seated.limit_secrets, known_secrets, sizeof(known_secrets));
    header->limits_count = above_all(policy, entries, count, numbers, is_limited);
    header->protects_count = above_all(policy, entries, count, numbers, rule_protects);
    int error = words_append(words, NULL, header->limits_count, &header->limits);
    if (!error)
        error = words_append(words, NULL,
                             header->protects_count * (sizeof(struct tables_protect) / sizeof(u32)),
                             &header->protects);
    if (!error)
        error = words_align(words, sizeof(u64) / sizeof(u32));
    header->limit_list = (u32)words->count;
    for (size_t i = 0; i < count && !error; i++)
        error = append_entry(&policy->rules[entries[i].rule], entries[i].direction,
                             entry_number(numbers, i), words, header);
    return error;
}
