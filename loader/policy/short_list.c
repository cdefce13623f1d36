/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lists of a rule on one line, and what is said of words where none of their kind can stand. */
#include "short_line.h"

#include "foreign.h"

#include <errno.h>
#include <string.h>

static int tell_open(struct line *line, struct word word)
{
    if (word.whole.text[0] == '"')
        return line_tell(line, word.whole,
                         "a quote is not closed: a second \" is missing on this line");
    return line_tell(line, word.whole,
                     "a \"]\" is missing: brackets hold an address that ports follow");
}

const struct grammar_key *word_find_key(struct word word)
{
    const struct grammar_section *rule = &grammar_sections[SECTION_RULE];

    if (word.kind != WORD_NAME || word.literal || word_is(word, "direction") ||
        word_is(word, "action"))
        return NULL;
    return grammar_find_key(rule, word.text, NULL);
}

/* Reports COLON, which was taken and follows LAST in a list of ports. */
static int tell_colon(struct line *line, struct word last, struct word colon)
{
    struct word behind = line_peek(line);

    if (piece_is_digits(last.text) && piece_is_digits(behind.text))
        return line_tell(line, words_span(last, behind), "a range of ports is written %s-%s",
                         quote(last.text).text, quote(behind.text).text);
    return line_tell(line, colon.whole, "a second \":\": ports stand once on each side");
}

static int tell_word(struct line *line, struct word word)
{
    struct foreign foreign = foreign_word(word.text);
    struct nearest nearest;

    if (*foreign.advice)
        return line_tell(line, word.whole, "\"%s\" is not said here: %s", quote(word.text).text,
                         foreign.advice);
    grammar_find_key(&grammar_sections[SECTION_RULE], word.text, &nearest);
    if (nearest.word)
        return line_tell(line, word.whole, "unknown key \"%s\"%s", quote(word.text).text,
                         nearest_hint(&nearest).text);
    return line_tell(
        line, word.whole,
        "\"%s\" is not expected here: a comma is missing before it, or a key such as note",
        quote(word.whole).text);
}

int line_tell_stray(struct line *line, struct word before, struct word word)
{
    switch (word.kind) {
    case WORD_OPEN:
        return tell_open(line, word);
    case WORD_COLON:
        return tell_colon(line, before, word);
    case WORD_COMMA:
        return line_tell(line, word.whole, "no list goes on here: leave the comma out");
    case WORD_ARROW:
        if (line->has_arrow)
            return line_tell(line, word.whole,
                             "a second \">\": a rule has one source and one destination");
        return line_tell(line, word.whole,
                         "\">\" is not expected here: a name that is also a key stands in quotes");
    default:
        return tell_word(line, word);
    }
}

/* Adds one item to a list of single words. `any but` before a list is an item by itself. */
static int add_item(struct line *line)
{
    struct word before = line->last, word = line_next(line), but;
    struct foreign foreign;

    if (word.kind == WORD_END)
        return line_tell(line, line_end(line), "an item is missing at the end");
    if (word.kind != WORD_NAME)
        return line_tell_stray(line, before, word);
    if (word_find_key(word))
        return line_tell(
            line, word.whole,
            "\"%s\" is a key: leave out the comma before it, or quote it if it is a name",
            quote(word.text).text);
    foreign = word.literal ? (struct foreign){0} : foreign_item(word.text);
    if (*foreign.advice)
        return line_tell(line, word.whole, "%s", foreign.advice);
    /* No address, name or port begins with a dash: it is an option of some other program. */
    if (word.text.length && *word.text.text == '-')
        return tell_word(line, word);
    but = line_peek(line);
    if (!word_is(word, "any") || !word_is(but, "but"))
        return ini_add_piece(line->ini, word.text);
    line_next(line);
    /* What is read is a piece of one line, although the two words may stand on two. */
    word.whole.text = "any but";
    word.whole.length = (unsigned int)strlen(word.whole.text);
    if (ini_add_piece(line->ini, word.whole))
        return -ENOMEM;
    return add_item(line);
}

int line_add_list(struct line *line, const char *key)
{
    int error = line_add_key(line, key, line_peek(line).text, true);

    if (!error)
        error = add_item(line);
    while (!error && line_peek(line).kind == WORD_COMMA) {
        line_next(line);
        error = add_item(line);
    }
    return error;
}
