/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "../base/memory.h"

#define NAME_MAX_BYTES 256 /* of a DNS name, with a NUL */
#define FILE_BYTES     65536
#define BLANKS         " \t\r"

struct hosts {
    char **names;
    size_t count, capacity;
    size_t own; /* the place of the one that this machine gives itself */
};

void hosts_free(struct hosts *hosts)
{
    if (!hosts)
        return;
    for (size_t i = 0; i < hosts->count; i++)
        free(hosts->names[i]);
    free(hosts->names);
    free(hosts);
}

static void hosts_freep(struct hosts **hosts)
{
    hosts_free(*hosts);
}

/* A dot at the end of a name is DNS notation, and not part of the name. */
static size_t name_length(const char *name, size_t length)
{
    return length && name[length - 1] == '.' ? length - 1 : length;
}

static int add(struct hosts *hosts, const char *name, size_t length)
{
    length = name_length(name, length);
    if (!length)
        return 0;
    char **grown = array_grow(hosts->names, hosts->count, &hosts->capacity, sizeof(*hosts->names));
    if (!grown)
        return -ENOMEM;
    hosts->names = grown;
    grown[hosts->count] = strndup(name, length);
    return grown[hosts->count] ? (hosts->count++, 0) : -ENOMEM;
}

static bool is_name(const char *name, const char *word, size_t length)
{
    length = name_length(word, length);
    return strlen(name) == length && !strncasecmp(name, word, length);
}

/* Find the next word of the line *at, and move *at past it; returns 0 at the end of the line. */
static size_t next_word(const char **at, const char **word)
{
    *at += strspn(*at, BLANKS);
    *word = *at;
    *at += strcspn(*at, BLANKS "#\n");
    return (size_t)(*at - *word);
}

/* Call TAKE for each line of TEXT. */
static int each_line(struct hosts *hosts, const char *name, const char *text,
                     int (*take)(struct hosts *hosts, const char *name, const char *line))
{
    int error = 0;

    for (const char *line = text; !error && line; line = strchr(line, '\n')) {
        line += line != text;
        error = take(hosts, name, line);
    }
    return error;
}

/* "search lan.example example.org", "domain example.org" */
static int take_search(struct hosts *hosts, const char *name, const char *line)
{
    const char *word;
    size_t length = next_word(&line, &word);
    int error = 0;

    if (!is_name("search", word, length) && !is_name("domain", word, length))
        return 0;
    while (!error && (length = next_word(&line, &word))) {
        char full[2 * NAME_MAX_BYTES];
        int bytes = snprintf(full, sizeof(full), "%s.%.*s", name, (int)length, word);
        if (length < NAME_MAX_BYTES)
            error = add(hosts, full, (size_t)bytes);
    }
    return error;
}

/* "127.0.1.1 web.example.org web": if one of the names is ours, so are the others. */
static int take_host(struct hosts *hosts, const char *name, const char *line)
{
    const char *word, *names;
    size_t length = next_word(&line, &word);
    bool ours = false;
    int error = 0;

    names = line;
    while ((length = next_word(&line, &word)))
        ours = ours || is_name(name, word, length);
    line = names;
    while (ours && !error && (length = next_word(&line, &word)))
        error = add(hosts, word, length);
    return error;
}

static int add_given(struct hosts *hosts, const char *given)
{
    int error = 0;

    for (size_t length; !error && *given; given += length + (given[length] == ',')) {
        length = strcspn(given, ",");
        error = add(hosts, given, length);
    }
    return error;
}

int hosts_parse(const char *name, const char *resolv_conf, const char *etc_hosts, const char *given,
                struct hosts **hosts)
{
    CLEANUP(hosts_freep) struct hosts *made = calloc(1, sizeof(*made));
    int error = made ? add(made, "localhost", strlen("localhost")) : -ENOMEM;

    if (!error && *name)
        error = add(made, name, strlen(name));
    if (!error)
        made->own = made->count - 1;
    if (!error && *name && !strchr(name, '.'))
        error = each_line(made, name, resolv_conf, take_search);
    if (!error && *name)
        error = each_line(made, name, etc_hosts, take_host);
    if (!error && given)
        error = add_given(made, given);
    if (!error)
        *hosts = TAKE_PTR(made);
    return error;
}

/* A file that cannot be read counts as empty. */
static void read_text(const char *path, char text[FILE_BYTES])
{
    FILE *file = fopen(path, "re");
    size_t length = file ? fread(text, 1, FILE_BYTES - 1, file) : 0;

    text[length] = 0;
    if (file)
        fclose(file);
}

int hosts_read(const char *given, struct hosts **hosts)
{
    CLEANUP_FREE char *resolv_conf = malloc(FILE_BYTES), *etc_hosts = malloc(FILE_BYTES);
    char name[HOST_NAME_MAX + 1] = "";

    if (!resolv_conf || !etc_hosts)
        return -ENOMEM;
    if (gethostname(name, sizeof(name) - 1))
        name[0] = 0;
    read_text("/etc/resolv.conf", resolv_conf);
    read_text("/etc/hosts", etc_hosts);
    return hosts_parse(name, resolv_conf, etc_hosts, given, hosts);
}

const char *hosts_own(const struct hosts *hosts)
{
    return hosts->names[hosts->own];
}

bool hosts_are_names(const char *given)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";

    for (;;) {
        size_t length = strcspn(given, ",");
        if (!length || length >= NAME_MAX_BYTES || strspn(given, letters) != length)
            return false;
        if (!given[length])
            return true;
        given += length + 1;
    }
}

static bool is_address(const char *host)
{
    size_t length = strlen(host);
    unsigned char address[16];
    char inner[INET6_ADDRSTRLEN];

    if (host[0] != '[')
        return inet_pton(AF_INET, host, address) == 1;
    if (length < 3 || length - 2 >= sizeof(inner) || host[length - 1] != ']')
        return false;
    memcpy(inner, host + 1, length - 2);
    inner[length - 2] = 0;
    inner[strcspn(inner, "%")] = 0; /* the zone of a link-local address */
    return inet_pton(AF_INET6, inner, address) == 1;
}

static size_t without_port(const char *header)
{
    const char *colon = strrchr(header, ':');

    if (colon && !colon[1 + strspn(colon + 1, "0123456789")])
        return (size_t)(colon - header);
    return strlen(header);
}

bool host_is_ours(const struct hosts *hosts, const char *header)
{
    char host[NAME_MAX_BYTES];

    if (!header)
        return true;
    size_t length = without_port(header);
    if (length >= sizeof(host))
        return false;
    memcpy(host, header, length);
    host[length] = 0;
    for (size_t i = 0; i < hosts->count; i++)
        if (is_name(hosts->names[i], host, length))
            return true;
    return is_address(host);
}
