/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a policy: what its sections are, then the values in them. */
#include "read.h"

#include "../base/memory.h"
#include "limit.h"
#include "match.h"
#include "reading.h"
#include "short.h"
#include "zones.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <string.h>

static void sets_freep(struct sets **sets)
{
    sets_free(*sets);
}

static void ports_freep(struct ports **ports)
{
    ports_free(*ports);
}

/* The name of a [rule] or [expect]: right, and its first of that kind. Returns 0 or -ENOMEM. */
static int read_section_name(struct reading *reading, const struct ini_section *section,
                             struct catalog *names)
{
    const struct grammar_section *grammar = section->grammar;
    const struct name_style style = {grammar->name, grammar->letters, false, RULE_NAME_BYTES - 1};
    size_t first = catalog_find(names, section->name);
    struct fault fault;

    if (first != NO_NAME) {
        if (!section->faulty)
            reading_tell(reading, section->name, "a second [%s %s]: the first is %s", grammar->name,
                         quote(section->name).text,
                         piece_line_of(reading->ini->sections[first].header, section->header).text);
        return 0;
    }
    if (!section->name.length) {
        if (!section->faulty)
            reading_tell(reading, section->header, "a name is missing: write %s", grammar->title);
        return 0;
    }
    if (!section->faulty && name_check(section->name, &style, &fault))
        reading_tell_fault(reading, section->name, &fault);
    return catalog_add(names, section->name, (size_t)(section - reading->ini->sections));
}

/* Finds which of policy->included PATH is, and adds it if the rule before was not from there. */
static int find_included(struct policy *policy, const char *path, u32 *file)
{
    size_t count = policy->included_count;

    if (!count || strcmp(policy->included[count - 1], path) != 0) {
        char **grown = reallocarray(policy->included, count + 1, sizeof(*grown));
        if (!grown)
            return -ENOMEM;
        policy->included = grown;
        grown[count] = strdup(path);
        if (!grown[count])
            return -ENOMEM;
        policy->included_count++;
    }
    *file = (u32)policy->included_count;
    return 0;
}

static int read_rule(struct reading *reading, const struct ini_section *section)
{
    struct rule *rule = &reading->policy->rules[reading->policy->rule_count++];
    struct section_state state;

    *rule = (struct rule){
        .place = piece_place(section->name.length ? section->name : section->header),
        .on.any = true,
        .leaves.any = true,
    };
    for (enum field field = 0; field < FIELDS; field++)
        rule->matches[field] = (struct match){
            .any = true,
            .set = field_rows[field].kind == KIND_ADDRESSES ? sets_any(reading->sets) : NULL};
    name_copy(rule->name, sizeof(rule->name), section->name);
    rule->note = strdup("");
    if (!rule->note || (section->header.source != reading->ini->source &&
                        find_included(reading->policy, section->header.source->path, &rule->file)))
        return -ENOMEM;
    return section_read(reading, section, rule, &state);
}

static int read_expectation(struct reading *reading, const struct ini_section *section)
{
    struct policy *policy = reading->policy;
    struct expectation *expectation = &policy->expectations[policy->expectation_count++];
    struct section_state state;

    *expectation = (struct expectation){
        .place = piece_place(section->name.length ? section->name : section->header),
    };
    name_copy(expectation->name, sizeof(expectation->name), section->name);
    return section_read(reading, section, expectation, &state);
}

static int define_set(struct reading *reading, const struct ini_entry *entry)
{
    return sets_define(reading->sets, entry);
}

static int define_ports(struct reading *reading, const struct ini_entry *entry)
{
    return ports_define(reading->ports, entry);
}

/* Makes the names of SECTION known: DEFINE is called for each. */
static int define_names(struct reading *reading, const struct ini_section *section,
                        int (*define)(struct reading *, const struct ini_entry *))
{
    int error = 0;

    for (size_t i = 0; i < section->entry_count && !error; i++)
        error = define(reading, &reading->ini->entries[section->first_entry + i]);
    return error;
}

/* What is to be known before any value is read: all names, so that they may be used before they are
 * defined. */
static int read_names(struct reading *reading, const struct ini_section *section)
{
    switch ((enum section_number)(section->grammar - grammar_sections)) {
    case SECTION_SETS:
        return define_names(reading, section, define_set);
    case SECTION_PORTS:
        return define_names(reading, section, define_ports);
    case SECTION_INTERFACES:
        reading->policy->has_interfaces = true;
        return define_names(reading, section, zones_define);
    case SECTION_RULE:
        return read_section_name(reading, section, reading->rules);
    case SECTION_EXPECT:
        return read_section_name(reading, section, reading->expectations);
    default:
        return 0;
    }
}

static int read_values(struct reading *reading, const struct ini_section *section)
{
    struct section_state state;

    switch ((enum section_number)(section->grammar - grammar_sections)) {
    case SECTION_POLICY:
        return section_read(reading, section, reading->policy, &state);
    case SECTION_BASELINE:
        return section_read(reading, section, &reading->policy->baseline, &state);
    case SECTION_RULE:
        return read_rule(reading, section);
    case SECTION_EXPECT:
        return read_expectation(reading, section);
    default:
        return 0;
    }
}

/* Every title: "[policy], [baseline], ... and [include FILE]". */
static const char *list_titles(char *text, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < SECTIONS; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s",
                                 !i                 ? ""
                                 : i + 1 < SECTIONS ? ", "
                                                    : " and ",
                                 grammar_sections[i].title);
    return text;
}

static void tell_unknown_section(struct reading *reading, struct ini_section *section)
{
    struct piece word = section->word.length ? section->word : section->header;
    char titles[200];
    struct nearest nearest;

    grammar_find_section(section->word, &nearest);
    if (!section->faulty) {
        if (!section->word.length)
            reading_tell(reading, word, "a section needs a name: there are %s",
                         list_titles(titles, sizeof(titles)));
        else if (nearest.word)
            reading_tell(reading, word, "unknown section \"%s\"%s", quote(word).text,
                         nearest_hint(&nearest).text);
        else
            reading_tell(reading, word, "unknown section \"%s\": there are %s", quote(word).text,
                         list_titles(titles, sizeof(titles)));
    }
    /* Read it as what was meant, so that nothing else seems to be missing. */
    if (nearest.word)
        section->grammar = grammar_find_section(piece_of(nearest.word), NULL);
}

/* The section of that kind before SECTION in its file; NULL: there is none. */
static const struct ini_section *find_first(const struct ini *ini,
                                            const struct ini_section *section)
{
    for (const struct ini_section *before = ini->sections; before < section; before++)
        if (before->grammar == section->grammar && before->header.source == section->header.source)
            return before;
    return NULL;
}

/* A header whose words could be read: where it stands, and whether it has a name. */
static void check_section(struct reading *reading, const struct ini_section *section)
{
    const struct grammar_section *grammar = section->grammar;
    const struct ini_section *first = grammar->repeats ? NULL : find_first(reading->ini, section);

    if (!grammar->letters && section->name.length && grammar != &grammar_sections[SECTION_INCLUDE])
        reading_tell(reading, section->name, "%s takes no name", grammar->title);
    if (first)
        reading_tell(reading, section->header, "a second %s: the first is on line %u",
                     grammar->title, first->header.line);
    if (grammar->outermost && section->header.source != reading->ini->source)
        reading_tell(reading, section->header,
                     "%s may not stand in a file that another includes: move it to %s",
                     grammar->title, reading->ini->source->path);
}

static void check_sections(struct reading *reading, struct ini *ini)
{
    bool there[SECTIONS] = {false};

    for (size_t i = 0; i < ini->section_count; i++) {
        struct ini_section *section = &ini->sections[i];

        if (!section->grammar)
            tell_unknown_section(reading, section);
        if (!section->grammar)
            continue;
        there[section->grammar - grammar_sections] = true;
        if (!section->faulty)
            check_section(reading, section);
    }
    for (size_t i = 0; i < SECTIONS; i++)
        if (grammar_sections[i].required && !there[i] && !ini->garbled)
            diag_add(reading->diag, SEVERITY_ERROR, (struct place){ini->source, 1, 1, 1},
                     "the section %s is missing", grammar_sections[i].title);
}

static int for_each_section(struct reading *reading,
                            int (*read)(struct reading *, const struct ini_section *))
{
    int error = 0;

    for (size_t i = 0; i < reading->ini->section_count && !error; i++)
        if (reading->ini->sections[i].grammar)
            error = read(reading, &reading->ini->sections[i]);
    return error;
}

/* Room for every [rule] and [expect], of which pointers may then be kept. */
static int allocate(struct reading *reading)
{
    size_t count = reading->ini->section_count + 1;

    reading->policy->rules = calloc(count, sizeof(struct rule));
    reading->policy->expectations = calloc(count, sizeof(struct expectation));
    reading->policy->description = strdup("");
    reading->policy->path = strdup(reading->ini->source->path);
    if (!reading->policy->rules || !reading->policy->expectations ||
        !reading->policy->description || !reading->policy->path)
        return -ENOMEM;
    return 0;
}

static void digest(const struct source *source, u8 sha256[SHA256_DIGEST_SIZE])
{
    struct sha256_ctx context;

    sha256_init(&context);
    sha256_update(&context, source->size, (const uint8_t *)source->bytes);
    sha256_digest(&context, SHA256_DIGEST_SIZE, sha256);
}

static void check_ban_lengths(const struct reading *reading)
{
    const struct rule *rule = policy_bans_too_many_lengths(reading->policy);

    if (rule)
        diag_add(reading->diag, SEVERITY_ERROR, rule->place,
                 "the limits of a policy can ban prefixes of %u lengths, and this rule needs one "
                 "more: let it ban prefixes as long as those of another rule",
                 LIMIT_BAN_LENGTHS);
}

/* Everything but the ends: what READING points to is there. */
static int read_all(struct reading *reading, struct ini *ini)
{
    int error;

    check_sections(reading, ini);
    error = short_expand(ini, reading->diag);
    if (!error)
        error = allocate(reading);
    if (error)
        return error;
    section_preset(&grammar_sections[SECTION_BASELINE], &reading->policy->baseline);
    error = for_each_section(reading, read_names);
    if (!error)
        error = names_ask(reading);
    if (!error)
        error = sets_resolve(reading->sets);
    if (!error)
        error = ports_resolve(reading->ports);
    if (!error)
        error = for_each_section(reading, read_values);
    if (!error)
        error = zones_complete(reading);
    check_ban_lengths(reading);
    if (!error && policy_has_limits(reading->policy))
        error = sets_exempt(reading->sets, &reading->policy->exempt);
    if (!error && reading->asks_self.length) /* last: words that the policy says warn themselves */
        error = sets_self(reading->sets, reading->asks_self, &reading->policy->self);
    if (!error)
        error = sets_release(reading->sets, &reading->policy->sets, &reading->policy->set_count);
    reading->policy->host = sets_release_host(reading->sets);
    return error ? error : zones_keep(reading);
}

static int read_source(const struct source *source, source_opener *opener, const struct host *host,
                       bool blocks, struct policy **out, struct diag *diag)
{
    CLEANUP(ini_free) struct ini ini = {0};
    CLEANUP(policy_freep) struct policy *policy = calloc(1, sizeof(*policy));
    CLEANUP(catalog_freep) struct catalog *rules = catalog_new();
    CLEANUP(catalog_freep) struct catalog *expectations = catalog_new();
    CLEANUP(sets_freep) struct sets *sets = NULL;
    CLEANUP(ports_freep) struct ports *ports = NULL;
    struct reading reading = {
        .ini = &ini,
        .host = host,
        .blocks = blocks,
        .diag = diag,
        .policy = policy,
        .rules = rules,
        .expectations = expectations,
    };
    size_t first = diag_messages(diag);
    size_t errors = diag_count(diag, SEVERITY_ERROR);
    int error;

    if (!policy || !rules || !expectations)
        return -ENOMEM;
    error = ini_read(&ini, source, opener, diag);
    if (error)
        return error;
    sets = reading.sets = sets_new(&ini, opener, host, diag);
    ports = reading.ports = ports_new(&ini, opener, diag);
    if (!sets || !ports)
        return -ENOMEM;
    error = read_all(&reading, &ini);
    diag_sort(diag, first);
    if (!error && diag_count(diag, SEVERITY_ERROR) > errors)
        error = -EINVAL;
    if (error)
        return error;
    digest(source, policy->sha256);
    *out = TAKE_PTR(policy);
    return 0;
}

int policy_read_source(const struct source *source, source_opener *opener, const struct host *host,
                       struct policy **policy, struct diag *diag)
{
    return read_source(source, opener, host, false, policy, diag);
}

int policy_read_blocks(const struct source *source, source_opener *opener, const struct host *host,
                       struct policy **policy, struct diag *diag)
{
    return read_source(source, opener, host, true, policy, diag);
}

int policy_read_text(const char *path, const char *text, size_t length, struct policy **policy,
                     struct diag *diag)
{
    const struct source *source = NULL;
    int error = source_copy(diag, path, text, length, &source);

    return error ? error : policy_read_source(source, source_open_regular, NULL, policy, diag);
}

int policy_read(const char *path, const struct host *host, struct policy **policy,
                struct diag *diag)
{
    const struct source *source = NULL;
    int error = source_open(diag, path, &source);

    if (!error)
        return policy_read_source(source, source_open_regular, host, policy, diag);
    diag_add(diag, SEVERITY_ERROR, (struct place){0}, "cannot read %s: %s", path,
             source_error(error));
    return error;
}
