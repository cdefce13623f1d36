/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "local.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <string.h>

#include "../base/memory.h"
#include "../policy/address.h"
#include "../policy/piece.h"

#define IPV4_SOURCE 12
#define IPV6_SOURCE 8
#define ARP_SENDER  14 /* in ARP for Ethernet and IPv4, which begins with: */

static const u8 arp_of_ipv4[] = {0, 1, 8, 0, ETH_ALEN, 4};

struct reading {
    const struct policy *policy;
    const struct host *host;
    struct address_list lists[2];
    struct local *local;
    struct why *why;
};

static int hex_digit(char byte)
{
    if (is_digit(byte))
        return byte - '0';
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

static bool read_hardware(struct piece item, struct hardware_address *address)
{
    if (item.length != 17)
        return false;
    for (size_t i = 0; i < sizeof(address->bytes); i++) {
        const char *at = item.text + 3 * i;
        int high = hex_digit(at[0]), low = hex_digit(at[1]);
        if (high < 0 || low < 0 || (i < 5 && at[2] != ':'))
            return false;
        address->bytes[i] = (u8)(high << 4 | low);
    }
    return true;
}

static int add_hardware(struct local *local, const struct hardware_address *address)
{
    void *grown = array_grow(local->hardware, local->hardware_count, &local->hardware_capacity,
                             sizeof(*local->hardware));
    if (!grown)
        return -ENOMEM;
    local->hardware = grown;
    local->hardware[local->hardware_count++] = *address;
    return 0;
}

static const struct address_set *find_set(const struct policy *policy, struct piece name)
{
    for (size_t i = 0; i < policy->set_count; i++)
        if (piece_equals(name, policy->sets[i]->label))
            return policy->sets[i];
    return NULL;
}

static bool is_name(struct piece item)
{
    return item.length && is_letter(item.text[0]) && piece_find(item, ':') == item.length;
}

/* Adds what ITEM, a word such as `self`, stands for. A word that stands for nothing would make
 * everything inbound. */
static int add_word(struct reading *reading, struct piece item)
{
    const struct host_word *word = reading->host ? host_find(reading->host, item) : NULL;
    bool is_empty = !word || (!word->family[0].count && !word->family[1].count);
    int error = 0;

    for (int f = 0; !is_empty && !error && f < 2; f++)
        error = address_list_append(&reading->lists[f], &word->family[f]);
    return is_empty ? why_set(reading->why, -EINVAL,
                              "--local: \"%s\" has no address here: write them, or say with --self "
                              "or --networks what it stands for",
                              quote(item).text)
                    : error;
}

static int add_item(struct reading *reading, struct piece item)
{
    struct hardware_address hardware;
    struct address_range range;
    struct fault fault;
    enum family family;
    int error = 0;

    if (read_hardware(item, &hardware))
        return add_hardware(reading->local, &hardware);
    if (host_knows_word(item))
        return add_word(reading, item);
    const struct address_set *set = find_set(reading->policy, item);
    for (int f = 0; set && !error && f < 2; f++)
        error = address_list_add_all(&reading->lists[f], &set->family[f]);
    if (set)
        return error;
    if (address_read_range(item, &family, &range, &fault))
        return is_name(item)
                   ? why_set(reading->why, -EINVAL,
                             "--local: \"%s\" is neither an address nor a set that a rule uses",
                             quote(item).text)
                   : why_set(reading->why, -EINVAL, "--local: %s", fault.text);
    return address_list_add(&reading->lists[family - 1], range);
}

int local_read(const char *text, const struct policy *policy, const struct host *host,
               struct local *local, struct why *why)
{
    struct reading reading = {.policy = policy, .host = host, .local = local, .why = why};
    struct piece rest = piece_of(text);
    int error = 0;

    for (bool more = true; !error && more;) {
        size_t comma = piece_find(rest, ',');
        more = comma < rest.length;
        error = add_item(&reading, piece_trim(piece_part(rest, 0, comma)));
        if (more)
            rest = piece_part(rest, comma + 1, rest.length - comma - 1);
    }
    for (int f = 0; f < 2; f++)
        address_list_finish(&reading.lists[f], (enum family)(FAMILY_IPV4 + f), &local->family[f]);
    return error == -ENOMEM ? why_set(why, error, "out of memory") : error;
}

void local_clear(struct local *local)
{
    free(local->family[0].ranges);
    free(local->family[1].ranges);
    free(local->hardware);
    *local = (struct local){0};
}

static bool holds(const struct local *local, enum family family, const u8 *at)
{
    const struct address_ranges *ranges = &local->family[family - 1];
    u8 bytes[16] = {0};
    size_t low = 0, high = ranges->count;

    memcpy(bytes, at, family == FAMILY_IPV4 ? 4 : 16);
    u128 address = address_from_bytes(family, bytes);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (ranges->ranges[middle].last < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < ranges->count && ranges->ranges[low].first <= address;
}

static bool holds_hardware(const struct local *local, const u8 *source)
{
    for (size_t i = 0; i < local->hardware_count; i++)
        if (!memcmp(local->hardware[i].bytes, source, ETH_ALEN))
            return true;
    return false;
}

bool local_sent(const struct local *local, const struct captured *frame)
{
    const u8 *data = frame->data;
    u32 at = ETH_HLEN;

    if (frame->bytes < ETH_HLEN)
        return false;
    if (holds_hardware(local, data + ETH_ALEN))
        return true;
    u16 type = (u16)(data[12] << 8 | data[13]);
    while ((type == ETH_P_8021Q || type == ETH_P_8021AD) && at + 4 <= frame->bytes) {
        type = (u16)(data[at + 2] << 8 | data[at + 3]);
        at += 4;
    }
    if (type == ETH_P_IP && at + IPV4_SOURCE + 4 <= frame->bytes)
        return holds(local, FAMILY_IPV4, data + at + IPV4_SOURCE);
    if (type == ETH_P_IPV6 && at + IPV6_SOURCE + 16 <= frame->bytes)
        return holds(local, FAMILY_IPV6, data + at + IPV6_SOURCE);
    return type == ETH_P_ARP && at + ARP_SENDER + 4 <= frame->bytes &&
           !memcmp(data + at, arp_of_ipv4, sizeof(arp_of_ipv4)) &&
           holds(local, FAMILY_IPV4, data + at + ARP_SENDER);
}
