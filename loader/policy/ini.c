/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ini.h"

#include "../base/memory.h"
#include "../base/utf8.h"
#include "source.h"

#include <errno.h>
#include <string.h>

struct ini_reader {
    struct ini *ini;
    struct diag *diag;
    bool line_faulty;
    bool homeless; /* a key before the first section has been told */
};

void ini_free(struct ini *ini)
{
    free(ini->sections);
    free(ini->entries);
    free(ini->pieces);
}

struct place ini_value_place(const struct ini *ini, const struct ini_entry *entry)
{
    if (!entry->piece_count)
        return piece_place(entry->key);
    return piece_place(*ini_value(ini, entry));
}

char *ini_value_text(const struct ini *ini, const struct ini_entry *entry)
{
    const struct piece *pieces = ini_value(ini, entry);
    size_t size = 1, used = 0;
    char *text;

    for (size_t i = 0; i < entry->piece_count; i++)
        size += (size_t)pieces[i].length + 1;
    text = malloc(size);
    if (!text)
        return NULL;
    for (size_t i = 0; i < entry->piece_count; i++) {
        if (i)
            text[used++] = ' ';
        memcpy(text + used, pieces[i].text, pieces[i].length);
        used += pieces[i].length;
    }
    text[used] = '\0';
    return text;
}

struct piece ini_value_part(const struct ini *ini, const struct ini_entry *entry, size_t at,
                            size_t length)
{
    const struct piece *piece = ini_value(ini, entry);

    for (size_t i = 1; i < entry->piece_count && at > piece->length; i++, piece++)
        at -= (size_t)piece->length + 1;
    return piece_part(*piece, at, length);
}

static size_t comment_start(struct piece line)
{
    for (size_t i = 0; i < line.length; i++)
        if ((line.text[i] == '#' || line.text[i] == ';') && (!i || is_white(line.text[i - 1])))
            return i;
    return line.length;
}

/* What is wrong with the first character of REST, which no policy may hold. */
static void tell_character(struct piece rest, size_t length, struct diag *diag)
{
    struct place place = piece_place(piece_part(rest, 0, 1));
    unsigned char byte = (unsigned char)rest.text[0];

    if (!length)
        diag_add(diag, SEVERITY_ERROR, place,
                 "byte 0x%02x is not valid UTF-8: save the file as UTF-8", byte);
    else if (!byte)
        diag_add(diag, SEVERITY_ERROR, place, "a NUL byte: this is no text file");
    else
        diag_add(diag, SEVERITY_ERROR, place,
                 "control character U+%04X: it may stand in comments only",
                 length == 1 ? byte : (unsigned char)rest.text[1]);
}

/* Returns false, having told DIAG (if any), when LINE holds something that it must not, the comment
 * from byte COMMENT on included as far as the encoding goes. */
static bool check_bytes(struct piece line, size_t comment, struct diag *diag)
{
    for (size_t at = 0, length; at < line.length; at += length) {
        length = utf8_length(line.text + at, line.length - at);
        if (length && line.text[at] && (at >= comment || utf8_is_harmless(line.text + at, length)))
            continue;
        if (diag)
            tell_character(piece_part(line, at, line.length), length, diag);
        return false;
    }
    return true;
}

struct piece ini_line(const struct source *source, unsigned int number, struct diag *diag,
                      bool *faulty)
{
    struct source_line whole = source_line(source, number);
    struct piece line = {whole.text, (unsigned int)whole.length, number, 1, source};
    size_t comment = comment_start(line);

    *faulty = !source->plain && !check_bytes(line, comment, diag);
    return piece_trim(piece_part(line, 0, comment));
}

static struct ini_section *last_section(const struct ini *ini)
{
    return ini->section_count ? &ini->sections[ini->section_count - 1] : NULL;
}

/* The entry that an indented line continues. */
static struct ini_entry *last_entry(const struct ini *ini)
{
    const struct ini_section *section = last_section(ini);

    return section && section->entry_count ? &ini->entries[ini->entry_count - 1] : NULL;
}

static int add_section(struct ini_reader *reader, struct ini_section section)
{
    struct ini *ini = reader->ini;
    struct ini_section *grown =
        array_grow(ini->sections, ini->section_count, &ini->section_capacity, sizeof(section));

    if (!grown)
        return -ENOMEM;
    ini->sections = grown;
    section.first_entry = ini->entry_count;
    ini->sections[ini->section_count++] = section;
    return 0;
}

static int add_entry(struct ini_reader *reader, struct piece key, bool faulty)
{
    struct ini *ini = reader->ini;
    struct ini_entry *grown =
        array_grow(ini->entries, ini->entry_count, &ini->entry_capacity, sizeof(struct ini_entry));

    if (!grown)
        return -ENOMEM;
    ini->entries = grown;
    ini->entries[ini->entry_count++] = (struct ini_entry){key, ini->piece_count, 0, faulty};
    last_section(ini)->entry_count++;
    return 0;
}

static int add_piece(struct ini_reader *reader, struct piece piece)
{
    struct ini *ini = reader->ini;
    struct ini_entry *entry = last_entry(ini);
    struct piece *grown;

    entry->faulty |= reader->line_faulty;
    if (!piece.length || entry->faulty)
        return 0;
    grown = array_grow(ini->pieces, ini->piece_count, &ini->piece_capacity, sizeof(piece));
    if (!grown)
        return -ENOMEM;
    ini->pieces = grown;
    ini->pieces[ini->piece_count++] = piece;
    entry->piece_count++;
    return 0;
}

static int read_header(struct ini_reader *reader, struct piece line)
{
    size_t close = piece_find(line, ']');
    struct ini_section section = {.header = piece_part(line, 0, close + 1)};
    struct piece inside = piece_trim(piece_part(line, 1, close - 1));

    section.faulty = reader->line_faulty;
    if (close == line.length) {
        diag_add(reader->diag, SEVERITY_ERROR, piece_place(line),
                 "a section header ends with \"]\"");
        section.faulty = true;
    } else if (close + 1 < line.length && !section.faulty) {
        struct piece rest = piece_trim(piece_part(line, close + 1, line.length));

        diag_add(reader->diag, SEVERITY_ERROR, piece_place(rest),
                 "\"%s\" stands behind a section header: put it on a line of its own",
                 quote(rest).text);
        section.faulty = true;
    }
    section.word = piece_next_word(&inside);
    section.name = piece_trim(inside);
    section.grammar = grammar_find_section(section.word, NULL);
    return add_section(reader, section);
}

/* A key outside of any section is told once: the missing header is one mistake. */
static bool is_homeless(struct ini_reader *reader, struct piece line)
{
    if (reader->ini->section_count)
        return false;
    if (!reader->homeless && !reader->line_faulty)
        diag_add(reader->diag, SEVERITY_ERROR, piece_place(line),
                 "\"%s\" stands before the first section: start with [policy]", quote(line).text);
    reader->homeless = true;
    return true;
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
        error = add_entry(reader, key, reader->line_faulty);
        return error ? error
                     : add_piece(reader, piece_trim(piece_part(line, equals + 1, line.length)));
    }
    if (!reader->line_faulty && !key.length)
        diag_add(reader->diag, SEVERITY_ERROR, piece_place(line),
                 "a key is missing before the \"=\": write KEY = VALUE");
    else if (!reader->line_faulty)
        diag_add(reader->diag, SEVERITY_ERROR, piece_place(line),
                 "a \"=\" is missing: write KEY = VALUE (a line that continues the value above it "
                 "starts with white space)");
    return add_entry(reader, piece_next_word(&rest), true);
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

/* Words for people may hold a "=" or a "[": then only a known word makes it a key or a header. */
static bool continues_text(const struct ini *ini)
{
    const struct ini_section *section = last_section(ini);
    const struct ini_entry *entry = last_entry(ini);
    const struct grammar_key *key;

    if (!entry || !section->grammar)
        return false;
    key = grammar_find_key(section->grammar, entry->key, NULL);
    return key && key->kind == VALUE_TEXT;
}

static bool looks_like_key(const struct ini *ini, struct piece line)
{
    size_t length = word_length(line);
    struct piece word = piece_part(line, 0, length);
    struct piece rest = piece_trim(piece_part(line, length, line.length));

    if (!length || !rest.length || rest.text[0] != '=')
        return false;
    return !continues_text(ini) || grammar_find_key(last_section(ini)->grammar, word, NULL);
}

/* An IPv6 address in brackets is no header: it has a colon in it. */
static bool looks_like_header(const struct ini *ini, struct piece line)
{
    size_t close = piece_find(line, ']');
    struct piece inside = piece_part(line, 1, close - 1);
    struct piece word;

    if (line.text[0] != '[' || close + 1 != line.length)
        return false;
    if (piece_find(inside, ':') < inside.length)
        return false;
    word = piece_next_word(&inside);
    return !continues_text(ini) || grammar_find_section(word, NULL);
}

/* Users indent whole sections; each such line is told and then read as what it was meant to be, so
 * that nothing seems to be missing. */
static int read_indented(struct ini_reader *reader, struct piece line)
{

    if (looks_like_header(reader->ini, line)) {
        diag_add(reader->diag, SEVERITY_ERROR, piece_place(line),
                 "an indented section header: a line that starts with white space continues the "
                 "value above it; move it to the start of the line");
        return read_header(reader, line);
    }
    if (is_homeless(reader, line))
        return 0;
    if (looks_like_key(reader->ini, line)) {
        struct piece key = piece_part(line, 0, word_length(line));

        diag_add(reader->diag, SEVERITY_ERROR, piece_place(key),
                 "an indented key: a line that starts with white space continues the value above "
                 "it; move \"%s\" to the start of the line",
                 quote(key).text);
        return read_entry(reader, line);
    }
    if (last_entry(reader->ini))
        return add_piece(reader, line);
    if (!reader->line_faulty)
        diag_add(reader->diag, SEVERITY_ERROR, piece_place(line),
                 "a line that starts with white space continues the value above it, and there is "
                 "none");
    return 0;
}

/* As some editors save text; every one of its lines would be told otherwise. */
static bool is_utf16(const struct source *source)
{
    return source->length >= 2 &&
           (!memcmp(source->text, "\xff\xfe", 2) || !memcmp(source->text, "\xfe\xff", 2));
}

int ini_read(struct ini *ini, const struct source *source, struct diag *diag)
{
    struct ini_reader reader = {.ini = ini, .diag = diag};
    int error = 0;

    ini->source = source;
    if (is_utf16(source)) {
        diag_add(diag, SEVERITY_ERROR, (struct place){source, 0, 0, 0},
                 "this is a UTF-16 file: save it as UTF-8");
        ini->garbled = true;
        return 0;
    }
    for (unsigned int number = 1; !error && number <= source->line_count; number++) {
        struct piece line = ini_line(source, number, diag, &reader.line_faulty);

        ini->garbled |= reader.line_faulty;
        if (!line.length)
            continue;
        if (line.column > 1)
            error = read_indented(&reader, line);
        else if (line.text[0] == '[')
            error = read_header(&reader, line);
        else
            error = read_entry(&reader, line);
    }
    return error;
}
