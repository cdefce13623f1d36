/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "short.h"

#include "../base/memory.h"
#include "short_line.h"

#include <errno.h>

#define EXPECTATION_FORM "VERDICT [by RULE] PACKET [after PACKET]"

static bool is_of_packet(struct word last, struct word next)
{
    (void)last;
    return !word_is(next, "after");
}

/* Reads the words of a packet as written, up to `after` or the end. */
static int read_packet(struct line *line, const char *key)
{
    struct word first = line_peek(line);
    int error;

    if (first.kind == WORD_END || word_is(first, "after"))
        return line_tell(line, first.kind == WORD_END ? line_end(line) : first.whole,
                         "a packet is missing: write DIRECTION PROTOCOL SOURCE[:PORT] > "
                         "DESTINATION[:PORT] [FLAG...]");
    error = line_add_key(line, key, first.whole, false);
    return error ? error : line_add_words(line, is_of_packet);
}

static int read_expectation_line(struct line *line)
{
    struct word word = line_next(line);
    int error;

    if (word.kind != WORD_NAME)
        return line_tell(line, line_end(line),
                         "the expectation is missing: write " EXPECTATION_FORM);
    error = line_add_value(line, "verdict", word.text);
    if (!error && word_is(line_peek(line), "by")) {
        line_next(line);
        word = line_next(line);
        if (word.kind != WORD_NAME)
            return line_tell(line, line_end(line), "the name of a rule is missing behind \"by\"");
        error = line_add_value(line, "rule", word.text);
    }
    if (!error)
        error = read_packet(line, "packet");
    if (error || line_peek(line).kind == WORD_END)
        return error;
    line_next(line);
    return read_packet(line, "reply-to");
}

/* What is the same for all lines of a policy. */
struct expansion {
    struct ini *ini;
    struct diag *diag;
    struct catalog *sets;
};

static int expand_line(const struct expansion *expansion, const struct grammar_section *grammar,
                       struct ini_entry entry)
{
    struct ini *ini = expansion->ini;
    struct line line = {
        .ini = ini, .diag = expansion->diag, .sets = expansion->sets, .written = entry};
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
        error = line_read_rule(&line);
    else
        error = read_expectation_line(&line);
    ini->sections[ini->section_count - 1].last_line = line_end(&line).line;
    if (error != -EINVAL)
        return error;
    /* The reported error causes all others that could be found here. */
    ini->sections[ini->section_count - 1].faulty = true;
    ini->sections[ini->section_count - 1].entry_count = 0;
    return 0;
}

static int expand_section(const struct expansion *expansion, struct ini_section section)
{
    struct ini *ini = expansion->ini;
    size_t first = section.first_entry, count = section.entry_count;
    int error;

    if (!section.grammar || !section.grammar->line)
        return ini_keep_section(ini, section);
    section.entry_count = 0;
    error = ini_keep_section(ini, section);
    for (size_t i = first; !error && i < first + count; i++)
        error = expand_line(expansion, section.grammar->line, ini->entries[i]);
    return error;
}

static int add_names(struct catalog *names, const struct ini *ini,
                     const struct ini_section *section)
{
    int error = 0;

    for (size_t i = 0; i < section->entry_count && error != -ENOMEM; i++)
        error = catalog_add(names, ini->entries[section->first_entry + i].key, 0);
    return error == -EEXIST ? 0 : error;
}

int short_expand(struct ini *ini, struct diag *diag)
{
    struct ini_section *written = TAKE_PTR(ini->sections);
    size_t count = ini->section_count;
    CLEANUP(catalog_freep) struct catalog *sets = catalog_new();
    struct expansion expansion = {ini, diag, sets};
    int error = sets ? 0 : -ENOMEM;

    for (size_t i = 0; i < count && !error; i++)
        if (written[i].grammar == &grammar_sections[SECTION_SETS])
            error = add_names(sets, ini, &written[i]);
    ini->section_count = ini->section_capacity = 0;
    for (size_t i = 0; i < count && !error; i++)
        error = expand_section(&expansion, written[i]);
    free(written);
    return error;
}
