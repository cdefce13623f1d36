#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every system call of a command that the kernel could refuse, refused once: the command does what
it was asked, or says in one line what is wrong and leaves everything as it was. EDGEXDP_ONE_IN=N
tries one call in N, different ones for each EDGEXDP_SEED."""

import re
import subprocess

from fault import FLOOD, FORBIDDEN, LARGE, ONE, ONE_IN, OTHER, SEED, main
from guarded import Guarded

LONG = ("--confirm", "1h")
WRITES = ("mkdir", "rename", "unlink", "rmdir")


def is_repeated(lines, number):
    """Is it the same call as the one before and the one after? In such a row only the first and the
    last are tried, because each call is one turn of the same loop."""
    heads = [re.split("key=|info=", line)[0] for line in lines[max(0, number - 1):number + 2]]
    return len(heads) == 3 and len(set(heads)) == 1 and "ELEM" in heads[0]


class Refused(Guarded):
    def setUp(self):
        super().setUp()
        self.one, self.other, self.large = (self.file(text) for text in (ONE, OTHER, LARGE))
        self.ends = (self.socket(self.there), self.socket(self.here, port=FLOOD),
                     self.socket(self.here, port=FORBIDDEN))

    def traced(self, call, *words, inject=()):
        """Runs the command under strace; returns it, and the lines about CALL."""
        log = self.sandbox.directory / "trace"
        done = subprocess.run(
            self.here.command("strace", "-qq", "-o", log, "-e", f"trace={call}", *inject, self.program,
                              *words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        return done, [line for line in log.read_text().splitlines() if line.startswith(call + "(")]

    def sweep(self, call, error, words, prepare, failed, skip=0):
        """Makes CALL fail with ERROR the Nth time, for every N after the first SKIP. PREPARE runs
        before each, unless the state is already as before; FAILED runs when the command failed,
        gets its message, and returns whether the state is as before. Returns how often the command
        failed."""
        prepare()
        lines = self.traced(call, *words)[1]
        failures, fresh = 0, False
        for number in range(skip + 1, len(lines) + 1):
            if is_repeated(lines, number - 1) or (SEED + number) % ONE_IN:
                continue
            if not fresh:
                prepare()
            fresh = False
            with self.subTest(f"{words[0]}: {call} {number}"):
                done = self.traced(call, *words, inject=(
                    "-e", f"inject={call}:error={error}:when={number}"))[0]
                self.assertIn(done.returncode, (0, 1), done.stderr)
                if done.returncode:
                    failures += 1
                    self.assertRegex(done.stderr, r"^edgexdp: [^\n]+\n$")
                    fresh = failed(done.stderr)
                else:
                    self.assertRegex(done.stderr, "^$|^edgexdp: warning: (native XDP is not possible|"
                                                  ".* shares flows as before the rollback)")
        if not fresh:
            prepare()
        self.succeeds(*words)
        return failures * ONE_IN

    def calls_before_main(self, call):
        return len(self.traced(call, "--version")[1])

    def open(self):
        """The state is as before `attach`."""
        if (self.pins()):
            self.succeeds("detach", self.interface)

    def assertOpen(self, said=""):
        self.assertNothingPinned()
        self.assertNotIn('"xdp"', self.here.run("ip", "-j", "link", "show", self.interface), said)
        return True

    def state(self):
        """What must be the same after a failure; numbers given out in vain do not count."""
        shown = self.dumps()
        shown.pop("counters")  # see falls()
        for key in ("next_generation", "next_identity", "swaps"):
            shown["interface"][0]["value"].pop(key)
        return shown

    def guarded(self, *commands):
        """A function that produces the same state again and again, by COMMANDS."""
        def prepare():
            self.open()
            for words in (["attach", self.interface, self.one], *commands):
                self.call(*words)
            self.reaches(*self.ends[:2], FORBIDDEN)
            self.before, self.counted = self.state(), self.stats()
        return prepare

    def assertAsBefore(self, said):
        self.assertEqual(self.state(), self.before, said)
        self.assertGuards(said)
        return True

    def assertWhole(self, said=""):
        """Guarded, complete, and as before or after the command; returns whether it is as before."""
        self.status()  # puts in order what has to be
        as_before = self.state() == self.before
        if not as_before:
            self.assertPinsWhole()
            self.assertConserved()
        self.assertGuards(said)
        return as_before

    def assertGuards(self, said):
        self.assertEqual(self.counted.falls(self.stats()), [], said)
        self.reaches(*self.ends[:2], FORBIDDEN)
        self.assertSilent(self.ends[2])

    def assertEither(self, said):
        """For a command that cannot go back: it has not begun, or the next command finishes it."""
        if self.call("status", self.interface).returncode:
            self.assertOpen(said)
        else:
            self.assertWhole(said)


class Kernel(Refused):
    """bpf() has no memory, in each of its calls."""

    def refused(self, words, prepare, failed, least=5):
        def said(text):
            # The other messages come when libbpf, which tries what the kernel can do, takes the
            # kernel for an old one: one that does not know types of functions verifies all of them
            # in one go.
            self.assertRegex(text, "memory|Invalid argument|Argument list too long")
            return failed(text)
        self.assertGreater(self.sweep("bpf", "ENOMEM", words, prepare, said), least)

    def test_attach(self):
        self.refused(["attach", self.interface, self.one], self.open, self.assertOpen)

    def test_reload(self):
        self.refused(["reload", self.interface, self.other], self.guarded(), self.assertAsBefore)

    def test_reload_that_needs_larger_tables(self):
        """Once packets are counted in the larger tables, the next command finishes what was begun."""
        self.refused(["reload", self.interface, self.large], self.guarded(), self.assertWhole)

    def test_rollback(self):
        self.refused(["rollback", self.interface], self.guarded(["reload", self.interface, self.other]),
                     self.assertAsBefore)

    def test_confirm(self):
        self.refused(["confirm", self.interface],
                     self.guarded(["reload", *LONG, self.interface, self.other]),
                     self.assertAsBefore)

    def test_rollback_of_a_candidate(self):
        self.refused(["rollback", self.interface],
                     self.guarded(["reload", *LONG, self.interface, self.other]),
                     self.assertAsBefore)

    def test_detach(self):
        self.refused(["detach", self.interface], self.guarded(), self.assertEither, 3)

    def test_stats(self):
        self.refused(["stats", "--json", self.interface], self.guarded(), self.assertAsBefore)


class Memory(Refused):
    """mmap() has no memory."""

    def refused(self, words, prepare, failed):
        self.assertGreater(self.sweep("mmap", "ENOMEM", words, prepare, failed,
                                      self.calls_before_main("mmap")), 2)

    def test_attach(self):
        self.refused(["attach", self.interface, self.one], self.open, self.assertOpen)

    def test_reload(self):
        self.refused(["reload", self.interface, self.large], self.guarded(), self.assertWhole)


class Pins(Refused):
    """bpffs refuses to add or to remove anything."""

    def test_attach(self):
        for call in WRITES[:2]:
            self.sweep(call, "ENOSPC", ["attach", self.interface, self.one], self.open, self.assertOpen)

    def test_reload(self):
        for call in WRITES[1:]:
            self.sweep(call, "ENOSPC", ["reload", self.interface, self.large], self.guarded(),
                       self.assertWhole)

    def test_detach(self):
        for call in WRITES[1:]:
            self.sweep(call, "EBUSY", ["detach", self.interface], self.guarded(), self.assertEither)


print(f"EDGEXDP_SEED={SEED} EDGEXDP_ONE_IN={ONE_IN}")
main()
