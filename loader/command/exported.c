/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "exported.h"

#include <errno.h>
#include <string.h>

#include "../base/memory.h"
#include "../export/export.h"
#include "../policy/read.h"
#include "nft.h"

/* Reads the policy for the host that it was exported for. Files that it names are beside it: here.
 */
static int read_policy(const struct exported *exported, struct diag *diag, struct host **host,
                       const struct source **source, struct policy **policy)
{
    const char *text = exported->texts[CARRIED_POLICY], *words = exported->texts[CARRIED_HOST];
    int error = words ? host_parse(words, strlen(words), host) : 0;

    if (!error)
        error = source_copy(diag, "chain " CARRIED_CHAIN, text, strlen(text), source);
    if (!error)
        error = policy_read_source(*source, source_open_regular, *host, policy, diag);
    return error;
}

static int export_again(const struct exported *exported, const struct policy *policy,
                        const struct source *source, struct diag *diag, const struct source **text)
{
    CLEANUP_FREE char *made = NULL;
    size_t size;
    FILE *out = open_memstream(&made, &size);
    int error =
        out ? export_nftables(policy, source, exported->texts[CARRIED_INTERFACE], out) : -ENOMEM;

    if (out && fclose(out))
        error = -ENOMEM;
    return error ? error : source_copy(diag, "the policy, exported", made, size, text);
}

/* Adds what is wrong with the policy, which is read on the side: its warnings are of no interest.
 */
static int tell(const struct diag *found, struct diag *diag)
{
    enum severity severity;
    struct place place;
    const char *text;

    for (size_t i = 0; (text = diag_message(found, i, &severity, &place)); i++)
        if (severity == SEVERITY_ERROR)
            diag_add(diag, severity, (struct place){0},
                     "the policy that chain " CARRIED_CHAIN " carries, line %u: %s (files that "
                     "it names are looked for in the current folder)",
                     place.line, text);
    return -EINVAL;
}

static int compare(struct exported *exported, const struct source *text, struct diag *scratch,
                   struct diag *diag)
{
    CLEANUP(host_freep) struct host *host = NULL;
    CLEANUP(policy_freep) struct policy *policy = NULL;
    const struct source *source, *again, *json;
    struct why why = {0};
    int error = read_policy(exported, scratch, &host, &source, &policy);

    if (error == -EINVAL)
        return tell(scratch, diag);
    if (!error)
        error = export_again(exported, policy, source, scratch, &again);
    if (error)
        return error;
    if (!nft_list(again, scratch, &json, &why))
        return exported_compare(exported, json, text, diag);
    diag_add(diag, SEVERITY_ERROR, (struct place){0},
             "nothing says whether the ruleset is still what its policy is exported as: %s",
             why.text);
    exported->complaints++;
    return 0;
}

int exported_take(struct exported *exported, const struct source *text, struct diag *diag,
                  struct import_result *result)
{
    struct diag *scratch = diag_new();
    int error = scratch ? compare(exported, text, scratch, diag) : -ENOMEM;

    diag_free(scratch);
    return error ? error : exported_result(exported, result);
}
