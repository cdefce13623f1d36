#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reloads of all interfaces at once, under load on each: on each of them every packet is judged by exactly one
of the policies that take turns, and none is lost."""

import json

from fault import RELOADS, Guarded, main, policy, rule
from generator import Generator

from guarded import HERE, Stats
from sandbox import run, until

INTERFACES = ("one0", "two0", "three0", "four0")
ZONES = f"[interfaces]\nnet = {', '.join(INTERFACES)}\n"
STEADY, SOMETIMES = 4000, 4001  # and the two ports after them, which are never accepted
BOTH = rule("steady", "in", "udp", STEADY)
WITH = policy("with", ZONES, BOTH, rule("sometimes", "in", "udp", SOMETIMES))
WITHOUT = policy("without", ZONES, BOTH)
PACKET = f"in udp 203.0.113.0:1024 > {HERE[0]}:{STEADY}"
RATE = 20000  # packets a second on each, so that commands have time between them
TURNS = max(10, RELOADS // 20)  # each loads eight programs


class Turns(Guarded):
    def setUp(self):
        super().setUp()
        for interface in INTERFACES:
            self.sandbox.cable(self.here, interface, self.there, f"p{interface}")
            run("ip", "-n", self.here.name, "link", "set", interface, "up")
            run("ip", "-n", self.there.name, "link", "set", f"p{interface}", "up")
        self.paths = [self.file(WITH), self.file(WITHOUT)]

    def of(self, interface):
        return Stats(json.loads(self.succeeds("stats", "--json", interface))[0])

    def take_turns(self):
        before = {one: self.of(one) for one in INTERFACES}
        for turn in range(1, TURNS):
            self.succeeds("reload", "all", self.paths[turn % 2])
            for interface in INTERFACES:
                after = self.of(interface)
                self.assertEqual(after.interface["policy"], ("with", "without")[turn % 2])
                self.assertEqual(before[interface].falls(after), [], (interface, turn))
                before[interface] = after
        self.succeeds("reload", "all", self.paths[0])

    def test_all_take_turns(self):
        self.succeeds("attach", "all", self.paths[0])
        generators = {one: Generator(self, "--rate", RATE, "--sources", 250, "--source-ports", 50000, "--ports", 4,
                                     PACKET, peer=f"p{one}") for one in INTERFACES}
        for interface in INTERFACES:
            until(lambda one=interface: self.of(one).packets("steady", "in"), f"packets come to {interface}")
        self.take_turns()
        for interface, generator in generators.items():
            self.counted(interface, *generator.stop())

    def counted(self, interface, sent, errors, said):
        self.interface = interface
        stats = self.at_rest(self.stats)
        self.assertConserved()
        steady, sometimes = (stats.packets(name, "in") for name in ("steady", "sometimes"))
        self.assertEqual(steady + sometimes + stats.reason("default", "in"), sent - errors)
        self.assertIn(steady, range((sent + 3) // 4 - errors, (sent + 3) // 4 + 1))
        self.assertTrue(0 < sometimes < steady, (sometimes, steady))
        self.assertEqual([cpu["value"]["unseated_packets"] for e in self.dump("seen")
                          for cpu in e["values"] if cpu["value"]["unseated_packets"]], [])
        print(f"\n{interface}: {TURNS} reloads, {said}, {errors} of them lost before the filter")


main()
