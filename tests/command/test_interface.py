#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Troublesome interfaces: absent, with odd names, without native XDP, with large frames, or removed at
the wrong moment."""

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
        """Whatever attach is doing when the interface disappears, it fails cleanly and leaves
        nothing."""
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


class MadeAnew(Guarded):
    """Made again with the same name and index: the pins look the same, but no program is attached."""

    def test_same_index(self):
        path = self.attach(POLICY)
        index = json.loads(self.here.run("ip", "-j", "link", "show", self.interface))[0]["ifindex"]
        run("ip", "-n", self.here.name, "link", "del", self.interface)
        run("ip", "-n", self.here.name, "link", "add", self.interface, "index", str(index), "type",
            "veth", "peer", "name", "peer", "netns", self.there.name)
        done = self.call("status", self.interface)
        self.assertEqual(done.returncode, 1)
        self.assertSays(done.stderr, "way in is missing", "way out is missing", "NOT guarded", "reload")
        self.assertSays(self.fails(1, "attach", self.interface, path), "missing", "edgexdp reload")
        done = self.call("reload", self.interface, path)
        self.assertEqual(done.returncode, 0)
        self.assertSays(done.stderr, "no program on the way in", "attached again")
        self.succeeds("status", self.interface)
        self.assertIn('"xdp"', self.here.run("ip", "-j", "link", "show", self.interface))


main()
