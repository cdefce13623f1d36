/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as the JSON of nftables: a policy that can be read, or a message. */
#include "fuzz_import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const without[] = {"f2b-*"};
    const struct import_options options = {.name = "fuzz", .without = without, .without_count = 1};
    struct import_result result = {0};
    struct diag *diag = diag_new();
    const struct source *source;

    if (!diag || source_copy(diag, "ruleset", (const char *)data, size, &source))
        abort();
    fuzz_import_check(import_nftables(source, NULL, &options, diag, &result), &result, diag);
    diag_free(diag);
    return 0;
}
