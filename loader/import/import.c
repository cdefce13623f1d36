/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ruleset becomes a policy: read, resolved, made stateless, written, and read back. */
#include "reader.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "../base/memory.h"
#include "../policy/format.h"
#include "plan.h"

static void begin(struct ruleset *ruleset, const struct ruleset *before)
{
    if (ruleset->options->interface)
        ruleset_interface(ruleset, ruleset->options->interface, '*');
    for (size_t i = 0; before && i < before->interface_count; i++)
        ruleset_interface(ruleset, before->interfaces[i], '\0');
}

/* Names of chains that other programs make and put back. */
static const char *const foreign[] = {"DOCKER*",   "f2b-*", "fail2ban-*", "KUBE-*",    "cali-*",
                                      "LIBVIRT_*", "CNI-*", "ts-*",       "crowdsec*", "sshguard*"};

/* Says which chains are not the administrator's. */
static void tell_foreign(struct ruleset *ruleset)
{
    for (size_t i = 0; i < ARRAY_SIZE(foreign); i++) {
        size_t count = 0;
        for (size_t j = 0; j < ruleset->chain_count; j++)
            count += !ruleset->chains[j]->left_out && ruleset->chains[j]->count &&
                     !fnmatch(foreign[i], ruleset->chains[j]->name, 0);
        if (count)
            ruleset_note(ruleset, NULL,
                         "%zu chain%s called %s: other programs put them there and change them; "
                         "--without '%s' leaves them out",
                         count, count == 1 ? "" : "s", foreign[i], foreign[i]);
    }
}

static void tell_rest(const struct plan *plan)
{
    static const char *const names[] = {"IPv4", "IPv6"};
    struct ruleset *ruleset = plan->ruleset;
    u8 families = plan->courses[WAY_IN].families;

    if (families == 1 || families == 2)
        ruleset_note(ruleset, NULL,
                     "the ruleset does not judge what comes in by %s, so all of it is accepted%s",
                     names[families == 1],
                     families == 1 ? ": if another one does, import both" : "");
    tell_foreign(ruleset);
}

/* Turns the long form into the short one. */
static int shorten(struct diag *diag, const char *text, size_t length, char **policy)
{
    const struct source *source;
    size_t size;
    int error = source_copy(diag, "import", text, length, &source);
    FILE *out = error ? NULL : open_memstream(policy, &size);

    if (!out)
        return error ? error : -ENOMEM;
    error = policy_format(source, POLICY_SHORT, out);
    if (fclose(out))
        error = error ? error : -ENOMEM;
    if (error) {
        free(*policy);
        *policy = NULL;
    }
    return error;
}

/* What was written has to be a policy: anything else is a fault of the import. */
static int check(const char *text, size_t length, struct diag *diag)
{
    struct diag *messages = diag_new();
    struct policy *policy = NULL;
    char first[512] = "";
    int error = messages ? policy_read_text("import", text, length, &policy, messages) : -ENOMEM;

    if (error == -EINVAL && diag_first(messages, SEVERITY_ERROR, first, sizeof(first)))
        diag_add(diag, SEVERITY_ERROR, (struct place){0},
                 "this import made no good policy, which is a fault of edgexdp: please report it "
                 "with the ruleset (%s)",
                 first);
    policy_free(policy);
    diag_free(messages);
    return error == -EINVAL ? -EBADMSG : error;
}

static int write_policy(struct plan *plan, struct import_result *result)
{
    CLEANUP_FREE char *text = NULL;
    struct diag *scratch = diag_new();
    size_t length;
    FILE *out = scratch ? open_memstream(&text, &length) : NULL;
    int error = out ? 0 : -ENOMEM;

    if (out) {
        plan_write(plan, out);
        error = fclose(out) ? -ENOMEM : plan->ruleset->arena.error;
    }
    if (!error)
        error = check(text, length, plan->ruleset->diag);
    if (!error)
        error = shorten(scratch, text, length, &result->policy);
    diag_free(scratch);
    return error;
}

/* Is there a chain that packets meet? */
static bool judges(const struct ruleset *ruleset)
{
    for (size_t i = 0; i < ruleset->chain_count; i++)
        if (ruleset->chains[i]->hook != HOOK_NONE && !ruleset->chains[i]->left_out)
            return true;
    return false;
}

static int make(struct ruleset *ruleset, struct import_result *result)
{
    struct plan plan = {.ruleset = ruleset};
    int error;

    if (!ruleset->arena.error && !judges(ruleset)) {
        diag_add(ruleset->diag, SEVERITY_ERROR, (struct place){0},
                 "there is no chain in it that judges packets");
        return -EINVAL;
    }
    plan_resolve(&plan);
    if (!ruleset->arena.error) {
        plan_states(&plan);
        plan_limits(&plan);
        plan_forwarded(&plan);
        plan_logs(&plan);
        plan_defaults(&plan);
        tell_rest(&plan);
    }
    error = ruleset->arena.error ? ruleset->arena.error : write_policy(&plan, result);
    result->complaints = ruleset->complaints;
    return error;
}

int import_ruleset(ruleset_reader *read, void *context, const struct import_options *options,
                   struct diag *diag, struct import_result *result)
{
    struct ruleset first = {.diag = diag, .options = options, .counting = true};
    struct ruleset ruleset = {.diag = diag, .options = options};
    int error;

    begin(&first, NULL);
    read(&first, context);
    error = first.arena.error;
    if (!error) {
        begin(&ruleset, &first);
        read(&ruleset, context);
        error = ruleset.arena.error;
    }
    if (!error)
        error = make(&ruleset, result);
    if (error == -E2BIG)
        diag_add(diag, SEVERITY_ERROR, (struct place){0},
                 "the ruleset comes to more than %u rules or %zu MiB", IMPORT_RULES_MAX,
                 ARENA_BYTES_MAX >> 20);
    arena_clear(&first.arena);
    arena_clear(&ruleset.arena);
    return error == -ELOOP ? -EINVAL : error;
}
