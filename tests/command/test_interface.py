#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Interfaces that are not as one would wish: absent, odd of name, occupied, without native XDP,
elsewhere, or gone at the wrong moment."""

import json
import threading
import time

from guarded import PINS, Guarded, main, policy, rule
from sandbox import run

PORT, OTHER = 4000, 4001
POLICY = policy("good", rule("talk-in", "in", "udp", PORT))
COMMANDS = ("reload", "rollback", "detach", "status", "stats")
RACES = 20


class Named(Guarded):
    def test_absent(self):
        absent = self.name()
        self.assertSays(self.fails(1, "attach", absent, self.file(POLICY)), absent, "ip link")
        for command in COMMANDS:
            self.assertSays(self.fails(1, command, absent), absent, "ip link")
        self.assertNothingPinned()

    def test_what_no_interface_is_called(self):
        self.attach(POLICY)
        before = self.dumps()
        for name in ("", ".", "..", "/", "../edgexdp", f"{self.interface}/", f"./{self.interface}",
                     f"{self.interface}/rules", "x" * 16, "x" * 5000, "%n%s", "-"):
            self.assertSays(self.fails(1, "attach", "--", name, self.file(POLICY)), "no interface")
            for command in COMMANDS:
                self.assertSays(self.fails(1, command, "--", name), "no interface")
        self.assertEqual(self.dumps(), before)

    def guarded_by_name(self, interface, folder):
        self.interface = interface
        self.sandbox.cable(self.here, interface, self.there, "peer2")
        self.attach(POLICY)
        self.assertEqual([pins.name for pins in PINS.iterdir()], [folder])
        self.assertEqual(self.status()["interface"], interface)
        shown = json.loads(self.succeeds("status", "--json"))
        self.assertEqual([s["interface"] for s in shown], [interface])
        self.succeeds("reload", interface)
        self.succeeds("rollback", interface)
        self.succeeds("detach", interface)
        self.assertNothingPinned()

    def test_dot(self):
        name = self.name("g{}.{}")
        self.guarded_by_name(name, name.replace(".", "%2E"))

    def test_as_long_as_can_be(self):
        name = self.name("g{}n{}").ljust(15, ".")
        self.guarded_by_name(name, name.replace(".", "%2E"))


class Occupied(Guarded):
    """Another's XDP program is named and left alone, nothing of ours stays, the advice is good."""

    def lodger(self, section):
        """An object file with a program that says 2: XDP_PASS, or TC_ACT_SHOT."""
        source = self.file(f'__attribute__((section("{section}"))) int lodger(void *c) '
                           "{ return 2; }", "lodger.c")
        run("clang", "-O2", "-g", "-target", "bpf", "-c", source, "-o", source.with_suffix(".o"))
        return source.with_suffix(".o")

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
            self.here.run(*said.split(" or: ")[1].split())  # as it says
        self.succeeds("attach", self.interface, path)

    def test_way_out_is_shared(self):
        """Other programs at the way out stay, and judge what we let pass."""
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


class WithoutNative(Guarded):
    """A bridge has no native XDP."""

    def setUp(self):
        super().setUp()
        self.interface = self.name()
        run("ip", "-n", self.here.name, "link", "add", "name", self.interface, "type", "bridge")

    def test_generic_instead(self):
        done = self.call("attach", self.interface, self.file(POLICY))
        self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (0, "", 1))
        self.assertSays(done.stderr, "warning: ", self.interface, "native", "no XDP support",
                        "generic")
        self.assertEqual(self.status()["attach_mode"], "generic")
        self.succeeds("reload", self.interface)
        self.assertEqual(self.status()["attach_mode"], "generic")

    def test_generic_as_asked(self):
        self.attach(POLICY, "--mode", "generic")
        self.assertEqual(self.status()["attach_mode"], "generic")

    def test_native_refused(self):
        said = self.fails(1, "attach", "--mode", "native", self.interface, self.file(POLICY))
        self.assertSays(said, self.interface, "native", "no XDP support", "--mode auto")
        self.assertNothingPinned()


class LargeFrames(Guarded):
    def test_native_at_mtu_9000(self):
        for namespace, interface in ((self.here, self.interface), (self.there, "peer")):
            run("ip", "-n", namespace.name, "link", "set", interface, "mtu", "9000")
        self.attach(POLICY, "--mode", "native")
        receiver = self.socket(self.here, port=PORT)
        self.send(self.socket(self.there), PORT, data=bytes(8900))
        self.assertEqual(receiver.recv(9000), bytes(8900))


class Renamed(Guarded):
    def test_goes_by_the_name_that_it_had(self):
        path, new = self.attach(POLICY), self.name()
        for words in (["down"], ["name", new]):
            run("ip", "-n", self.here.name, "link", "set", self.interface, *words)
        said = self.fails(1, "attach", new, path)
        self.assertSays(said, new, "renamed", "edgexdp status")
        self.assertNotIn("xdp off", said)
        self.assertSays(self.succeeds("status"), self.interface)
        self.succeeds("detach", self.interface)
        self.succeeds("attach", new, path)
        self.succeeds("detach", new)


class Gone(Guarded):
    def delete(self):
        run("ip", "-n", self.here.name, "link", "del", self.interface)

    def test_while_guarded(self):
        self.attach(POLICY)
        self.delete()
        for command in ("reload", "rollback", "status", "stats"):
            self.assertSays(self.fails(1, command, self.interface), self.interface, "gone")
        self.assertSays(self.succeeds("status"), "no interface")

    def test_made_again(self):
        self.attach(POLICY)
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT), OTHER)
        self.delete()
        self.cable(self.interface)
        for command in ("reload", "rollback", "status", "stats"):
            said = self.fails(1, command, self.interface)
            self.assertSays(said, self.interface, "gone", "edgexdp attach")
        self.attach(POLICY)
        self.assertEqual(self.stats().packets("talk-in", "in"), 0)
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT), OTHER)
        self.assertEqual(self.stats().packets("talk-in", "in"), 1)
        self.succeeds("detach", self.interface)
        self.assertNothingPinned()

    def test_detach_removes_what_it_left(self):
        self.attach(POLICY)
        self.delete()
        self.succeeds("detach", self.interface)
        self.assertNothingPinned()

    def test_while_it_is_being_attached(self):
        """Wherever attaching is when the interface goes, it ends in order and leaves nothing."""
        path = self.file(POLICY)
        start = time.monotonic()
        self.succeeds("attach", self.interface, path)
        takes = time.monotonic() - start
        self.succeeds("detach", self.interface)
        failed = 0
        for race in range(RACES):
            vanish = threading.Timer(takes * race / RACES, self.delete)
            vanish.start()
            done = self.call("attach", self.interface, path)
            vanish.join()
            self.assertIn(done.returncode, (0, 1), done)
            if done.returncode:
                failed += 1
                self.assertRegex(done.stderr, r"^edgexdp: [^\n]*(vanished|no interface)[^\n]*\n$")
                self.assertNothingPinned()
            else:
                self.succeeds("detach", self.interface)
            self.cable(self.interface)
        self.assertGreater(failed, 0, "none of them was a race")
        self.succeeds("attach", self.interface, path)
        self.succeeds("detach", self.interface)
        self.assertNothingPinned()


class Elsewhere(Guarded):
    """An interface of the same name in another network namespace."""

    def test_is_refused(self):
        path = self.attach(POLICY)
        other = self.sandbox.namespace("other")
        self.sandbox.cable(other, self.interface, self.there, "peer2")
        before = self.dumps()
        said = self.fails(1, "attach", self.interface, path, namespace=other)
        self.assertSays(said, self.interface, "another network namespace")
        for command in COMMANDS:
            said = self.fails(1, command, self.interface, namespace=other)
            self.assertSays(said, self.interface, "another network namespace")
        self.assertSays(self.succeeds("status", namespace=other), "no interface")
        self.assertEqual(json.loads(self.succeeds("stats", "--json", namespace=other)), [])
        self.assertEqual(self.dumps(), before)
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT), OTHER)

    def test_detach_when_the_first_is_gone(self):
        self.attach(POLICY)
        other = self.sandbox.namespace("other")
        run("ip", "-n", self.here.name, "link", "del", self.interface)
        self.succeeds("detach", self.interface, namespace=other)
        self.assertNothingPinned()

    def test_is_free_when_the_first_is_gone(self):
        path = self.attach(POLICY)
        other = self.sandbox.namespace("other")
        self.sandbox.cable(other, self.interface, self.there, "peer2")
        run("ip", "-n", self.here.name, "link", "del", self.interface)
        self.succeeds("attach", self.interface, path, namespace=other)
        self.succeeds("status", self.interface, namespace=other)
        self.succeeds("detach", self.interface, namespace=other)
        self.assertNothingPinned()


main()
