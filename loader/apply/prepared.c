/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "prepared.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/file.h"
#include "../base/memory.h"
#include "../compile/lint.h"
#include "../judge/expect.h"
#include "../kernel/kernel.h"
#include "zones_lint.h"

/* Finds the zone of the interface that HOST guards; ZONE_HERE: it guards none. */
static int find_zone(struct prepared *prepared, const struct host *host, unsigned int *zone)
{
    const char *guarded = host ? host_known_links(host)->guarded : NULL;

    *zone = guarded ? zone_of(prepared->whole, host, guarded) : ZONE_HERE;
    if (*zone != ZONE_ELSEWHERE || !prepared->whole->has_interfaces)
        return 0;
    diag_add(prepared->diag, SEVERITY_ERROR, prepared->whole->zones[0].place,
             "%s is in no zone of [interfaces]: add it to one, as in %s = %s", guarded,
             zone_name(prepared->whole, 1), guarded);
    return -EINVAL;
}

/* Makes of a policy with zones that of the interface that HOST guards. ALL: everything is checked,
 * in every zone. */
static int choose_zone(struct prepared *prepared, const struct host *host, bool all)
{
    CLEANUP(zone_judges_freep) struct zone_judges *judges = NULL;
    struct zone_judge *own;
    unsigned int zone;

    prepared->whole = TAKE_PTR(prepared->policy);
    int error = find_zone(prepared, host, &zone);
    if (error || (!zone && !all))
        return error;
    judges = zone_judges_new(prepared->whole);
    error = judges ? 0 : -ENOMEM;
    if (!error && all)
        error = zones_lint(prepared->whole, judges, prepared->diag);
    if (!error && all)
        error = expect_check_zones(prepared->whole, judges, prepared->diag);
    if (!error && zone)
        error = zone_judges_get(judges, zone, prepared->diag, &own);
    if (!error && zone)
        zone_judges_take(judges, zone, &prepared->policy, &prepared->image);
    return error;
}

static int judge(const struct prepared *prepared)
{
    int error = policy_lint(prepared->policy, prepared->image, prepared->diag);

    return error ? error : expectations_check(prepared->policy, prepared->image, prepared->diag);
}

/* Compiles the policy that was read for HOST. ALL: its rules and expectations are checked too. */
static int compile(struct prepared *prepared, const struct host *host, bool all)
{
    if (prepared->policy->is_zoned)
        return choose_zone(prepared, host, all);
    int error = policy_compile(prepared->policy, &BOUNDS_DEFAULT, &prepared->image, prepared->diag);

    return error || !all ? error : judge(prepared);
}

static int read_and_compile(struct prepared *prepared, const char *path, const struct host *host,
                            bool all)
{
    int error = policy_read(path, host, &prepared->policy, prepared->diag);

    return error ? error : compile(prepared, host, all);
}

static int make_absolute(char **path)
{
    char *absolute = file_absolute(*path);

    if (!absolute)
        return -ENOMEM;
    free(*path);
    *path = absolute;
    return 0;
}

static int keep_files(struct prepared *prepared)
{
    const struct policy *policy = prepared->policy;
    int error = make_absolute(&prepared->policy->path);

    for (size_t i = 0; !error && i < policy->included_count; i++)
        error = make_absolute(&policy->included[i]);
    return error ? error : archive_pack(prepared->diag, prepared->policy->host, &prepared->archive);
}

static int tell_first(const struct diag *diag, const char *path, int error, struct why *why)
{
    why_set(why, error, error == -ENOMEM ? "out of memory while reading %s" : "cannot use %s",
            path);
    if (diag)
        diag_first(diag, SEVERITY_ERROR, why->text, sizeof(why->text));
    return error;
}

/* Hand over everything, or only the diag after an ERROR. */
static int hand_over(struct prepared *made, const char *path, int error, struct prepared *prepared,
                     struct why *why)
{
    if (error) {
        prepared->diag = TAKE_PTR(made->diag);
        return tell_first(prepared->diag, path, error, why);
    }
    *prepared = *made;
    *made = (struct prepared){0};
    return 0;
}

int prepared_parse(struct prepared *prepared, const char *path, const struct host *host,
                   struct why *why)
{
    CLEANUP(prepared_clear) struct prepared made = {.diag = diag_new()};
    int error = made.diag ? policy_read(path, host, &made.policy, made.diag) : -ENOMEM;

    return hand_over(&made, path, error, prepared, why);
}

int prepared_compile(struct prepared *prepared, const char *path, const struct host *host,
                     struct why *why)
{
    CLEANUP(prepared_clear) struct prepared made = {.diag = diag_new()};

    return hand_over(&made, path, made.diag ? read_and_compile(&made, path, host, false) : -ENOMEM,
                     prepared, why);
}

int prepared_read(struct prepared *prepared, const char *path, const struct host *host,
                  struct why *why)
{
    CLEANUP(prepared_clear) struct prepared made = {.diag = diag_new()};
    int error = made.diag ? read_and_compile(&made, path, host, true) : -ENOMEM;

    if (!error && made.policy)
        error = keep_files(&made);
    return hand_over(&made, path, error, prepared, why);
}

static int compile_archived(struct prepared *prepared, const char *path)
{
    const struct archive *archive = &prepared->archive;
    int error =
        archive_read(archive->bytes, archive->length, path, &prepared->policy, prepared->diag);

    return error ? error : compile(prepared, prepared->policy->host, false);
}

int prepared_readdress(struct prepared *prepared, const void *archive, size_t length,
                       const char *path, const struct host *host, struct why *why)
{
    CLEANUP(prepared_clear) struct prepared made = {.diag = diag_new()};
    int error = made.diag ? archive_readdress(archive, length, host, &made.archive) : -ENOMEM;

    if (!error)
        error = compile_archived(&made, path);
    return hand_over(&made, path, error, prepared, why);
}

const struct policy *prepared_whole(const struct prepared *prepared)
{
    return prepared->whole ? prepared->whole : prepared->policy;
}

bool prepared_has_errors(const struct prepared *prepared)
{
    return prepared->diag && diag_count(prepared->diag, SEVERITY_ERROR);
}

bool prepared_is_enforced(const struct prepared *prepared, const struct tables_header *tables)
{
    size_t length;
    const void *archive = tables ? tables_archive(tables, &length) : NULL;

    /* The block may be padded after the archive. */
    return archive && !tables->switches.audit && prepared->archive.length &&
           length >= prepared->archive.length &&
           !memcmp(archive, prepared->archive.bytes, prepared->archive.length);
}

void prepared_clear(struct prepared *prepared)
{
    archive_clear(&prepared->archive);
    image_free(prepared->image);
    policy_free(prepared->policy);
    policy_free(prepared->whole);
    diag_free(prepared->diag);
    *prepared = (struct prepared){0};
}
