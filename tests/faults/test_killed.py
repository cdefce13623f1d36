#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""SIGKILL at random instants of every command and of the service, while a checker sends permitted
and forbidden packets continuously: no forbidden packet passes, no permitted one is lost, counters
never decrease, and the next command puts in order whatever was left."""

import struct
import time

from fault import KILLS, LARGE, ONE, OTHER, SEED, Faulty, main
from guarded import PINS
from sandbox import run

LONG = ("--confirm", "1h")


class Killed(Faulty):
    def setUp(self):
        super().setUp()
        self.paths = [self.file(text) for text in (ONE, OTHER, LARGE)]
        self.readers = [["status"], ["status", self.interface], ["stats", self.interface],
                        ["stats", "--json", self.interface], ["stats", "--prometheus"]]
        self.reload_one = ["reload", self.interface, self.paths[0]]
        self.kills = 0

    def kill(self, takes, *arguments):
        """Kills a command that TAKES this long, at some instant."""
        self.killed(takes * self.random.uniform(0, 1.1), *arguments)
        self.kills += 1

    def times(self, share):
        return range(max(1, KILLS * share // 240))

    def attach_first(self):
        self.attach(ONE)
        self.check()
        self.guarded(True)

    def finish(self, least=100):
        found = super().finish(least)
        print(f"\n{self.kills} kills, {found['sent']} packets, seed {SEED}")
        return found


class Attaching(Killed):
    """The interface is open until the command is done. Meanwhile no permitted packet may be lost,
    and whatever is left half done must be removed or completed by the next command."""

    def ended(self):
        """Whether the interface is guarded after the next command, which guards it or not."""
        command, status = self.recover(["attach", self.interface, self.paths[0]], *self.readers)
        guarded = (self.call("status", self.interface).returncode == 0)
        self.assertTrue(guarded or command != "attach", (command, status))
        return guarded

    def test_attach(self):
        self.check()
        options = ((), LONG, ("--audit",))
        for kill in self.times(36):
            words = ["attach", *options[kill % 3], self.interface, self.paths[kill % 2]]
            takes = self.takes(*words)
            self.guarded(False)
            self.succeeds("detach", self.interface)
            self.kill(takes, *words)
            if self.ended():
                self.guarded(self.status()["mode"] == "enforce")
                self.assertWhole()
                self.guarded(False)
                self.succeeds("detach", self.interface)
            self.assertOpen()
        self.finish()

    def test_detach(self):
        self.check()
        self.succeeds("attach", self.interface, self.paths[0])
        takes = self.takes("detach", self.interface)
        for kill in self.times(36):
            self.succeeds("attach", self.interface, self.paths[kill % 2])
            self.guarded(True)
            self.assertWhole()
            self.guarded(False)
            self.kill(takes, "detach", self.interface)
            if self.ended():
                self.guarded(True)
                self.assertWhole()
                self.guarded(False)
                self.succeeds("detach", self.interface)
            self.assertOpen()
        self.finish()


class Guarding(Killed):
    """The interface is guarded all the time."""

    def setUp(self):
        super().setUp()
        self.attach_first()

    def next(self):
        self.recover(["reload", self.interface], self.reload_one, ["rollback", self.interface],
                     ["confirm", self.interface], ["attach", self.interface, self.paths[0]],
                     *self.readers)
        self.assertWhole()

    def test_reload(self):
        takes = self.takes("reload", self.interface, self.paths[1])
        for kill in self.times(36):
            self.kill(takes, "reload", self.interface, self.paths[kill % 2])
            self.next()
        self.finish()

    def test_reload_that_needs_larger_tables(self):
        for _ in self.times(24):
            takes = self.takes("reload", self.interface, self.paths[2])
            self.guarded(False)
            self.succeeds("detach", self.interface)
            self.succeeds("attach", self.interface, self.paths[0])
            self.guarded(True)
            self.assertWhole()
            self.kill(takes, "reload", self.interface, self.paths[2])
            self.next()
        self.finish()

    def test_rollback(self):
        self.succeeds("reload", self.interface, self.paths[1])
        takes = self.takes("rollback", self.interface)
        for _ in self.times(24):
            self.kill(takes, "rollback", self.interface)
            self.recover(["rollback", self.interface], *self.readers)
            self.assertWhole()
            self.assertTrue(self.status()["rollback"])
        self.finish()

    def test_confirm(self):
        self.call("reload", *LONG, self.interface, self.paths[1])
        takes = self.takes("confirm", self.interface)
        for kill in self.times(18):
            self.call("reload", *LONG, self.interface, self.paths[kill % 2])
            self.kill(takes, "confirm", self.interface)
            self.next()
        self.finish()

    def test_candidate(self):
        """A reload with --confirm, in place of another policy or another candidate; and the way
        back."""
        takes = self.takes("reload", *LONG, self.interface, self.paths[1])
        back = self.takes("rollback", self.interface)
        for kill in self.times(24):
            self.kill(takes, "reload", *LONG, self.interface, self.paths[kill % 2])
            self.next()
            if self.status()["confirm_by"]:
                self.kill(back, "rollback", self.interface)
                self.next()
        self.finish()

    def test_stats(self):
        """Export of counters: a reader that is killed leaves no trace and holds nobody up."""
        for kill in self.times(24):
            words = self.readers[kill % len(self.readers)]
            self.kill(self.takes(*words), *words)
            self.next()
        self.finish()


class Between(Killed):
    """Killed between two stores of the word that says which seat is in force. There is no system
    call at which to kill, so the test writes the word."""

    def store(self, active, fallback, confirm_by_ns):
        value = struct.pack("IIQ", active, fallback, confirm_by_ns)
        run("bpftool", "map", "update", "pinned", PINS / self.interface / "seat", "key", *4 * ["0"],
            "value", *map(str, value))

    def test_word(self):
        """As a reload --confirm leaves it before its swap, and a candidate's rollback."""
        self.attach_first()
        now = time.monotonic_ns()
        for deadline in (0, now - 10**9, now + 3600 * 10**9):
            for command in (["status", self.interface], ["reload", self.interface, self.paths[1]],
                            ["rollback", self.interface], ["confirm", self.interface]):
                with self.subTest(f"{command[0]}, {deadline}"):
                    self.succeeds("reload", self.interface, self.paths[0])
                    active = self.dump("seat")[0]["value"][".data.seat"][0]["seat"]["active"]
                    self.store(active, active, deadline)
                    self.recover(command)
                    self.assertEqual(self.status()["policy"],
                                     "other" if command[0] == "reload" else "one")
                    self.assertIsNone(self.status()["confirm_by"])
                    self.assertWhole()
        self.finish()


if __name__ == "__main__":
    print(f"EDGEXDP_SEED={SEED} EDGEXDP_KILLS={KILLS}")
    main()
