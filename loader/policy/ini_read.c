/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns lines into sections and entries, including those of included files. */
#include "ini.h"

#include "../base/memory.h"

#include <errno.h>
#include <string.h>

#define INCLUDES_MAX 16 /* levels of nesting */

/* The state of reading one file. */
struct ini_reader {
    struct ini *ini;
    struct diag *diag;
    source_opener *opener;
    const struct source *source;
    const struct ini_reader *includer; /* NULL: none */
    unsigned int depth;
    bool line_faulty;
    bool in_section; /* in this file: there is a section for a key */
    bool homeless;   /* a key outside of sections was reported */
};

/* Adds PIECE, one line of a value, as it was read. */
static int add_line(struct ini_reader *reader, struct piece piece)
{
    struct ini_entry *entry = ini_last_entry(reader->ini);

    entry->faulty |= reader->line_faulty;
    return !piece.length || entry->faulty ? 0 : ini_add_piece(reader->ini, piece);
}

static int read_file(struct ini_reader *reader);

static bool is_circle(const struct ini_reader *reader, const char *path)
{
    for (; reader; reader = reader->includer)
        if (!strcmp(reader->source->path, path))
            return true;
    return false;
}

/* Reads the file NAME in this place. */
static int include(struct ini_reader *reader, struct piece name)
{
    CLEANUP_FREE char *path = source_path_beside(reader->source, name.text, name.length);
    struct ini_reader inner = {
        .ini = reader->ini,
        .diag = reader->diag,
        .opener = reader->opener,
        .includer = reader,
        .depth = reader->depth + 1,
    };
    struct place place = piece_place(name);
    int error;

    if (!path)
        return -ENOMEM;
    reader->ini->garbled = true; /* unless it can be read, what seems missing may be there */
    if (is_circle(reader, path)) {
        diag_add(reader->diag, SEVERITY_ERROR, place, "%s includes itself", path);
        return 0;
    }
    if (inner.depth > INCLUDES_MAX) {
        diag_add(reader->diag, SEVERITY_ERROR, place, "files include one another more than %d deep",
                 INCLUDES_MAX);
        return 0;
    }
    error = reader->opener(reader->diag, path, &inner.source);
    if (error == -ENOMEM)
        return error;
    if (!error)
        return read_file(&inner);
    diag_add(reader->diag, SEVERITY_ERROR, place, "cannot read the included file %s: %s", path,
             source_error(error));
    return 0;
}

static int read_include(struct ini_reader *reader, const struct ini_section *section)
{
    bool garbled = reader->ini->garbled;
    size_t told = diag_count(reader->diag, SEVERITY_ERROR);
    int error;

    reader->in_section = false;
    if (section->faulty)
        return 0;
    if (!section->name.length) {
        diag_add(reader->diag, SEVERITY_ERROR, piece_place(section->header),
                 "a file name is missing: write [include FILE]");
        return 0;
    }
    error = include(reader, section->name);
    if (diag_count(reader->diag, SEVERITY_ERROR) == told)
        reader->ini->garbled = garbled;
    return error;
}

static int read_header(struct ini_reader *reader, struct piece line)
{
    size_t close = piece_find(line, ']');
    struct ini_section section = {.header = piece_part(line, 0, close + 1)};
    struct piece inside = piece_trim(piece_part(line, 1, close - 1));
    int error;

    section.faulty = reader->line_faulty;
    if (close == line.length) {
        diag_add(reader->diag, SEVERITY_ERROR, piece_place(line),
                 "a section header ends with \"]\"");
        section.faulty = true;
    } else if (close + 1 < line.length && !section.faulty) {
        struct piece rest = piece_trim(piece_part(line, close + 1, line.length));

        diag_add(reader->diag, SEVERITY_ERROR, piece_place(rest),
                 "\"%s\" follows a section header: put it on a line of its own", quote(rest).text);
        section.faulty = true;
    }
    section.word = piece_next_word(&inside);
    section.name = piece_trim(inside);
    section.grammar = grammar_find_section(section.word, NULL);
    error = ini_add_section(reader->ini, section);
    reader->in_section = true;
    if (!error && section.grammar == &grammar_sections[SECTION_INCLUDE])
        error = read_include(reader, &section);
    return error;
}

/* A key outside of sections is reported only once, since the missing header is one mistake. */
static bool is_homeless(struct ini_reader *reader, struct piece line)
{
    bool first = reader->ini->section_count == 0;

    if (reader->in_section)
        return false;
    if (!reader->homeless && !reader->line_faulty)
        diag_add(reader->diag, SEVERITY_ERROR, piece_place(line),
                 first ? "\"%s\" comes before the first section: start with [policy]"
                       : "\"%s\" belongs to no section: start one, such as [rules]",
                 quote(line).text);
    reader->homeless = true;
    return true;
}

static bool holds_lines(const struct ini_reader *reader)
{
    const struct ini_section *section = ini_last_section(reader->ini);

    return reader->in_section && section->grammar && section->grammar->line;
}

static int read_entry(struct ini_reader *reader, struct piece line)
{
    size_t equals = piece_find(line, '=');
    struct piece rest = line;
    struct piece key = piece_trim(piece_part(line, 0, equals));
    int error;

    if (is_homeless(reader, line))
        return 0;
    if (equals < line.length && key.length) {
        error = ini_add_entry(reader->ini,
                              (struct ini_entry){.key = key, .faulty = reader->line_faulty});
        return error ? error
                     : add_line(reader, piece_trim(piece_part(line, equals + 1, line.length)));
    }
    if (!reader->line_faulty && !key.length)
        diag_add(reader->diag, SEVERITY_ERROR, piece_place(line),
                 "a key is missing before the \"=\": write KEY = VALUE");
    else if (!reader->line_faulty)
        diag_add(reader->diag, SEVERITY_ERROR, piece_place(line),
                 "a \"=\" is missing: write %s = VALUE (a line that continues the value above it "
                 "starts with white space)",
                 holds_lines(reader) ? "NAME" : "KEY");
    return ini_add_entry(reader->ini,
                         (struct ini_entry){.key = piece_next_word(&rest), .faulty = true});
}

static bool is_word_byte(char byte)
{
    return is_letter(byte) || is_digit(byte) || byte == '-' || byte == '_' || byte == '.';
}

static size_t word_length(struct piece line)
{
    size_t length = 0;

    while (length < line.length && is_word_byte(line.text[length]))
        length++;
    return length;
}

/* Text for people may contain "=" or "[": there, only a known word makes it a key or a header. */
static bool continues_text(const struct ini_reader *reader)
{
    const struct ini_section *section = ini_last_section(reader->ini);
    const struct ini_entry *entry = ini_last_entry(reader->ini);
    const struct grammar_key *key;

    if (!reader->in_section || !entry || !section->grammar)
        return false;
    key = grammar_find_key(section->grammar, entry->key, NULL);
    return key && key->kind == VALUE_TEXT;
}

static bool looks_like_key(const struct ini_reader *reader, struct piece line)
{
    size_t length = word_length(line);
    struct piece word = piece_part(line, 0, length);
    struct piece rest = piece_trim(piece_part(line, length, line.length));

    if (!length || !rest.length || rest.text[0] != '=')
        return false;
    return !continues_text(reader) ||
           grammar_find_key(ini_last_section(reader->ini)->grammar, word, NULL);
}

/* An IPv6 address in brackets is not a header: it contains a colon. */
static bool looks_like_header(const struct ini_reader *reader, struct piece line)
{
    size_t close = piece_find(line, ']');
    struct piece inside = piece_part(line, 1, close - 1);
    struct piece word;

    if (line.text[0] != '[' || close + 1 != line.length)
        return false;
    if (piece_find(inside, ':') < inside.length)
        return false;
    word = piece_next_word(&inside);
    return !continues_text(reader) || grammar_find_section(word, NULL);
}

/* Users indent whole sections. Each such line is reported, then read as what it was meant to be, so
 * that nothing seems to be missing. */
static int read_indented(struct ini_reader *reader, struct piece line)
{

    if (looks_like_header(reader, line)) {
        diag_add(reader->diag, SEVERITY_ERROR, piece_place(line),
                 "an indented section header: a line that starts with white space continues the "
                 "value above it; move it to the start of the line");
        return read_header(reader, line);
    }
    if (is_homeless(reader, line))
        return 0;
    if (looks_like_key(reader, line)) {
        struct piece key = piece_part(line, 0, word_length(line));

        diag_add(reader->diag, SEVERITY_ERROR, piece_place(key),
                 "an indented key: a line that starts with white space continues the value above "
                 "it; move \"%s\" to the start of the line",
                 quote(key).text);
        return read_entry(reader, line);
    }
    if (ini_last_entry(reader->ini))
        return add_line(reader, line);
    if (!reader->line_faulty)
        diag_add(reader->diag, SEVERITY_ERROR, piece_place(line),
                 "a line that starts with white space continues the value above it, and there is "
                 "none");
    return 0;
}

/* Some editors save UTF-16; without this test, every line would be reported. */
static bool is_utf16(const struct source *source)
{
    return source->length >= 2 &&
           (!memcmp(source->text, "\xff\xfe", 2) || !memcmp(source->text, "\xfe\xff", 2));
}

static int read_line(struct ini_reader *reader, unsigned int number)
{
    struct piece line =
        ini_line(reader->source, number, holds_lines(reader), reader->diag, &reader->line_faulty);

    reader->ini->garbled |= reader->line_faulty;
    if (!line.length)
        return 0;
    if (line.column > 1)
        return read_indented(reader, line);
    if (line.text[0] == '[')
        return read_header(reader, line);
    return read_entry(reader, line);
}

static int read_file(struct ini_reader *reader)
{
    int error = 0;

    if (is_utf16(reader->source)) {
        diag_add(reader->diag, SEVERITY_ERROR, (struct place){reader->source, 0, 0, 0},
                 "this is a UTF-16 file: save it as UTF-8");
        reader->ini->garbled = true;
        return 0;
    }
    for (unsigned int number = 1; !error && number <= reader->source->line_count; number++)
        error = read_line(reader, number);
    return error;
}

int ini_read(struct ini *ini, const struct source *source, source_opener *opener, struct diag *diag)
{
    struct ini_reader reader = {.ini = ini, .diag = diag, .opener = opener, .source = source};

    ini->source = source;
    return read_file(&reader);
}
