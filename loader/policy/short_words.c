/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "short_words.h"

#include <string.h>

struct words words_of(const struct ini *ini, const struct ini_entry *entry)
{
    return (struct words){
        .ini = ini,
        .next_piece = entry->first_piece,
        .end_piece = entry->first_piece + entry->piece_count,
    };
}

/* Takes everything up to CLOSE, which is left out of `text`. */
static struct word enclosed(struct piece rest, char close)
{
    struct piece inside = piece_part(rest, 1, rest.length);
    size_t end = piece_find(inside, close);

    if (end == inside.length)
        return (struct word){.kind = WORD_OPEN, .text = rest, .whole = rest};
    return (struct word){
        .kind = WORD_NAME,
        .literal = true,
        .text = piece_trim(piece_part(inside, 0, end)),
        .whole = piece_part(rest, 0, end + 2),
    };
}

static size_t chunk_length(struct piece rest)
{
    static const char ends[] = {',', '>', '"'};
    size_t length = 0;

    while (length < rest.length && !is_white(rest.text[length]) &&
           !memchr(ends, rest.text[length], sizeof(ends)))
        length++;
    return length;
}

/* An IPv6 address, prefix or range has "::" or eight groups; 60000:61000 has neither. */
static bool is_address6(struct piece chunk)
{
    static const char bytes[] = "0123456789abcdefABCDEF:./-";
    unsigned int colons = 0;
    bool shortened = false;

    for (size_t i = 0; i < chunk.length; i++) {
        if (!memchr(bytes, chunk.text[i], sizeof(bytes) - 1))
            return false;
        colons += chunk.text[i] == ':';
        shortened |= chunk.text[i] == ':' && i && chunk.text[i - 1] == ':';
    }
    return shortened || colons >= 7;
}

/* Returns the length of the word that the colon at byte AT belongs to, or 0 if it only ends one:
 * `eth0:networks` and `name:HOST` are single words, whatever follows. */
static size_t one_word(struct piece chunk, size_t at)
{
    struct piece behind = piece_part(chunk, at + 1, chunk.length);
    struct piece second = piece_part(behind, 0, piece_find(behind, ':'));

    if (piece_is_keyword(piece_part(chunk, 0, at), "name") ||
        piece_is_keyword(second, "addresses") || piece_is_keyword(second, "networks"))
        return at + 1 + second.length;
    return 0;
}

static struct word plain(struct piece rest)
{
    struct piece chunk = piece_part(rest, 0, chunk_length(rest));
    size_t colon = piece_find(chunk, ':');

    if (colon < chunk.length && !is_address6(chunk)) {
        size_t length = one_word(chunk, colon);

        chunk = piece_part(chunk, 0, length ? length : colon);
    }
    return (struct word){.kind = WORD_NAME, .text = chunk, .whole = chunk};
}

static struct word mark(enum word_kind kind, struct piece rest)
{
    struct piece mark = piece_part(rest, 0, 1);

    return (struct word){.kind = kind, .text = mark, .whole = mark};
}

static struct word read_word(struct piece rest)
{
    switch (rest.text[0]) {
    case ',':
        return mark(WORD_COMMA, rest);
    case '>':
        return mark(WORD_ARROW, rest);
    case '"':
        return enclosed(rest, '"');
    case '[':
        return enclosed(rest, ']');
    case ':':
        if (!is_address6(piece_part(rest, 0, chunk_length(rest))))
            return mark(WORD_COLON, rest);
        return plain(rest);
    default:
        return plain(rest);
    }
}

struct word words_next(struct words *words)
{
    struct word word;

    while (!words->rest.length) {
        if (words->next_piece == words->end_piece)
            return (struct word){.kind = WORD_END};
        words->rest = words->ini->pieces[words->next_piece++];
    }
    word = read_word(words->rest);
    words->rest = piece_trim(piece_part(words->rest, word.whole.length, words->rest.length));
    return word;
}

struct word words_peek(struct words words)
{
    return words_next(&words);
}

bool word_is(struct word word, const char *keyword)
{
    return word.kind == WORD_NAME && !word.literal && piece_is_keyword(word.text, keyword);
}

struct piece words_span(struct word first, struct word last)
{
    size_t end = last.whole.column + last.whole.length;

    if (last.whole.line != first.whole.line)
        return first.whole;
    first.whole.length = (unsigned int)(end - first.whole.column);
    return first.whole;
}
