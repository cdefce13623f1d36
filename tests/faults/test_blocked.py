#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""SIGKILL in the middle of `block` and `unblock`, at every kind of system call that leaves something
behind: what `blocks` lists is what packets meet, and the next command goes on from there."""

import json
import random
import re
import subprocess

from fault import ONE_IN, SEED, main, policy
from killing import Killing

CALLS = ("bpf", "unlink", "rename", "munmap")
TRIES = max(6, 120 // ONE_IN)  # of each command, at most
PATTERN = "in udp > :{}"
PACKET = "in udp 203.0.113.7:1000 > 198.51.100.10:{}"
LASTING, CHANGING, NEXT = ("lasting", 9001), ("changing", 9002), ("next", 9003)


class Blocked(Killing):
    def setUp(self):
        super().setUp()
        self.random = random.Random(f"{SEED} {self.id()}")
        self.attach(policy("open", "[rules]\nopen = accept in udp > :9000-9100\n"))
        self.block(LASTING)

    def block(self, named):
        self.succeeds(*self.blocking(named))

    def blocking(self, named):
        return "block", self.interface, PATTERN.format(named[1]), "--name", named[0]

    def listed(self):
        return {one["name"] for one in json.loads(self.succeeds("blocks", "--json", self.interface))}

    def meets(self, named):
        """Is a packet to that port dropped, as the kernel says?"""
        done = self.succeeds("explain", "--json", self.interface, PACKET.format(named[1]))
        return json.loads(done)["reason"] == "blocked"

    def places(self, *arguments):
        """Some of the calls that the command makes; always its first and its last, before and after the change."""
        traced = subprocess.run(
            self.here.command("strace", "-qq", "-f", "-e", f"trace={','.join(CALLS)}", self.program, *arguments),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
        made, found = dict.fromkeys(CALLS, 0), []
        for call in re.findall(rf"\b({'|'.join(CALLS)})\(", traced.stderr):
            made[call] += 1
            found.append((call, made[call]))
        return [found[0], found[-1], *self.random.sample(found[1:-1], min(TRIES, len(found)) - 2)]

    def kill_everywhere(self, begin, arguments):
        """Kills the command, which begins after BEGIN, at many places."""
        begin()
        found = set()
        for place in self.places(*arguments):
            begin()
            self.assertTrue(self.killed_at(*place, *arguments), place)
            listed = self.listed()
            self.assertIn(listed, ({"lasting"}, {"lasting", "changing"}), place)
            self.assertEqual((self.meets(LASTING), self.meets(CHANGING)), (True, "changing" in listed), place)
            found.add("changing" in listed)
            self.block(NEXT)
            self.assertEqual((self.meets(NEXT), self.meets(CHANGING)), (True, "changing" in listed), place)
            self.succeeds("unblock", self.interface, "next")
        self.assertEqual(found, {False, True})

    def without(self):
        if "changing" in self.listed():
            self.succeeds("unblock", self.interface, "changing")

    def with_it(self):
        if "changing" not in self.listed():
            self.block(CHANGING)

    def test_block(self):
        self.kill_everywhere(self.without, self.blocking(CHANGING))

    def test_unblock(self):
        self.kill_everywhere(self.with_it, ("unblock", self.interface, "changing"))


if __name__ == "__main__":
    main()
