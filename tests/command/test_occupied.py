#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Interfaces where others have attached something: on the interface itself, or on one above it."""

import json

from guarded import PINS, Guarded, main, policy, rule
from sandbox import run

PORT = 4000
POLICY = policy("good", rule("talk-in", "in", "udp", PORT))


class Occupied(Guarded):
    """Somebody else's XDP program is named and left alone, nothing of ours stays, and the advice
    works."""

    def link(self, *words):
        return self.here.run("ip", "-j", "-d", "link", *words)

    def lodger_id(self):
        shown = json.loads(self.link("show", self.interface))[0]
        return shown.get("xdp", {}).get("prog", {}).get("id")

    def test_way_in(self):
        path, lodger = self.file(POLICY), self.lodger("xdp")
        for kind in ("xdpdrv", "xdpgeneric"):
            self.link("set", "dev", self.interface, kind, "obj", lodger, "sec", "xdp")
            before = self.lodger_id()
            self.assertTrue(before)
            for mode in ("auto", "native", "generic"):
                for force in ([], ["--force"]):
                    with self.subTest(f"{kind}, --mode {mode} {force}"):
                        said = self.fails(1, "attach", "--mode", mode, *force, self.interface, path)
                        self.assertSays(said, self.interface, "lodger", str(before))
                        self.assertEqual(self.lodger_id(), before)
                        self.assertNothingPinned()
            self.here.run(*said.split(" or: ")[1].split())  # as it advises
        self.succeeds("attach", self.interface, path)

    def test_way_out_is_shared(self):
        """Other programs on the way out stay, and judge what we let pass."""
        def tc(*words):
            self.here.run("tc", *words)
        self.attach(policy("good", rule("talk-out", "out", "udp", PORT)))
        tc("qdisc", "add", "dev", self.interface, "clsact")
        tc("filter", "add", "dev", self.interface, "egress", "protocol", "ip", "bpf", "da", "obj",
           self.lodger("tc"), "sec", "tc")
        receiver, sender = self.socket(self.there, port=PORT), self.socket(self.here)
        self.send(sender, PORT)
        self.assertSilent(receiver)
        self.assertEqual(self.stats().packets("talk-out", "out"), 1)
        self.succeeds("detach", self.interface)
        self.send(sender, PORT)
        self.assertSilent(receiver)
        tc("qdisc", "del", "dev", self.interface, "clsact")
        self.reaches(sender, receiver)


class Above(Guarded):
    """The kernel takes no XDP program below an interface that has one."""

    def setUp(self):
        super().setUp()
        self.path, self.upper = self.file(POLICY), self.name()

    def above(self, *words):
        self.here.run("ip", "link", "add", *words)
        self.here.run("ip", "link", "set", self.upper, "up")

    def bridge(self):
        self.above("name", self.upper, "type", "bridge")
        self.here.run("ip", "link", "set", self.interface, "master", self.upper)

    def macvlan(self):
        self.above("link", self.interface, "name", self.upper, "type", "macvlan")

    def guard_upper(self):
        self.assertEqual(self.call("attach", self.upper, self.path).returncode, 0)

    def assertBothGuarded(self):
        shown = json.loads(self.succeeds("status", "--json"))
        self.assertEqual({s["interface"]: s["attach_mode"] for s in shown},
                         {self.interface: "native", self.upper: "generic"})

    def test_the_order_that_works_is_named(self):
        for kind in (self.bridge, self.macvlan):
            with self.subTest(kind.__name__):
                kind()
                self.guard_upper()
                before = run("bpftool", "-j", "map", "dump", "pinned", PINS / self.upper / "interface")
                said = self.fails(1, "attach", self.interface, self.path)
                order = (f"edgexdp detach {self.upper}", f"attach {self.interface}", f"attach {self.upper}")
                self.assertSays(said, *order)
                self.assertEqual(sorted(order, key=said.index), list(order))
                self.assertFalse((PINS / self.interface).exists())
                self.assertEqual(
                    run("bpftool", "-j", "map", "dump", "pinned", PINS / self.upper / "interface"), before)
                self.succeeds("detach", self.upper)
                self.succeeds("attach", self.interface, self.path)
                self.guard_upper()
                self.assertBothGuarded()
                for interface in (self.upper, self.interface):
                    self.succeeds("detach", interface)
                self.here.run("ip", "link", "del", self.upper)

    def test_what_was_taken_off_below(self):
        """reload cannot put it back, and says so; nothing else is touched."""
        self.bridge()
        self.succeeds("attach", self.interface, self.path)
        self.guard_upper()
        run("bpftool", "link", "detach", "pinned", PINS / self.interface / "link_in")
        said = self.fails(1, "reload", self.interface)
        self.assertSays(said, self.interface, "way in is missing", f"edgexdp detach {self.upper}")
        self.succeeds("detach", self.upper)
        self.assertEqual(self.call("reload", self.interface).returncode, 0)
        self.guard_upper()
        self.assertBothGuarded()

    def test_anothers_program_above(self):
        self.bridge()
        lodger = self.lodger()
        self.here.run("ip", "link", "set", "dev", self.upper, "xdpgeneric", "obj", lodger,
                      "sec", "xdp")
        self.assertSays(self.fails(1, "attach", self.interface, self.path), self.upper, "lodger", "order")

    def test_above_in_another_namespace(self):
        self.macvlan()
        other = self.sandbox.namespace("other")
        self.here.run("ip", "link", "set", self.upper, "netns", other.name)
        self.assertEqual(self.call("attach", self.upper, self.path, namespace=other).returncode, 0)
        self.assertSays(self.fails(1, "attach", self.interface, self.path), "above",
                        "another network namespace")
        self.succeeds("detach", self.upper, namespace=other)
        self.succeeds("attach", self.interface, self.path)


main()
