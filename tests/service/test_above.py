#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One service for an interface and one for an interface on top of it, starting in either order."""

import json
import signal
import subprocess

from serving import GOOD, OTHER, PORT, Serving

from guarded import HERE, PINS, THERE, main, policy
from sandbox import run

OPEN = policy("open", inbound="accept", outbound="accept")


class Above(Serving):
    def setUp(self):
        super().setUp()
        self.upper = self.name()
        self.path, self.open = self.file(GOOD), self.file(OPEN)

    def bridge(self):
        """Makes the interface a port of a bridge, which gets its address."""
        self.here.run("ip", "link", "add", "name", self.upper, "type", "bridge")
        for words in (["addr"], ["-6", "route"]):
            self.here.run("ip", *words, "flush", "dev", self.interface)
        self.here.run("ip", "link", "set", self.interface, "master", self.upper)
        self.here.address(self.upper, *HERE)
        self.here.route(self.upper, HERE, *THERE)

    def macvlan(self):
        self.here.run("ip", "link", "add", "link", self.interface, "name", self.upper, "type", "macvlan")
        self.here.run("ip", "link", "set", self.upper, "up")

    def assertBothGuarded(self):
        shown = json.loads(self.succeeds("status", "--json"))
        self.assertEqual({s["interface"]: s["attach_mode"] for s in shown},
                         {self.interface: "native", self.upper: "generic"})

    def test_either_order(self):
        for kind in (self.bridge, self.macvlan):
            kind()
            for order in ((self.interface, self.upper), (self.upper, self.interface)):
                with self.subTest(f"{kind.__name__}, {order}"):
                    services = []
                    for interface in order:
                        self.serve(self.path, "--on-stop", "detach", interface=interface)
                        services.append(self.service)
                    self.assertBothGuarded()
                    for service in services:
                        self.end(service)
                    self.assertNothingPinned()
            self.here.run("ip", "link", "del", self.upper)

    def test_at_once(self):
        """Both start at the same moment, several times."""
        self.bridge()
        for _ in range(3):
            services = [self.start(self.path, "--on-stop", "detach", interface=interface)
                        for interface in (self.upper, self.interface)]
            for _ in services:
                self.notices.next("READY=1")
            self.assertBothGuarded()
            for service in services:
                self.end(service)

    def test_two_above(self):
        self.macvlan()
        first, self.upper = self.upper, self.name()
        self.macvlan()
        for upper in (first, self.upper):
            self.assertEqual(self.call("attach", upper, self.path).returncode, 0)
        self.serve(self.path)
        shown = json.loads(self.succeeds("status", "--json"))
        self.assertEqual({s["interface"]: s["attach_mode"] for s in shown},
                         {self.interface: "native", self.upper: "generic", first: "generic"})

    def test_nothing_passes_meanwhile(self):
        """What the upper policy forbids does not pass while its program is detached for a moment."""
        self.bridge()
        self.assertEqual(self.call("attach", self.upper, self.path).returncode, 0)
        permitted, forbidden = self.socket(self.here, port=PORT), self.socket(self.here, port=OTHER)
        flood = subprocess.Popen(
            self.there.command("python3", "-c", f"""
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    s.sendto(b'x', ('{HERE[0]}', {OTHER}))
"""))
        self.addCleanup(self.end, flood)
        for _ in range(5):
            self.serve(self.open, "--on-stop", "detach")
            self.says("was guarded first")
            self.assertBothGuarded()
            self.stop()
        self.end(flood)
        self.reaches(self.socket(self.there), permitted)
        self.assertSilent(forbidden)
        shown = json.loads(self.succeeds("stats", "--json", self.upper))[0]
        drops = [r["packets"] for r in shown["reasons"]
                 if (r["name"], r["direction"], r["verdict"]) == ("default", "in", "drop")]
        self.assertGreater(drops[0], 100, "there was something to be dropped")

    def test_mends_below(self):
        """A program that was detached below a guarded interface is put back."""
        self.bridge()
        self.serve(self.path)
        self.assertEqual(self.call("attach", self.upper, self.path).returncode, 0)
        run("bpftool", "link", "detach", "pinned", PINS / self.interface / "link_in")
        self.says("no program on the way in", "it is attached again", "was guarded first")
        self.assertBothGuarded()

    def test_anothers_program_above(self):
        """It is left alone, and the interface is reported as not guarded until the other program is
        gone."""
        self.bridge()
        self.serve(self.path)
        lodger = self.lodger()
        self.kill(signal.SIGSTOP)
        run("bpftool", "link", "detach", "pinned", PINS / self.interface / "link_in")
        self.here.run("ip", "link", "set", "dev", self.upper, "xdpgeneric", "obj", lodger,
                      "sec", "xdp")
        self.kill(signal.SIGCONT)
        self.notices.next("STATUS=", "NOT GUARDED", self.upper, "lodger")
        self.here.run("ip", "link", "set", "dev", self.upper, "xdpgeneric", "off")
        self.kill(signal.SIGHUP)
        self.says("it is attached again")
        self.succeeds("status", self.interface)


main()
