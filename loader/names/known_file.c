/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of names in a file, to survive a reboot, and for `status`. */
#include "known.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/file.h"
#include "../base/memory.h"
#include "../base/state.h"
#include "../policy/address.h"
#include "../policy/source.h"

/* Times in the file are seconds of CLOCK_REALTIME. */
static unsigned long long seconds(u64 ns)
{
    return ns / SECOND_NS;
}

static void print_name(FILE *stream, const struct known_name *name)
{
    char text[ADDRESS_TEXT_BYTES];

    fprintf(stream, "%s answered %llu\n", name->host, seconds(name->answered_ns));
    for (size_t i = 0; i < name->count; i++) {
        const struct known_address *known = &name->addresses[i];

        address_print(known->family, known->address, text);
        if (known->gone_ns)
            fprintf(stream, "%s had %s %llu\n", name->host, text, seconds(known->gone_ns));
        else
            fprintf(stream, "%s has %s\n", name->host, text);
    }
    if (name->trouble[0])
        fprintf(stream, "%s trouble %s\n", name->host, name->trouble);
}

void known_print(FILE *stream, const void *known)
{
    const struct known_names *names = known;

    fputs(
        "# Written by edgexdp run: what the names of hosts in its policy stand for, which goes on "
        "if nobody can be asked.\n# Times are seconds since 1970.\n",
        stream);
    for (size_t i = 0; i < names->count; i++)
        print_name(stream, &names->list[i]);
}

static int read_seconds(struct piece text, u64 *ns)
{
    unsigned int read;
    struct fault fault;

    if (piece_number(piece_trim(text), ~0u, "time", &read, &fault))
        return -EINVAL;
    *ns = read * SECOND_NS;
    return 0;
}

static int read_address(struct piece rest, bool gone, struct known_name *name)
{
    struct known_address known = {0};
    struct known_address *grown;
    struct fault fault;

    if (address_read(piece_next_word(&rest), &known.family, &known.address, &fault) ||
        (gone ? read_seconds(rest, &known.gone_ns) || !known.gone_ns : piece_trim(rest).length) ||
        name->count >= NAME_ADDRESSES_MAX)
        return -EINVAL;
    /* Whether flows live is found out with the next answer. */
    known.is_live = gone;
    grown = array_grow(name->addresses, name->count, &name->capacity, sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    name->addresses = grown;
    grown[name->count++] = known;
    return 0;
}

static int read_host(struct piece host, struct known_names *known, struct known_name **name)
{
    char word[HOST_NAME_BYTES + sizeof("name:")];
    struct fault fault;

    snprintf(word, sizeof(word), "name:%.*s", (int)host.length, host.text);
    if (host.length >= HOST_NAME_BYTES || host_name_check(piece_of(word), &fault))
        return -EINVAL;
    if (known->count >= HOST_NAMES_MAX && !known_find(known, word + strlen("name:")))
        return -EINVAL;
    *name = known_add(known, word + strlen("name:"));
    return *name ? 0 : -ENOMEM;
}

static int read_trouble(struct piece text, struct known_name *name)
{
    if (text.length >= sizeof(name->trouble))
        return -EINVAL;
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.text[i] < ' ')
            return -EINVAL;
    memcpy(name->trouble, text.text, text.length);
    name->trouble[text.length] = '\0';
    return 0;
}

static int read_line(struct piece line, struct known_names *known)
{
    struct piece host = piece_next_word(&line), word = piece_next_word(&line);
    struct known_name *name;
    int error = read_host(host, known, &name);

    line = piece_trim(line);
    if (error)
        return error;
    if (piece_equals(word, "answered"))
        return read_seconds(line, &name->answered_ns);
    if (piece_equals(word, "has") || piece_equals(word, "had"))
        return read_address(line, piece_equals(word, "had"), name);
    return piece_equals(word, "trouble") ? read_trouble(line, name) : -EINVAL;
}

int known_parse(const char *text, size_t length, struct known_names *known)
{
    struct piece rest = {.text = text, .length = (unsigned int)length, .column = 1};
    int result = 0;

    while (rest.length) {
        size_t end = piece_find(rest, '\n');
        struct piece line = piece_trim(piece_part(rest, 0, end));
        int error = line.length && line.text[0] != '#' ? read_line(line, known) : 0;

        if (error == -ENOMEM)
            return error;
        result = error ? error : result;
        rest = piece_part(rest, end + 1, rest.length);
    }
    return result;
}

int known_read(const char *interface, struct known_names *known, struct why *why)
{
    CLEANUP(diag_freep) struct diag *diag = diag_new();
    char path[STATE_PATH_BYTES];
    const struct source *source;

    state_path(interface, "names", path);
    int error = diag ? source_open_regular(diag, path, &source) : -ENOMEM;
    if (error == -ENOENT)
        return 0;
    if (!error)
        error = known_parse(source->text, source->length, known);
    if (error == -EINVAL)
        return why_set(why, error, "%s: some lines make no sense, and are left out", path);
    return error ? why_set(why, error, "cannot read what was known of names, in %s: %s", path,
                           source_error(error))
                 : 0;
}

int known_write(const char *interface, const struct known_names *known, struct why *why)
{
    char path[STATE_PATH_BYTES];
    int error = 0;

    state_path(interface, "names", path);
    if (known->count) {
        state_make_folder(path);
        error = file_replace(path, 0600, known_print, known);
    } else if (unlink(path) && errno != ENOENT) {
        error = -errno;
    }
    return error ? why_set(why, error, "cannot save what is known of names in %s: %s", path,
                           strerror(-error))
                 : 0;
}
