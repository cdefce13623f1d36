# SPDX-License-Identifier: GPL-2.0-or-later
"""Do flows that two interfaces share scale to two cores as those of one interface do? Both cores judge replies of the
same flows at the same time, by the programs of one interface, and each by those of an interface of its own. The
packets come by a lane for each core either way, so that nothing else differs."""

import dataclasses
import os

import cases
import cores
import flows
import tap
from lane import CPU, EDGEXDP, Lane, Traffic
from policies import HERE
from rounds import spread
from sandbox import Failure

FLOWS = 10000
PAIRED = 0.98  # times the packets of one interface
TRIED = 4096  # packets, to see that they arrive where they belong
CPUS = (CPU - 1, CPU)


@dataclasses.dataclass
class Way:
    name: str
    lanes: list  # for each core
    guarded: list  # whose programs those ask
    scaled: list = dataclasses.field(default_factory=list)  # times one core, by rounds
    packets: list = dataclasses.field(default_factory=list)  # of both cores in a ns


def _guard(stand, count):
    """COUNT interfaces of one zone, in one namespace."""
    first = Lane(stand.sandbox)
    lanes = [first, *(Lane(stand.sandbox, namespace=first.namespace) for _ in range(count - 1))]
    interfaces = [lane.inside for lane in lanes]
    policy = stand.file(f"shared-{count}.ini", f"[policy]\nname = shared\n[interfaces]\nwan = {', '.join(interfaces)}\n"
                        f"[rules]\nasked = accept out on wan udp > :{flows.SERVER_PORT}\n")
    first.namespace.run(EDGEXDP, "attach", "--mode", "native", ",".join(interfaces), policy)
    return lanes


def _ways(stand, pairs):
    one, two = _guard(stand, 1), _guard(stand, 2)
    for lanes in (one, two):
        flows.open_all(lanes[0], pairs)
    return [Way(name, [cases.asked_guard(stand, lane) for lane in lanes], lanes) for name, lanes in
            (("flows of one interface", one * 2), ("flows that two interfaces share", two))]


def _try_out(way, traffic):
    """On each core, packets are replies of flows."""
    for lane, guarded, cpu in zip(way.lanes, way.guarded, CPUS):
        counted = cases.counted(guarded, "asked")
        before = counted()
        lane.offer(traffic, TRIED, cpu=cpu)
        if counted() - before < 0.99 * TRIED:
            raise Failure(f"{way.name}: only {counted() - before} of {TRIED} packets are replies")


def _round(way, traffic):
    alone = [lane.offer(traffic, cores.COUNT, warm=cores.COUNT // 4, cpu=cpu)
             for lane, cpu in zip(way.lanes, CPUS)]
    both = cores.together(way.lanes, traffic)
    way.packets.append(sum(1 / ns for ns in both))
    way.scaled.append(way.packets[-1] / (sum(1 / ns for ns in alone) / len(alone)))


def measure(stand, rounds):
    if os.cpu_count() < 2:
        return []
    pairs = flows.conversations(FLOWS)
    traffic = Traffic("accepted, of a pool", f"in udp 192.0.2.1:1 > {HERE}:1",
                      ("--pool", stand.pool(flows.replies(pairs))), accepted=True)
    ways = _ways(stand, pairs)
    for way in ways:
        _try_out(way, traffic)
    for number in range(rounds):
        tap.comment(f"shared flows: round {number + 1} of {rounds}")
        for way in ways:
            _round(way, traffic)
    for way in ways:
        _try_out(way, traffic)  # flows expire if it takes minutes
    one, two = ways
    beside = [b / a for a, b in zip(one.packets, two.packets)]
    return [*({"name": way.name, "of": "one core", "times": spread(way.scaled), "limit": cores.LIMIT} for way in ways),
            {"name": f"{two.name}, beside", "of": one.name, "times": spread(beside), "limit": PAIRED}]
