/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "writer.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void give_up(const struct writer *writer, const char *what)
{
    fprintf(stderr, "wire: %s in \"%s\"\n", what, writer->text);
    abort();
}

char *word(struct writer *writer)
{
    char *start;

    while (*writer->words == ' ')
        writer->words++;
    if (!*writer->words || *writer->words == '|')
        return NULL;
    start = writer->words;
    writer->words += strcspn(start, " |");
    if (*writer->words == ' ')
        *writer->words++ = '\0';
    else if (*writer->words)
        give_up(writer, "no space before |");
    return start;
}

char *need(struct writer *writer)
{
    char *found = word(writer);

    if (!found)
        give_up(writer, "a word is missing");
    return found;
}

unsigned int number(struct writer *writer)
{
    char *text = need(writer), *end;
    unsigned long value = strtoul(text, &end, 0);

    if (*end)
        give_up(writer, "not a number");
    return (unsigned int)value;
}

u8 *append(struct writer *writer, size_t size)
{
    u8 *at = writer->wire->bytes + writer->length;

    if (writer->length + size > WIRE_BYTES)
        give_up(writer, "too long");
    memset(at, 0, size);
    writer->length += size;
    return at;
}

void put16(u8 *at, unsigned int value)
{
    at[0] = (u8)(value >> 8);
    at[1] = (u8)value;
}

void announce(struct writer *writer, unsigned int value)
{
    u8 *at = writer->wire->bytes + writer->next_field;

    if (!writer->next_field)
        return;
    if (writer->next_is_wide)
        put16(at, value);
    else
        *at = (u8)value;
    writer->next_field = 0;
}

void expect_next(struct writer *writer, const u8 *field, bool is_wide)
{
    writer->next_field = (size_t)(field - writer->wire->bytes);
    writer->next_is_wide = is_wide;
}

void fix_length(struct writer *writer, const u8 *field, size_t counted_from)
{
    if (writer->fixup_count == sizeof(writer->fixups) / sizeof(writer->fixups[0]))
        give_up(writer, "too many headers with lengths");
    writer->fixups[writer->fixup_count++] =
        (struct fixup){(size_t)(field - writer->wire->bytes), counted_from};
}

void finish_lengths(struct writer *writer, size_t first)
{
    for (size_t i = first; i < writer->fixup_count; i++) {
        size_t counted = writer->length - writer->fixups[i].counted_from;
        put16(writer->wire->bytes + writer->fixups[i].field,
              counted > 0xffff ? 0 : (unsigned int)counted);
    }
    writer->fixup_count = first;
}

/* Write the lengths that were deferred, and set the frame's length. */
static void finish(struct writer *writer)
{
    u8 *bytes = writer->wire->bytes;

    if (writer->length < writer->least)
        append(writer, writer->least - writer->length);
    finish_lengths(writer, 0);
    writer->wire->length = writer->end ? writer->end : writer->length;
    if (writer->wire->length > writer->length)
        memset(bytes + writer->length, 0, writer->wire->length - writer->length);
}

void wire_read(const char *text, struct wire *wire)
{
    static const u8 macs[14] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
    char words[WIRE_TEXT];
    struct writer writer = {.text = text, .words = words, .wire = wire, .length = sizeof(macs)};

    if (snprintf(words, sizeof(words), "%s", text) >= (int)sizeof(words))
        give_up(&writer, "too long");
    memcpy(wire->bytes, macs, sizeof(macs));
    expect_next(&writer, wire->bytes + 12, true);
    wire->direction = !strcmp(need(&writer), "out") ? DIRECTION_OUT : DIRECTION_IN;
    for (char *name = word(&writer); name; name = word(&writer)) {
        const struct layer *layer = layer_find(name);

        if (!layer)
            give_up(&writer, "unknown header");
        if (layer->afterwards)
            finish(&writer);
        layer->write(&writer, layer->number);
        if (word(&writer))
            give_up(&writer, "more words than that header takes");
        if (*writer.words == '|')
            writer.words++;
    }
    finish(&writer);
}
