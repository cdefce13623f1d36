#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reloads of four interfaces at once, each under load: every packet is judged by exactly one of the
alternating policies, none passes unjudged, and after each command all have the same one."""

import json
import time

from fault import RELOADS, Guarded, Stats, main, policy
from generator import Behind, Generator

from guarded import HERE
from sandbox import run, until

INTERFACES = ("one0", "two0", "three0", "four0")
STEADY, SOMETIMES = 4000, 4001  # and the two ports after them, which are never accepted
PACKET = f"in udp 203.0.113.0:1024 > {HERE[0]}:{STEADY}"
RATE = 20000  # packets per second and interface: the cores are for the reloads, too
TURNS = max(6, RELOADS // 50)
RULES = (f"[rules]\nsteady = accept in udp > :{STEADY}\nsometimes = accept in udp > :{SOMETIMES}\n",
         f"[rules]\nsteady = accept in udp > :{STEADY}\n")
ZONE = f"[interfaces]\nwan = {', '.join(INTERFACES)}\n"


class Turns(Guarded):
    def setUp(self):
        super().setUp()
        for interface in INTERFACES:
            self.sandbox.cable(self.here, interface, self.there, f"p{interface}")
            run("ip", "-n", self.here.name, "link", "set", interface, "up")
            run("ip", "-n", self.there.name, "link", "set", f"p{interface}", "up")
        self.behind = [Behind(self.here, interface) for interface in INTERFACES]

    def all_stats(self):
        shown = json.loads(self.succeeds("stats", "--json", ",".join(INTERFACES)))
        self.assertEqual(len(shown), len(INTERFACES))
        return [Stats(one) for one in shown]

    def policies(self):
        return {(stats.interface["policy"], ("sometimes", "in") in stats.rules) for stats in self.all_stats()}

    def take_turns(self, named, *sections):
        texts = [policy("turns", *sections, rules) for rules in RULES]
        paths = [self.file(text) for text in texts]
        self.succeeds("attach", ",".join(INTERFACES), paths[0])
        generators = [Generator(self, "--rate", RATE, "--sources", 250, "--source-ports", 1000, "--ports", 4,
                                PACKET, peer=f"p{interface}") for interface in INTERFACES]
        until(lambda: all(stats.packets("steady", "in") for stats in self.all_stats()), "packets come everywhere")
        start = time.monotonic()
        for turn in range(1, TURNS + 1):
            self.succeeds("reload", named, paths[turn % 2])
            self.assertEqual(self.policies(), {("turns", not turn % 2)}, f"after {turn} reloads")
        seconds = time.monotonic() - start
        self.succeeds("reload", named, paths[0])
        sent = [generator.stop()[:2] for generator in generators]
        print(f"\n{TURNS} reloads of {len(INTERFACES)} interfaces in {seconds:.0f} s, "
              f"{sum(packets for packets, _ in sent)} packets")
        for self.interface, behind, (packets, lost) in zip(INTERFACES, self.behind, sent):
            behind.check(self, packets, lost)

    def test_each_for_itself(self):
        self.take_turns(",".join(INTERFACES))

    def test_in_one_zone(self):
        self.take_turns("all", ZONE)


main()
