/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the policy file and putting it in force. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../base/memory.h"
#include "ban_store.h"
#include "block_store.h"
#include "journal.h"

const char *const taking_events[] = {
    [TAKEN_ATTACHED] = "attached",
    [TAKEN_SWAPPED] = "reloaded",
    [TAKEN_UNCHANGED] = "unchanged",
    [TAKEN_UPGRADED] = "upgraded", /* only its programs, to this version */
};

void guarding_keep(struct guarding *guarding, struct prepared *fresh)
{
    prepared_clear(&guarding->last);
    guarding->last = *fresh;
    *fresh = (struct prepared){0};
}

int guarding_read_file(const struct guarding *guarding, struct prepared *fresh, struct why *why)
{
    char name[INTERFACE_NAME_BYTES];

    guarding_name(guarding, name);
    int error = apply_read(name, guarding->options->policy, guarding->asking, fresh, why);

    /* A failure that recurs on every retry is printed only once. */
    if (fresh->diag && (!error || strcmp(why->text, guarding->trouble.text) != 0))
        diag_print(fresh->diag, stderr);
    return error;
}

struct apply_request guarding_request(const struct guarding *guarding, const char *name)
{
    const struct service_options *options = guarding->options;

    return (struct apply_request){
        .interface = name, .options = options->attach, .force = options->force};
}

static void tell_notes(const struct guarding *guarding, const struct apply_notes *notes)
{
    if (notes->mended.text[0])
        journal(guarding, LOG_WARNING, "mended", "%s", notes->mended.text);
    if (notes->bans.text[0])
        journal(guarding, LOG_WARNING, "bans-failed", "%s", notes->bans.text);
    if (notes->mode.text[0])
        journal(guarding, LOG_WARNING, "generic", "%s", notes->mode.text);
    if (notes->answers.text[0])
        journal(guarding, LOG_WARNING, "untold", "%s", notes->answers.text);
    if (notes->hidden.text[0])
        journal(guarding, LOG_WARNING, "hidden", "%s", notes->hidden.text);
    if (notes->cookies.text[0])
        journal(guarding, LOG_WARNING, "no-cookies", "%s", notes->cookies.text);
}

static int attach(const struct guarding *guarding, struct prepared *policy, struct why *why)
{
    CLEANUP(bans_clear) struct bans kept = {0};
    struct apply_request request = guarding_request(guarding, guarding->options->interface);
    struct apply_notes notes = {0};

    ban_store_read(guarding, &kept);
    int error = apply_attach(&request, policy, &kept, &notes, why);
    tell_notes(guarding, &notes);
    if (!error && !notes.bans.text[0])
        ban_store_tell(guarding, kept.count);
    if (!error)
        block_store_put_back(guarding);
    return error;
}

static int swap(const struct guarding *guarding, struct prepared *policy, enum taking *how,
                struct why *why)
{
    static const enum taking ways[] = {[APPLIED_NOTHING] = TAKEN_UNCHANGED,
                                       [APPLIED_SWAP] = TAKEN_SWAPPED,
                                       [APPLIED_PROGRAMS] = TAKEN_UPGRADED};
    struct apply_notes notes = {0};
    char name[INTERFACE_NAME_BYTES];
    enum applied applied;

    guarding_name(guarding, name);
    struct apply_request request = guarding_request(guarding, name);
    int error = apply_change(&request, policy, &applied, &notes, why);
    tell_notes(guarding, &notes);
    if (!error)
        *how = ways[applied];
    return error;
}

int guarding_take(struct guarding *guarding, struct prepared *policy, enum taking *how,
                  struct why *why)
{
    struct interface named;
    int error = swap(guarding, policy, how, why);

    if (error != -ENOENT && error != -ENODEV)
        return error;
    if (interface_by_name(guarding->options->interface, &named))
        return -ENODEV;
    *how = TAKEN_ATTACHED;
    error = attach(guarding, policy, why);
    /* Somebody else was faster. */
    return error == -EEXIST ? swap(guarding, policy, how, why) : error;
}
