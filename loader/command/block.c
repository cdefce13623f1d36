/* SPDX-License-Identifier: GPL-2.0-or-later */
/* block and unblock. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../apply/block.h"
#include "../base/clock.h"
#include "../base/duration.h"
#include "../base/memory.h"
#include "../base/text.h"
#include "../netlink/addresses.h"
#include "command.h"
#include "open.h"
#include "usage.h"

const struct option_help block_options_help[] = {
    {"--for TIME", "for this long (90s, 10m, 2h, 7d); default: until unblock"},
    {"--limit LIMIT", "only what is above this rate, as in a rule: \"100/second per source\""},
    {"--name NAME", "call it so; the block of that name, if there is one, is replaced"},
    {"--force", "even your own SSH session or what comes from the default gateway"},
    {NULL, NULL},
};

const struct option_help unblock_options_help[] = {
    {"--all", "all blocks that commands have made"},
    {NULL, NULL},
};

struct wish {
    struct block block; /* owns its pattern; the rest is the command line's */
    u64 for_ns;         /* 0: for ever */
    bool chosen;        /* its name: by us, on each interface */
    bool force;
};

static void wish_clear(struct wish *wish)
{
    free(wish->block.patterns);
}

static int set_name(const struct command *command, struct wish *wish, const char *name)
{
    if (!*name || strlen(name) >= sizeof(wish->block.name))
        return usage_error(command, "a name has 1 to %d characters", RULE_NAME_BYTES - 1);
    strcpy(wish->block.name, name);
    return 0;
}

static int parse_block(const struct command *command, int argc, char **argv, struct wish *wish)
{
    static const struct option options[] = {{"for", required_argument, NULL, 't'},
                                            {"limit", required_argument, NULL, 'l'},
                                            {"name", required_argument, NULL, 'n'},
                                            {"force", no_argument, NULL, 'f'},
                                            {0}};
    int option, error = 0;

    while (!error && (option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option == 't' && duration_parse(optarg, &wish->for_ns))
            return usage_error(command,
                               "%s is not a time: write a number and s, m, h or d, for example 90s",
                               optarg);
        if (option == 'l')
            wish->block.limit = optarg;
        if (option == 'n')
            error = set_name(command, wish, optarg);
        if (option == 'f')
            wish->force = true;
        if (option == '?' || option == ':')
            return usage_bad_option(command, option, argv);
    }
    return error ? error : usage_count(command, argc - optind, 2, argc);
}

/* The pattern may be one word of the command line, or several. */
static int join(char **words, char **joined)
{
    size_t bytes = 1;

    for (char **word = words; *word; word++)
        bytes += strlen(*word) + 1;
    char *text = calloc(1, bytes);
    if (!text)
        return -ENOMEM;
    for (char **word = words; *word; word++) {
        if (word != words)
            strcat(text, " ");
        strcat(text, *word);
    }
    *joined = text;
    return 0;
}

/* Says on stderr all that is wrong with the pattern. */
static int check(const struct wish *wish, const char *interface)
{
    CLEANUP(host_freep) struct host *host = NULL;
    CLEANUP(diag_freep) struct diag *diag = diag_new();
    struct block named = wish->block;
    int error = diag ? addresses_ask(interface, &host) : -ENOMEM;

    if (!*named.name)
        strcpy(named.name, "block");
    if (!error)
        error = block_check(&named, host, diag);
    if (diag)
        diag_print(diag, stderr);
    if (error && !(diag && diag_count(diag, SEVERITY_ERROR)))
        say_error("cannot read the pattern: %s", strerror(-error));
    return error;
}

/* The first name of the form block-N that nobody has. */
static void choose_name(const struct blocks *blocks, char name[RULE_NAME_BYTES])
{
    for (size_t i = 1;; i++) {
        snprintf(name, RULE_NAME_BYTES, "block-%zu", i);
        if (!blocks_find(blocks, name))
            return;
    }
}

static bool is_named(const struct block *block, const void *name)
{
    return !strcmp(block->name, name);
}

/* What is blocked under the same name goes on counting, and only begins and ends anew. */
static int add(struct blocks *blocks, u64 now_ns, void *context, struct why *why)
{
    struct wish *wish = context;
    struct block *block = &wish->block;
    const struct block *known = wish->chosen ? NULL : blocks_find(blocks, block->name);

    if (wish->chosen)
        choose_name(blocks, block->name);
    block->since_ns = now_ns;
    block->expires_ns = wish->for_ns ? now_ns + wish->for_ns : BLOCK_FOREVER;
    block->number = known ? known->number : 0;
    block->fresh = true;
    blocks_remove(blocks, is_named, block->name);
    if (blocks->count >= BLOCKS_MAX)
        return why_set(why, -ENOSPC, "there is room for %u blocks: end some of them", BLOCKS_MAX);
    return blocks_add(blocks, block) ? why_set(why, -ENOMEM, "out of memory") : 0;
}

static void tell_name(const struct wish *wish)
{
    if (wish->chosen)
        printf("%s\n", wish->block.name);
}

static int change_one(const char *interface, void *context, struct why *why)
{
    CLEANUP(diag_freep) struct diag *diag = diag_new();
    struct block_request request = *(const struct block_request *)context;
    struct why mended = {0};

    request.interface = interface;
    int error =
        diag ? apply_blocks(&request, diag, &mended, why) : why_set(why, -ENOMEM, "out of memory");
    if (*mended.text)
        say_warning("%s", mended.text);
    if (!error && !request.only_try && request.edit == add)
        tell_name(request.context);
    return error;
}

/* Would it be possible? Of several interfaces, nothing changes on any unless it can on each. */
static int try_one(const char *interface, void *context, struct why *why)
{
    struct block_request request = *(const struct block_request *)context;

    request.only_try = true;
    return change_one(interface, &request, why);
}

static int change(const struct interfaces *interfaces, struct block_request *request)
{
    struct why why = {0};
    int error = interfaces->count > 1 ? interfaces_each(interfaces, try_one, request, &why) : 0;

    if (!error)
        error = interfaces_each(interfaces, change_one, request, &why);
    return error ? say_why(error, &why) : 0;
}

int command_block(const struct command *command, int argc, char **argv)
{
    CLEANUP(wish_clear) struct wish wish = {0};
    int error = parse_block(command, argc, argv, &wish);

    if (error)
        return error;
    CLEANUP(interfaces_clear) struct interfaces interfaces = {0};
    struct block_request request = {.force = wish.force, .edit = add, .context = &wish};
    if (join(argv + optind + 1, &wish.block.patterns)) {
        say_error("out of memory");
        return -ENOMEM;
    }
    wish.chosen = !*wish.block.name;
    error = open_interfaces(argv[optind], NULL, &interfaces);
    if (!error && interfaces.count)
        error = check(&wish, interfaces.names[0]);
    if (!error)
        error = change(&interfaces, &request);
    return error;
}

struct ending {
    char **names;
    bool all;
};

static bool ends(const struct block *block, const void *context)
{
    const struct ending *ending = context;

    for (char **name = ending->names; !ending->all && *name; name++)
        if (is_named(block, *name))
            return true;
    return ending->all;
}

static int end(struct blocks *blocks, u64 now_ns, void *context, struct why *why)
{
    const struct ending *ending = context;

    (void)now_ns;
    for (char **name = ending->names; !ending->all && *name; name++)
        if (!blocks_find(blocks, *name))
            return why_set(why, -ENOENT, "there is no block %s: edgexdp blocks lists them", *name);
    blocks_remove(blocks, ends, ending);
    return 0;
}

int command_unblock(const struct command *command, int argc, char **argv)
{
    static const struct option options[] = {{"all", no_argument, NULL, 'a'}, {0}};
    struct ending ending = {0};
    int option;

    while ((option = getopt_long(argc, argv, ":", options, NULL)) == 'a')
        ending.all = true;
    if (option != -1)
        return usage_bad_option(command, option, argv);
    int error = usage_count(command, argc - optind, ending.all ? 1 : 2, ending.all ? 1 : argc);
    if (error)
        return error;
    CLEANUP(interfaces_clear) struct interfaces interfaces = {0};
    struct block_request request = {.force = true, .edit = end, .context = &ending};
    ending.names = argv + optind + 1;
    error = open_interfaces(argv[optind], NULL, &interfaces);
    return error ? error : change(&interfaces, &request);
}
