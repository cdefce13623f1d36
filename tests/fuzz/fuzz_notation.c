/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packet notation on any text: what it reads it also writes, and that reads as the same
 * packet. */
#include "fuzz.h"

#include "../../loader/policy/notation.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), buffer[NOTATION_TEXT_BYTES];
    struct packet_notation packet = {0}, again = {0};
    struct fault fault;

    if (!text)
        abort();
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    if (!notation_parse_for(fuzz_host(), text, &packet, &fault)) {
        notation_print(&packet, buffer);
        if (notation_parse(buffer, &again, &fault) || memcmp(&packet, &again, sizeof(packet)))
            abort();
    } else if (fault.at > strlen(text) || fault.length > strlen(text) + 1 || !fault.text[0]) {
        abort();
    }
    free(text);
    return 0;
}
