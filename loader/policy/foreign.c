/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "foreign.h"

#include "../base/memory.h"
#include "flags.h"

#include <stdarg.h>
#include <string.h>

struct translation {
    const char *word, *advice;
};

static const struct translation actions[] = {
    {"pass", "write accept"},
    {"allow", "write accept"},
    {"permit", "write accept"},
    {"block", "write drop, or reject"},
    {"refuse", "write reject"},
    {"return-rst", "write reject"},
    {"return-icmp", "write reject"},
    {"return-icmp6", "write reject"},
    {"unreachable", "write reject"},
    {"prohibit", "write reject"},
    {"deny", "write drop"},
    {"discard", "write drop"},
    {"in", "the action comes first: write accept in, drop in or reject in"},
    {"out", "the action comes first: write accept out, drop out or reject out"},
    {"both", "the action comes first: write accept both, drop both or reject both"},
    {"-A", "start with accept, drop or reject, then in or out"},
    {"-I", "start with accept, drop or reject, then in or out"},
    {"iptables", "start with accept, drop or reject, then in or out"},
    {"nft", "start with accept, drop or reject, then in or out"},
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
    {"-j", "the action comes first: accept, drop or reject"},
    {"--reject-with", "the action comes first, as in reject with tcp-reset in tcp"},
    {"with", "it stands behind the action, as in reject with tcp-reset in tcp"},
    {"return-rst", "the action comes first, as in reject with tcp-reset in tcp"},
    {"return-icmp", "the action comes first, as in reject with port-unreachable in udp"},
    {"reject", "the action comes first, as in reject in tcp"},
    {"accept", "the action comes first, as in accept in tcp"},
    {"drop", "the action comes first, as in drop in tcp"},
    {"-m", "keys stand by themselves, as in > :22 log"},
    {"ip", "write ipv4 after the direction, if its addresses do not say so"},
    {"ip4", "write ipv4 after the direction, if its addresses do not say so"},
    {"-4", "write ipv4 after the direction, if its addresses do not say so"},
    {"ip6", "write ipv6 after the direction, if its addresses do not say so"},
    {"inet6", "write ipv6 after the direction, if its addresses do not say so"},
    {"-6", "write ipv6 after the direction, if its addresses do not say so"},
    {"inet", "leave it out for both families, or write ipv4 after the direction"},
    {"nfproto", "write ipv4 or ipv6 after the direction"},
    {"meta", "keys stand by themselves, as in length 0-512"},
    {"--length", "write length, and its values, as in length 0-512"},
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
    {"-f", "write fragment later, or fragment yes for first ones too"},
    {"--fragment", "write fragment later, or fragment yes for first ones too"},
    {"fragments", "write fragment later, or fragment yes for first ones too"},
    {"frag", "write fragment later, or fragment yes for first ones too"},
    {"frag-off", "write fragment later, or fragment yes for first ones too"},
    {"--syn", "write tcp-flags syn+!ack"},
    {"--tcp-flags", "write what is set and what is not: tcp-flags syn+!ack for SYN,ACK SYN"},
    {"flags", "write what is set and what is not: tcp-flags syn+!ack for S/SA"},
    {"setup", "write tcp-flags syn+!ack"},
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

/* Reads NAMES of flags as iptables and nftables separate them, with or without parentheses. */
static bool read_names(struct piece names, u8 *flags)
{
    struct conjunction one;
    struct fault fault;

    names = piece_trim(names);
    if (names.length > 1 && names.text[0] == '(' && names.text[names.length - 1] == ')')
        names = piece_part(names, 1, names.length - 2);
    *flags = 0;
    if (piece_is_keyword(names, "none") || piece_equals(names, "0") || piece_equals(names, "0x0"))
        return true;
    if (piece_is_keyword(names, "all")) {
        *flags = TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK | TCP_URG;
        return true;
    }
    for (size_t at = 0, end; at <= names.length; at += end + 1) {
        struct piece rest = piece_part(names, at, names.length);

        end = piece_find(rest, ',') < piece_find(rest, '|') ? piece_find(rest, ',')
                                                            : piece_find(rest, '|');
        if (conjunction_read(piece_trim(piece_part(rest, 0, end)), &one, &fault) || one.clear)
            return false;
        *flags |= one.set;
    }
    return true;
}

/* Reads pf's letters. */
static bool read_letters(struct piece letters, u8 *flags)
{
    static const char known[FLAG_COUNT + 1] = "FSRPAUEW"; /* from the lowest bit */

    letters = piece_trim(letters);
    *flags = 0;
    for (size_t i = 0; i < letters.length; i++) {
        const char *letter = strchr(known, letters.text[i]);
        if (!letter)
            return false;
        *flags |= (u8)(1 << (letter - known));
    }
    return true;
}

/* The flags that another filter compares, and what they are to be. */
struct compared {
    u8 mask, value;
    bool differs;
};

static bool read_compared(struct piece text, struct compared *compared)
{
    struct piece rest = text, first = piece_next_word(&rest);
    size_t slash = piece_find(text, '/'), equals = piece_find(text, '=');
    struct piece left = piece_part(text, 0, slash),
                 right = piece_part(text, slash + 1, text.length);

    if (slash < text.length)
        return (read_letters(left, &compared->value) && read_letters(right, &compared->mask)) ||
               (read_names(left, &compared->value) && read_names(right, &compared->mask));
    if (text.length && text.text[0] == '&') {
        if (!equals || equals == text.length)
            return false;
        compared->differs = text.text[equals - 1] == '!';
        right = piece_part(text, equals + 1, text.length);
        if (!compared->differs && right.length && right.text[0] == '=')
            right = piece_part(right, 1, right.length);
        left = piece_part(text, 1, equals - 1 - compared->differs);
        return read_names(left, &compared->mask) && read_names(right, &compared->value);
    }
    rest = piece_trim(rest);
    return rest.length && read_names(first, &compared->mask) && read_names(rest, &compared->value);
}

/* Reads the names of flags with nothing but blanks between them, as the notation of packets has
 * them. */
static bool read_words(struct piece text, struct conjunction *flags)
{
    struct conjunction one;
    struct fault fault;
    unsigned int count = 0;

    *flags = (struct conjunction){0};
    for (struct piece word; (word = piece_next_word(&text)).length; count++) {
        if (conjunction_read(word, &one, &fault) || __builtin_popcount(one.set | one.clear) != 1)
            return false;
        flags->set |= one.set;
        flags->clear |= one.clear;
    }
    return count > 1 && !(flags->set & flags->clear);
}

struct foreign foreign_flags(struct piece text)
{
    struct conjunction flags;
    struct compared compared = {0};
    struct foreign foreign = {0};
    char written[CONJUNCTION_BYTES];

    if (text.text[0] == '{')
        return foreign_item(text);
    if (read_words(text, &flags))
        advise(&foreign, "write %s, or commas between alternatives",
               conjunction_print(flags, written));
    else if (read_compared(text, &compared) && !(compared.value & ~compared.mask))
        advise(&foreign, "write %s%s", compared.differs ? "any but " : "",
               conjunction_print(
                   (struct conjunction){compared.value, compared.mask & (u8)~compared.value},
                   written));
    else if (piece_find(text, '|') < text.length || piece_find(text, '/') < text.length ||
             piece_find(text, '&') < text.length)
        advise(&foreign, "write what is set and what is not, as in syn+!ack");
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
