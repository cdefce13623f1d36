/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "effort.h"

#include <stdlib.h>

static unsigned long from_environment(const char *name, unsigned long otherwise)
{
    const char *text = getenv(name);

    return text ? strtoul(text, NULL, 0) : otherwise;
}

struct effort effort_read(unsigned int policies, unsigned int packets)
{
    return (struct effort){
        .seed = from_environment("EDGEXDP_SEED", 1),
        .policies = (unsigned int)from_environment("EDGEXDP_POLICIES", policies),
        .packets = (unsigned int)from_environment("EDGEXDP_PACKETS", packets),
    };
}
