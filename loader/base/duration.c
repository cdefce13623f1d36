/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "duration.h"

#include <errno.h>
#include <stdlib.h>

#include <edgexdp/abi.h>

#define SECONDS_MAX (100ull * 365 * 86400) /* larger values soon overflow in ns */

int duration_parse(const char *text, u64 *ns)
{
    static const struct {
        char unit;
        u64 seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);

    if (errno || end == text || text[0] < '0' || text[0] > '9' || !number)
        return -EINVAL;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (end[0] == units[i].unit && !end[1] && number <= SECONDS_MAX / units[i].seconds) {
            *ns = number * units[i].seconds * SECOND_NS;
            return 0;
        }
    }
    return -EINVAL;
}
