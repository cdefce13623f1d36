/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the words `self`, `broadcast`, IFACE:addresses, IFACE:networks and name:HOST stand for: the
 * addresses of one host, as seen from the interface that is guarded, and those of the hosts that it
 * knows by name. Like the files, a host is an input of reading a policy. Pure data: loader/netlink
 * asks the kernel for it, and loader/names the resolver.
 */
#ifndef EDGEXDP_POLICY_HOST_H
#define EDGEXDP_POLICY_HOST_H

#include "host_name.h"
#include "links.h"
#include "piece.h"
#include "policy.h"
#include "ranges.h"

/* An address of an interface, and the network that it is on. */
struct host_address {
    const char *interface; /* NULL: it is only known to belong to the host */
    enum family family;
    bool is_network_only;         /* only the network is known */
    bool is_passing;              /* temporary, deprecated, or not usable yet */
    bool has_broadcast;           /* IPv4 only */
    u128 address;                 /* the host's own, also on a point-to-point link */
    u128 broadcast;               /* of the network */
    struct address_range network; /* the peer's, on a point-to-point link */
};

/* What one word stands for. */
struct host_word {
    char *name;                    /* keywords and names of hosts in lower case: "self",
                                    * "eth0:networks", "name:www.example.org" */
    struct address_list family[2]; /* by family: FAMILY_IPV4 - 1, FAMILY_IPV6 - 1 */
};

/* Return a host that knows `self` and `broadcast`, which are empty; or one that knows no word. NULL
 * when memory is short. */
struct host *host_new(void);
struct host *host_empty(void);
void host_free(struct host *host);
void host_freep(struct host **host);

/* Make the words of INTERFACE known; they are empty until an address is added. Returns 0 or
 * -ENOMEM. */
int host_add_interface(struct host *host, const char *interface);

/* Make ALIAS another name of INTERFACE, all of whose addresses have been added. */
int host_add_alias(struct host *host, const char *interface, const char *alias);

/* Add all ADDRESSES. In a packet, `self` is first one of the interface GUARDED (or NULL), and
 * lasting, global ones come before others. Without GUARDED, `broadcast` is that of every interface.
 * Returns 0 or -ENOMEM. */
int host_add(struct host *host, const struct host_address *addresses, size_t count,
             const char *guarded);

/* Add what a command line says, in its order: TEXT is ADDRESS,... of `self`, or of interfaces
 * IFACE=PREFIX,... with several prefixes for each; ADDRESS/LENGTH is an address of theirs, too.
 * Return 0, -EINVAL with FAULT, or -ENOMEM. */
int host_read_self(struct host *host, const char *text, struct fault *fault);
int host_read_networks(struct host *host, const char *text, struct fault *fault);

/* The same for --names: HOST=ADDRESS,... with several addresses for each. */
int host_read_names(struct host *host, const char *text, struct fault *fault);

/* Whom reading a policy for HOST asks for the names that HOST does not know; without an asker, such
 * a name matches nothing. CONTEXT must last as long as HOST. */
void host_set_asker(struct host *host, host_asker *ask, void *context);
/* Asks. Returns 0 with every answer, or -ENOMEM; -ENOENT: there is nobody to ask. */
int host_ask(const struct host *host, struct host_question *questions, size_t count);

/* The interfaces of HOST. */
struct links *host_links(struct host *host);
const struct links *host_known_links(const struct host *host);

/* What no policy writes, and limits need to know: whom they never hold. */
enum host_implied { HOST_GATEWAYS, HOST_SESSION, HOST_IMPLIED };
extern const char *const host_implied_names[HOST_IMPLIED];

/* Add an address that the implied WORD stands for. Returns 0 or -ENOMEM. */
int host_imply(struct host *host, enum host_implied word, enum family family, u128 address);

/* Is ITEM such a word, which a policy may say? Of names, only those that can be asked for are. */
bool host_knows_word(struct piece item);

/* The same, or an implied one? */
bool host_has_word(struct piece item);

/* Returns what the word ITEM stands for, or NULL if HOST has no such interface. */
const struct host_word *host_find(const struct host *host, struct piece item);

/* Gets the address that stands for `self` in a packet; false if HOST has none of FAMILY. */
bool host_self(const struct host *host, enum family family, u128 *address);

/* Returns the word ITEM of HOST, made if need be; NULL when memory is short. */
struct host_word *host_define(struct host *host, struct piece item);

/* Copy the word ITEM from FROM to HOST, or as empty if FROM does not know it; a word that HOST has
 * stays as it is. Returns 0 or -ENOMEM. */
int host_keep(struct host *host, const struct host *from, struct piece item);

/* Copy into *TAKEN those words and interfaces of FROM that WORDS has or asks for; whose session it
 * was, WORDS alone knows. Returns 0 or -ENOMEM. */
int host_select(const struct host *words, const struct host *from, struct host **taken);

/* Is WORD a name:HOST? */
bool host_word_is_name(const struct host_word *word);

/* Returns the word of the host that is called NAME, made if need be; NULL when memory is short. */
struct host_word *host_define_name(struct host *host, const char *name);

/* The words of HOST. */
size_t host_count(const struct host *host);
const struct host_word *host_at(const struct host *host, size_t number);

/* Returns what WORD stands for as text, sorted, for the caller to free; NULL when memory is short.
 * Equal texts mean equal addresses. */
char *host_word_text(const struct host_word *word);

/* Says how each word of WAS differs in NOW: "self (new: A, B; gone: C); eth0:networks (gone: D)",
 * with the first few of each. Returns text for the caller to free, which is empty if nothing
 * differs; NULL when memory is short. */
char *host_changes(const struct host *was, const struct host *now);

/* Returns all words as text, a line each in the order of their names; host_parse() reads it again.
 */
char *host_print(const struct host *host);

/* Returns 0, -EINVAL (it is something else) or -ENOMEM. */
int host_parse(const char *text, size_t length, struct host **host);

#endif
