/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a rule on one line. Readers return 0, -EINVAL (reported) or -ENOMEM. */
#include "short_line.h"

#include "../base/memory.h"
#include "action.h"
#include "foreign.h"
#include "match.h"
#include "protocols.h"

#include <errno.h>
#include <string.h>

#define RULE_FORM                                                                                  \
    "ACTION DIRECTION [on ZONE] [FAMILY] [PROTOCOL, ...] [SOURCE][:PORTS] > "                      \
    "[DESTINATION][:PORTS] "                                                                       \
    "[KEY VALUE ...]"

/* `accept`, `drop`, `reject`, or `reject with` and one word more. */
static bool is_of_action(struct word last, struct word next)
{
    return !last.whole.length || word_is(next, "with") ||
           (word_is(last, "with") && next.kind == WORD_NAME);
}

static int read_action(struct line *line)
{
    struct word word = line_peek(line);
    struct foreign foreign = foreign_action(word.text);
    int error;

    if (word.kind == WORD_END)
        return line_tell(line, line_end(line), "the rule is missing: write " RULE_FORM);
    if (word.kind != WORD_NAME)
        return line_tell_stray(line, word, line_next(line));
    if (!action_begins(word.text))
        return line_tell(line, word.whole, "\"%s\" is not an action: %s", quote(word.text).text,
                         *foreign.advice ? foreign.advice : "write accept, drop or reject");
    error = line_add_key(line, "action", word.whole, false);
    if (!error)
        error = line_add_words(line, is_of_action);
    if (!error && word_is(line->last, "with"))
        return line_tell(line, line_end(line),
                         "what to reject with is missing: write tcp-reset, port-unreachable "
                         "or admin-prohibited");
    return error;
}

#define DIRECTIONS_SAID "in, out, both or forward"

static int read_direction(struct line *line)
{
    struct word before = line->last, word = line_next(line);

    if (word.kind == WORD_END)
        return line_tell(line, line_end(line), "the direction is missing: write " DIRECTIONS_SAID);
    if (word.kind != WORD_NAME)
        return line_tell_stray(line, before, word);
    if (!word_is(word, "in") && !word_is(word, "out") && !word_is(word, "both") &&
        !word_is(word, "forward"))
        return line_tell(line, word.whole,
                         "the direction is missing before \"%s\": write " DIRECTIONS_SAID,
                         quote(word.text).text);
    return line_add_value(line, "direction", word.text);
}

/* Is WORD a family? Protocol 41, which /etc/protocols calls ipv6, is written as a number here. */
static bool is_family(struct word word)
{
    return word_is(word, "ipv4") || word_is(word, "ipv6");
}

static int read_families(struct line *line)
{
    int error = is_family(line_peek(line)) ? line_add_list(line, "family") : 0;

    if (!error && is_family(line_peek(line)))
        return line_tell(line, line_peek(line).whole,
                         "a second family: a rule without any is for both; protocol 41 is written "
                         "41 here");
    return error;
}

static bool is_any_protocol(const struct line *line)
{
    struct words words = line->words;

    return word_is(words_next(&words), "any") && words_peek(words).kind != WORD_ARROW &&
           words_peek(words).kind != WORD_COLON && words_peek(words).kind != WORD_COMMA &&
           !word_is(words_peek(words), "but");
}

static bool is_protocol(struct word word)
{
    struct fault fault;
    u8 protocol;
    bool named;

    return word.kind == WORD_NAME && !word.literal &&
           !protocol_read(word.text, &protocol, &named, &fault);
}

static bool is_icmp(struct word word)
{
    struct fault fault;
    u8 protocol;
    bool named;

    return !protocol_read(word.text, &protocol, &named, &fault) &&
           (protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMPV6);
}

static bool is_icmp_type(struct word word)
{
    static const bool either[2] = {true, true};
    struct icmp_match match;
    struct fault fault;

    return word.kind == WORD_NAME && !word.literal && !icmp_read(word.text, either, &match, &fault);
}

/* Do zones with a `to` behind them come next? */
static bool names_zones(const struct line *line)
{
    struct words words = line->words;
    struct word word;

    if (is_family(line_peek(line)) || is_protocol(line_peek(line)))
        return false;
    do {
        word = words_next(&words);
        if (word_is(word, "any") && word_is(words_peek(words), "but")) {
            words_next(&words);
            word = words_next(&words);
        }
        if (word.kind != WORD_NAME || word_find_key(word))
            return false;
        word = words_next(&words);
    } while (word.kind == WORD_COMMA);
    return word_is(word, "to");
}

/* Reads what may follow the direction: the zones that a rule is for. */
static int read_zones(struct line *line)
{
    bool forward = word_is(line->last, "forward");
    int error = 0;

    if (word_is(line_peek(line), "on")) {
        line_next(line);
        return line_add_list(line, "on");
    }
    if (forward && names_zones(line))
        error = line_add_list(line, "arrives");
    if (error || !forward || !word_is(line_peek(line), "to"))
        return error;
    line_next(line);
    return line_add_list(line, "leaves");
}

static int read_protocols(struct line *line)
{
    bool icmp = is_icmp(line_peek(line));
    int error;

    if (!is_protocol(line_peek(line)) && !is_any_protocol(line))
        return 0;
    error = line_add_list(line, "protocol");
    return !error && icmp && is_icmp_type(line_peek(line)) ? line_add_list(line, "icmp-type")
                                                           : error;
}

/* Reads one side of the arrow. */
static int read_side(struct line *line, const char *key, struct piece *address,
                     const char *port_key, struct piece *port)
{
    struct word word = line_peek(line);
    int error = 0;

    if (word.kind == WORD_NAME && !word_find_key(word)) {
        if (piece_is_digits(word.text))
            return line_tell(line, word.whole, "\"%s\" is not an address: write \":%s\" for a port",
                             quote(word.text).text, quote(word.text).text);
        *address = word.whole;
        error = line_add_list(line, key);
    }
    if (error || line_peek(line).kind != WORD_COLON)
        return error;
    word = line->last;
    if (address->length && !word.literal && piece_find(word.text, ':') < word.text.length)
        return line_tell(line, word.whole,
                         "\"%s\" stands in brackets where ports follow: write [%s]:PORT",
                         quote(word.text).text, quote(word.text).text);
    *port = line_next(line).whole;
    if (line_peek(line).kind != WORD_NAME)
        return line_tell(line, *port, "ports are missing after the \":\"");
    return line_add_list(line, port_key);
}

/* Reports a source, or what was taken for one, without an arrow after it. */
static int tell_missing_arrow(struct line *line)
{
    struct foreign foreign = foreign_word(line->from);
    struct fault fault;
    u8 protocol;
    bool named;

    if (!line->from.length)
        return line_tell(
            line, line->source_port,
            "a \">\" is missing: write \":PORT >\" for the source port, \"> :PORT\" for the "
            "destination's");
    if (*foreign.advice)
        return line_tell(line, line->from, "\"%s\" is not said here: %s", quote(line->from).text,
                         foreign.advice);
    if (line_peek(line).kind == WORD_NAME && !word_find_key(line_peek(line)) &&
        protocol_read(line->from, &protocol, &named, &fault))
        return line_tell(line, line->from, "%s", fault.text);
    return line_tell(line, line->from,
                     "a \">\" is missing: write \"%s >\" for a source, \"> %s\" for a destination",
                     quote(line->from).text, quote(line->from).text);
}

static int read_arrow(struct line *line)
{
    int error = read_side(line, "from", &line->from, "source-port", &line->source_port);

    if (error)
        return error;
    line->has_arrow = line_peek(line).kind == WORD_ARROW;
    if (line->has_arrow) {
        line_next(line);
        return read_side(line, "to", &line->to, "port", &line->port);
    }
    return line->from.length || line->source_port.length ? tell_missing_arrow(line) : 0;
}

static bool arrow_said(const struct line *line, const char *key)
{
    return (!strcmp(key, "from") && line->from.length) || (!strcmp(key, "to") && line->to.length) ||
           (!strcmp(key, "port") && line->port.length) ||
           (!strcmp(key, "source-port") && line->source_port.length);
}

/* Takes the words up to a comma, a key or the end of the line; *first and *last delimit them. */
static bool take_words(struct line *line, struct word *first, struct word *last)
{
    *first = *last = line_peek(line);
    if (first->kind != WORD_NAME)
        return false;
    do
        *last = line_next(line);
    while (line_peek(line).kind == WORD_NAME && !word_find_key(line_peek(line)) &&
           line_peek(line).whole.line == first->whole.line);
    return true;
}

/* In a list of TCP's flags, ! is a word of our own. */
static bool has_negations(const struct grammar_key *key)
{
    return !strcmp(key->name, field_rows[FIELD_TCP_FLAGS].name);
}

/* Adds one item of KEY's value; it has one word or more. */
static int add_words(struct line *line, const struct grammar_key *key)
{
    struct word before = line->last, first, last;
    struct foreign foreign;

    if (!take_words(line, &first, &last)) {
        line_next(line);
        return first.kind == WORD_END
                   ? line_tell(line, line_end(line), "an item is missing at the end")
                   : line_tell_stray(line, before, first);
    }
    if (first.whole.text == last.whole.text) {
        foreign =
            first.literal || has_negations(key) ? (struct foreign){0} : foreign_item(first.text);
        if (*foreign.advice)
            return line_tell(line, first.whole, "%s", foreign.advice);
        return ini_add_piece(line->ini, first.text);
    }
    return ini_add_piece(line->ini, words_span(first, last));
}

static bool is_of_phrases(struct word last, struct word next)
{
    return next.kind == WORD_COMMA ||
           (next.kind == WORD_NAME && (last.kind == WORD_COMMA || !word_find_key(next)));
}

/* Reads items of several words, which are taken apart later. */
static int read_phrases(struct line *line)
{
    int error = line_add_words(line, is_of_phrases);

    return !error && line->last.kind == WORD_COMMA
               ? line_tell(line, line_end(line), "an item is missing at the end")
               : error;
}

static int read_value(struct line *line, const struct grammar_key *key, struct piece place)
{
    bool list = key->kind == VALUE_LIST;
    int error = line_add_key(line, key->name, place, list);

    if (error || line_peek(line).kind == WORD_END || word_find_key(line_peek(line)))
        return error; /* the reader of the section reports what is missing */
    if (key->kind == VALUE_PHRASES)
        return read_phrases(line);
    error = add_words(line, key);
    while (!error && list && line_peek(line).kind == WORD_COMMA) {
        line_next(line);
        error = add_words(line, key);
    }
    return error;
}

static bool says_yes_or_no(struct word word)
{
    return word_is(word, "yes") || word_is(word, "no");
}

/* `log` alone means yes. */
static int read_log(struct line *line, struct piece place)
{
    if (says_yes_or_no(line_peek(line)))
        return line_add_value(line, "log", line_next(line).text);
    place.text = "yes";
    return line_add_value(line, "log", place);
}

static int read_keys(struct line *line)
{
    int error = 0;

    while (!error && line_peek(line).kind != WORD_END) {
        struct word before = line->last, word = line_next(line);
        const struct grammar_key *key = word_find_key(word);

        if (!key)
            error = line_tell_stray(line, before, word);
        else if (arrow_said(line, key->name))
            error =
                line_tell(line, word.whole, "\"%s\" has been said before: leave it out", key->name);
        else if (!strcmp(key->name, "log"))
            error = read_log(line, word.text);
        else
            error = read_value(line, key, word.text);
    }
    return error;
}

int line_read_rule(struct line *line)
{
    struct word direction, before;
    int error = read_action(line);

    if (!error)
        error = read_direction(line);
    if (!error)
        error = read_zones(line);
    direction = line->last;
    if (!error)
        error = read_families(line);
    if (!error)
        error = read_protocols(line);
    before = line->last;
    if (!error)
        error = read_arrow(line);
    struct words behind = line->words;
    struct word after = words_next(&behind);
    if (!error)
        error = read_keys(line);
    if (!error && before.whole.text != direction.whole.text)
        line_note_keyword(line, before, "from");
    if (!error && line->has_arrow && !line->port.length && word_is(after, "log") &&
        !says_yes_or_no(words_peek(behind)))
        line_note_keyword(line, after, "to");
    return error;
}
