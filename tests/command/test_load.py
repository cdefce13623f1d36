#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reloads under load, while two policies alternate: nothing forbidden passes, nothing permitted is
lost, and nothing is unjudged or counted twice."""

import json

from flood import ASK, FLOOD, Flood, Load
from guarded import Guarded, main, policy, rule
from sandbox import run
from tls import Download, certificate

RELOADS = 50
DOWN, UP = 4433, 4434
COMMON = (rule("flood-in", "in", "udp", FLOOD), rule("ask-out", "out", "udp", ASK),
          rule("serve-in", "in", "tcp", DOWN), rule("fetch-out", "out", "tcp", UP))
ONE = policy("one", *COMMON)
OTHER = policy("other", rule("sometimes", "in", "udp", 7000), "[baseline]\nping = accept\n",
               rule("no-telnet", "in", "tcp", 23, "drop"), *reversed(COMMON))


class Reloads(Guarded):
    def load(self):
        """Starts the flood, and downloads through the interface each way."""
        certified = certificate(self.sandbox.directory)
        load = Load(Flood(self),
                    Download(*self.connect(self.there, self.here, DOWN, 0), certified),
                    Download(*self.connect(self.here, self.there, UP, 1), certified))
        self.addCleanup(load.kill)
        return load

    def lost_before_us(self):
        """Packets that the other end of the cable failed to deliver."""
        shown = json.loads(run("ip", "-n", self.there.name, "-s", "-j", "link", "show", "peer"))
        return shown[0]["stats64"]["tx"]["dropped"]

    def take_turns(self, files):
        before = self.stats()
        for turn in range(RELOADS):
            self.succeeds("reload", self.interface, files[turn % 2])
            after = self.stats()
            self.assertEqual(after.interface["policy"], ("other", "one")[turn % 2])
            self.assertEqual(before.falls(after), [], f"after {turn + 1} reloads")
            before = after

    def test_two_policies_take_turns(self):
        self.attach(ONE)
        load = self.load()
        self.take_turns((self.file(OTHER), self.file(ONE)))
        flood, *downloads = load.stop()
        for found in downloads:
            self.assertIsInstance(found, dict, found)
            self.assertEqual(found["sent"], found["received"])
            self.assertGreater(found["bytes"], 1 << 20)
        self.assertIsInstance(flood, dict, flood)
        self.assertGreater(flood["sent"], 10 * RELOADS)
        self.counted(flood)

    def counted(self, flood):
        """Each datagram is counted once, at its rule or reason, and nothing else is counted there."""
        stats = self.stats()
        self.assertLessEqual(flood["lost"], self.lost_before_us())
        lost = flood["sent"] - stats.packets("flood-in", "in")
        self.assertEqual(lost, flood["lost"], "permitted packets, lost here")
        self.assertIn(flood["sent"] - stats.reason("default", "in"),
                      range(self.lost_before_us() - lost + 1), "forbidden packets")
        self.assertEqual(stats.packets("ask-out", "out"), flood["asked"])
        self.assertEqual(stats.replies("ask-out", "out"), flood["asked"])
        self.assertEqual(stats.reason("default", "out"), flood["forbidden_out"])
        self.assertConserved()
        self.assertSeated()
        print(f"\n{RELOADS} reloads, {stats.seen['in']} packets in, {stats.seen['out']} out, "
              f"{flood['sent']} permitted in the flood, {flood['lost']} lost before the filter")


main()
