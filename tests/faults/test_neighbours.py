#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Others at the same interface: somebody else's XDP program when the service starts, and a second
service."""

import signal

from fault import FLOOD, FORBIDDEN, ONE, main, policy, rule
from serving import Notices, Serving

from sandbox import run

WIDE = policy("wide", rule("flood-in", "in", "udp", f"{FLOOD}, {FORBIDDEN}"))
LOOKS = 7  # seconds within which both services look


class Occupied(Serving):
    def test_when_the_service_starts(self):
        """It replaces no program, says whose is there, and leaves nothing behind."""
        lodger, path = self.lodger(), self.file(ONE)
        for kind in ("xdpdrv", "xdpgeneric"):
            with self.subTest(kind):
                self.here.run("ip", "link", "set", "dev", self.interface, kind, "obj", lodger, "sec", "xdp")
                self.start(path)
                self.assertEqual(self.service.wait(20), 1)
                self.assertSays(self.said.read_text(), "carries another XDP program", "lodger",
                                "it is NOT guarded")
                self.assertNothingPinned()
                self.assertIn("lodger", run("bpftool", "prog", "show", "id", str(self.lodger_id())))
                self.here.run("ip", "link", "set", "dev", self.interface, kind, "off")
        self.serve(path)

    def lodger_id(self):
        shown = self.here.run("ip", "-d", "link", "show", self.interface)
        return int(shown.split("prog/xdp id ")[1].split()[0])


class TwoServices(Serving):
    """The service that read its file last wins. Neither undoes what the other did, so they do not
    alternate for ever; each goes on reporting what is in force."""

    def setUp(self):
        super().setUp()
        self.first = self.notices, self.serve_one(ONE)
        self.second = self.fresh_notices(), self.serve_one(WIDE)

    def fresh_notices(self):
        self.notices = Notices(self.sandbox.directory / "notify2")
        self.addCleanup(self.notices.close)
        return self.notices

    def serve_one(self, text):
        self.serve(self.file(text))
        return self.service

    def assertStays(self, name):
        before = self.status()
        self.assertEqual(before["policy"], name)
        for notices in (self.first[0], self.second[0]):
            notices.during(LOOKS / 2)
        self.assertEqual(self.status(), before)
        self.assertEqual([s.poll() for s in (self.first[1], self.second[1])], [None, None])

    def test_each_in_turn(self):
        self.first[0].next("STATUS=", "policy wide")
        self.says("a command changed the policy", "wide")
        self.assertStays("wide")
        self.first[1].send_signal(signal.SIGHUP)
        self.second[0].next("STATUS=", "policy one")
        self.assertStays("one")

    def test_an_interface_that_is_made_again(self):
        self.delete()
        for notices in (self.first[0], self.second[0]):
            notices.next("STATUS=", "waiting for this interface")
        self.cable(self.interface)
        for notices in (self.first[0], self.second[0]):
            notices.next("STATUS=", "policy ")
        name = self.status()["policy"]
        self.assertStays(name)
        self.assertPinsWhole()
        self.reaches(self.socket(self.there), self.socket(self.here, port=FLOOD))

    def test_one_is_killed_and_the_other_stops(self):
        self.second[1].kill()
        self.second[1].wait()
        self.first[1].send_signal(signal.SIGTERM)
        self.assertEqual(self.first[1].wait(20), 0)
        self.assertEqual(self.status()["policy"], "wide")
        self.assertPinsWhole()


main()
