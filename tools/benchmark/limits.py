# SPDX-License-Identifier: GPL-2.0-or-later
"""What a rate for each source costs, beside nftables' meters and a hash table of sources in XDP: for a
thousand sources, and for so many that no table holds them."""

import functools

import cases
import peers
from cases import Traffic
from lane import Lane, load_baseline
from policies import HERE

PORT = 5000
# By number of sources: at most so many times the empty program, on top of the same rule without a limit.
SOURCES = {1000: 0.25, 1 << 24: 1.2}
RATE = 1000000  # a second: nobody is over it
WHAT = "UDP of {:,} sources, {}"


def _traffic(sources, accepted=True):
    return Traffic("accepted UDP" if accepted else "UDP", f"in udp 64.0.0.0:1024 > {HERE}:{PORT}",
                   ("--sources", sources, "--source-ports", 64000), accepted=accepted)


def _policy(limit=""):
    return f"[policy]\nname = limits\n[rules]\nserve = accept in udp > :{PORT}{limit}\n"


def add(stand):
    for sources, limit in SOURCES.items():
        for what, rate in (("no limit", ""), ("a limit for each", f"  limit {RATE}/second per source")):
            guarded = stand.guard(stand.file(f"limits{len(rate)}.ini", _policy(rate)))
            beside = {"beside": WHAT.format(sources, "no limit"), "limit": limit} if rate else {}
            stand.add("edgexdp", WHAT.format(sources, what), cases.asked_guard(stand, guarded),
                      _traffic(sources), size=sources, counted=cases.counted(guarded, "serve"), **beside)


METER = "set m { type ipv4_addr; size 65535; flags dynamic,timeout; timeout 60s; }"
OVER = (f"udp dport {PORT} update @m {{ ip saddr limit rate over {RATE}/second burst {RATE} packets }} "
        "drop\n")


def add_nftables(stand):
    for sources in SOURCES:
        for what, rules, sets in (("no limit", "", ""), ("a limit for each", OVER, METER)):
            lane = peers.nft_lane(stand, f"{rules}udp dport {PORT} drop", sets)
            stand.add("nftables", WHAT.format(sources, what), lane, _traffic(sources, accepted=False),
                      size=sources, counted=functools.partial(peers.dropped_before_ip, lane))


def add_hash(stand):
    """As XDP-Firewall does it."""
    for sources in SOURCES:
        lane = Lane(stand.sandbox)
        folder = load_baseline(f"hash{sources}")
        lane.attach(folder / "limit_by_hash")
        stand.add("LRU hash in XDP", WHAT.format(sources, "a limit for each"), lane,
                  _traffic(sources, accepted=False), size=sources, counted=lane.dropped)
