/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "naming.h"

#include <errno.h>
#include <string.h>

#include "../base/memory.h"
#include "journal.h"

/* The file tells `status` when names were last asked for: as exactly as this, if nothing else is
 * new. */
#define WRITE_NS (10 * SECOND_NS)
/* After the network has changed. */
#define HURRY_NS SECOND_NS
/* What is due soon is asked for now. */
#define GATHER_NS (SECOND_NS / 10)

static void write_file(struct naming *naming, bool is_new)
{
    struct why why = {0};

    if (!is_new && naming->written_ns && monotonic_ns() - naming->written_ns < WRITE_NS)
        return;
    naming->written_ns = monotonic_ns();
    if (known_write(naming->guarding->options->interface, &naming->asking.known, &why) &&
        strcmp(naming->trouble.text, why.text) != 0)
        journal(naming->guarding, LOG_WARNING, "names-failed", "%s", why.text);
    naming->trouble = why;
}

static void look(void *context, struct known_names *known)
{
    const struct naming *naming = context;
    char name[INTERFACE_NAME_BYTES];

    guarding_name(naming->guarding, name);
    named_look(name, known);
}

static const struct known_name *told(void *context, const char *host, u64 since_ns)
{
    const struct naming *naming = context;

    for (const struct naming *other = naming->next; other != naming; other = other->next) {
        const struct known_name *name = known_find(&other->asking.known, host);

        if (name && name->asked_ns && name->asked_ns >= since_ns && name->due_ns > monotonic_ns())
            return name;
    }
    return NULL;
}

void naming_begin(struct naming *naming, struct guarding *guarding, struct naming *other)
{
    struct why why = {0};

    naming->guarding = guarding;
    naming->next = other ? other->next : naming;
    if (other)
        other->next = naming;
    naming->asking.is_service = true;
    naming->asking.look = look;
    naming->asking.told = told;
    naming->asking.context = naming;
    guarding->asking = &naming->asking;
    if (known_read(guarding->options->interface, &naming->asking.known, &why))
        journal(guarding, LOG_WARNING, "names-failed", "%s", why.text);
    /* Whatever was wrong then may be right by now; if not, it is told. */
    for (size_t i = 0; i < naming->asking.known.count; i++)
        naming->asking.known.list[i].trouble[0] = '\0';
}

/* Gets the words of the policy in force, or NULL if there are none. */
static int words_in_force(const struct naming *naming, struct host **words)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    struct why ignored;
    int error = guarding_open(naming->guarding, GUARD_READ, &guard, &ignored);
    size_t length;

    if (error)
        return error;
    guard_unlock(guard);
    const void *archive = tables_archive(guard_tables(guard), &length);
    return archive_host(archive, length, words);
}

static void follow_policy(struct naming *naming)
{
    CLEANUP(host_freep) struct host *words = NULL;
    struct known_names *known = &naming->asking.known;
    bool is_ours = known->count > 0;

    if (words_in_force(naming, &words))
        return;
    naming->generation = naming->guarding->snapshot.generation;
    known_keep_only(known, words);
    for (size_t i = 0; words && i < host_count(words); i++) {
        const struct host_word *word = host_at(words, i);

        if (host_word_is_name(word))
            known_add(known, strchr(word->name, ':') + 1);
    }
    if (is_ours || known->count)
        write_file(naming, true);
}

static struct host *host_of(const struct known_names *known, bool gone)
{
    CLEANUP(host_freep) struct host *made = host_empty();

    for (size_t i = 0; made && i < known->count; i++) {
        struct host_word *word = host_define_name(made, known->list[i].host);

        if (!word || known_addresses(&known->list[i], gone, word->family))
            return NULL;
    }
    return TAKE_PTR(made);
}

static void tell_trouble(const struct naming *naming, const struct known_name *name,
                         const char *before)
{
    if (!strcmp(name->trouble, before))
        return;
    if (name->failures)
        journal(naming->guarding, LOG_WARNING, "names-failed", "name:%s: %s; %s", name->host,
                name->trouble,
                name->count ? "the addresses known before go on" : "it matches nothing");
    else if (name->trouble[0])
        journal(naming->guarding, LOG_WARNING, "names-failed", "name:%s: %s", name->host,
                name->trouble);
    else
        journal(naming->guarding, LOG_NOTICE, "names-answered", "name:%s is answered again",
                name->host);
}

static void take_answer(struct naming *naming, const char *host, const struct name_answer *answer)
{
    struct known_name *name = known_find(&naming->asking.known, host);
    char before[sizeof(name->trouble)];

    if (!name) /* of a policy that is no longer in force */
        return;
    memcpy(before, name->trouble, sizeof(before));
    if (!known_take(name, answer, realtime_ns(), monotonic_ns()))
        tell_trouble(naming, name, before);
    if (strcmp(before, name->trouble) != 0)
        naming->written_ns = 0;
}

static void take_answers(struct naming *naming)
{
    const char *host;

    for (size_t i = 0; (host = lookup_host(naming->lookup, i)); i++)
        take_answer(naming, host, lookup_answer(naming->lookup, i));
}

/* What another interface has been told of NAME, which is due; or NULL. */
static const struct known_name *told_of(struct naming *naming, const struct known_name *name)
{
    return name->due_ns <= monotonic_ns() + GATHER_NS ? told(naming, name->host, name->asked_ns + 1)
                                                      : NULL;
}

static void take_told(struct naming *naming)
{
    struct known_names *known = &naming->asking.known;

    for (size_t i = 0; i < known->count; i++) {
        const struct known_name *from = told_of(naming, &known->list[i]);
        char before[sizeof(from->trouble)];

        if (!from)
            continue;
        memcpy(before, known->list[i].trouble, sizeof(before));
        if (!known_take_from(&known->list[i], from, realtime_ns()))
            tell_trouble(naming, &known->list[i], before);
        if (strcmp(before, known->list[i].trouble) != 0)
            naming->written_ns = 0;
    }
}

static bool is_told(struct naming *naming)
{
    for (size_t i = 0; i < naming->asking.known.count; i++)
        if (told_of(naming, &naming->asking.known.list[i]))
            return true;
    return false;
}

/* Takes all answers, by TAKE. Returns whether anything that is in force may differ now. */
static bool take_all(struct naming *naming, void (*take)(struct naming *naming))
{
    struct known_names *known = &naming->asking.known;
    CLEANUP(host_freep) struct host *was = host_of(known, false);
    CLEANUP(host_freep) struct host *was_all = host_of(known, true);

    take(naming);
    look(naming, known);
    for (size_t i = 0; i < known->count; i++)
        known_sweep(&known->list[i], realtime_ns());
    CLEANUP(host_freep) struct host *now = host_of(known, false);
    CLEANUP(host_freep) struct host *now_all = host_of(known, true);
    CLEANUP_FREE char *changes = was && now ? host_changes(was, now) : NULL;
    CLEANUP_FREE char *all = was_all && now_all ? host_changes(was_all, now_all) : NULL;
    if (changes && *changes)
        journal(naming->guarding, LOG_NOTICE, "names-changed", "names have other addresses: %s",
                changes);
    bool is_new = (changes && *changes) || !all || *all;
    write_file(naming, is_new);
    return is_new;
}

static void end_lookup(struct naming *naming)
{
    sd_event_source_disable_unref(naming->answers);
    naming->answers = NULL;
    lookup_free(naming->lookup);
    naming->lookup = NULL;
}

/* Those who wait for the same answers. */
static void wake_others(const struct naming *naming)
{
    for (struct naming *other = naming->next; other != naming; other = other->next)
        naming_follow(other);
}

static void follow_answers(struct naming *naming)
{
    bool is_over = naming->lookup && lookup_read(naming->lookup);
    bool is_new = false;

    if (is_over)
        is_new = take_all(naming, take_answers);
    else if (!naming->lookup && is_told(naming))
        is_new = take_all(naming, take_told);
    if (is_over)
        end_lookup(naming);
    if (is_new)
        naming->on_change(naming->context);
    if (is_over)
        wake_others(naming);
}

static int on_answers(sd_event_source *source, int descriptor, uint32_t events, void *context)
{
    (void)source;
    (void)descriptor;
    (void)events;
    naming_follow(context);
    return 0;
}

static int on_clock(sd_event_source *source, uint64_t usec, void *context)
{
    (void)source;
    (void)usec;
    naming_follow(context);
    return 0;
}

static bool is_following(const struct naming *naming)
{
    return naming->loop && naming->guarding->ifindex && !naming->guarding->detached;
}

/* Is HOST being asked for, for another interface? */
static bool is_asked_for(const struct naming *naming, const char *host)
{
    for (const struct naming *other = naming->next; other != naming; other = other->next) {
        const char *asked;

        for (size_t i = 0;
             other->lookup && is_following(other) && (asked = lookup_host(other->lookup, i)); i++)
            if (!strcmp(asked, host))
                return true;
    }
    return false;
}

/* Starts to ask for what is due. */
static void ask(struct naming *naming)
{
    const struct known_names *known = &naming->asking.known;
    CLEANUP_FREE const char **hosts = calloc(known->count + 1, sizeof(*hosts));
    u64 soon = monotonic_ns() + GATHER_NS;
    struct why why = {0};
    size_t count = 0;

    for (size_t i = 0; hosts && i < known->count; i++)
        if (known->list[i].due_ns <= soon && !is_asked_for(naming, known->list[i].host))
            hosts[count++] = known->list[i].host;
    if (!count)
        return;
    int error = lookup_start(hosts, count, &naming->lookup, &why);
    if (!error)
        error = sd_event_add_io(naming->loop, &naming->answers, lookup_descriptor(naming->lookup),
                                EPOLLIN, on_answers, naming);
    if (!error)
        return;
    end_lookup(naming);
    for (size_t i = 0; i < known->count; i++)
        if (known->list[i].due_ns <= soon)
            known->list[i].due_ns = monotonic_ns() + WRITE_NS;
}

/* Sets the alarm for what is due next. Whoever asks for it already wakes us. */
static void arm(struct naming *naming)
{
    const struct known_names *known = &naming->asking.known;
    u64 next = naming->lookup ? lookup_patience_ns(naming->lookup) : ~0ull;

    for (size_t i = 0; !naming->lookup && i < known->count; i++)
        if (known->list[i].due_ns < next && !is_asked_for(naming, known->list[i].host))
            next = known->list[i].due_ns;
    if (next == ~0ull || sd_event_source_set_time(naming->clock, next / 1000 + 1) < 0)
        return;
    sd_event_source_set_enabled(naming->clock, SD_EVENT_ONESHOT);
}

int naming_serve(struct naming *naming, sd_event *loop, void (*on_change)(void *context),
                 void *context)
{
    naming->loop = loop;
    naming->on_change = on_change;
    naming->context = context;
    int error =
        sd_event_add_time(loop, &naming->clock, CLOCK_MONOTONIC, 0, 10000, on_clock, naming);
    return error < 0 ? error : sd_event_source_set_enabled(naming->clock, SD_EVENT_OFF);
}

void naming_follow(struct naming *naming)
{
    if (!is_following(naming))
        return;
    if (naming->generation != naming->guarding->snapshot.generation)
        follow_policy(naming);
    follow_answers(naming);
    if (!naming->lookup)
        ask(naming);
    arm(naming);
}

void naming_hurry(struct naming *naming)
{
    struct known_names *known = &naming->asking.known;
    u64 soon = monotonic_ns() + HURRY_NS;

    for (size_t i = 0; i < known->count; i++)
        if (known->list[i].failures && known->list[i].due_ns > soon)
            known->list[i].due_ns = soon;
    if (naming->loop && !naming->lookup)
        arm(naming);
}

void naming_end(struct naming *naming)
{
    struct naming *before = naming;

    while (before->next != naming)
        before = before->next;
    before->next = naming->next;
    end_lookup(naming);
    sd_event_source_disable_unref(naming->clock);
    known_clear(&naming->asking.known);
}
