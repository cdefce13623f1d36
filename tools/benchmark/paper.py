# SPDX-License-Identifier: GPL-2.0-or-later
"""What measured costs would mean for a network card we do not have: rates, and cores on paper."""

import math

DRIVER_NS = 41.7  # 24 million packets a second: see docs/performance.md
OVERHEAD_BYTES = 20  # preamble and gap
MIXED = ((7, 64), (4, 594), (1, 1518))  # how many of each length
GBITS = (10, 25, 100)

CASES = (("flood to ports that no rule names", "unlisted ports, UDP"),
         ("10,000 rules, random ones match", "10,000 rules, random ones"),
         ("100,000 IPv4 prefixes", "100,000 IPv4 prefixes"),
         ("1,000,000 IPv4 prefixes", "1,000,000 IPv4 prefixes"),
         ("100,000 IPv6 prefixes", "100,000 IPv6 prefixes"))


def mixed_bytes():
    return sum(count * length for count, length in MIXED) / sum(count for count, _ in MIXED)


def rate(gbit, length):
    """Packets of LENGTH a second, in millions."""
    return gbit * 1e3 / 8 / (length + OVERHEAD_BYTES)


def added_ns(results, name):
    """How much more a packet of the case NAME costs than one that an empty program drops."""
    return next(r["added_ns"]["median"] for r in results["packets"]
                if r["system"] == "edgexdp" and r["name"] == name)


def _cores(millions, ns):
    cores = millions * ns / 1e3
    return f"{cores:.1f}" if cores < 1 else f"{math.ceil(cores)}"


def rows(results):
    """Rows of (case, ns on paper, then cores for each speed: 64 bytes and mixed)."""
    for words, name in (("(an empty program)", None), *CASES):
        ns = DRIVER_NS + (added_ns(results, name) if name else 0)
        yield (words, f"{ns:.0f}", *(_cores(rate(gbit, length), ns)
                                     for gbit in GBITS for length in (64, mixed_bytes())))
