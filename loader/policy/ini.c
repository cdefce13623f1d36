/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ini.h"

#include "../base/memory.h"
#include "../base/utf8.h"
#include "source.h"

#include <errno.h>
#include <string.h>

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

static size_t comment_start(struct piece line, bool quoting)
{
    bool quoted = false;

    for (size_t i = 0; i < line.length; i++) {
        quoted ^= quoting && line.text[i] == '"';
        if (!quoted && (line.text[i] == '#' || line.text[i] == ';') &&
            (!i || is_white(line.text[i - 1])))
            return i;
    }
    return line.length;
}

/* Reports the first character of REST, which no policy may contain. */
static void tell_character(struct piece rest, size_t length, struct diag *diag)
{
    struct place place = piece_place(piece_part(rest, 0, 1));
    unsigned char byte = (unsigned char)rest.text[0];

    if (!length)
        diag_add(diag, SEVERITY_ERROR, place,
                 "byte 0x%02x is not valid UTF-8: save the file as UTF-8", byte);
    else if (!byte)
        diag_add(diag, SEVERITY_ERROR, place, "a NUL byte: this is not a text file");
    else
        diag_add(diag, SEVERITY_ERROR, place,
                 "control character U+%04X: it is allowed in comments only",
                 length == 1 ? byte : (unsigned char)rest.text[1]);
}

/* Returns whether LINE contains only permitted bytes; otherwise reports the first bad one to
 * DIAG, unless DIAG is NULL. In the comment, which starts at byte COMMENT, only the encoding is
 * checked. */
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

static struct piece whole_line(const struct source *source, unsigned int number)
{
    struct source_line line = source_line(source, number);

    return (struct piece){line.text, (unsigned int)line.length, number, 1, source};
}

struct piece ini_comment(const struct source *source, unsigned int number, bool quoting)
{
    struct piece line = whole_line(source, number);

    return piece_trim(piece_part(line, comment_start(line, quoting), line.length));
}

struct piece ini_line(const struct source *source, unsigned int number, bool quoting,
                      struct diag *diag, bool *faulty)
{
    struct piece line = whole_line(source, number);
    size_t comment = comment_start(line, quoting);

    *faulty = !source->plain && !check_bytes(line, comment, diag);
    return piece_trim(piece_part(line, 0, comment));
}

struct ini_section *ini_last_section(const struct ini *ini)
{
    return ini->section_count ? &ini->sections[ini->section_count - 1] : NULL;
}

/* Returns the last entry of the last section. */
struct ini_entry *ini_last_entry(const struct ini *ini)
{
    const struct ini_section *section = ini_last_section(ini);

    return section && section->entry_count ? &ini->entries[ini->entry_count - 1] : NULL;
}

int ini_keep_section(struct ini *ini, struct ini_section section)
{
    struct ini_section *grown =
        array_grow(ini->sections, ini->section_count, &ini->section_capacity, sizeof(section));

    if (!grown)
        return -ENOMEM;
    ini->sections = grown;
    ini->sections[ini->section_count++] = section;
    return 0;
}

int ini_add_section(struct ini *ini, struct ini_section section)
{
    section.first_entry = ini->entry_count;
    section.last_line = section.header.line;
    return ini_keep_section(ini, section);
}

int ini_add_entry(struct ini *ini, struct ini_entry entry)
{
    struct ini_entry *grown =
        array_grow(ini->entries, ini->entry_count, &ini->entry_capacity, sizeof(struct ini_entry));

    if (!grown)
        return -ENOMEM;
    ini->entries = grown;
    entry.first_piece = ini->piece_count;
    ini->entries[ini->entry_count++] = entry;
    ini_last_section(ini)->last_line = entry.key.line;
    ini_last_section(ini)->entry_count++;
    return 0;
}

int ini_add_piece(struct ini *ini, struct piece piece)
{
    struct piece *grown =
        array_grow(ini->pieces, ini->piece_count, &ini->piece_capacity, sizeof(piece));

    if (!grown)
        return -ENOMEM;
    ini->pieces = grown;
    ini->pieces[ini->piece_count++] = piece;
    ini_last_entry(ini)->piece_count++;
    ini_last_section(ini)->last_line = piece.line;
    return 0;
}
