/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "list.h"

struct list list_of(const struct ini *ini, const struct ini_entry *entry, struct diag *diag)
{
    return (struct list){.ini = ini, .entry = entry, .diag = diag};
}

struct list list_of_all_but(const struct ini *ini, const struct ini_entry *entry, struct diag *diag)
{
    const struct piece *lines = ini_value(ini, entry);
    struct list list = list_of(ini, entry, diag);
    size_t next = 1;
    struct piece rest;

    if (!entry->piece_count)
        return list;
    rest = lines[0];
    if (!piece_is_keyword(piece_next_word(&rest), "any"))
        return list;
    if (!piece_trim(rest).length && !entry->items && next < entry->piece_count)
        rest = lines[next++];
    if (!piece_is_keyword(piece_next_word(&rest), "but"))
        return list;
    list.all_but = true;
    list.line = rest;
    list.next_piece = next;
    if (!rest.length && entry->piece_count == next)
        diag_add(diag, SEVERITY_ERROR, piece_place(lines[0]),
                 "what \"any but\" leaves out is missing: write any but ITEM, ITEM");
    return list;
}

/* Items may have white space around these. */
static bool joins(char byte)
{
    return byte == '-' || byte == '+';
}

struct piece list_first_item(struct piece field)
{
    if (field.length && field.text[0] == '@')
        return field;
    if (piece_find(field, ' ') == field.length && piece_find(field, '\t') == field.length)
        return field;
    for (size_t i = 0; i < field.length; i++) {
        size_t next = i;

        while (next < field.length && is_white(field.text[next]))
            next++;
        if (next == i || !i || next == field.length)
            continue;
        if (!joins(field.text[i - 1]) && !joins(field.text[next]))
            return piece_part(field, 0, i);
        i = next;
    }
    return field;
}

static void tell_missing_comma(struct list *list, struct piece item)
{
    diag_add(list->diag, SEVERITY_ERROR, piece_place(item), "a comma is missing before \"%s\"",
             quote(item).text);
}

/* Moves to the text before the next comma, which may be empty; returns false at the end. */
static bool next_field(struct list *list)
{
    size_t comma;

    while (!list->line.length) {
        if (list->next_piece == list->entry->piece_count)
            return false;
        list->line = ini_value(list->ini, list->entry)[list->next_piece++];
    }
    if (list->entry->items) {
        list->field = list->line;
        list->line.length = 0;
        list->begun = false;
        return true;
    }
    comma = piece_find(list->line, ',');
    list->field = piece_trim(piece_part(list->line, 0, comma));
    list->begun = false;
    if (list->field.length) {
        if (list->open)
            tell_missing_comma(list, list_first_item(list->field));
        list->open = comma == list->line.length;
    } else {
        if (!list->open)
            diag_add(list->diag, SEVERITY_ERROR, piece_place(piece_part(list->line, comma, 1)),
                     "an item is missing before this comma");
        list->open = false;
    }
    list->line = piece_trim(piece_part(list->line, comma + 1, list->line.length));
    return true;
}

bool list_next(struct list *list, struct piece *item)
{
    while (!list->field.length)
        if (!next_field(list))
            return false;
    *item = list_first_item(list->field);
    if (list->begun)
        tell_missing_comma(list, *item);
    list->begun = true;
    list->field = piece_trim(piece_part(list->field, item->length, list->field.length));
    return true;
}
