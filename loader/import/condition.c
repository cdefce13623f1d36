/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "condition.h"

static const u128 lasts[ASPECTS] = {
#define ROW(NAME, last) [ASPECT_##NAME] = (last),
    IMPORT_ASPECTS(ROW)
#undef ROW
};

u128 aspect_last(enum aspect aspect)
{
    return lasts[aspect];
}

void condition_narrow(struct arena *arena, struct condition *condition, enum aspect aspect,
                      const struct spans *set)
{
    condition->aspects[aspect] = spans_both(arena, condition->aspects[aspect], set);
}

void condition_narrow_to(struct arena *arena, struct condition *condition, enum aspect aspect,
                         u128 value)
{
    condition_narrow(arena, condition, aspect, spans_one(arena, value));
}

struct condition condition_both(struct arena *arena, const struct condition *a,
                                const struct condition *b)
{
    struct condition both;

    for (int i = 0; i < ASPECTS; i++)
        both.aspects[i] = spans_both(arena, a->aspects[i], b->aspects[i]);
    return both;
}

/* Does CONDITION speak of FAMILY, as far as its families and addresses tell? */
static bool speaks_of(const struct condition *condition, enum family family)
{
    enum aspect from = family == FAMILY_IPV4 ? ASPECT_FROM4 : ASPECT_FROM6;
    enum aspect to = family == FAMILY_IPV4 ? ASPECT_TO4 : ASPECT_TO6;
    enum aspect type = family == FAMILY_IPV4 ? ASPECT_TYPE4 : ASPECT_TYPE6;

    return spans_hold(condition->aspects[ASPECT_FAMILY], family - 1) &&
           !spans_is_none(condition->aspects[from]) && !spans_is_none(condition->aspects[to]) &&
           !spans_is_none(condition->aspects[type]);
}

/* What one family only has, and may lack where the other is meant. */
static bool is_of_family(int aspect)
{
    return aspect == ASPECT_FROM4 || aspect == ASPECT_FROM6 || aspect == ASPECT_TO4 ||
           aspect == ASPECT_TO6 || aspect == ASPECT_TYPE4 || aspect == ASPECT_TYPE6;
}

bool condition_is_empty(const struct condition *condition)
{
    for (int i = 0; i < ASPECTS; i++)
        if (!is_of_family(i) && spans_is_none(condition->aspects[i]))
            return true;
    return !speaks_of(condition, FAMILY_IPV4) && !speaks_of(condition, FAMILY_IPV6);
}

bool condition_is_any(const struct condition *condition, u32 but)
{
    for (int i = 0; i < ASPECTS; i++)
        if (condition->aspects[i] && !(but >> i & 1))
            return false;
    return true;
}

static bool family_of_aspect(int aspect, enum family *family)
{
    *family = aspect == ASPECT_FROM4 || aspect == ASPECT_TO4 || aspect == ASPECT_TYPE4
                  ? FAMILY_IPV4
                  : FAMILY_IPV6;
    return is_of_family(aspect);
}

/* Aspects of a family that A does not speak of do not matter. */
bool condition_is_within(const struct condition *a, const struct condition *b)
{
    enum family family;

    for (int i = 0; i < ASPECTS; i++) {
        if (family_of_aspect(i, &family) && !speaks_of(a, family))
            continue;
        if (!spans_are_within(a->aspects[i], b->aspects[i]))
            return false;
    }
    return true;
}

bool condition_meet(const struct condition *a, const struct condition *b)
{
    bool meet[2];

    for (int i = 0; i < ASPECTS; i++)
        if (!is_of_family(i) && !spans_meet(a->aspects[i], b->aspects[i]))
            return false;
    for (enum family family = FAMILY_IPV4; family <= FAMILY_IPV6; family++) {
        bool ipv4 = family == FAMILY_IPV4;
        enum aspect from = ipv4 ? ASPECT_FROM4 : ASPECT_FROM6, to = ipv4 ? ASPECT_TO4 : ASPECT_TO6;
        enum aspect type = ipv4 ? ASPECT_TYPE4 : ASPECT_TYPE6;
        meet[family - 1] = speaks_of(a, family) && speaks_of(b, family) &&
                           spans_meet(a->aspects[from], b->aspects[from]) &&
                           spans_meet(a->aspects[to], b->aspects[to]) &&
                           spans_meet(a->aspects[type], b->aspects[type]);
    }
    return meet[0] || meet[1];
}

bool condition_equal(const struct condition *a, const struct condition *b)
{
    for (int i = 0; i < ASPECTS; i++)
        if (!spans_equal(a->aspects[i], b->aspects[i]))
            return false;
    return true;
}

size_t condition_without(struct arena *arena, const struct condition *a, const struct condition *b,
                         struct condition parts[ASPECTS])
{
    struct condition rest = *a;
    size_t count = 0;

    for (int i = 0; i < ASPECTS; i++) {
        if (spans_are_within(rest.aspects[i], b->aspects[i]))
            continue;
        struct condition part = rest;
        condition_narrow(arena, &part, (enum aspect)i, spans_but(arena, b->aspects[i], lasts[i]));
        if (!condition_is_empty(&part))
            parts[count++] = part;
        condition_narrow(arena, &rest, (enum aspect)i, b->aspects[i]);
        if (condition_is_empty(&rest))
            break;
    }
    return count;
}

struct condition condition_mirror(const struct condition *condition)
{
    static const struct {
        enum aspect from, to;
    } pairs[] = {
        {ASPECT_FAMILY, ASPECT_FAMILY},     {ASPECT_PROTOCOL, ASPECT_PROTOCOL},
        {ASPECT_FROM4, ASPECT_TO4},         {ASPECT_TO4, ASPECT_FROM4},
        {ASPECT_FROM6, ASPECT_TO6},         {ASPECT_TO6, ASPECT_FROM6},
        {ASPECT_FROM_KIND, ASPECT_TO_KIND}, {ASPECT_TO_KIND, ASPECT_FROM_KIND},
        {ASPECT_PORT, ASPECT_SOURCE_PORT},  {ASPECT_SOURCE_PORT, ASPECT_PORT},
        {ASPECT_ARRIVES, ASPECT_LEAVES},    {ASPECT_LEAVES, ASPECT_ARRIVES},
    };
    struct condition mirror = {0};

    for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
        mirror.aspects[pairs[i].to] = condition->aspects[pairs[i].from];
    return mirror;
}

unsigned int condition_states(const struct condition *condition)
{
    unsigned int bits = 0;

    for (unsigned int state = 0; state < STATES; state++)
        if (spans_hold(condition->aspects[ASPECT_STATE], state))
            bits |= 1u << state;
    return bits;
}

/* The set of the numbers whose bits are set. */
static const struct spans *of_bits(struct arena *arena, unsigned int bits, unsigned int last)
{
    struct address_range *list = arena_get(arena, (last + 1) * sizeof(*list));
    size_t count = 0;

    for (unsigned int i = 0; list && i <= last; i++)
        if (bits >> i & 1)
            list[count++] = (struct address_range){i, i};
    return list ? spans_of(arena, list, count, last) : &spans_none;
}

void condition_narrow_states(struct arena *arena, struct condition *condition, unsigned int bits)
{
    condition_narrow(arena, condition, ASPECT_STATE, of_bits(arena, bits, STATES - 1));
}

bool condition_is_only(const struct condition *condition, u8 protocol)
{
    const struct spans *set = condition->aspects[ASPECT_PROTOCOL];

    return set && set->count == 1 && set->ranges[0].first == protocol &&
           set->ranges[0].last == protocol;
}

const struct spans *spans_flags(struct arena *arena, u8 mask, u8 value)
{
    struct address_range *list = arena_get(arena, 256 * sizeof(*list));
    size_t count = 0;

    for (unsigned int flags = 0; list && flags < 256; flags++)
        if ((flags & mask) == value)
            list[count++] = (struct address_range){flags, flags};
    return list ? spans_of(arena, list, count, 255) : &spans_none;
}

u8 condition_families(const struct condition *condition)
{
    u8 families = 0;

    for (u8 family = 0; family < 2; family++)
        if (spans_hold(condition->aspects[ASPECT_FAMILY], family))
            families |= (u8)(1 << family);
    return families;
}

bool condition_asks(const struct condition *condition, const struct condition *whole,
                    enum aspect aspect)
{
    return condition->aspects[aspect] &&
           !spans_are_within(whole->aspects[aspect], condition->aspects[aspect]);
}
