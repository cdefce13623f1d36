/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "items.h"

#define LINE_ITEMS 6 /* of addresses in one line of the file */

void items_put(struct items *items, const char *text)
{
    if (!items->count && items->key)
        fprintf(items->out, "%s = %s", items->key, text);
    else if (!items->count)
        fputs(text, items->out);
    else if (items->count % LINE_ITEMS)
        fprintf(items->out, ", %s", text);
    else
        fprintf(items->out, ",\n    %s", text);
    items->count++;
}

void items_end(struct items *items)
{
    if (items->count && items->key)
        fputc('\n', items->out);
}
