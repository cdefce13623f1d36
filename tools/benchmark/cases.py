# SPDX-License-Identifier: GPL-2.0-or-later
"""The cases measured for edgexdp: policy, packets, and how much a packet may cost."""

import dataclasses
import itertools
import json

import flows
import policies
import prefixes
from lane import EDGEXDP, Lane, Traffic, load_baseline
from policies import HERE, HERE6, LAST_PORT, LAST_SOURCE, PORTS
from sandbox import Failure, run

SHIPPED = "policies/lync-edge-external.ini"
COUNTS = (10, 100, 1000, 10000)
SETS4 = (1000, 10000, 100000, 1000000)
SETS6 = (1000, 10000, 100000)
FLOWS = (10000, 100000)

# By case name: at most so many times the cost of the empty program.
LIMITS = {
    "unlisted ports, UDP": 1.15,
    "unlisted ports, TCP SYN": 1.15,
    "1,000 rules, the last": 1.4,
    "10,000 rules, the last": 1.5,
    "100,000 IPv4 prefixes": 1.8,
    "1,000,000 IPv4 prefixes": 3.0,
    "100,000 IPv6 prefixes": 3.0,
    "reply, 10,000 flows": 2.2,
    "reply, 100,000 flows": 4.5,
}


@dataclasses.dataclass
class Case:
    system: str
    name: str
    lane: Lane
    traffic: Traffic
    size: int = 0  # rules or prefixes
    counted: object = None  # a function: how many packets were counted where all of these belong
    limit: float = None  # times the empty program
    beside: str = None  # a case of the same system: the limit is for what this one costs more
    paired: str = None  # likewise: the limit is how many times as much it costs

    def __post_init__(self):
        if self.system == "edgexdp" and self.limit is None:
            self.limit = LIMITS.get(self.name)


SPOOFED = ("--sources", 1 << 29, "--source-ports", 64000)
UNLISTED = Traffic("computed", f"in udp 64.0.0.0:1024 > {HERE}:10000",
                   (*SPOOFED, "--ports", 50000))
UNLISTED_SYN = Traffic("computed", f"in tcp 64.0.0.0:1024 > {HERE}:10000 syn",
                       (*SPOOFED, "--ports", 50000))
SIP = Traffic("accepted", f"in tcp 64.0.0.0:1024 > {HERE}:5061 syn", SPOOFED, accepted=True)
LAST_RULE = Traffic("computed", f"in udp {LAST_SOURCE}:1024 > {HERE}:{LAST_PORT}",
                    ("--sources", 256, "--source-ports", 60000, "--ports", PORTS))


class Stand:
    """Everything that is measured, set up side by side in SANDBOX."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.cases = []
        self.empty = self.detour = None  # lanes, see add_baselines()
        self.listed = {}
        self.of_rules = None
        self.numbers = itertools.count(1)

    def file(self, name, content):
        path = self.sandbox.directory / name
        if not path.exists():
            (path.write_bytes if isinstance(content, bytes) else path.write_text)(content)
        return path

    def pool(self, records):
        return self.file(f"pool-{next(self.numbers)}", records)

    def add(self, *arguments, **keys):
        self.cases.append(Case(*arguments, **keys))

    def guard(self, policy, *options):
        lane = Lane(self.sandbox)
        lane.guard(policy, *options)
        return lane

    def traffic(self, members, bits, ports=None):
        """Packets from random members of the prefixes MEMBERS."""
        pool = self.pool(prefixes.members(members, bits, ports))
        packet = (f"in udp 192.0.2.1:1 > {HERE}:1" if bits == 32 else
                  f"in udp [2001:db8:1::1]:1 > [{HERE6}]:1")
        return Traffic(f"pool of IPv{4 if bits == 32 else 6}", packet, ("--pool", pool))

    def random_rules(self):
        """Packets for random rules of the largest policy."""
        if not self.of_rules:
            rules = policies.rules(max(COUNTS))
            self.of_rules = self.traffic([rule.prefix for rule in rules], 32,
                                         [rule.port_range for rule in rules])
        return self.of_rules

    def members(self, bits, count):
        """Write a list of COUNT prefixes to a file, and return packets from members of it."""
        listed = self.sandbox.directory / f"list-{bits}-{count}.txt"
        if (bits, count) not in self.listed:
            made = (prefixes.prefixes4 if bits == 32 else prefixes.prefixes6)(count)
            prefixes.write(listed, made, bits)
            self.listed[bits, count] = listed, self.traffic(made, bits)
        return self.listed[bits, count]


def last_of(count):
    return f"{count:,} rules, the last"


def random_of(count):
    return f"{count:,} rules, random ones"


def counted(lane, name):
    """A function that returns how many packets the guard of LANE has counted at rule or reason
    NAME."""
    def ask():
        stats = json.loads(lane.namespace.run(EDGEXDP, "stats", "--json", "--all", lane.inside))[0]
        return sum(entry.get("packets", 0) + entry.get("reply_packets", 0)
                   for entry in [*stats["rules"], *stats["reasons"]] if entry["name"] == name)
    return ask


def add_baselines(stand):
    """Add the empty program, the cost of being asked (see asked()) for accepted packets, and
    parse-and-count, for each kind of traffic that the cases have."""
    folder = load_baseline("baseline")
    stand.empty, stand.detour = Lane(stand.sandbox), asked(stand, folder / "empty")
    counting = Lane(stand.sandbox)
    stand.empty.attach(folder / "empty")
    counting.attach(folder / "parse_and_count")
    for traffic in {case.traffic.kind: case.traffic for case in reversed(stand.cases)}.values():
        if not traffic.accepted:
            stand.add("parse and count", traffic.kind, counting, traffic)


def asked(stand, program=None, number=None):
    """A lane that asks a program, pinned or by its NUMBER, and drops everything."""
    lane = Lane(stand.sandbox)
    folder = load_baseline(lane.inside)
    lane.attach(folder / "ask_and_drop")
    value = ("pinned", program) if program else ("id", number)
    run("bpftool", "map", "update", "pinned", folder / "asked", "key", *"0000", "value",
        *map(str, value))
    return lane


def asked_guard(stand, guarded):
    status = json.loads(guarded.namespace.run(EDGEXDP, "status", "--json", guarded.inside))[0]
    return asked(stand, number=status["program_id"])


def add_shipped(stand):
    guarded = stand.guard(SHIPPED)
    stand.add("edgexdp", "unlisted ports, UDP", guarded, UNLISTED, counted=counted(guarded, "default"))
    stand.add("edgexdp", "unlisted ports, TCP SYN", guarded, UNLISTED_SYN,
              counted=counted(guarded, "default"))
    stand.add("edgexdp", "accepted SIP", asked_guard(stand, guarded), SIP,
              counted=counted(guarded, "F0-sip-federation-in"))


def add_rules(stand):
    for count in COUNTS:
        lane = stand.guard(stand.file(f"rules-{count}.ini", policies.rules_policy(count)))
        stand.add("edgexdp", last_of(count), lane, LAST_RULE, size=count,
                  counted=counted(lane, "last"))


    stand.add("edgexdp", random_of(max(COUNTS)), lane, stand.random_rules(), size=max(COUNTS),
              counted=lane.dropped)


def add_sets(stand):
    for bits, counts in ((32, SETS4), (128, SETS6)):
        for count in counts:
            listed, traffic = stand.members(bits, count)
            policy = policies.set_policy(listed)
            lane = stand.guard(stand.file(f"set-{bits}-{count}.ini", policy))
            stand.add("edgexdp", prefixes.named(bits, count), lane, traffic, size=count,
                      counted=counted(lane, "listed"))


def add_flows(stand):
    for count in FLOWS:
        guarded = stand.guard(SHIPPED)
        pairs = flows.conversations(count)
        flows.open_all(guarded, pairs)
        made = json.loads(guarded.namespace.run(EDGEXDP, "status", "--json", guarded.inside))[0]
        if made["flows"] < 0.99 * count:  # an LRU map forgets a few flows before it is full
            raise Failure(f"{made['flows']} flows instead of {count}")
        pool = stand.pool(flows.replies(pairs))
        traffic = Traffic("accepted, of a pool", f"in udp 192.0.2.1:1 > {HERE}:1",
                          ("--pool", pool), accepted=True)
        stand.add("edgexdp", f"reply, {count:,} flows", asked_guard(stand, guarded), traffic,
                  size=count, counted=counted(guarded, "P5-stun-out"))
