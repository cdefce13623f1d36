#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""SIGKILL in the middle of commands for several interfaces, at every kind of system call that leaves
something behind: the next command, whichever it is, finds all of them as before, or all as they should be."""

import json
import random
import subprocess

from fault import ONE_IN, SEED, Guarded, main, policy
from guarded import PINS, run
from killing import Killing

INTERFACES = ("one0", "two0", "three0")
CALLS = ("bpf", "unlink", "mkdir", "rename", "rmdir")
TRIES = max(6, 120 // ONE_IN)  # of each command, at most


class Together(Killing):
    def setUp(self):
        super().setUp()
        self.random = random.Random(f"{SEED} {self.id()}")
        self.list = ",".join(INTERFACES)
        for interface in INTERFACES:
            self.sandbox.cable(self.here, interface, self.there, f"p{interface}")
        self.old, self.new = (self.file(policy(name, f"[rules]\na = accept in tcp > :{port}\n"))
                              for name, port in (("old", 22), ("new", 23)))

    def policies(self):
        """The policies in force, in the order of the interfaces; None where there is none. Any
        command puts in order what another has left: this one is chosen at random."""
        self.call(*self.random.choice((("status",), ("status", "one0"), ("stats", "three0"),
                                       ("bans", "two0"), ("ban", "two0", "198.18.0.1"),
                                       ("detach", "nothing0"), ("confirm", "one0"))))
        found = []
        for interface in INTERFACES:
            done = self.call("status", "--json", interface)
            found.append(done.stdout.split('"policy":"')[1].split('"')[0]
                         if done.returncode == 0 else None)
        self.assertFalse((PINS / "%together").exists())
        return found

    def calls(self, *arguments):
        """How often a command makes each of the system calls."""
        traced = subprocess.run(
            self.here.command("strace", "-qq", "-f", "-e", f"trace={','.join(CALLS)}", self.program, *arguments),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
        return {call: traced.stderr.count(f"{call}(") for call in CALLS}

    def kill_everywhere(self, begin, arguments, before, after):
        """Kills the command, which begins after BEGIN, at many places. All that may be found are
        the policies BEFORE and AFTER, each of them on all interfaces."""
        begin()
        made = self.calls(*arguments)
        places = [(call, number) for call, count in made.items() for number in range(1, count + 1)]
        found = {before: 0, after: 0}
        for call, number in self.random.sample(places, min(TRIES, len(places))):
            begin()
            self.assertTrue(self.killed_at(call, number, *arguments), (call, number))
            policies = self.policies()
            self.assertEqual(len(set(policies)), 1, (call, number, policies))
            self.assertIn(policies[0], found, (call, number))
            found[policies[0]] += 1
            self.assertWholeMemories((call, number))
        self.assertTrue(found[before], found)

    def memories(self, interface):
        """Which maps hold what packets of the interface leave behind."""
        return tuple(json.loads(run("bpftool", "-j", "map", "show", "pinned", str(PINS / interface / name)))["id"]
                     for name in ("flows", "fragments", "replies", "remotes"))

    def assertWholeMemories(self, where):
        """Interfaces share all of them, or none; and nothing is half done."""
        if not (PINS / "one0").exists():
            return
        shared = [[ids.index(one) for one in ids] for ids in zip(*map(self.memories, INTERFACES))]
        self.assertEqual(shared, [shared[0]] * len(shared), where)
        for interface in INTERFACES:
            self.assertEqual([pin.name for pin in (PINS / interface).iterdir() if "%" in pin.name], [], where)

    def guard(self, path):
        """Guards all, with that policy."""
        if not (PINS / "one0").exists():
            self.succeeds("attach", self.list, path)
        self.succeeds("reload", self.list, path)

    def free(self):
        if (PINS / "one0").exists():
            self.succeeds("detach", self.list)

    def test_reload(self):
        self.kill_everywhere(lambda: self.guard(self.old), ("reload", self.list, self.new), "old", "new")

    def test_reload_that_makes_a_zone(self):
        zone = self.file(policy("zone", f"[interfaces]\nwan = {', '.join(INTERFACES)}\n"
                                        "[rules]\na = accept in tcp > :22\nb = accept out udp > 192.0.2.1:53\n"))
        self.kill_everywhere(lambda: self.guard(self.old), ("reload", self.list, zone), "old", "zone")
        self.succeeds("reload", self.list, zone)
        self.assertEqual(len({self.memories(one) for one in INTERFACES}), 1)
        self.succeeds("reload", self.list, self.old)
        self.assertEqual(len({self.memories(one) for one in INTERFACES}), len(INTERFACES))

    def test_attach(self):
        self.kill_everywhere(self.free, ("attach", self.list, self.new), None, "new")

    def test_detach(self):
        self.kill_everywhere(lambda: self.guard(self.old), ("detach", self.list), "old", None)

    def test_rollback(self):
        def begin():
            self.guard(self.new)
            self.guard(self.old)
            self.guard(self.new)
        self.kill_everywhere(begin, ("rollback", self.list), "new", "old")


if __name__ == "__main__":
    main()
