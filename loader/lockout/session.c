/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/memory.h"
#include "../policy/address.h"

#define VARIABLE      "SSH_CONNECTION="
#define ANCESTORS_MAX 64
#define ENVIRON_BYTES (1u << 20)

static enum family parse_address(char *text, u8 address[16])
{
    memset(address, 0, 16);
    text[strcspn(text, "%")] = 0; /* a link-local address has its interface after the % */
    if (inet_pton(AF_INET, text, address) == 1)
        return FAMILY_IPV4;
    return inet_pton(AF_INET6, text, address) == 1 ? FAMILY_IPV6 : FAMILY_NONE;
}

int session_parse(const char *text, struct session *session)
{
    struct session made = {0};
    char client[64], server[64];
    unsigned int client_port, server_port;

    if (sscanf(text, "%63s %u %63s %u", client, &client_port, server, &server_port) != 4 ||
        client_port > 65535 || server_port > 65535)
        return -EINVAL;
    snprintf(made.text, sizeof(made.text), "%s", text);
    made.family = parse_address(client, made.client);
    if (made.family == FAMILY_NONE || parse_address(server, made.server) != made.family)
        return -EINVAL;
    made.is_own = true;
    made.client_port = (u16)client_port;
    made.server_port = (u16)server_port;
    *session = made;
    return 0;
}

static pid_t parent_of(pid_t process)
{
    char path[64], name[64];
    int parent = 0;
    snprintf(path, sizeof(path), "/proc/%d/stat", process);
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    /* The name may hold blanks and brackets, but ends with the last bracket before the state. */
    if (fscanf(file, "%*d (%63[^\n]", name) == 1) {
        char *end = strrchr(name, ')');
        if (!end || sscanf(end, ") %*c %d", &parent) != 1)
            parent = 0;
    }
    fclose(file);
    return parent;
}

/* Looks for the variable in the environment that PROCESS was started with. */
static bool find_in(pid_t process, struct session *session)
{
    CLEANUP_FREE char *environment = malloc(ENVIRON_BYTES + 1);
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/environ", process);
    FILE *file = fopen(path, "re");
    size_t length = file && environment ? fread(environment, 1, ENVIRON_BYTES, file) : 0;

    if (file)
        fclose(file);
    if (!environment)
        return false;
    environment[length] = 0;
    for (char *at = environment; at < environment + length; at += strlen(at) + 1)
        if (!strncmp(at, VARIABLE, strlen(VARIABLE)))
            return !session_parse(at + strlen(VARIABLE), session);
    return false;
}

bool session_find(struct session *session)
{
    const char *own = getenv("SSH_CONNECTION");
    pid_t process = getppid();

    if (own)
        return !session_parse(own, session);
    for (int i = 0; i < ANCESTORS_MAX && process > 0; i++) {
        if (find_in(process, session))
            return true;
        process = parent_of(process);
    }
    return false;
}

int session_imply(struct host *host)
{
    struct session session;

    return session_find(&session) ? host_imply(host, HOST_SESSION, session.family,
                                               address_from_bytes(session.family, session.client))
                                  : 0;
}
