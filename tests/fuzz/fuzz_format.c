/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Both forms of any policy that can be read: they read back to the same policy. */
#include "fuzz.h"

#include "../../loader/policy/format.h"
#include "../shared/same_policy.h"

#include <stdlib.h>
#include <string.h>

static void check_form(const struct policy *policy, const struct source *source,
                       enum policy_form form, struct part rest, struct diag *diag)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct policy *again;

    if (!out || policy_format(source, form, out) || fclose(out))
        abort();
    again = fuzz_read((struct part){(const uint8_t *)text, size}, rest, diag);
    if (!again || same_policy(policy, again)) {
        fprintf(stderr, "%s\n%s", again ? same_policy(policy, again) : "it has faults now", text);
        abort();
    }
    policy_free(again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct part rest = {data, size};
    struct part text = part_take(&rest);
    struct diag *diag = diag_new();
    struct policy *policy = fuzz_read(text, rest, diag);

    for (enum policy_form form = POLICY_SHORT; policy && form <= POLICY_LONG; form++)
        check_form(policy, diag_source(diag, 0), form, rest, diag);
    policy_free(policy);
    diag_free(diag);
    return 0;
}
