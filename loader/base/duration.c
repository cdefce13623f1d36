/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "duration.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <edgexdp/abi.h>

#include "memory.h"

#define SECONDS_MAX (100ull * 365 * 86400) /* larger values soon overflow in ns */

static const struct {
    char name;
    u64 seconds;
} units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};

int duration_parse(const char *text, u64 *ns)
{
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);

    if (errno || end == text || text[0] < '0' || text[0] > '9' || !number)
        return -EINVAL;
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        if (end[0] == units[i].name && !end[1] && number <= SECONDS_MAX / units[i].seconds) {
            *ns = number * units[i].seconds * SECOND_NS;
            return 0;
        }
    }
    return -EINVAL;
}

char *duration_print(u64 ns, char text[DURATION_TEXT_BYTES])
{
    u64 seconds = ns / SECOND_NS;
    size_t i = 0;

    while (seconds % units[i].seconds)
        i++;
    snprintf(text, DURATION_TEXT_BYTES, "%llu%c", seconds / units[i].seconds, units[i].name);
    return text;
}
