/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tell.h"

#include <stdio.h>
#include <string.h>

#include "../base/say.h"
#include "../base/text.h"
#include "../policy/source.h"
#include "command.h"

void tell_prepared(const struct prepared *prepared)
{
    if (prepared->diag)
        diag_print(prepared->diag, stderr);
}

int tell_failure(const struct prepared *prepared, int error, const struct why *why)
{
    return prepared_has_errors(prepared) ? error : say_why(error, why);
}

void tell_fault(const char *name, const char *text, const struct fault *fault)
{
    struct diag *diag = diag_new();
    const struct source *source;

    if (diag && !source_copy(diag, name, text, strlen(text), &source)) {
        struct place place = {source, 1, (unsigned int)fault->at + 1, (unsigned int)fault->length};
        diag_add(diag, SEVERITY_ERROR, place, "%s", fault->text);
        diag_print(diag, stderr);
    }
    if (diag)
        diag_free(diag);
}

void tell_mended(const char *interface, const struct why *mended)
{
    if (mended->text[0])
        say_warning("%s: %s", interface, mended->text);
}

static void warn_by(const struct why *note)
{
    if (note->text[0])
        say_warning("%s", note->text);
}

void tell_notes(const char *interface, const struct apply_notes *notes)
{
    tell_mended(interface, &notes->mended);
    warn_by(&notes->mode);
    warn_by(&notes->answers);
    warn_by(&notes->hidden);
    warn_by(&notes->cookies);
    warn_by(&notes->bans);
    warn_by(&notes->zone);
    warn_by(&notes->lease);
    warn_by(&notes->redirected);
}

/* Has one of the interfaces before number AT the same note of what is redirected? */
static bool was_redirected(const struct apply_many *many, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (!strcmp(many->notes[i].redirected.text, many->notes[at].redirected.text))
            return true;
    return false;
}

int tell_many(const struct apply_many *many, int error, const struct why *why)
{
    for (size_t i = 0; many->notes && i < many->count; i++) {
        struct apply_notes notes = many->notes[i];

        /* Each zone is checked with all others: messages about the file are the same. */
        if (!i || (error && i == many->failed))
            tell_prepared(&many->prepared[i]);
        if (was_redirected(many, i))
            notes.redirected.text[0] = '\0';
        tell_notes(many->interfaces[i], &notes);
    }
    if (!error)
        return 0;
    return many->prepared && many->failed < many->count
               ? tell_failure(&many->prepared[many->failed], error, why)
               : say_why(error, why);
}

void tell_confirm(const char *interface, u64 confirm_ns)
{
    if (confirm_ns)
        printf("%s: in force for %llu s; to keep it: edgexdp confirm %s\n", HARMLESS(interface),
               (unsigned long long)(confirm_ns / SECOND_NS), HARMLESS(interface));
}

/* Other programs may or may not pass packets on to us: nobody can tell. */
static void warn_of_others(const struct guard_status *status)
{
    static const char *const names[DIRECTIONS] = {"in", "out"};

    for (enum direction direction = DIRECTION_IN; direction < DIRECTIONS; direction++)
        if (status->ways[direction].before)
            say_warning("%s: on the way %s another program comes first, and packets that it lets "
                        "pass itself are not judged (%u in all)",
                        status->interface, names[direction], status->ways[direction].before);
}

static bool has_way(const struct guard_status *status, enum standing standing)
{
    return status->ways[DIRECTION_IN].standing == standing ||
           status->ways[DIRECTION_OUT].standing == standing;
}

int tell_trouble_of(const struct guard_status *status)
{
    char trouble[TROUBLE_BYTES];

    warn_of_others(status);
    guard_status_trouble(status, trouble);
    if (!*trouble)
        return 0;
    if (has_way(status, WAY_UNKNOWN))
        say_error("%s: %s", status->interface, trouble);
    else if (has_way(status, WAY_MISREAD))
        say_error("%s: %s: it is NOT guarded", status->interface, trouble);
    else
        say_error("%s: %s: it is NOT guarded until edgexdp reload %s attaches it again",
                  status->interface, trouble, status->interface);
    return COMMAND_NO;
}

int tell_trouble(const struct guard *guard)
{
    struct guard_status status;

    guard_outline(guard, &status);
    return tell_trouble_of(&status);
}
