/* SPDX-License-Identifier: GPL-2.0-or-later */
/* edgexdp --complete WORD...: what the last word may be, for shell completion. All of it comes from
 * the tables that print usage and help. */
#include "complete.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "../base/labels.h"
#include "../base/text.h"
#include "../kernel/kernel.h"
#include "../top/census.h"
#include "command.h"

/* No interface can have this name: interface names hold no colon. */
#define FILES "files:"

/* A command line as typed so far. */
struct line {
    const struct command *command;
    const char *start; /* where the word to complete begins */
};

/* Names that cannot be shown as they are must be typed by the user. */
static void offer(const struct line *line, const char *word, const char *what)
{
    if (!strcmp(word, HARMLESS(word)) && !strncmp(word, line->start, strlen(line->start)))
        printf("%s%s%s\n", word, what ? "\t" : "", what ? what : "");
}

static void offer_commands(const struct line *line)
{
    for (const struct command *c = commands; c->name; c++)
        offer(line, c->name, c->summary);
}

static void offer_any_interface(const struct line *line)
{
    struct if_nameindex *interfaces = if_nameindex();

    for (struct if_nameindex *i = interfaces; i && i->if_name; i++)
        offer(line, i->if_name, NULL);
    if (interfaces)
        if_freenameindex(interfaces);
}

static int offer_guarded(const char *interface, void *line)
{
    offer(line, interface, NULL);
    return 0;
}

/* A command that requires a policy guards an interface anew; the others act on one that is guarded.
 * A user who may not see which interfaces are guarded is offered all of them. */
static void offer_interfaces(const struct line *line)
{
    struct why why = {0};

    if (strstr(line->command->arguments, " POLICY") ||
        guard_each(offer_guarded, (void *)line, &why))
        offer_any_interface(line);
}

static void offer_modes(const struct line *line)
{
    for (int i = 0; attach_mode_names[i]; i++)
        offer(line, attach_mode_names[i], NULL);
}

static void offer_reasons(const struct line *line)
{
    for (int i = 0; i < REASONS; i++)
        offer(line, reason_names[i], NULL);
}

static void offer_fields(const struct line *line)
{
    for (int i = 0; i < CENSUS_FIELDS_COUNT; i++)
        offer(line, census_fields[i].name, NULL);
}

/* The shell completes files, because it knows how to quote them. */
static void offer_policies(const struct line *line)
{
    (void)line;
    puts(FILES "*.ini");
}

static void offer_files(const struct line *line)
{
    (void)line;
    puts(FILES "*");
}

/* What the words in the tables stand for. */
static const struct {
    const char *word;
    void (*offer)(const struct line *line);
} kinds[] = {
    {"IFACE", offer_interfaces},
    {"POLICY", offer_policies},
    {"OLD", offer_policies},
    {"NEW", offer_policies},
    {"FILE", offer_files},
    {"CAPTURE", offer_files},
    {"COMMAND", offer_commands},
    {"MODE", offer_modes},
    {"REASON", offer_reasons},
    {"FIELD", offer_fields},
    {NULL, NULL},
};

/* Offer what FORM stands for: "[IFACE]", "POLICY...", or "keep|detach", which stand for themselves.
 * Nothing is offered for other words, such as a time. */
static void offer_form(const struct line *line, const char *form)
{
    char copy[64], *rest;

    snprintf(copy, sizeof(copy), "%s", form);
    for (char *word = strtok_r(copy, "[]|.", &rest); word; word = strtok_r(NULL, "[]|.", &rest)) {
        if (word[0] >= 'a' && word[0] <= 'z')
            offer(line, word, NULL);
        for (int i = 0; kinds[i].word; i++)
            if (!strcmp(word, kinds[i].word))
                kinds[i].offer(line);
    }
}

/* Offer the argument after the GIVEN ones; a command's last argument may be repeated. */
static void offer_argument(const struct line *line, int given)
{
    char forms[64], *rest;

    snprintf(forms, sizeof(forms), "%s", line->command->arguments);
    char *form = strtok_r(forms, " ", &rest);
    for (; form && given && !strstr(form, "..."); given--)
        form = strtok_r(NULL, " ", &rest);
    if (form)
        offer_form(line, form);
}

static void offer_options(const struct line *line)
{
    for (const struct option_help *o = line->command->options; o && o->name; o++) {
        char name[64];
        snprintf(name, sizeof(name), "%.*s", (int)strcspn(o->name, " "), o->name);
        offer(line, name, o->help);
    }
}

/* The form of the value that the option WORD takes as the next word, or NULL. */
static const char *value_form(const struct command *command, const char *word)
{
    for (const struct option_help *o = command->options; o && o->name; o++) {
        size_t length = strcspn(o->name, " ");
        bool wanted = o->name[length] && o->name[length + 1] != '['; /* else optional */
        if (wanted && length == strlen(word) && !strncmp(o->name, word, length))
            return o->name + length + 1;
    }
    return NULL;
}

int complete(int count, char **words)
{
    struct line line = {.start = count ? words[count - 1] : ""};
    const char *value = NULL;
    bool options = true;
    int given = 0;

    if (count < 2) {
        offer_commands(&line);
        return 0;
    }
    line.command = command_find(words[0]);
    if (!line.command)
        return 0;
    for (int i = 1; i < count - 1; i++) {
        if (value)
            value = NULL;
        else if (!options || words[i][0] != '-')
            given++;
        else if (!strcmp(words[i], "--"))
            options = false;
        else
            value = value_form(line.command, words[i]);
    }
    if (value)
        offer_form(&line, value);
    else if (options && line.start[0] == '-')
        offer_options(&line);
    else
        offer_argument(&line, given);
    return 0;
}
