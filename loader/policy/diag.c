/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "diag.h"

#include "../base/colour.h"
#include "../base/memory.h"
#include "../base/text.h"
#include "../base/utf8.h"
#include "source.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define SHOWN_BYTES  120  /* shown of a line that is longer */
#define MESSAGES_MAX 1000 /* kept: nobody reads more; the others are only counted */

struct message {
    enum severity severity;
    struct place place;
    size_t number; /* position in the order found */
    char *text;    /* NULL: memory was short */
};

struct diag {
    struct message *messages;
    size_t message_count, message_capacity;
    struct source **sources;
    size_t source_count, source_capacity;
    size_t counts[SEVERITY_NOTE + 1];
};

static const struct {
    const char *name;
    enum colour colour;
} severities[] = {
    [SEVERITY_ERROR] = {"error", COLOUR_ERROR},
    [SEVERITY_WARNING] = {"warning", COLOUR_WARNING},
    [SEVERITY_NOTE] = {"note", COLOUR_NOTE},
};

struct diag *diag_new(void)
{
    return calloc(1, sizeof(struct diag));
}

void diag_free(struct diag *diag)
{
    if (!diag)
        return;
    for (size_t i = 0; i < diag->message_count; i++)
        free(diag->messages[i].text);
    for (size_t i = 0; i < diag->source_count; i++)
        source_free(diag->sources[i]);
    free(diag->messages);
    free(diag->sources);
    free(diag);
}

void diag_freep(struct diag **diag)
{
    diag_free(*diag);
}

int diag_adopt(struct diag *diag, struct source *source)
{
    struct source **grown = array_grow(diag->sources, diag->source_count, &diag->source_capacity,
                                       sizeof(struct source *));

    if (!grown)
        return -ENOMEM;
    diag->sources = grown;
    diag->sources[diag->source_count++] = source;
    return 0;
}

const struct source *diag_source(const struct diag *diag, size_t number)
{
    return number < diag->source_count ? diag->sources[number] : NULL;
}

static char *format_text(const char *format, va_list arguments)
{
    va_list again;
    int length;
    char *text;

    va_copy(again, arguments);
    length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    text = length < 0 ? NULL : malloc((size_t)length + 1);
    if (text)
        vsnprintf(text, (size_t)length + 1, format, arguments);
    return text;
}

void diag_vadd(struct diag *diag, enum severity severity, struct place place, const char *format,
               va_list arguments)
{
    struct message *grown, *message;

    diag->counts[severity]++;
    if (diag->message_count == MESSAGES_MAX)
        return;
    grown = array_grow(diag->messages, diag->message_count, &diag->message_capacity,
                       sizeof(struct message));
    if (!grown)
        return;
    diag->messages = grown;
    message = &diag->messages[diag->message_count];
    *message = (struct message){severity, place, diag->message_count, NULL};
    diag->message_count++;
    message->text = format_text(format, arguments);
}

void diag_add(struct diag *diag, enum severity severity, struct place place, const char *format,
              ...)
{
    va_list arguments;

    va_start(arguments, format);
    diag_vadd(diag, severity, place, format, arguments);
    va_end(arguments);
}

size_t diag_count(const struct diag *diag, enum severity severity)
{
    return diag->counts[severity];
}

size_t diag_messages(const struct diag *diag)
{
    return diag->message_count;
}

const char *diag_message(const struct diag *diag, size_t number, enum severity *severity,
                         struct place *place)
{
    if (number >= diag->message_count)
        return NULL;
    *severity = diag->messages[number].severity;
    *place = diag->messages[number].place;
    return diag->messages[number].text;
}

static int compare_messages(const void *left, const void *right)
{
    const struct message *a = left, *b = right;

    if (a->place.line != b->place.line)
        return a->place.line < b->place.line ? -1 : 1;
    if (a->place.column != b->place.column)
        return a->place.column < b->place.column ? -1 : 1;
    return a->number < b->number ? -1 : 1;
}

/* Moves the messages about SOURCE to the front of those from FIRST on, sorted. Returns where the
 * rest starts. */
static size_t gather(struct diag *diag, size_t first, const struct source *source)
{
    size_t front = first;

    for (size_t i = first; i < diag->message_count; i++) {
        struct message message = diag->messages[i];

        if (message.place.source != source)
            continue;
        diag->messages[i] = diag->messages[front];
        diag->messages[front++] = message;
    }
    if (front > first)
        qsort(diag->messages + first, front - first, sizeof(struct message), compare_messages);
    return front;
}

void diag_sort(struct diag *diag, size_t first)
{
    first = gather(diag, first, NULL);
    for (size_t i = 0; i < diag->source_count && first < diag->message_count; i++)
        first = gather(diag, first, diag->sources[i]);
}

/* Returns the length of one character, or 1 for a byte that is none; never 0. */
static size_t step(const char *text, size_t left)
{
    size_t length = utf8_length(text, left);

    return length ? length : 1;
}

/* Prints text as wide as what print_below() puts below it, so that a caret is in the right
 * place. */
static void print_excerpted(FILE *stream, const char *text, size_t length)
{
    for (size_t at = 0, bytes; at < length; at += bytes) {
        bytes = step(text + at, length - at);
        if (utf8_length(text + at, length - at) && utf8_is_harmless(text + at, bytes))
            fwrite(text + at, 1, bytes, stream);
        else
            fputc('?', stream);
    }
}

/* Prints what is below a text: MARK below its first character and '~' below the others or, if MARK
 * is ' ', white space of the same width on every terminal. */
static void print_below(FILE *stream, const char *text, size_t length, char mark)
{
    for (size_t at = 0; at < length; at += step(text + at, length - at)) {
        if (mark == ' ')
            fputc(text[at] == '\t' ? '\t' : ' ', stream);
        else
            fputc(at ? '~' : mark, stream);
    }
}

/* Chooses the part of LINE to show: all of it, or what surrounds AT. */
static void choose_window(struct source_line line, size_t at, size_t *start, size_t *end)
{
    *start = 0;
    *end = line.length;
    if (line.length <= SHOWN_BYTES)
        return;
    *start = at > SHOWN_BYTES / 3 ? at - SHOWN_BYTES / 3 : 0;
    if (line.length - *start > SHOWN_BYTES)
        *end = *start + SHOWN_BYTES;
    while (*start < at && *start && ((unsigned char)line.text[*start] & 0xc0) == 0x80)
        ++*start;
    while (*end > at && *end < line.length && ((unsigned char)line.text[*end] & 0xc0) == 0x80)
        --*end;
}

static void print_excerpt(FILE *stream, struct place place, enum colour colour)
{
    struct source_line line = source_line(place.source, place.line);
    size_t at = place.column ? place.column - 1 : 0;
    size_t start, end, marked = place.length;
    int gutter;

    if (at > line.length)
        at = line.length;
    choose_window(line, at, &start, &end);
    if (marked > end - at)
        marked = end - at;
    gutter = fprintf(stream, "%5u", place.line);
    fprintf(stream, " | %s", start ? "..." : "");
    print_excerpted(stream, line.text + start, end - start);
    fprintf(stream, "%s\n%*s | %s", end < line.length ? "..." : "", gutter, "", start ? "   " : "");
    print_below(stream, line.text + start, at - start, ' ');
    fputs(colour_begin(stream, colour), stream);
    if (marked)
        print_below(stream, line.text + at, marked, '^');
    else
        fputc('^', stream); /* the place is the end of the line */
    fprintf(stream, "%s\n", colour_end(stream));
}

/* Prints "FILE:LINE:COLUMN: error: TEXT", without an end of line. */
static void print_headline(FILE *stream, const struct message *message)
{
    struct place place = message->place;
    const char *text = message->text ? message->text : "(no memory to say what is wrong)";

    if (place.source) {
        text_print_harmless(stream, place.source->path, strlen(place.source->path));
        if (place.line)
            fprintf(stream, ":%u:%u", place.line, place.column);
        fputs(": ", stream);
    }
    fprintf(stream, "%s%s:%s ", colour_begin(stream, severities[message->severity].colour),
            severities[message->severity].name, colour_end(stream));
    text_print_harmless(stream, text, strlen(text));
}

static void print_message(FILE *stream, const struct message *message)
{
    struct place place = message->place;

    print_headline(stream, message);
    fputc('\n', stream);
    if (place.source && place.line && place.length)
        print_excerpt(stream, place, severities[message->severity].colour);
}

static const struct message *first_of(const struct diag *diag, enum severity severity)
{
    for (size_t i = 0; i < diag->message_count; i++)
        if (diag->messages[i].severity == severity)
            return &diag->messages[i];
    return NULL;
}

bool diag_first(const struct diag *diag, enum severity severity, char *text, size_t bytes)
{
    const struct message *message = first_of(diag, severity);
    FILE *stream = message ? fmemopen(text, bytes, "w") : NULL;

    if (!stream)
        return false;
    print_headline(stream, message);
    fclose(stream);
    text[bytes - 1] = 0; /* the text may have been cut off */
    return true;
}

void diag_print(const struct diag *diag, FILE *stream)
{
    size_t counted = 0;

    for (size_t i = 0; i < diag->message_count; i++)
        print_message(stream, &diag->messages[i]);
    for (size_t i = 0; i < ARRAY_SIZE(diag->counts); i++)
        counted += diag->counts[i];
    if (counted > diag->message_count)
        fprintf(stream,
                diag->message_count == MESSAGES_MAX
                    ? "(and %zu more messages)\n"
                    : "error: out of memory: %zu messages are lost\n",
                counted - diag->message_count);
}
