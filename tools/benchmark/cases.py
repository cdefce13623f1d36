# SPDX-License-Identifier: GPL-2.0-or-later
"""What is measured of edgexdp: which policy, which packets, and how much a packet may cost."""

import dataclasses
import json

import flows
import policies
import prefixes
from lane import EDGEXDP, Lane, Traffic, load_baseline
from policies import HERE, HERE6, LAST_PORT, LAST_SOURCE, PORTS
from sandbox import Failure, run

EMPTY, DETOUR = "empty", "empty, asked"
SHIPPED = "policies/lync-edge-external.ini"
COUNTS = (10, 100, 1000, 10000)
SETS4 = (1000, 10000, 100000, 1000000)
SETS6 = (1000, 100000)
FLOWS = (10000, 100000)

# By the names of cases: times the empty program, at most.
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
    counted: tuple = None  # (lane, rule or reason): that all packets must be counted at
    limit: float = dataclasses.field(init=False)

    def __post_init__(self):
        self.limit = LIMITS.get(self.name) if self.system == "edgexdp" else None


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

    def file(self, name, content):
        path = self.sandbox.directory / name
        if not path.exists():
            (path.write_bytes if isinstance(content, bytes) else path.write_text)(content)
        return path

    def add(self, *arguments, **keys):
        self.cases.append(Case(*arguments, **keys))

    def guard(self, policy, *options):
        lane = Lane(self.sandbox)
        lane.guard(policy, *options)
        return lane

    def members(self, bits, count):
        """The list of COUNT prefixes as a file, and packets from members of it."""
        listed = self.sandbox.directory / f"list-{bits}-{count}.txt"
        made = (prefixes.prefixes4 if bits == 32 else prefixes.prefixes6)(count)
        if not listed.exists():
            prefixes.write(listed, made, bits)
        pool = self.file(f"pool-{bits}-{count}", prefixes.members(made, bits))
        packet = (f"in udp 192.0.2.1:1 > {HERE}:{prefixes.PORT}" if bits == 32 else
                  f"in udp [2001:db8:1::1]:1 > [{HERE6}]:{prefixes.PORT}")
        return listed, Traffic(f"pool of IPv{4 if bits == 32 else 6}", packet, ("--pool", pool))


def add_baselines(stand):
    """The empty program, and parse-and-count, for each kind of traffic that cases have; and what it
    costs to be asked (see asked()), where traffic is accepted."""
    folder = load_baseline("baseline")
    plain, detour = Lane(stand.sandbox), asked(stand, folder / "empty")
    counting = Lane(stand.sandbox)
    plain.attach(folder / "empty")
    counting.attach(folder / "parse_and_count")
    for traffic in {case.traffic.kind: case.traffic for case in reversed(stand.cases)}.values():
        stand.add(EMPTY, traffic.kind, plain, traffic)
        if traffic.accepted:
            stand.add(DETOUR, traffic.kind, detour, traffic)
        else:
            stand.add("parse and count", traffic.kind, counting, traffic)


def asked(stand, program=None, number=None):
    """A lane where a program, pinned or by its NUMBER, is asked, and all is dropped."""
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
    stand.add("edgexdp", "unlisted ports, UDP", guarded, UNLISTED, counted=(guarded, "default"))
    stand.add("edgexdp", "unlisted ports, TCP SYN", guarded, UNLISTED_SYN,
              counted=(guarded, "default"))
    stand.add("edgexdp", "accepted SIP", asked_guard(stand, guarded), SIP,
              counted=(guarded, "F0-sip-federation-in"))


def add_rules(stand):
    for count in COUNTS:
        lane = stand.guard(stand.file(f"rules-{count}.ini", policies.rules_policy(count)))
        stand.add("edgexdp", f"{count:,} rules, the last", lane, LAST_RULE, size=count,
                  counted=(lane, "last"))


def add_sets(stand):
    for bits, counts in ((32, SETS4), (128, SETS6)):
        for count in counts:
            listed, traffic = stand.members(bits, count)
            policy = policies.set_policy(listed)
            lane = stand.guard(stand.file(f"set-{bits}-{count}.ini", policy))
            stand.add("edgexdp", f"{count:,} IPv{4 if bits == 32 else 6} prefixes", lane, traffic,
                      size=count, counted=(lane, "listed"))


def add_flows(stand):
    for count in FLOWS:
        guarded = stand.guard(SHIPPED)
        pairs = flows.conversations(count)
        flows.open_all(guarded, pairs)
        made = json.loads(guarded.namespace.run(EDGEXDP, "status", "--json", guarded.inside))[0]
        if made["flows"] < 0.99 * count:  # an LRU map forgets a few before it is full
            raise Failure(f"{made['flows']} flows instead of {count}")
        pool = stand.file(f"flows-{count}", flows.replies(pairs))
        traffic = Traffic("accepted, of a pool", f"in udp 192.0.2.1:1 > {HERE}:1",
                          ("--pool", pool), accepted=True)
        stand.add("edgexdp", f"reply, {count:,} flows", asked_guard(stand, guarded), traffic,
                  size=count, counted=(guarded, "P5-stun-out"))
