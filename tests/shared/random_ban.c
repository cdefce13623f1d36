/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "brute.h"
#include "random.h"

/* Mostly ban few addresses: if everybody is banned, nothing else is judged. */
static u32 random_bits(struct dice *dice, u32 most)
{
    if (dice_chance(dice, 50))
        return most;
    return dice_chance(dice, 90) ? most - dice_below(dice, 12) : 1 + dice_below(dice, most);
}

bool random_ban(struct dice *dice, const struct wire *wire, struct banned *banned)
{
    struct brute_packet packet;

    if (brute_decode(wire->bytes, wire->length, &packet) || packet.family == FAMILY_NONE)
        return false;
    u128 address = dice_chance(dice, 50) ? packet.source : packet.destination;
    u32 most = address_bits(packet.family), bits = random_bits(dice, most);
    *banned = (struct banned){.family = packet.family, .bits = bits};
    address = bits < most ? address >> (most - bits) << (most - bits) : address;
    address_to_bytes(packet.family, address, banned->address);
    return true;
}
