/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "labels.h"

const char *const verdict_names[VERDICTS] = {
    [VERDICT_DROP] = "drop",
    [VERDICT_ACCEPT] = "accept",
};

const char *const direction_names[DIRECTIONS] = {
    [DIRECTION_IN] = "in",
    [DIRECTION_OUT] = "out",
};

const char *const reason_names[REASONS] = {
#define REASON_NAME(identifier, name) [REASON_##identifier] = (name),
    EDGEXDP_REASONS(REASON_NAME)
#undef REASON_NAME
};
