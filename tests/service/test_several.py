#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One service for several interfaces: those that a list or [interfaces] names."""

import json
import signal

from serving import Serving

from guarded import main, policy
from sandbox import run, until

RULES = "[rules]\nin = accept in on lan udp > :4000\nout = accept forward lan to wan udp > 192.0.2.1:4000\n"


def zones(name, text, rules=RULES):
    return policy(name, "[interfaces]\n" + text, rules)


class Several(Serving):
    def setUp(self):
        super().setUp()
        for interface in ("wan0", "lan0"):
            self.appears(interface)
        self.path = self.file(zones("first", "wan = wan0, ppp*\nlan = lan0, late0\n"), "served.ini")

    def appears(self, interface):
        self.sandbox.cable(self.here, interface, self.there, f"p{interface}")

    def policies(self):
        return {shown["interface"]: shown["policy"] for shown in json.loads(self.succeeds("status", "--json"))}

    def reload(self):
        self.kill(signal.SIGHUP)
        self.notices.next("RELOADING=1")
        self.notices.next("READY=1")

    def test_all(self):
        self.serve(self.path, interface="all")
        self.assertEqual(self.policies(), {"wan0": "first", "lan0": "first"})
        self.says("late0", "waiting for this interface to appear")
        self.assertIn("STATUS=2 of 3 interfaces guarded; late0: waiting for this interface to appear",
                      [line for _, line in self.notices.lines])
        self.appears("late0")
        self.notices.next("STATUS=3 of 3 interfaces guarded")
        self.appears("ppp7")
        self.notices.next("STATUS=4 of 4 interfaces guarded")
        self.assertEqual(set(self.policies()), {"wan0", "lan0", "late0", "ppp7"})
        self.delete("late0")
        self.notices.next("STATUS=3 of 4 interfaces guarded")
        self.assertEqual(self.stop(), 0)
        self.assertEqual(set(self.policies()), {"wan0", "lan0", "ppp7"})

    def test_zones_know_what_has_appeared(self):
        """The way out on another interface learns that there is one more in a zone it asks for."""
        self.serve(self.path, interface="all")
        self.appears("late0")
        self.says("wan0", "the policy in force follows", "new: late0")

    def test_reload(self):
        self.serve(self.path, interface="all")
        self.appears("more0")
        self.file(zones("second", "wan = wan0\nlan = lan0, late0, more0\n"), "served.ini")
        self.reload()
        self.assertEqual(self.policies(), dict.fromkeys(("wan0", "lan0", "more0"), "second"))

    def test_reload_of_all_or_none(self):
        """One that is not in a zone any more cannot have the new policy: then none gets it."""
        self.serve(self.path, interface="wan0,lan0")
        self.file(zones("second", "wan = wan0\nlan = other0\n"), "served.ini")
        self.reload()
        self.says("wan0", "reload-failed", "lan0 is in no zone", "the previous policy stays in force")
        self.assertEqual(self.policies(), {"wan0": "first", "lan0": "first"})
        self.assertIn("lan0 is in no zone", self.call("run", "--check", "wan0,lan0", self.path).stderr)
        self.file(zones("third", "wan = wan0\nlan = lan0\n"), "served.ini")
        self.reload()
        self.assertEqual(self.policies(), {"wan0": "third", "lan0": "third"})
        self.succeeds("run", "--check", "wan0,lan0", self.path)

    def test_one_that_cannot_be_guarded(self):
        self.here.run("ip", "link", "set", "lan0", "xdp", "object", self.lodger(), "section", "xdp")
        self.serve(self.path, interface="all")
        self.says("lan0", "start-failed", "it is NOT guarded")
        self.assertEqual(self.policies(), {"wan0": "first"})

    def test_mended(self):
        self.serve(self.path, interface="all")
        run("ip", "-n", self.here.name, "link", "set", "lan0", "down")
        self.succeeds("detach", "lan0")
        self.says("lan0", "somebody detached it")
        self.assertEqual(self.policies(), {"wan0": "first"})
        self.reload()
        until(lambda: set(self.policies()) == {"wan0", "lan0"}, "both are guarded")

    def test_detach_on_stop(self):
        self.serve(self.path, "--on-stop", "detach", interface="all")
        self.assertEqual(self.stop(), 0)
        self.assertNothingPinned()

    def test_broken_at_the_start(self):
        path = self.file("[policy]\nname = broken\n[interfaces]\nwan = wan0\n[rules]\na = accept in tpc >\n")
        self.start(path, interface="all")
        self.assertEqual(self.service.wait(20), 1)
        self.assertSays(self.said.read_text(), "tpc")
        self.assertNothingPinned()


if __name__ == "__main__":
    main()
