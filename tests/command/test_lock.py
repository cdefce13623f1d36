#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Several commands at once: one waits for the other, and none sees another's work half done."""

import contextlib
import fcntl
import os
import pathlib
import signal
import subprocess

from guarded import PATIENCE, PINS, Guarded, main, policy, rule
from sandbox import until

PORT, OTHER = 4000, 4001
TALK = rule("talk-in", "in", "udp", PORT)


class Commands(Guarded):
    def start(self, *arguments):
        return subprocess.Popen(
            self.here.command(self.program, *arguments), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def all_of(self, commands):
        """Runs the COMMANDS at once; returns words, exit status and stderr of each."""
        started = [(words, self.start(*words)) for words in commands]
        ended = [(words, process.communicate()[1], process.returncode)
                 for words, process in started]
        for words, said, status in ended:
            self.assertIn(status, (0, 1), f"{words}: {said}")
            self.assertEqual(said.count("\n"), status, f"{words}: {said}")
        return [(words[0], status, said) for words, said, status in ended]

    def assertWhole(self, policies):
        """Exactly one of the POLICIES is in force, complete, and nothing else is left."""
        self.assertIn(self.status()["policy"], policies)
        self.assertPinsWhole()
        receiver, silent = self.socket(self.here, port=PORT), self.socket(self.here, port=OTHER)
        self.reaches(self.socket(self.there), receiver, OTHER)
        self.assertSilent(silent)
        receiver.close()
        silent.close()
        self.assertConserved()


class Waiting(Commands):
    def setUp(self):
        super().setUp()
        self.path = self.attach(policy("good", TALK))
        self.folder = os.open(PINS, os.O_RDONLY)
        self.addCleanup(os.close, self.folder)

    @staticmethod
    def waits(process):
        locks = pathlib.Path("/proc/locks").read_text().splitlines()
        return any(" -> " in line and f" {process.pid} " in line for line in locks)

    def test_to_change(self):
        commands = (["reload", self.interface, self.path], ["rollback", self.interface],
                    ["detach", self.interface], ["attach", self.interface, self.path],
                    ["status"], ["stats", self.interface])
        for words in commands:
            fcntl.flock(self.folder, fcntl.LOCK_EX)
            process = self.start(*words)
            until(lambda p=process: self.waits(p), f"{words} waits for the lock")
            fcntl.flock(self.folder, fcntl.LOCK_UN)
            said = process.communicate()[1]
            self.assertEqual((process.returncode, said), (0, ""), words)

    def test_to_read(self):
        """Readers do not wait for one another; writers wait for them."""
        fcntl.flock(self.folder, fcntl.LOCK_SH)
        self.succeeds("status", self.interface)
        self.succeeds("stats", self.interface)
        process = self.start("reload", self.interface)
        until(lambda: self.waits(process), "reload waits for who reads")
        self.succeeds("status", self.interface)
        fcntl.flock(self.folder, fcntl.LOCK_UN)
        process.communicate()
        self.assertEqual(process.returncode, 0)


class Reading(Commands):
    """However long a command takes to read its files, nobody waits for it."""

    def setUp(self):
        super().setUp()
        self.path = self.attach(policy("good", TALK))
        self.other = self.file(policy("other", TALK))

    def reads(self, path, *words):
        """Starts a command, and returns when it has opened PATH and is held there."""
        process = subprocess.Popen(
            self.here.command("strace", "-qq", "-o", "/dev/null", "-P", path, "-e", "trace=openat",
                              "-e", "inject=openat:delay_exit=600s:when=1", self.program, *words),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.end, process)
        process.child = until(lambda: self.opened(process, path), f"{words} opens {path}")
        self.addCleanup(self.kill, process.child)
        return process

    @staticmethod
    def opened(process, path):
        """The child of strace that has opened PATH, or None."""
        folder = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
        for child in folder.read_text().split():
            try:
                if any(os.readlink(fd) == str(path) for fd in pathlib.Path(f"/proc/{child}/fd").iterdir()):
                    return int(child)
            except FileNotFoundError:
                pass
        return None

    @staticmethod
    def kill(process):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)

    @staticmethod
    def end(process):
        """Detaches strace, after which the command goes on undisturbed."""
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()

    def assertNobodyWaits(self, process, words):
        for other in (["ban", self.interface, "203.0.113.66"], ["unban", self.interface, "203.0.113.66"],
                      ["status", self.interface], ["reload", self.interface, self.other],
                      ["rollback", self.interface]):
            with self.subTest(f"{other[0]} while {words[0]} reads"):
                self.assertEqual(self.call(*other, timeout=PATIENCE).returncode, 0)
        self.assertIsNone(process.poll())

    def test_nobody_waits(self):
        free = self.name()
        self.sandbox.cable(self.here, free, self.there, "peer2")
        for words in (["reload", self.interface, self.path], ["reload", self.interface],
                      ["attach", free, self.path], ["run", free, self.path],
                      ["status", self.interface], ["diff", self.interface, self.path]):
            process = self.reads(self.path, *words)
            self.assertNobodyWaits(process, words)
            self.kill(process.child)

    def goes_on(self, process):
        """Releases the command, and waits until it has finished."""
        before = self.reloads()
        self.end(process)
        until(lambda: self.reloads() > before, "it reloads")

    def reloads(self):
        return self.dump("interface")[0]["value"]["reloads"][0]

    def test_looks_again(self):
        """A reload without a file looks again which file is in force: it may have changed
        meanwhile."""
        process = self.reads(self.path, "reload", self.interface)
        self.succeeds("reload", self.interface, self.other, timeout=PATIENCE)
        self.goes_on(process)
        self.assertEqual(self.status()["policy"], "other")

    def test_audit_that_ended_meanwhile(self):
        """A reload that began in audit mode must not bring it back after another reload has ended
        it."""
        self.succeeds("detach", self.interface)
        self.succeeds("attach", "--audit", self.interface, self.path)
        process = self.reads(self.path, "reload", self.interface)
        self.succeeds("reload", self.interface, self.path, timeout=PATIENCE)
        self.goes_on(process)
        self.assertEqual(self.status()["mode"], "enforce")

    def test_writing_to_who_does_not_read(self):
        """A pipe that nobody reads from holds up nobody else."""
        rules = [rule(f"rule-{i}", "in", "tcp", 100 + i) for i in range(2000)]
        self.reload(policy("long", *rules, TALK))
        for words in (["stats", "--all", self.interface], ["stats", "--json", self.interface]):
            process = self.start(*words)
            until(lambda p=process: self.sleeps_in(p, "pipe"), f"{words} waits for its reader")
            self.succeeds("ban", self.interface, "203.0.113.66", timeout=PATIENCE)
            process.communicate()

    @staticmethod
    def sleeps_in(process, where):
        return where in pathlib.Path(f"/proc/{process.pid}/wchan").read_text()


class AtOnce(Commands):
    def test_everything(self):
        """20 at once, several times, on a guarded interface."""
        names = ["one", "two", "three"]
        paths = [self.file(policy(name, *[rule(f"{name}-{i}", "in", "tcp", 100 + i)
                                          for i in range(20 * n)], TALK))
                 for n, name in enumerate(names)]
        self.succeeds("attach", self.interface, paths[0])
        receiver, sender = self.socket(self.here, port=PORT), self.socket(self.there)
        commands = [words for i in range(4) for words in (
            ["reload", self.interface, paths[i % 3]], ["rollback", self.interface],
            ["attach", self.interface, paths[0]], ["status", self.interface],
            ["stats", "--json", self.interface])]
        counted = 0
        for _ in range(3):
            self.reaches(sender, receiver)
            counted += 1
            for command, status, said in self.all_of(commands):
                if command == "attach":
                    self.assertEqual(status, 1)
                    self.assertSays(said, "guarded already")
                elif command != "rollback":
                    self.assertEqual(status, 0, said)
            self.assertEqual(self.stats().packets("talk-in", "in"), counted)
        receiver.close()
        self.assertWhole(names)

    def test_attach(self):
        """One of them succeeds, with its own policy and nothing from the others."""
        names = [f"p{i}" for i in range(10)]
        ended = self.all_of(["attach", self.interface, self.file(policy(name, TALK))]
                            for name in names)
        self.assertEqual(sorted(status for _, status, _ in ended), [0] + 9 * [1])
        for _, status, said in ended:
            if status:
                self.assertSays(said, "guarded already")
        self.assertWhole([names[[status for _, status, _ in ended].index(0)]])

    def test_attach_and_detach(self):
        path = self.file(policy("good", TALK))
        for _ in range(2):
            ended = self.all_of(9 * [["attach", self.interface, path], ["detach", self.interface]])
            done = {name: sum(command == name and not status for command, status, _ in ended)
                    for name in ("attach", "detach")}
            guarded = done["attach"] - done["detach"]
            self.assertIn(guarded, (0, 1))
            if guarded:
                self.assertWhole(["good"])
                self.succeeds("detach", self.interface)
            self.assertNothingPinned()
            self.assertNotIn('"xdp"', self.here.run("ip", "-j", "link", "show", self.interface))

    def test_detach(self):
        self.attach(policy("good", TALK))
        ended = self.all_of(10 * [["detach", self.interface]])
        self.assertEqual(sorted(status for _, status, _ in ended), [0] + 9 * [1])
        self.assertNothingPinned()


main()
