/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "short.h"

#include "../base/memory.h"
#include "foreign.h"
#include "protocols.h"
#include "short_words.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define RULE_FORM                                                                                  \
    "ACTION DIRECTION [PROTOCOL, ...] [SOURCE][:PORTS] > [DESTINATION][:PORTS] [KEY VALUE ...]"
#define EXPECTATION_FORM "VERDICT [by RULE] PACKET [after PACKET]"

/* One line while it becomes a section. Its readers return 0, -EINVAL (which has been told) or
 * -ENOMEM. */
struct line {
    struct ini *ini;
    struct diag *diag;
    struct ini_entry written;
    struct words words;
    struct word last; /* that was taken */
    bool has_arrow;
    struct piece from, to, port, source_port; /* empty: the arrow did not say it */
};

static int tell(struct line *line, struct piece piece, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int tell(struct line *line, struct piece piece, const char *format, ...)
{
    char text[400];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    diag_add(line->diag, SEVERITY_ERROR, piece_place(piece), "%s", text);
    return -EINVAL;
}

static struct word next(struct line *line)
{
    return line->last = words_next(&line->words);
}

static struct word peek(const struct line *line)
{
    return words_peek(line->words);
}

/* Behind the last word, or at the name of an empty line. */
static struct piece end_of(const struct line *line)
{
    const struct ini_entry *written = &line->written;
    struct piece last = written->piece_count
                            ? line->ini->pieces[written->first_piece + written->piece_count - 1]
                            : written->key;

    return piece_part(last, last.length, 0);
}

/* KEY = (what is added next); it stands where PLACE does. */
static int add_key(struct line *line, const char *key, struct piece place, bool items)
{
    place.text = key;
    place.length = (unsigned int)strlen(key);
    return ini_add_entry(line->ini, (struct ini_entry){.key = place, .items = items});
}

static int add_value(struct line *line, const char *key, struct piece value)
{
    int error = add_key(line, key, value, false);

    return error ? error : ini_add_piece(line->ini, value);
}

static int tell_open(struct line *line, struct word word)
{
    if (word.whole.text[0] == '"')
        return tell(line, word.whole, "a quote is not closed: a second \" is missing on this line");
    return tell(line, word.whole, "a \"]\" is missing: brackets hold an address that ports follow");
}

static const struct grammar_key *find_key(struct word word)
{
    const struct grammar_section *rule = &grammar_sections[SECTION_RULE];

    if (word.kind != WORD_NAME || word.literal || word_is(word, "direction") ||
        word_is(word, "action"))
        return NULL;
    return grammar_find_key(rule, word.text, NULL);
}

static bool is_number(struct piece text)
{
    for (size_t i = 0; i < text.length; i++)
        if (!is_digit(text.text[i]))
            return false;
    return text.length > 0;
}

/* COLON, which has been taken, stands behind LAST in a list of ports. */
static int tell_colon(struct line *line, struct word last, struct word colon)
{
    struct word behind = peek(line);

    if (is_number(last.text) && is_number(behind.text))
        return tell(line, words_span(last, behind), "a range of ports is written %s-%s",
                    quote(last.text).text, quote(behind.text).text);
    return tell(line, colon.whole, "a second \":\": ports stand once on each side");
}

static int tell_word(struct line *line, struct word word)
{
    struct foreign foreign = foreign_word(word.text);
    struct nearest nearest;

    if (*foreign.advice)
        return tell(line, word.whole, "\"%s\" is not said here: %s", quote(word.text).text,
                    foreign.advice);
    grammar_find_key(&grammar_sections[SECTION_RULE], word.text, &nearest);
    if (nearest.word)
        return tell(line, word.whole, "unknown key \"%s\"%s", quote(word.text).text,
                    nearest_hint(&nearest).text);
    return tell(line, word.whole,
                "\"%s\" is not expected here: a comma is missing before it, or a key such as note",
                quote(word.whole).text);
}

/* WORD, which was taken after BEFORE, stands where nothing of its kind may. */
static int tell_stray(struct line *line, struct word before, struct word word)
{
    switch (word.kind) {
    case WORD_OPEN:
        return tell_open(line, word);
    case WORD_COLON:
        return tell_colon(line, before, word);
    case WORD_COMMA:
        return tell(line, word.whole, "no list goes on here: leave the comma out");
    case WORD_ARROW:
        if (line->has_arrow)
            return tell(line, word.whole,
                        "a second \">\": a rule has one source and one destination");
        return tell(line, word.whole,
                    "\">\" is not expected here: a name that is also a key stands in quotes");
    default:
        return tell_word(line, word);
    }
}

/* An item of a list of single words. `any but` in front of a list is one of its own. */
static int add_item(struct line *line)
{
    struct word before = line->last, word = next(line), but;
    struct foreign foreign;

    if (word.kind == WORD_END)
        return tell(line, end_of(line), "an item is missing at the end");
    if (word.kind != WORD_NAME)
        return tell_stray(line, before, word);
    if (find_key(word))
        return tell(line, word.whole,
                    "\"%s\" is a key: leave out the comma before it, or quote it if it is a name",
                    quote(word.text).text);
    foreign = word.literal ? (struct foreign){0} : foreign_item(word.text);
    if (*foreign.advice)
        return tell(line, word.whole, "%s", foreign.advice);
    but = peek(line);
    if (!word_is(word, "any") || !word_is(but, "but"))
        return ini_add_piece(line->ini, word.text);
    next(line);
    if (ini_add_piece(line->ini, words_span(word, but)))
        return -ENOMEM;
    return add_item(line);
}

/* A list of single words, of which the first is to come. */
static int add_list(struct line *line, const char *key)
{
    int error = add_key(line, key, peek(line).text, true);

    if (!error)
        error = add_item(line);
    while (!error && peek(line).kind == WORD_COMMA) {
        next(line);
        error = add_item(line);
    }
    return error;
}

static int read_action(struct line *line)
{
    const struct grammar_key *action =
        grammar_find_key(&grammar_sections[SECTION_RULE], piece_of("action"), NULL);
    struct word word = next(line), last = word;
    struct foreign foreign = foreign_action(word.text);

    if (word.kind == WORD_END)
        return tell(line, end_of(line), "the rule is missing: write " RULE_FORM);
    if (word.kind != WORD_NAME)
        return tell_stray(line, word, word);
    if (!*foreign.advice && !grammar_find_choice(action, word.text))
        snprintf(foreign.advice, sizeof(foreign.advice), "write %s", action->values);
    if (*foreign.advice)
        return tell(line, word.whole, "\"%s\" is not an action: %s", quote(word.text).text,
                    foreign.advice);
    if (word_is(peek(line), "with")) {
        next(line);
        last = next(line);
        if (last.kind != WORD_NAME)
            return tell(line, end_of(line), "what to reject with is missing");
    }
    return add_value(line, "action", words_span(word, last));
}

static int read_direction(struct line *line)
{
    struct word before = line->last, word = next(line);

    if (word.kind == WORD_END)
        return tell(line, end_of(line), "the direction is missing: write in, out or both");
    if (word.kind != WORD_NAME)
        return tell_stray(line, before, word);
    if (!word_is(word, "in") && !word_is(word, "out") && !word_is(word, "both"))
        return tell(line, word.whole,
                    "the direction is missing before \"%s\": write in, out or both",
                    quote(word.text).text);
    return add_value(line, "direction", word.text);
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

static int read_protocols(struct line *line)
{
    bool icmp = is_icmp(peek(line));
    int error;

    if (!is_protocol(peek(line)) && !is_any_protocol(line))
        return 0;
    error = add_list(line, "protocol");
    return !error && icmp && is_icmp_type(peek(line)) ? add_list(line, "icmp-type") : error;
}

/* One side of the arrow. */
static int read_side(struct line *line, const char *key, struct piece *address,
                     const char *port_key, struct piece *port)
{
    struct word word = peek(line);
    int error = 0;

    if (word.kind == WORD_NAME && !find_key(word)) {
        if (is_number(word.text))
            return tell(line, word.whole, "\"%s\" is not an address: write \":%s\" for a port",
                        quote(word.text).text, quote(word.text).text);
        *address = word.whole;
        error = add_list(line, key);
    }
    if (error || peek(line).kind != WORD_COLON)
        return error;
    *port = next(line).whole;
    if (peek(line).kind != WORD_NAME)
        return tell(line, *port, "ports are missing behind the \":\"");
    return add_list(line, port_key);
}

/* A source, or what was taken for one, and no arrow behind it. */
static int tell_missing_arrow(struct line *line)
{
    struct foreign foreign = foreign_word(line->from);
    struct fault fault;
    u8 protocol;
    bool named;

    if (!line->from.length)
        return tell(
            line, line->source_port,
            "a \">\" is missing: write \":PORT >\" for the source port, \"> :PORT\" for the "
            "destination's");
    if (*foreign.advice)
        return tell(line, line->from, "\"%s\" is not said here: %s", quote(line->from).text,
                    foreign.advice);
    if (peek(line).kind == WORD_NAME && !find_key(peek(line)) &&
        protocol_read(line->from, &protocol, &named, &fault))
        return tell(line, line->from, "%s", fault.text);
    return tell(line, line->from,
                "a \">\" is missing: write \"%s >\" for a source, \"> %s\" for a destination",
                quote(line->from).text, quote(line->from).text);
}

static int read_arrow(struct line *line)
{
    int error = read_side(line, "from", &line->from, "source-port", &line->source_port);

    if (error)
        return error;
    line->has_arrow = peek(line).kind == WORD_ARROW;
    if (line->has_arrow) {
        next(line);
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

/* Takes the words up to a comma, a key or the end; *last is the last of them. */
static bool take_words(struct line *line, struct word *first, struct word *last)
{
    *first = *last = peek(line);
    if (first->kind != WORD_NAME)
        return false;
    do
        *last = next(line);
    while (peek(line).kind == WORD_NAME && !find_key(peek(line)) &&
           peek(line).whole.line == first->whole.line);
    return true;
}

/* One item of a key's value, of one word or several. */
static int add_words(struct line *line)
{
    struct word before = line->last, first, last;
    struct foreign foreign;

    if (!take_words(line, &first, &last)) {
        next(line);
        return first.kind == WORD_END ? tell(line, end_of(line), "an item is missing at the end")
                                      : tell_stray(line, before, first);
    }
    if (first.whole.text == last.whole.text) {
        foreign = first.literal ? (struct foreign){0} : foreign_item(first.text);
        if (*foreign.advice)
            return tell(line, first.whole, "%s", foreign.advice);
        return ini_add_piece(line->ini, first.text);
    }
    return ini_add_piece(line->ini, words_span(first, last));
}

static int read_value(struct line *line, const struct grammar_key *key, struct piece place)
{
    bool list = key->kind == VALUE_LIST;
    int error = add_key(line, key->name, place, list);

    if (error || peek(line).kind == WORD_END || find_key(peek(line)))
        return error; /* whoever reads the section says what is missing */
    error = add_words(line);
    while (!error && list && peek(line).kind == WORD_COMMA) {
        next(line);
        error = add_words(line);
    }
    return error;
}

/* `log` alone means yes. */
static int read_log(struct line *line, struct piece place)
{
    struct word word = peek(line);

    if (word_is(word, "yes") || word_is(word, "no"))
        return add_value(line, "log", next(line).text);
    place.text = "yes";
    return add_value(line, "log", place);
}

static int read_keys(struct line *line)
{
    int error = 0;

    while (!error && peek(line).kind != WORD_END) {
        struct word before = line->last, word = next(line);
        const struct grammar_key *key = find_key(word);

        if (!key)
            error = tell_stray(line, before, word);
        else if (arrow_said(line, key->name))
            error = tell(line, word.whole, "\"%s\" has been said before: leave it out", key->name);
        else if (!strcmp(key->name, "log"))
            error = read_log(line, word.text);
        else
            error = read_value(line, key, word.text);
    }
    return error;
}

static int read_rule_line(struct line *line)
{
    int error = read_action(line);

    if (!error)
        error = read_direction(line);
    if (!error)
        error = read_protocols(line);
    if (!error)
        error = read_arrow(line);
    return error ? error : read_keys(line);
}

/* The words of a packet as they are written, up to `after` or the end. */
static int read_packet(struct line *line, const char *key)
{
    struct word first = peek(line), last = first;
    int error;

    if (first.kind == WORD_END || word_is(first, "after"))
        return tell(line, first.kind == WORD_END ? end_of(line) : first.whole,
                    "a packet is missing: write DIRECTION PROTOCOL SOURCE[:PORT] > "
                    "DESTINATION[:PORT] [FLAG...]");
    error = add_key(line, key, first.whole, false);
    while (!error && peek(line).kind != WORD_END && !word_is(peek(line), "after")) {
        struct word word = next(line);

        if (word.whole.line != first.whole.line) {
            error = ini_add_piece(line->ini, words_span(first, last));
            first = word;
        }
        last = word;
    }
    return error ? error : ini_add_piece(line->ini, words_span(first, last));
}

static int read_expectation_line(struct line *line)
{
    struct word word = next(line);
    int error;

    if (word.kind != WORD_NAME)
        return tell(line, end_of(line), "the expectation is missing: write " EXPECTATION_FORM);
    error = add_value(line, "verdict", word.text);
    if (!error && word_is(peek(line), "by")) {
        next(line);
        word = next(line);
        if (word.kind != WORD_NAME)
            return tell(line, end_of(line), "the name of a rule is missing behind \"by\"");
        error = add_value(line, "rule", word.text);
    }
    if (!error)
        error = read_packet(line, "packet");
    if (error || peek(line).kind == WORD_END)
        return error;
    next(line);
    return read_packet(line, "reply-to");
}

static int expand_line(struct ini *ini, const struct grammar_section *grammar,
                       struct ini_entry entry, struct diag *diag)
{
    struct line line = {.ini = ini, .diag = diag, .written = entry};
    struct ini_section section = {
        .header = entry.key,
        .word = piece_of(grammar->name),
        .name = entry.key,
        .grammar = grammar,
        .faulty = entry.faulty,
    };
    int error = ini_add_section(ini, section);

    if (error || entry.faulty)
        return error;
    line.words = words_of(ini, &entry);
    if (grammar == &grammar_sections[SECTION_RULE])
        error = read_rule_line(&line);
    else
        error = read_expectation_line(&line);
    ini->sections[ini->section_count - 1].last_line = end_of(&line).line;
    if (error != -EINVAL)
        return error;
    /* What was told is the cause of all else that could be found. */
    ini->sections[ini->section_count - 1].faulty = true;
    ini->sections[ini->section_count - 1].entry_count = 0;
    return 0;
}

static int expand_section(struct ini *ini, struct ini_section section, struct diag *diag)
{
    size_t first = section.first_entry, count = section.entry_count;
    int error;

    if (!section.grammar || !section.grammar->line)
        return ini_keep_section(ini, section);
    section.entry_count = 0;
    error = ini_keep_section(ini, section);
    for (size_t i = first; !error && i < first + count; i++)
        error = expand_line(ini, section.grammar->line, ini->entries[i], diag);
    return error;
}

int short_expand(struct ini *ini, struct diag *diag)
{
    struct ini_section *written = TAKE_PTR(ini->sections);
    size_t count = ini->section_count;
    int error = 0;

    ini->section_count = ini->section_capacity = 0;
    for (size_t i = 0; i < count && !error; i++)
        error = expand_section(ini, written[i], diag);
    free(written);
    return error;
}
