/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the values of [policy] and [baseline] that are not one of a few words. */
#include "reading.h"

#include "../base/memory.h"
#include "address.h"
#include "list.h"

static const struct name_style policy_name_style = {"policy name", "-", false, NAME_BYTES - 1};

int read_policy_name(struct reading *reading, void *target, const struct ini_entry *entry)
{
    struct policy *policy = target;
    struct piece name;
    struct fault fault;

    if (!value_is_single(reading, entry, &name))
        return 0;
    if (name_check(name, &policy_name_style, &fault))
        reading_tell_fault(reading, name, &fault);
    name_copy(policy->name, sizeof(policy->name), name);
    return 0;
}

int read_policy_log(struct reading *reading, void *target, const struct ini_entry *entry)
{
    struct policy *policy = target;
    struct piece word;

    if (!value_is_single(reading, entry, &word))
        return 0;
    policy->log_drops = piece_is_keyword(word, "drops");
    policy->log_place = piece_place(word);
    if (!policy->log_drops && !piece_is_keyword(word, "no"))
        reading_tell(reading, word,
                     "\"%s\" is not a value of \"log\": write drops or no (in a rule, yes or no)",
                     quote(word).text);
    return 0;
}

int read_policy_exempt(struct reading *reading, void *target, const struct ini_entry *entry)
{
    struct policy *policy = target;
    int error = sets_read(reading->sets, entry, &policy->exempt);

    policy->exempt_place = piece_place(entry->key);
    if (error || !address_is_any(FAMILY_IPV4, &policy->exempt->family[0]) ||
        !address_is_any(FAMILY_IPV6, &policy->exempt->family[1]))
        return error;
    reading_tell(reading, entry->key,
                 "if everybody is exempt, no limit holds: name those whom you trust");
    return 0;
}

/* A list of `socket` and `conntrack`, or `off`. */
int read_baseline_tcp_state(struct reading *reading, void *target, const struct ini_entry *entry)
{
    struct list list = list_of(reading->ini, entry, reading->diag);
    static const char *const words[] = {"off", "socket", "conntrack"};
    bool off, socket, conntrack, said[ARRAY_SIZE(words) + 1] = {false};
    struct baseline *baseline = target;
    struct piece word;
    size_t at;

    while (list_next(&list, &word)) {
        for (at = 0; at < ARRAY_SIZE(words) && !piece_is_keyword(word, words[at]);)
            at++;
        said[at] = true;
        if (at == ARRAY_SIZE(words))
            reading_tell(reading, word,
                         "\"%s\" is not a value of \"tcp-state\": write off; or socket; or "
                         "socket, conntrack",
                         quote(word).text);
    }
    off = said[0], socket = said[1], conntrack = said[2];
    if (said[ARRAY_SIZE(words)])
        return 0;
    if (off && (socket || conntrack))
        reading_tell(reading, entry->key, "\"tcp-state\" is off or it is not: write one of them");
    else if (conntrack && !socket)
        reading_tell(reading, entry->key,
                     "the kernel tracks few of this host's own connections without being told to: "
                     "write tcp-state = socket, conntrack");
    baseline->tcp_state = conntrack ? TCP_STATE_SOCKET_CONNTRACK
                          : socket  ? TCP_STATE_SOCKET
                                    : TCP_STATE_OFF;
    if (baseline->tcp_state)
        reading->asks_self = entry->key;
    return 0;
}
