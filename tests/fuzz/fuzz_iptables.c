/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as what iptables-save prints, and behind a mark ip6tables-save: likewise. */
#include "fuzz_import.h"

static const struct source *copy(struct diag *diag, struct part part)
{
    const struct source *source;

    if (source_copy(diag, "ruleset", (const char *)part.bytes, part.length, &source))
        abort();
    return source;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct import_options options = {.name = "fuzz", .interface = size % 2 ? "eth0" : NULL};
    struct part rest = {data, size}, first = part_take(&rest);
    struct import_result result = {0};
    struct diag *diag = diag_new();
    const struct source *sources[2] = {NULL, NULL};

    if (!diag)
        abort();
    sources[0] = copy(diag, first);
    if (rest.length)
        sources[1] = copy(diag, rest);
    fuzz_import_check(import_iptables(sources, &options, diag, &result), &result, diag);
    diag_free(diag);
    return 0;
}
