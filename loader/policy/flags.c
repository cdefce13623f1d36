/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flags.h"

const char *const flag_names[FLAG_COUNT] = {"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"};
