#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""When something runs out: memory, disks, places to write to. What is in force stays, and the
message says what is missing."""

import os
import pathlib
import signal
import subprocess

from fault import FLOOD, FORBIDDEN, ONE, OTHER, main, policy, rule
from serving import Serving

from guarded import Guarded
from sandbox import run, until

MIB = 1 << 20
PREFIXES = 1_000_000


class Group:
    """A cgroup of either version with a limit on memory, as a context."""

    V1, V2 = pathlib.Path("/sys/fs/cgroup/memory"), pathlib.Path("/sys/fs/cgroup")

    def __enter__(self):
        parent, self.limit = ((self.V2, "memory.max") if (self.V2 / "cgroup.controllers").exists()
                              else (self.V1, "memory.limit_in_bytes"))
        self.path = parent / f"edgexdp-test-{os.getpid()}"
        self.path.mkdir()
        (self.path / self.limit).write_text("max" if parent == self.V2 else "-1")
        return self

    def allow(self, bytes_):
        (self.path / self.limit).write_text(str(bytes_))

    def enter(self):
        """Words that run the command after them in this group."""
        return ["sh", "-c", f'echo $$ >{self.path}/cgroup.procs; exec "$@"', "sh"]

    def __exit__(self, *_):
        until(lambda: not (self.path / "cgroup.procs").read_text(), "the group is empty")
        self.path.rmdir()


class Memory(Guarded):
    """A policy of a million prefixes, and too little memory for it."""

    def setUp(self):
        super().setUp()
        self.file("".join(f"{n >> 15 | 16}.{n >> 7 & 255}.{n << 1 & 255}.0/24\n"
                          for n in range(PREFIXES)), "many.txt")
        self.large = self.file(policy("large", rule("flood-in", "in", "udp", FLOOD),
                                      rule("many", "in", "tcp", 80, **{"from": "@many.txt"})))
        self.one = self.attach(ONE)
        self.ends = (self.socket(self.there), self.socket(self.here, port=FLOOD))

    def tried(self, prefix, statuses):
        """Whether the policy came into force; if not, the previous one still is."""
        before = self.dumps()
        done = subprocess.run(self.here.command(*prefix, self.program, "reload", self.interface, self.large),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, check=False)
        self.assertIn(done.returncode, statuses, done.stderr)
        self.reaches(*self.ends, FORBIDDEN)
        if done.returncode:
            if done.returncode == 1:
                self.assertRegex(done.stderr, r"^edgexdp: [^\n]*memory[^\n]*\n$")
            self.status()  # puts in order what has to be
            after = self.dumps()
            for shown in (before, after):
                shown.pop("counters")
                for key in ("next_generation", "next_identity", "swaps"):
                    shown["interface"][0]["value"].pop(key, None)
            self.assertEqual(before, after)
        else:
            self.assertEqual(self.status()["policy"], "large")
            self.succeeds("reload", self.interface, self.one)
            self.succeeds("reload", self.interface, self.one)
        return not done.returncode

    def test_limit_of_the_process(self):
        found = {size: self.tried(["prlimit", f"--as={size * MIB}"], (0, 1))
                 for size in (24, 48, 72, 96, 120, 144, 160, 168, 176, 184, 192, 1024)}
        self.assertFalse(found[24])
        self.assertTrue(found[1024])

    def test_limit_of_a_group(self):
        """The kernel's share counts, too. Beyond the limit the kernel refuses, or kills the
        command."""
        try:
            group = self.enterContext(Group())
        except OSError as error:
            self.skipTest(f"no cgroup for memory: {error}")
        found = []
        for size in (16, 64, 128, *range(140, 180, 4), 1024):
            group.allow(size * MIB)
            found.append(self.tried(group.enter(), (0, 1, -signal.SIGKILL)))
        self.assertEqual((found[0], found[-1]), (False, True))

    def test_service(self):
        served = self.file(ONE, "served.ini")
        said = self.sandbox.directory / "said"
        with open(said, "wb") as output:
            service = subprocess.Popen(
                self.here.command("prlimit", f"--as={64 * MIB}", self.program, "run", self.interface,
                                  served), stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        self.addCleanup(Serving.end, service)
        until(lambda: "policy one" in said.read_text(), "the service has taken over")
        served.write_text(self.large.read_text())
        service.send_signal(signal.SIGHUP)
        until(lambda: "reload-failed: " in said.read_text(), "it tells what failed")
        self.assertRegex(said.read_text(), r"reload-failed: [^\n]*memory[^\n]*; the previous policy stays")
        self.assertIsNone(service.poll())
        self.reaches(*self.ends, FORBIDDEN)


class Disk(Serving):
    def small_disk(self):
        place = self.sandbox.directory / "disk"
        place.mkdir()
        run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place)
        self.addCleanup(run, "umount", place)
        return place

    def test_metrics_on_a_full_disk(self):
        """The previous file stays, complete, as long as there is no room for another."""
        place = self.small_disk()
        text, ballast = place / "edgexdp.prom", place / "ballast"
        path = self.file(ONE, "served.ini")
        self.serve(path, "--textfile", str(text))
        until(text.exists, "the file is there")
        before = text.read_text()
        self.assertTrue(before.endswith("\n"))
        with open(ballast, "wb", buffering=0) as filler:
            self.assertRaises(OSError, lambda: [filler.write(bytes(4096)) for _ in range(100)])
        self.file(OTHER, "served.ini")
        self.kill(signal.SIGHUP)
        self.says("cannot write", str(text), "No space left on device")
        self.assertEqual(text.read_text(), before)
        self.assertEqual(sorted(p.name for p in place.iterdir()), ["ballast", "edgexdp.prom"])
        self.assertEqual(self.status()["policy"], "other")
        ballast.unlink()
        until(lambda: 'policy="other"' in text.read_text(), "it is written again")

    def test_nobody_hears_the_service(self):
        """No journal, no systemd, and no room for its output."""
        path = self.file(ONE, "served.ini")
        with open("/dev/full", "wb") as full:
            service = subprocess.Popen(self.here.command(self.program, "run", self.interface, path),
                                       stdin=subprocess.DEVNULL, stdout=full, stderr=full)
        self.addCleanup(self.end, service)
        until(self.pins, "the interface is guarded")
        for text, name in ((OTHER, "other"), ("nonsense", "other"), (ONE, "one")):
            self.file(text, "served.ini")
            service.send_signal(signal.SIGHUP)
            until(lambda name=name: self.status()["policy"] == name, f"policy {name}")
        self.assertIsNone(service.poll())
        service.terminate()
        self.assertEqual(service.wait(20), 0)

    def test_output_on_a_full_disk(self):
        self.attach(ONE)
        for words in (["stats", "--prometheus"], ["stats", "--json", "--all"], ["check", self.file(ONE)],
                      ["help"]):
            with open("/dev/full", "w") as full:
                self.assertSays(self.fails(1, *words, stdout=full), "cannot write", "No space left")

    def test_nothing_can_be_written_but_bpffs(self):
        """/run, /tmp, /var and the rest are read-only; policies are only read."""
        path = self.file(ONE)
        script = ("mount -o remount,ro,bind / && mount -t tmpfs -o ro tmpfs /run && cd / && "
                  "! touch /run/x /tmp/x /var/tmp/x 2>/dev/null && "
                  '"$0" attach "$1" "$2" && "$0" reload "$1" && "$0" stats "$1" >/dev/null && '
                  '"$0" status "$1" >/dev/null && "$0" rollback "$1" && "$0" detach "$1"')
        done = subprocess.run(
            self.here.command("unshare", "--mount", "sh", "-c", script, self.program, self.interface, path),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False)
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertNothingPinned()


main()
