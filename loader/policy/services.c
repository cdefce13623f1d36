/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "services.h"

#include "../base/memory.h"

#include <errno.h>

#define PATH "/etc/services"

/* Adds the words of REST, each a name of PORT. The first line that gives a name wins. */
static int add_names(struct catalog *services, struct piece name, struct piece rest, u16 port)
{
    int error = catalog_add(services, name, port);

    while (error != -ENOMEM && (name = piece_next_word(&rest)).length)
        error = catalog_add(services, name, port);
    return error == -ENOMEM ? error : 0;
}

/* Parses `https 443/tcp ALIAS... # words`; other lines are skipped. */
static int add_line(struct catalog *services, struct piece line)
{
    struct piece rest = piece_part(line, 0, piece_find(line, '#'));
    struct piece name = piece_next_word(&rest);
    struct piece number = piece_next_word(&rest);
    size_t slash = piece_find(number, '/');
    struct fault fault;
    unsigned int port;

    if (slash == number.length ||
        piece_number(piece_part(number, 0, slash), 65535, "port", &port, &fault))
        return 0;
    return add_names(services, name, rest, (u16)port);
}

int services_read(source_opener *opener, struct diag *diag, struct catalog **services)
{
    CLEANUP(catalog_freep) struct catalog *made = catalog_new();
    const struct source *source = NULL;
    int error = made ? opener(diag, PATH, &source) : -ENOMEM;

    for (unsigned int i = 1; !error && i <= source->line_count; i++) {
        struct source_line line = source_line(source, i);

        error = add_line(made, (struct piece){line.text, (unsigned int)line.length, i, 1, source});
    }
    if (!error)
        *services = TAKE_PTR(made);
    return error;
}
