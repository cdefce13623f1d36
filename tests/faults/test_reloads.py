#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reloads under the highest load that one core can offer: each packet is judged by exactly one of
the alternating policies, none is lost, and nothing grows."""

import json
import os
import pathlib
import re
import signal
import subprocess
import time

from fault import RELOADS, main, policy, rule
from generator import Behind, Generator
from serving import Serving

from guarded import HERE
from sandbox import Failure, descriptors, run, until

STEADY, SOMETIMES = 4000, 4001  # and the two ports after them, which are never accepted
BOTH = rule("steady", "in", "udp", STEADY)
WITH = policy("with", BOTH, rule("sometimes", "in", "udp", SOMETIMES))
WITHOUT = policy("without", BOTH)
PACKET = f"in udp 203.0.113.0:1024 > {HERE[0]}:{STEADY}"
WARM = 20  # reloads before memory is measured first
KERNEL_BYTES = 96 << 20  # a program left behind by each reload would take this much
PROCESS_BYTES = 4 << 20


class Reloads(Serving):
    def setUp(self):
        super().setUp()
        self.texts = (WITH, WITHOUT)
        self.paths = [self.file(text) for text in self.texts]
        self.path = self.file(WITHOUT, "served.ini")
        self.serve(self.path)
        self.behind = Behind(self.here, self.interface)

    def by_command(self, turn):
        self.succeeds("reload", self.interface, self.paths[turn % 2])

    def by_service(self, turn):
        self.file(self.texts[turn % 2], "served.ini")
        self.kill(signal.SIGHUP)
        self.notices.next("READY=1")
        self.notices.during(0)

    def take_turns(self, reload, turns):
        before = self.stats()
        for turn in turns:
            reload(turn)
            if turn % 10 == 9:
                after = self.stats()
                self.assertEqual(before.falls(after), [], f"after {turn + 1} reloads")
                self.assertEqual(after.interface["policy"], ("with", "without")[turn % 2])
                before = after

    def used(self):
        """Bytes used by the kernel and by the service, and the service's open files."""
        shown = dict(line.split(":") for line in pathlib.Path("/proc/meminfo").read_text().splitlines())
        kernel = sum(int(shown[key].split()[0]) << 10 for key in ("SUnreclaim", "VmallocUsed", "Percpu"))
        process = pathlib.Path("/proc", str(self.service.pid))
        resident = int(re.search(r"VmRSS:\s+(\d+)", (process / "status").read_text())[1]) << 10
        return kernel, resident, len(os.listdir(process / "fd"))

    def tables(self):
        """All maps of the kernel that hold a policy of this test, pinned or not."""
        here = str(self.sandbox.directory).encode().hex(" ")
        ids = [m["id"] for m in json.loads(run("bpftool", "-j", "map", "show"))
               if m.get("name") == "tables"]
        found = []
        for number in ids:
            done = subprocess.run(["bpftool", "map", "dump", "id", str(number)], text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
            if here in " ".join(done.stdout.split()):
                found.append(number)
        return found

    def programs(self, tables):
        return [p["id"] for p in json.loads(run("bpftool", "-j", "prog", "show"))
                if set(tables) & set(p.get("map_ids", ()))]

    def assertNothingGrows(self, before):
        """The kernel frees memory in its own time."""
        def settled():
            tables = self.tables()
            return len(tables) == 2 and len(self.programs(tables)) == 4
        until(settled, "two generations are left, of two programs each")
        until(lambda: self.used()[0] - before[0] < KERNEL_BYTES, f"the kernel's memory, from {before}")
        # While the service looks whether all is well, it has some more files open.
        try:
            until(lambda: self.used()[2] <= before[2], "the service's open files")
        except Failure as failure:
            self.fail(f"{failure}: {before[2]} became {descriptors(self.service.pid)}, it says "
                      f"{self.said.read_text()}")
        after = self.used()
        self.assertLess(after[1] - before[1], PROCESS_BYTES, (before, after))
        return [(b - a) >> 10 for a, b in zip(before, after)]

    def test_two_policies_take_turns(self):
        generator = Generator(self, "--sources", 250, "--source-ports", 50000, "--ports", 4, PACKET)
        until(lambda: self.stats().packets("steady", "in"), "packets come")
        start = time.monotonic()
        self.take_turns(self.by_service, range(WARM))
        before = self.used()
        self.take_turns(self.by_service, range(WARM, RELOADS // 2))
        self.take_turns(self.by_command, range(RELOADS // 2 // 2 * 2, RELOADS))
        sent, errors, said = generator.stop()
        grown = self.assertNothingGrows(before)
        self.succeeds("reload", self.interface, self.paths[0])
        self.behind.check(self, sent, errors)
        self.assertGreater(sent, 100 * RELOADS)
        print(f"\n{RELOADS} reloads in {time.monotonic() - start:.0f} s, {said}, {errors} of them lost "
              f"before the filter; kernel and service grew by {grown[0]} and {grown[1]} KiB")


main()
