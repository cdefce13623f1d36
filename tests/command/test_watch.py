#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""stats --watch: on a terminal, to a file or pipe, and while policies and interfaces change."""

import os
import re
import signal
import subprocess

from guarded import Guarded, main, policy, rule
from sandbox import until
from terminal import ENTER, LEAVE, Terminal

MUCH, LITTLE, FORBIDDEN, NEVER = 4000, 4001, 4002, 4003
RULES = (rule("little-in", "in", "udp", LITTLE), rule("much-in", "in", "udp", MUCH),
         rule("forbidden", "in", "udp", FORBIDDEN, "drop"), rule("never-in", "in", "udp", NEVER))
POLICY = policy("watched", *RULES)
BLOCKS = "[#█▉▊▋▌▍▎▏]"
RATE = r"([\d.]+[kMGTP]?)"
ROW = re.compile(rf"(\S+) +(in|out) +(accept|drop|reject) +{RATE} +(?:{RATE} +)?{RATE} *({BLOCKS}*)$")
SCALE = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9}


def number(text):
    return float(text.rstrip("kMG")) * SCALE[text.lstrip("0123456789.")]


def rows(lines):
    """By name and direction, in the order shown: packets a second and the bar."""
    found = [ROW.match(line) for line in lines]
    return {(m[1], m[2]): (number(m[4]), m[7]) for m in found if m}


class Watching(Guarded):
    def setUp(self):
        super().setUp()
        self.sender = self.socket(self.there)

    def terminal(self, *arguments, columns=80, lines=24, **environment):
        environment.setdefault("NO_COLOR", "")
        made = Terminal(self.here.command(self.program, "stats", *arguments), columns, lines, **environment)
        self.addCleanup(made.close)
        return made

    def file_of(self, *arguments, **options):
        """The process, and the file that it writes to."""
        path = self.sandbox.directory / "frames"
        with open(path, "w", encoding="utf-8") as output:
            process = subprocess.Popen(
                self.here.command(self.program, "stats", *arguments), stdin=subprocess.DEVNULL,
                **{"stdout": output, "stderr": subprocess.PIPE, **options}, text=True)
        if process.stderr:
            self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process, path

    def traffic(self):
        self.send(self.sender, MUCH, 400)
        self.send(self.sender, LITTLE, 100)
        self.send(self.sender, FORBIDDEN, 200)


class Terminals(Watching):
    def test_what_is_shown(self):
        """The fastest first, with bars of their lengths; what never matched is left out."""
        self.attach(POLICY)
        terminal = self.terminal("--watch", self.interface)
        terminal.until(lambda frame: True, "a first frame")
        sums = {}

        def moving(frame):
            now = rows(frame)
            return now.get(("much-in", "in"), (0,))[0] > 0
        for _ in range(3):
            self.traffic()
            frame = terminal.until(moving, "rates")
        for frame in terminal.frames():
            for key, (rate, _) in rows(frame).items():
                sums[key] = sums.get(key, 0) + rate
        self.assertLess(abs(sums["much-in", "in"] / sums["little-in", "in"] - 4), 0.4, sums)
        self.assertLess(abs(sums["forbidden", "in"] / sums["little-in", "in"] - 2), 0.2, sums)
        self.assertNotIn(("never-in", "in"), sums)
        for shown in map(rows, terminal.frames()):
            rates = [rate for rate, _ in shown.values()]
            self.assertEqual(rates, sorted(rates, reverse=True))
            lengths = [len(bar) for _, bar in shown.values()]
            self.assertEqual(lengths, sorted(lengths, reverse=True))
            if rates and rates[0]:
                self.assertEqual(next(iter(shown.values()))[1], "█" * 8)
        self.assertSays("\n".join(frame), f"{self.interface}  policy watched (enforce)", "packets/s in ",
                        "; q ends", "; flows 0 of 131072")

    def test_keys_and_signals(self):
        """However it ends, the terminal is restored."""
        self.attach(POLICY)
        for end in (lambda t: t.press(b"q"), lambda t: t.press(b"xyzQ"), lambda t: t.press(b"\x03"), lambda t: t.press(b"\x1c"),
                    lambda t: t.process.terminate(), lambda t: t.process.send_signal(signal.SIGHUP)):
            terminal = self.terminal("--watch=1s")
            terminal.until(lambda frame: True, "a first frame")
            self.assertTrue(terminal.output.startswith(ENTER), terminal.output)
            end(terminal)
            self.assertEqual(terminal.ends(), 0)
            self.assertTrue(terminal.output.endswith("\033[?7h\033[?25h" + LEAVE), terminal.output)

    def test_colours(self):
        self.attach(POLICY)
        for environment, coloured, drawn in (({}, True, True), ({"NO_COLOR": "1"}, False, True),
                                             ({"TERM": "dumb"}, False, False)):
            terminal = self.terminal("--watch", **environment)
            def ready(terminal=terminal):
                self.traffic()
                return re.search(rf"forbidden .*{BLOCKS}", terminal.read())
            until(ready, "a bar")
            self.assertEqual("\033[31m" in terminal.output, coloured, environment)
            self.assertEqual("\033[32m" in terminal.output, coloured, environment)
            self.assertEqual("\033" in terminal.output, drawn, environment)

    def test_other_letters(self):
        """Where blocks cannot be shown, bars are ASCII."""
        self.attach(POLICY)
        terminal = self.terminal("--watch", LC_ALL="C")
        self.traffic()
        terminal.until(lambda frame: "########" in "".join(frame), "a bar")
        self.assertTrue(terminal.output.isascii())

    def test_small(self):
        """The rows that fit, and how many do not; more rows when the terminal grows."""
        rules = [rule(f"rule-{i}-{'n' * 23}", "in", "udp", 5000 + i) for i in range(9)]
        self.attach(policy("many", *rules))
        for i in range(9):
            self.send(self.sender, 5000 + i)
        terminal = self.terminal("--watch", self.interface, lines=10)
        frame = terminal.until(lambda frame: True, "a first frame")
        self.assertLessEqual(len(frame), 10)
        self.assertEqual(len(rows(frame)), 4)
        self.assertRegex(frame[-1], r"^\d+ more$")
        self.assertLessEqual(max(map(len, frame)), 80)
        terminal.resize(80, 40)
        frame = terminal.until(lambda frame: len(rows(frame)) > 8, "all of them")
        self.assertNotIn("more", frame[-1])
        self.assertIn(len(f"rule-0-{'n' * 23}"), (30, 31))


class Files(Watching):
    def test_frames_are_appended(self):
        self.attach(POLICY)
        process, path = self.file_of("--watch", "1s", self.interface)
        self.traffic()
        frames = until(lambda: len(path.read_text().split("Z, every 1 s\n")) > 3 and path.read_text(),
                       "three frames")
        self.assertNotIn("\033", frames)
        self.assertLessEqual(max(map(len, frames.splitlines())), 80)
        self.assertSays(frames, f"\n{self.interface}  policy watched (enforce)\n", "\nmuch-in ")
        process.send_signal(signal.SIGINT)
        self.assertEqual((process.wait(20), process.stderr.read()), (0, ""))

    def test_nobody_reads(self):
        self.attach(POLICY)
        read, write = os.pipe()
        process, _ = self.file_of("--watch", stdout=write)
        os.close(write)
        self.assertTrue(os.read(read, 10))
        os.close(read)
        self.assertEqual((process.wait(20), process.stderr.read()), (0, ""))

    def test_output_that_cannot_be_written(self):
        self.attach(POLICY)
        with open("/dev/full", "w") as full:
            self.assertSays(self.fails(1, "stats", "--watch", stdout=full), "No space left")

    def test_words(self):
        """What is rejected is not called dropped, and the head says if everything passes."""
        self.attach(policy("audited", "[rules]\nrefused = reject in udp > :4000\n", mode="audit"),
                    "--mode", "generic")
        self.send(self.sender, MUCH)
        _, path = self.file_of("--watch", self.interface)
        frame = until(lambda: "refused" in path.read_text() and path.read_text(), "a frame")
        self.assertSays(frame, f"\n{self.interface}  policy audited (audit: all pass)\n")
        self.assertRegex(frame, r"(?m)^refused +in +reject ")

    def test_all(self):
        """Also what was never counted."""
        self.attach(POLICY)
        _, path = self.file_of("--watch", "--all", self.interface)
        self.assertSays(until(lambda: "unguarded" in path.read_text() and path.read_text(), "a frame"),
                        "\nnever-in ", "\nmalformed ")


class Changes(Watching):
    def test_reload(self):
        """Rules come and go; those that stay are not counted from 0 again."""
        self.attach(POLICY)
        self.send(self.sender, MUCH, 5000)
        terminal = self.terminal("--watch", self.interface)
        terminal.until(lambda frame: ("much-in", "in") in rows(frame), "a first frame")
        self.reload(policy("other", rule("new-in", "in", "udp", NEVER), RULES[1]))
        self.send(self.sender, NEVER, 10)
        frame = terminal.until(lambda frame: ("new-in", "in") in rows(frame), "the new rule")
        self.assertSays("\n".join(frame), "policy other")
        for shown in map(rows, terminal.frames()):
            self.assertEqual(shown.get(("much-in", "in"), (0,))[0], 0, "it is at rest")

    def test_detached(self):
        """If the named interface is detached, it ends; when all are shown, it goes on."""
        self.attach(POLICY)
        one, every = self.terminal("--watch", self.interface), self.terminal("--watch")
        for terminal in (one, every):
            terminal.until(lambda frame: True, "a first frame")
        self.succeeds("detach", self.interface)
        self.assertEqual(one.ends(), 1)
        self.assertSays(one.output.split(LEAVE)[1], f"edgexdp: {self.interface} is not guarded")
        every.until(lambda frame: "no interface of this network namespace is guarded" in frame, "none")
        self.attach(POLICY)
        every.until(lambda frame: f"{self.interface}  policy watched (enforce)" in frame, "one")

    def test_two_interfaces(self):
        self.attach(POLICY)
        other = self.name()
        self.sandbox.cable(self.here, other, self.there, "other")
        self.succeeds("attach", other, self.file(policy("second", *RULES)))
        terminal = self.terminal("--watch", lines=13)
        frame = terminal.until(lambda frame: True, "a first frame")
        self.assertSays("\n".join(frame), f"{self.interface}  policy watched", f"{other}  policy second")
        self.assertLessEqual(len(frame), 13)


class CommandLine(Watching):
    def test_times(self):
        self.attach(POLICY)
        for words, every in ((("--watch",), 1), (("--watch", self.interface), 1),
                             (("--watch=3s", self.interface), 3), (("--watch", "3s", self.interface), 3),
                             ((self.interface, "--watch", "2m"), 120)):
            process, path = self.file_of(*words)
            until(lambda: path.read_text() and self.interface in path.read_text(), "a frame")
            self.assertSays(path.read_text(), f"Z, every {every} s\n")
            process.kill()
            process.wait()

    def test_what_is_wrong(self):
        for words in (("--watch=3",), ("--watch", "3"), ("--watch=",), ("--watch=0s",), ("--watch=soon",)):
            self.assertSays(self.fails(2, "stats", *words), "--watch takes a time such as 5s")
        for option in ("--json", "--prometheus"):
            self.assertSays(self.fails(2, "stats", "--watch", option), "neither JSON nor metrics")
        self.assertSays(self.fails(1, "stats", "--watch", self.interface), "is not guarded")
        self.assertSays(self.fails(1, "stats", "--watch", "5s", "nosuch0"), "no interface nosuch0")


main()
