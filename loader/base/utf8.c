/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "utf8.h"

static bool continues(const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            return false;
    return true;
}

size_t utf8_length(const char *text, size_t left)
{
    unsigned char lead, second;

    if (!left)
        return 0;
    lead = (unsigned char)text[0];
    if (lead < 0x80)
        return 1;
    if (lead < 0xc2 || lead > 0xf4 || left < 2)
        return 0;
    second = (unsigned char)text[1];
    if (lead < 0xe0)
        return continues(text + 1, 1) ? 2 : 0;
    if (lead < 0xf0) {
        if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f))
            return 0;
        return left >= 3 && continues(text + 1, 2) ? 3 : 0;
    }
    if ((lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f))
        return 0;
    return left >= 4 && continues(text + 1, 3) ? 4 : 0;
}

bool utf8_is_harmless(const char *text, size_t length)
{
    unsigned char lead = (unsigned char)text[0];

    if (length == 1)
        return (lead >= 0x20 && lead != 0x7f) || lead == '\t';
    /* U+0080 to U+009F are control characters too. */
    return length > 1 && !(lead == 0xc2 && (unsigned char)text[1] < 0xa0);
}
