/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "foreign.h"

#include "../base/memory.h"

#include <stdarg.h>
#include <string.h>

struct translation {
    const char *word, *advice;
};

static const struct translation actions[] = {
    {"pass", "write accept"},
    {"allow", "write accept"},
    {"permit", "write accept"},
    {"block", "write drop"},
    {"deny", "write drop"},
    {"discard", "write drop"},
    {"in", "the action comes first: write accept in, or drop in"},
    {"out", "the action comes first: write accept out, or drop out"},
    {"both", "the action comes first: write accept both, or drop both"},
    {"-A", "start with accept or drop, then in or out"},
    {"-I", "start with accept or drop, then in or out"},
    {"iptables", "start with accept or drop, then in or out"},
    {"nft", "start with accept or drop, then in or out"},
};

static const struct translation words[] = {
    {"-p", "write the protocol alone, as in accept in tcp"},
    {"proto", "write the protocol alone, as in accept in tcp"},
    {"-s", "write SOURCE >"},
    {"-d", "write > DESTINATION"},
    {"saddr", "write SOURCE >"},
    {"daddr", "write > DESTINATION"},
    {"src", "write SOURCE >"},
    {"dst", "write > DESTINATION"},
    {"sport", "write :PORT >"},
    {"dport", "write > :PORT"},
    {"--sport", "write :PORT >"},
    {"--dport", "write > :PORT"},
    {"dports", "write > :PORT, PORT"},
    {"--dports", "write > :PORT, PORT"},
    {"-j", "the action comes first: accept or drop"},
    {"accept", "the action comes first, as in accept in tcp"},
    {"drop", "the action comes first, as in drop in tcp"},
    {"-m", "keys stand by themselves, as in > :22 log"},
    {"ip", "a rule is for the families that its addresses have"},
    {"ip6", "a rule is for the families that its addresses have"},
    {"inet", "a rule is for the families that its addresses have"},
    {"inet6", "a rule is for the families that its addresses have"},
    {"ct", "replies need no rule: who answers what was accepted is let through"},
    {"state", "replies need no rule: who answers what was accepted is let through"},
    {"keep", "replies need no rule: who answers what was accepted is let through"},
    {"counter", "every rule is counted: leave it out"},
    {"quick", "the first rule that matches decides: leave it out"},
    {"comment", "write note \"TEXT\""},
    {"hoplimit", "write ttl"},
    {"--ttl", "write ttl, and its values, as in ttl 255"},
    {"--ttl-eq", "write ttl, and its values, as in ttl 255"},
    {"--ttl-lt", "write ttl, and its values, as in ttl 0-9"},
    {"--ttl-gt", "write ttl, and its values, as in ttl 11-255"},
    {"--hl-eq", "write ttl, and its values, as in ttl 255"},
    {"--hl-lt", "write ttl, and its values, as in ttl 0-9"},
    {"--hl-gt", "write ttl, and its values, as in ttl 11-255"},
    {"--dscp", "write dscp, and its values, as in dscp ef"},
    {"--dscp-class", "write dscp, and its values, as in dscp ef"},
    {"tos", "write dscp, which is the upper six bits of it"},
    {"--tos", "write dscp, which is the upper six bits of it"},
};

static void advise(struct foreign *foreign, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void advise(struct foreign *foreign, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(foreign->advice, sizeof(foreign->advice), format, arguments);
    va_end(arguments);
}

static struct foreign look_up(const struct translation *table, size_t count, struct piece word)
{
    struct foreign foreign = {0};

    for (size_t i = 0; i < count; i++)
        if (piece_is_keyword(word, table[i].word))
            advise(&foreign, "%s", table[i].advice);
    return foreign;
}

struct foreign foreign_action(struct piece word)
{
    return look_up(actions, ARRAY_SIZE(actions), word);
}

/* Returns the `10.0.0.0/8` in `!10.0.0.0/8`, for a message. */
static const char *rest_of(struct quoted *rest, struct piece word, size_t start, size_t end)
{
    *rest = quote(piece_part(word, start, word.length - start - end));
    return *rest->text ? rest->text : "ITEM";
}

struct foreign foreign_item(struct piece word)
{
    struct foreign foreign = {0};
    struct quoted rest;

    if (!word.length)
        return foreign;
    switch (word.text[0]) {
    case '!':
        advise(&foreign, "\"!\" is not said here: write any but %s", rest_of(&rest, word, 1, 0));
        break;
    case '{':
    case '}':
        advise(&foreign, "a list stands without braces: write A, B");
        break;
    case '$':
        advise(&foreign, "a set stands by its name alone: write %s", rest_of(&rest, word, 1, 0));
        break;
    case '<':
        advise(&foreign, "a set stands by its name alone: write %s",
               rest_of(&rest, word, 1, word.text[word.length - 1] == '>'));
        break;
    default:
        break;
    }
    return foreign;
}

struct foreign foreign_word(struct piece word)
{
    struct foreign foreign = look_up(words, ARRAY_SIZE(words), word);
    size_t equals = piece_find(word, '=');

    if (!*foreign.advice && equals < word.length)
        advise(&foreign, "keys stand before their values without \"=\"");
    return *foreign.advice ? foreign : foreign_item(word);
}
