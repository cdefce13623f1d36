/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "figure.h"

#include <stdio.h>
#include <string.h>

#include "../base/memory.h"

#define EIGHTHS 8 /* the finest block is an eighth of a cell */

char *figure_rate(double value, char text[RATE_TEXT_BYTES])
{
    static const char *const units[] = {"", "k", "M", "G", "T", "P"};
    size_t unit = 0;

    while (value >= 999.5 && unit + 1 < ARRAY_SIZE(units)) {
        value /= 1000;
        unit++;
    }
    /* Anything below 0.05 would be printed as zero. */
    if (value > 0 && value < 0.05 && !unit)
        value = 0.1;
    snprintf(text, RATE_TEXT_BYTES, value && value < (unit ? 99.95 : 9.95) ? "%.1f%s" : "%.0f%s",
             value, units[unit]);
    return text;
}

char *figure_bar(double share, bool blocks, char text[BAR_TEXT_BYTES])
{
    static const char *const parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    unsigned int eighths = (unsigned int)(share * BAR_CELLS * EIGHTHS + 0.5);

    if (share > 0 && !eighths)
        eighths = 1;
    if (!blocks)
        eighths = (eighths + EIGHTHS - 1) / EIGHTHS * EIGHTHS;
    *text = '\0';
    for (unsigned int i = 0; i < eighths / EIGHTHS; i++)
        strcat(text, blocks ? "█" : "#");
    return strcat(text, parts[eighths % EIGHTHS]);
}
