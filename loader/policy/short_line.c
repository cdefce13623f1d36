/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "short_line.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

int line_tell(struct line *line, struct piece piece, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    diag_vadd(line->diag, SEVERITY_ERROR, piece_place(piece), format, arguments);
    va_end(arguments);
    return -EINVAL;
}

struct word line_next(struct line *line)
{
    return line->last = words_next(&line->words);
}

struct word line_peek(const struct line *line)
{
    return words_peek(line->words);
}

struct piece line_end(const struct line *line)
{
    const struct ini_entry *written = &line->written;
    struct piece last = written->piece_count
                            ? line->ini->pieces[written->first_piece + written->piece_count - 1]
                            : written->key;

    return piece_part(last, last.length, 0);
}

int line_add_key(struct line *line, const char *key, struct piece place, bool items)
{
    place.text = key;
    place.length = (unsigned int)strlen(key);
    return ini_add_entry(line->ini, (struct ini_entry){.key = place, .items = items});
}

int line_add_value(struct line *line, const char *key, struct piece value)
{
    int error = line_add_key(line, key, value, false);

    return error ? error : ini_add_piece(line->ini, value);
}

int line_add_words(struct line *line, bool (*goes_on)(struct word last, struct word next))
{
    struct word first = {0};
    int error = 0;

    while (!error && line_peek(line).kind != WORD_END && goes_on(line->last, line_peek(line))) {
        struct word before = line->last, word = line_next(line);

        if (!first.whole.length)
            first = word;
        if (word.whole.line != first.whole.line) {
            error = ini_add_piece(line->ini, words_span(first, before));
            first = word;
        }
    }
    return error || !first.whole.length ? error
                                        : ini_add_piece(line->ini, words_span(first, line->last));
}

static bool has_key(const struct line *line, const char *key)
{
    const struct ini_section *section = ini_last_section(line->ini);

    for (size_t i = 0; i < section->entry_count; i++)
        if (piece_is_keyword(line->ini->entries[section->first_entry + i].key, key))
            return true;
    return false;
}

void line_note_keyword(const struct line *line, struct word word, const char *key)
{
    if (catalog_find(line->sets, word.text) != NO_NAME && !has_key(line, key))
        diag_add(line->diag, SEVERITY_NOTE, piece_place(word.whole),
                 "\"%s\" is a keyword here, not the set of that name: the set stands in double "
                 "quotes",
                 quote(word.text).text);
}
