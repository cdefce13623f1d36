/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "answer.h"

#include <ares.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"
#include "../policy/address.h"

/* No answer of DNS has more. */
#define HEARD_MAX 8192

void answer_clear(struct name_answer *answer)
{
    for (int i = 0; i < 2; i++)
        address_list_clear(&answer->family[i].addresses);
    *answer = (struct name_answer){0};
}

static int take_address(struct name_answer *answer, enum family family, struct piece rest)
{
    struct address_list *list = &answer->family[family - FAMILY_IPV4].addresses;
    struct piece text = piece_next_word(&rest);
    enum family read;
    unsigned int ttl_s;
    struct fault fault;
    u128 address;

    if (address_read(text, &read, &address, &fault) || read != family ||
        piece_number(piece_trim(rest), ~0u >> 1, "time to live", &ttl_s, &fault) ||
        list->count >= HEARD_MAX)
        return -EINVAL;
    if (!answer->ttl_s || ttl_s < answer->ttl_s)
        answer->ttl_s = ttl_s;
    return address_list_add(list, (struct address_range){address, address});
}

static int end(struct name_answer *answer, int family, enum answer_state state, struct piece rest)
{
    unsigned int code = 0;
    struct fault fault;
    bool is_given = state == ANSWER_GIVEN;

    if (is_given != (answer->family[family].addresses.count > 0) ||
        (!is_given && piece_number(piece_trim(rest), 1000, "code", &code, &fault)))
        return -EINVAL;
    answer->family[family].state = state;
    answer->family[family].code = (int)code;
    return 0;
}

int answers_take(struct name_answer *answers, size_t count, struct piece line)
{
    struct piece number = piece_next_word(&line), digit = piece_next_word(&line);
    struct piece word = piece_next_word(&line);
    enum family family = piece_equals(digit, "6") ? FAMILY_IPV6 : FAMILY_IPV4;
    unsigned int at;
    struct fault fault;

    if (!count || piece_number(number, (unsigned int)count - 1, "number", &at, &fault) ||
        (family == FAMILY_IPV4 && !piece_equals(digit, "4")) ||
        answers[at].family[family - FAMILY_IPV4].state != ANSWER_OPEN)
        return -EINVAL;
    if (piece_equals(word, "address"))
        return take_address(&answers[at], family, line);
    if (piece_equals(word, "given"))
        return end(&answers[at], family - FAMILY_IPV4, ANSWER_GIVEN, line);
    if (piece_equals(word, "none"))
        return end(&answers[at], family - FAMILY_IPV4, ANSWER_NONE, line);
    if (piece_equals(word, "failed"))
        return end(&answers[at], family - FAMILY_IPV4, ANSWER_FAILED, line);
    return -EINVAL;
}

/* Beginnings of addresses that no name may stand for: this host, a link, or many hosts. Whoever
 * means one of them writes it. */
static const struct {
    enum family family;
    unsigned int length;
    u32 bits;
} unusable[] = {
    {FAMILY_IPV4, 8, 0},
    {FAMILY_IPV4, 8, 127},
    {FAMILY_IPV4, 16, 169 << 8 | 254},
    {FAMILY_IPV4, 3, 7},  /* multicast and reserved */
    {FAMILY_IPV6, 32, 0}, /* `::`, `::1` and mapped ones */
    {FAMILY_IPV6, 10, 0xfe80 >> 6},
    {FAMILY_IPV6, 8, 0xff},
};

static bool is_usable(enum family family, u128 address)
{
    for (size_t i = 0; i < ARRAY_SIZE(unusable); i++)
        if (unusable[i].family == family &&
            address >> (address_bits(family) - unusable[i].length) == unusable[i].bits)
            return false;
    return true;
}

static int by_address(const void *left, const void *right)
{
    const struct address_range *a = left, *b = right;

    return (a->first > b->first) - (a->first < b->first);
}

/* Sorts LIST, each address once, without unusable ones. */
static void sort(struct name_answer *answer, enum family family, struct address_list *list)
{
    size_t kept = 0;

    if (list->count)
        qsort(list->ranges, list->count, sizeof(*list->ranges), by_address);
    for (size_t i = 0; i < list->count; i++) {
        if (kept && list->ranges[kept - 1].first == list->ranges[i].first)
            continue;
        if (is_usable(family, list->ranges[i].first))
            list->ranges[kept++] = list->ranges[i];
        else
            answer->unusable++;
    }
    list->count = kept;
}

/* Each family may have half of the room, and what the other leaves. */
static void cut(struct name_answer *answer)
{
    size_t most[2];

    for (int i = 0; i < 2; i++) {
        size_t other = answer->family[!i].addresses.count;
        size_t half = NAME_ADDRESSES_MAX / 2;

        most[i] = NAME_ADDRESSES_MAX - (other < half ? other : half);
    }
    for (int i = 0; i < 2; i++) {
        struct address_list *list = &answer->family[i].addresses;

        if (list->count <= most[i])
            continue;
        answer->excess += list->count - most[i];
        list->count = most[i];
    }
}

void answer_tidy(struct name_answer *answer, int code)
{
    for (int i = 0; i < 2; i++) {
        struct address_list *list = &answer->family[i].addresses;

        if (answer->family[i].state == ANSWER_OPEN) {
            answer->family[i].state = ANSWER_FAILED;
            answer->family[i].code = code;
            list->count = 0;
        }
        sort(answer, FAMILY_IPV4 + (enum family)i, list);
        if (answer->family[i].state == ANSWER_GIVEN && !list->count)
            answer->family[i].state = ANSWER_NONE;
    }
    cut(answer);
    if (!answer->ttl_s)
        answer->ttl_s = NAME_TTL_NONE_S;
    if (answer->ttl_s > NAME_TTL_MAX_S)
        answer->ttl_s = NAME_TTL_MAX_S;
}

/* What c-ares says when nothing is known, in words that say what to do. */
static const char *words_of(int code)
{
    switch (code) {
    case ARES_ENOTFOUND:
        return "there is no host of this name";
    case ARES_ENODATA:
        return "it has no address";
    case ARES_ETIMEOUT:
        return "no name server answered in time";
    case ARES_ECONNREFUSED:
        return "no name server gave an answer (see /etc/resolv.conf)";
    case ARES_ESERVFAIL:
        return "the name server could not find it out";
    case ARES_EDESTRUCTION:
        return "the process that asks name servers has ended";
    case ARES_EREFUSED:
        return "the name server refuses to say";
    default:
        return ares_strerror(code);
    }
}

static void explain_none(const struct name_answer *answer, char *why, size_t bytes)
{
    int failed = answer->family[0].state == ANSWER_FAILED ? 0 : 1;

    if (answer->family[failed].state == ANSWER_FAILED)
        snprintf(why, bytes, "it cannot be looked up: %s", words_of(answer->family[failed].code));
    else if (answer->unusable)
        snprintf(why, bytes,
                 "it has only addresses of loopback, of a link or of many hosts, which no name may "
                 "stand for");
    else if (answer->family[0].code == ARES_ENOTFOUND || answer->family[1].code == ARES_ENOTFOUND)
        snprintf(why, bytes, "there is no host of this name");
    else
        snprintf(why, bytes, "this host has no address");
}

bool answer_explain(const struct name_answer *answer, char *why, size_t bytes)
{
    why[0] = '\0';
    if (!(answer->family[0].addresses.count + answer->family[1].addresses.count)) {
        explain_none(answer, why, bytes);
        return false;
    }
    for (int i = 0; i < 2; i++)
        if (answer->family[i].state == ANSWER_FAILED)
            snprintf(why, bytes, "its IPv%c addresses are not known: %s", i ? '6' : '4',
                     words_of(answer->family[i].code));
    if (!why[0] && answer->excess)
        snprintf(why, bytes, "it has too many addresses: %d are used, and %zu are not",
                 NAME_ADDRESSES_MAX, answer->excess);
    if (!why[0] && answer->unusable)
        snprintf(why, bytes, "addresses of loopback, of a link or of many hosts are not used: %zu",
                 answer->unusable);
    return true;
}
