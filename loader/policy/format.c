/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines that are not converted are copied. Lines of one block are held back until their names can
 * be aligned. */
#include "format.h"

#include "../base/memory.h"
#include "format_words.h"
#include "short.h"

#include <errno.h>
#include <string.h>

#define NAME_WIDTH_MAX 24 /* longer names are not aligned */

/* A line of the block: either a whole line, or a name and what follows its "=". */
struct block_line {
    char *name; /* NULL: TEXT is the whole line */
    char *text;
};

struct formatter {
    const struct ini *ini;
    const struct source *source;
    enum policy_form form;
    FILE *out;
    unsigned int line;                       /* the first line not dealt with yet */
    const struct grammar_section *container; /* [rules] or [expectations], if its lines come next */
    bool converted;                          /* what was written last is a rule or an expectation */
    struct block_line *block;
    size_t count, capacity;
};

static void clear_block(struct formatter *formatter)
{
    for (size_t i = 0; i < formatter->count; i++) {
        free(formatter->block[i].name);
        free(formatter->block[i].text);
    }
    formatter->count = 0;
}

static size_t name_width(const struct formatter *formatter)
{
    size_t width = 0;

    for (size_t i = 0; i < formatter->count; i++) {
        size_t length = formatter->block[i].name ? strlen(formatter->block[i].name) : 0;
        if (length > width && length <= NAME_WIDTH_MAX)
            width = length;
    }
    return width;
}

/* Prints a name and TEXT; further lines of TEXT are indented by as much as the first. */
static void print_named(struct formatter *formatter, const struct block_line *line, size_t width)
{
    const char *text = line->text, *end;

    width = strlen(line->name) > width ? strlen(line->name) : width;
    fprintf(formatter->out, "%-*s = ", (int)width, line->name);
    for (; (end = strchr(text, '\n')); text = end + 1)
        fprintf(formatter->out, "%.*s\n%*s", (int)(end - text), text, (int)width + 3, "");
    fprintf(formatter->out, "%s\n", text);
}

static void flush(struct formatter *formatter)
{
    size_t width = name_width(formatter);

    for (size_t i = 0; i < formatter->count; i++) {
        const struct block_line *line = &formatter->block[i];

        if (line->name)
            print_named(formatter, line, width);
        else
            fprintf(formatter->out, "%s\n", line->text);
    }
    clear_block(formatter);
}

/* Takes over NAME and TEXT; TEXT may be NULL: no memory. */
static int add(struct formatter *formatter, char *name, char *text)
{
    struct block_line *grown = NULL;

    if (text)
        grown = array_grow(formatter->block, formatter->count, &formatter->capacity,
                           sizeof(*formatter->block));
    if (!grown) {
        free(name);
        free(text);
        return -ENOMEM;
    }
    formatter->block = grown;
    formatter->block[formatter->count++] = (struct block_line){name, text};
    return 0;
}

static bool is_blank(const struct formatter *formatter, unsigned int number)
{
    struct source_line line = source_line(formatter->source, number);

    return strspn(line.text, " \t\r\n") >= line.length;
}

/* Copies what comes before line END. Between two lines of one block, blank lines are dropped. */
static int copy_until(struct formatter *formatter, unsigned int end, bool within_block)
{
    int error = 0;

    while (within_block && formatter->line < end && is_blank(formatter, formatter->line))
        formatter->line++;
    for (; !error && formatter->line < end; formatter->line++) {
        struct source_line line = source_line(formatter->source, formatter->line);
        error = add(formatter, NULL, strndup(line.text, line.length));
        formatter->converted = false;
    }
    return error;
}

/* Keeps the comments on the lines up to LAST: puts them above what these lines become. */
static int keep_comments(struct formatter *formatter, unsigned int last, bool quoting)
{
    int error = 0;

    for (; !error && formatter->line <= last; formatter->line++) {
        struct piece comment = ini_comment(formatter->source, formatter->line, quoting);
        if (comment.length)
            error = add(formatter, NULL, strndup(comment.text, comment.length));
    }
    return error;
}

static const struct grammar_section *container_of_form(const struct grammar_section *grammar)
{
    for (size_t i = 0; i < SECTIONS; i++)
        if (grammar_sections[i].line == grammar)
            return &grammar_sections[i];
    return NULL;
}

static int convert_to_short(struct formatter *formatter, const struct ini_section *section)
{
    const struct grammar_section *container = container_of_form(section->grammar);
    char *name, *text;
    int error;

    text = format_short(formatter->ini, section, &error);
    if (!text)
        return error;
    error = copy_until(formatter, section->header.line,
                       formatter->converted && formatter->container == container);
    if (!error && formatter->container != container) {
        flush(formatter);
        error = add(formatter, NULL, strdup(container->title));
    }
    formatter->container = container;
    if (!error)
        error = keep_comments(formatter, section->last_line, false);
    name = error ? NULL : strndup(section->name.text, section->name.length);
    formatter->converted = true;
    if (name)
        return add(formatter, name, text);
    free(text);
    return -ENOMEM;
}

static int convert_to_long(struct formatter *formatter, const struct ini_section *section)
{
    char *text;
    int error;

    text = format_long(formatter->ini, section, &error);
    if (!text)
        return error;
    text[strlen(text) - 1] = '\0'; /* the block adds the line end again */
    if (formatter->converted && !is_blank(formatter, formatter->line))
        error = add(formatter, NULL, strdup(""));
    if (!error)
        error = copy_until(formatter, section->header.line, false);
    if (!error)
        error = keep_comments(formatter, section->last_line, true);
    formatter->container = NULL;
    formatter->converted = true;
    if (!error)
        return add(formatter, NULL, text);
    free(text);
    return error;
}

static bool is_line(const struct ini_section *section)
{
    return section->header.text[0] != '[';
}

/* The header of a container is written when its first line is, if that remains a line. */
static int pass_container(struct formatter *formatter, const struct ini_section *section)
{
    int error = copy_until(formatter, section->header.line, false);

    if (!error)
        error = keep_comments(formatter, section->header.line, true);
    if (formatter->form == POLICY_LONG || formatter->container == section->grammar)
        return error;
    flush(formatter);
    formatter->container = section->grammar;
    return error ? error : add(formatter, NULL, strdup(section->grammar->title));
}

/* Keeps a section as written; a line gets the header of its container. */
static int keep(struct formatter *formatter, const struct ini_section *section)
{
    const struct grammar_section *container =
        is_line(section) ? container_of_form(section->grammar) : NULL;
    int error = copy_until(formatter, section->header.line, false);

    if (!error && container && formatter->container != container)
        error = add(formatter, NULL, strdup(container->title));
    formatter->container = container;
    if (!error)
        error = copy_until(formatter, section->last_line + 1, false);
    formatter->converted = container != NULL;
    return error;
}

static int format_section(struct formatter *formatter, const struct ini_section *section)
{
    int error = -ENOTSUP;

    if (section->grammar->line)
        return pass_container(formatter, section);
    if (!container_of_form(section->grammar))
        return keep(formatter, section);
    if (formatter->form == POLICY_SHORT && !is_line(section))
        error = convert_to_short(formatter, section);
    else if (formatter->form == POLICY_LONG && is_line(section))
        error = convert_to_long(formatter, section);
    return error == -ENOTSUP ? keep(formatter, section) : error;
}

static int format_all(struct formatter *formatter)
{
    int error = 0;

    for (size_t i = 0; i < formatter->ini->section_count && !error; i++)
        error = format_section(formatter, &formatter->ini->sections[i]);
    if (!error)
        error = copy_until(formatter, (unsigned int)formatter->source->line_count + 1, false);
    flush(formatter);
    return error;
}

/* Included files are not read, since they stay as they are. */
static int open_nothing(struct diag *diag, const char *path, const struct source **source)
{
    (void)path;
    return source_copy(diag, "", "", 0, source);
}

static int read_expanded(const struct source *source, struct ini *ini, struct diag *diag)
{
    int error = diag ? ini_read(ini, source, open_nothing, diag) : -ENOMEM;

    return error ? error : short_expand(ini, diag);
}

int policy_format(const struct source *source, enum policy_form form, FILE *out)
{
    CLEANUP(ini_free) struct ini ini = {0};
    struct diag *diag = diag_new();
    struct formatter formatter = {
        .ini = &ini,
        .source = source,
        .form = form,
        .out = out,
        .line = 1,
    };
    int error = read_expanded(source, &ini, diag);

    if (!error)
        error = format_all(&formatter);
    clear_block(&formatter);
    free(formatter.block);
    diag_free(diag);
    return error;
}

static const struct ini_section *find_rule(const struct ini *ini, const char *name)
{
    for (size_t i = 0; i < ini->section_count; i++) {
        const struct ini_section *section = &ini->sections[i];

        if (section->grammar == &grammar_sections[SECTION_RULE] &&
            piece_equals(section->name, name))
            return section;
    }
    return NULL;
}

/* Makes one line of TEXT: where it was broken, further lines are indented. */
static void join_lines(char *text)
{
    char *to = text;

    for (const char *from = text; *from; from++) {
        if (*from == '\n') {
            from += strspn(from, "\n ") - 1;
            *to++ = ' ';
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
}

int policy_format_rule(const struct source *source, const char *name, char **line)
{
    CLEANUP(ini_free) struct ini ini = {0};
    struct diag *diag = diag_new();
    int error = read_expanded(source, &ini, diag);
    const struct ini_section *rule = error ? NULL : find_rule(&ini, name);
    CLEANUP_FREE char *text = rule ? format_short(&ini, rule, &error) : NULL;

    *line = NULL;
    if (text) {
        join_lines(text);
        if (asprintf(line, "%s = %s", name, text) < 0) {
            *line = NULL;
            error = -ENOMEM;
        }
    }
    diag_free(diag);
    return error == -ENOTSUP ? 0 : error;
}
