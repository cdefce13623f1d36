/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/text.h"
#include "open.h"

static int parse_mode(const char *text, enum attach_mode *mode)
{
    for (int i = 0; attach_mode_names[i]; i++) {
        if (!strcmp(text, attach_mode_names[i])) {
            *mode = (enum attach_mode)i;
            return 0;
        }
    }
    return -EINVAL;
}

static int parse_flows(const char *text, u32 *flows)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno || *end || end == text || value < 1024 || value > 1u << 26)
        return -EINVAL;
    *flows = (u32)value;
    return 0;
}

int attach_option(const struct command *command, int option, struct attach_options *options)
{
    if (option == 'm' && parse_mode(optarg, &options->mode))
        return usage_error(command, "there is no mode %s: write auto, native, generic or offload",
                           optarg);
    if (option == 'n' && parse_flows(optarg, &options->flows_max))
        return usage_error(command, "--flows takes a number from 1024 to 67108864, not %s", optarg);
    if (option == 'a')
        options->audit = true;
    return 0;
}

/* An interface's name has no slash; a file that is there is meant, whatever it is called. */
bool names_policy(const char *name)
{
    size_t length = strlen(name);
    struct stat status;

    return strchr(name, '/') || (length > 4 && !strcmp(name + length - 4, ".ini")) ||
           (!stat(name, &status) && S_ISREG(status.st_mode));
}

void say_prepared(const struct prepared *prepared)
{
    if (prepared->diag)
        diag_print(prepared->diag, stderr);
}

int say_why_besides(const struct prepared *prepared, int error, const struct why *why)
{
    return prepared_has_errors(prepared) ? error : say_why(error, why);
}

int compile_file(const char *path, struct prepared *prepared)
{
    struct why why = {0};
    int error = prepared_compile(prepared, path, &why);

    say_prepared(prepared);
    return error ? say_why_besides(prepared, error, &why) : 0;
}

static void warn_by(const struct why *note)
{
    if (note->text[0])
        say_warning("%s", note->text);
}

void say_notes(const char *interface, const struct apply_notes *notes)
{
    say_mended(interface, &notes->mended);
    warn_by(&notes->mode);
    warn_by(&notes->bans);
    warn_by(&notes->lease);
}

void say_confirm(const char *interface, u64 confirm_ns)
{
    if (confirm_ns)
        printf("%s: in force for %llu s; to keep it: edgexdp confirm %s\n", HARMLESS(interface),
               (unsigned long long)(confirm_ns / SECOND_NS), HARMLESS(interface));
}
