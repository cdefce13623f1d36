#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The service follows its interface: it appears, is made again, renamed, moved or occupied, and its
programs are detached."""

import json
import signal
import time

from serving import BROKEN, GOOD, OTHER, PORT, WIDER, Serving

from guarded import PINS, main
from sandbox import run


class Following(Serving):
    def assertGuards(self, name="good"):
        self.assertEqual(self.status()["policy"], name)
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT), OTHER)

    def appears(self):
        """Seconds until a new service guards a new interface."""
        self.start(self.file(GOOD))
        self.notices.next("STATUS=", "waiting for this interface")
        self.assertEqual(self.notices.during(1), [])
        start = time.monotonic()
        self.cable(self.interface)
        self.notices.next("READY=1")
        return time.monotonic() - start

    def test_not_there_yet(self):
        self.delete()
        # The kernel tells it: by itself it looks only five seconds after its start. A busy machine may
        # need as long once, but not every time.
        for _ in range(5):
            taken = self.appears()
            self.assertGuards()
            if taken < 3:
                return
            self.stop()
            self.delete()
        self.fail(f"guarded after {taken} s: nobody told it")

    def test_made_again(self):
        self.serve(self.file(GOOD))
        for _ in range(5):
            self.delete()
            self.notices.next("STATUS=", "waiting for this interface")
            self.cable(self.interface)
            self.notices.next("STATUS=", "policy good")
            self.assertGuards()
        self.says("the interface is gone")

    def test_made_again_at_once(self):
        """As fast as possible: whichever changes the service saw, the interface ends up guarded."""
        self.serve(self.file(GOOD))
        for _ in range(10):
            self.delete()
            self.cable(self.interface)
        self.notices.during(2)
        self.assertGuards()

    def test_made_again_with_a_broken_file(self):
        path = self.file(GOOD, "served.ini")
        self.serve(path)
        self.file(BROKEN, "served.ini")
        self.delete()
        self.notices.next("STATUS=", "waiting")
        self.cable(self.interface)
        self.notices.next("STATUS=", "policy good", "failed", "port 70000")
        self.says("using the policy that was read before")
        self.assertGuards()

    def test_down_and_up(self):
        self.serve(self.file(GOOD))
        before = self.status()
        self.here.run("ip", "link", "set", self.interface, "down")
        self.here.run("ip", "link", "set", self.interface, "up")
        self.here.route(self.interface, ("198.51.100.10",), "203.0.113.7")
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT), OTHER)
        self.assertEqual(self.status()["program_id"], before["program_id"])

    def test_renamed_and_back(self):
        path = self.file(GOOD, "served.ini")
        self.serve(path)
        other = self.name()
        self.rename(self.interface, other)
        self.notices.next("STATUS=", "policy good", f"it is called {other} now")
        self.says(f"is now called {other} and stays guarded")
        self.assertEqual(self.status(other)["policy"], "good")
        self.file(WIDER, "served.ini")
        self.kill(signal.SIGHUP)
        self.notices.next("STATUS=", "policy wider", f"it is called {other} now")
        self.rename(other, self.interface)
        self.says(f"is called {self.interface} again")
        for _ in range(20):
            if "is called" not in self.notices.next("STATUS="):
                break
        self.assertEqual(self.status()["policy"], "wider")

    def test_renamed_and_detached_at_the_end(self):
        self.serve(self.file(GOOD), "--on-stop", "detach")
        other = self.name()
        self.rename(self.interface, other)
        self.notices.next("STATUS=", f"it is called {other} now")
        self.assertEqual(self.stop(), 0)
        self.assertNothingPinned()

    def test_alternative_name(self):
        alias = "a-name-that-is-longer-than-others"
        self.here.run("ip", "link", "property", "add", "dev", self.interface, "altname", alias)
        self.start(self.file(GOOD), interface=alias)
        self.assertNotIn("is called", self.notices.next("STATUS=", "policy good"))
        self.notices.next("READY=1")
        self.assertEqual(self.status()["interface"], self.interface)

    def test_moved_to_another_namespace(self):
        """It is still judged there, but the service no longer cares about it."""
        self.serve(self.file(GOOD))
        other = self.sandbox.namespace("other")
        self.here.run("ip", "link", "set", self.interface, "netns", other.name)
        self.notices.next("STATUS=", "waiting for this interface")
        shown = json.loads(self.succeeds("status", "--json", self.interface, namespace=other))
        self.assertEqual(shown[0]["policy"], "good")

    def test_renamed_and_another_in_its_place(self):
        path = self.file(GOOD)
        self.serve(path)
        other = self.name()
        self.rename(self.interface, other)
        self.notices.next("STATUS=", f"it is called {other} now")
        self.sandbox.cable(self.here, self.interface, self.there, "peer2")
        self.says(f"is now called {other} and stays guarded")
        self.notices.next("STATUS=", "policy good")
        self.assertEqual(self.status()["policy"], "good")
        self.assertEqual(self.status(other)["policy"], "good")
        self.assertNotEqual(self.status()["program_id"], self.status(other)["program_id"])
        self.succeeds("detach", other)

    def test_occupied(self):
        """Somebody else's program is not replaced; when it is gone, the interface is guarded."""
        self.serve(self.file(GOOD))
        self.delete()
        self.notices.next("STATUS=", "waiting")
        lodger = self.lodger()
        self.kill(signal.SIGSTOP)
        self.cable(self.interface)
        self.here.run("ip", "link", "set", "dev", self.interface, "xdpdrv", "obj", lodger,
                      "sec", "xdp")
        self.kill(signal.SIGCONT)
        self.notices.next("STATUS=", "NOT GUARDED", "carries another XDP program")
        self.here.run("ip", "link", "set", "dev", self.interface, "xdpdrv", "off")
        self.kill(signal.SIGHUP)
        self.notices.next("STATUS=", "policy good")

    def test_taken_off(self):
        """A link that was detached by force is attached again; state and counters stay."""
        self.serve(self.file(GOOD))
        receiver, other = self.socket(self.here, port=PORT), self.socket(self.here, port=OTHER)
        self.reaches(self.socket(self.there), receiver, OTHER)
        before = self.status()
        for link, key in (("link_in", "attach_mode"), ("link_out", "egress")):
            with self.subTest(link):
                run("bpftool", "link", "detach", "id", str(self.link(link)["id"]))
                self.assertEqual(json.loads(self.call("status", "--json", self.interface).stdout)
                                 [0][key], "missing")
                self.says("it is attached again",
                          "in;" if link == "link_in" else "out;")
                self.assertEqual(self.status()[key], before[key])
        self.reaches(self.socket(self.there), receiver, OTHER)
        self.assertSilent(other)
        self.assertEqual(self.stats().packets("talk-in", "in"), 2)
        self.assertConserved()

    def test_taken_off_before_it_starts(self):
        """What it adopts is mended, and that is reported, before it says that it is ready."""
        path = self.attach(GOOD)
        for link in ("link_in", "link_out"):
            run("bpftool", "link", "detach", "pinned", PINS / self.interface / link)
        self.serve(path)
        self.says("no program on the way in", "no program on the way out", "it is attached again")
        self.assertGuards()

    def test_taken_off_for_good(self):
        """If somebody else's program has the place, the service says that the interface is not
        guarded."""
        self.serve(self.file(GOOD))
        lodger = self.lodger()
        self.kill(signal.SIGSTOP)
        run("bpftool", "link", "detach", "pinned", PINS / self.interface / "link_in")
        self.here.run("ip", "link", "set", "dev", self.interface, "xdpdrv", "obj", lodger,
                      "sec", "xdp")
        self.kill(signal.SIGCONT)
        self.notices.next("STATUS=", "NOT GUARDED", "in: missing", "lodger")
        self.kill(signal.SIGHUP)
        self.says("reload-failed", "lodger", "it is NOT guarded")
        self.assertEqual(self.stop(), 0)
        self.says("stopped; it is not guarded")

    def test_others_do_not_matter(self):
        self.serve(self.file(GOOD))
        before = json.dumps(self.status())
        for _ in range(20):
            run("ip", "-n", self.here.name, "link", "add", "name", "bridge9", "type", "bridge")
            run("ip", "-n", self.here.name, "link", "del", "bridge9")
        self.assertEqual(json.dumps(self.status()), before)
        self.assertIsNone(self.service.poll())


main()
