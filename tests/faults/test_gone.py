#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a command or the service depends on disappears meanwhile: the interface, and bpffs."""

import random
import subprocess
import threading

from fault import FLOOD, FORBIDDEN, KILLS, LARGE, ONE, OTHER, SEED, main
from killing import Killing
from serving import PATIENCE, Serving

from sandbox import run, until


class Interface(Killing):
    """Deleted at random instants while commands work on it: the command ends cleanly, what it says
    is true, and the next interface of that name is guarded as if nothing had happened."""

    def setUp(self):
        super().setUp()
        self.random = random.Random(f"{SEED} {self.id()}")
        self.one = self.file(ONE)

    def delete(self):
        run("ip", "-n", self.here.name, "link", "del", self.interface)

    def race(self, prepare, *words):
        """Deletes the interface while the command runs; counts its exit statuses."""
        prepare()
        takes = self.takes(*words)
        ended = {0: 0, 1: 0}
        for _ in range(max(2, KILLS // 12)):
            self.open()
            prepare()
            vanish = threading.Timer(takes * self.random.uniform(0, 1), self.delete)
            vanish.start()
            done = self.call(*words)
            vanish.join()
            ended[done.returncode] += 1
            self.assertEqual(done.stderr.count("\n"), done.returncode, done.stderr)
            if done.stderr:
                self.assertSays(done.stderr, self.interface)
                self.assertRegex(done.stderr, "gone|vanished|no interface")
            self.assertSays(self.fails(1, "status", self.interface), self.interface)
            self.cable(self.interface)
            self.fresh()
        print(f"\n{words[0]}: {ended[1]} of {sum(ended.values())} failed, seed {SEED}")

    def open(self):
        if self.pins():
            self.succeeds("detach", self.interface)

    def fresh(self):
        """A new interface of that name is guarded, and judges."""
        self.succeeds("attach", self.interface, self.one)
        self.assertPinsWhole()
        self.assertEqual(self.stats().packets("flood-in", "in"), 0)
        receiver, silent = self.socket(self.here, port=FLOOD), self.socket(self.here, port=FORBIDDEN)
        self.reaches(self.socket(self.there), receiver, FORBIDDEN)
        self.assertSilent(silent)
        receiver.close()
        silent.close()

    def guard(self):
        if not self.pins():
            self.succeeds("attach", self.interface, self.one)

    def test_attach(self):
        self.race(self.open, "attach", self.interface, self.one)

    def test_reload(self):
        self.race(self.guard, "reload", self.interface, self.file(OTHER))

    def test_reload_that_needs_larger_tables(self):
        self.race(self.guard, "reload", self.interface, self.file(LARGE))

    def test_detach(self):
        self.race(self.guard, "detach", self.interface)


class Bpffs(Serving):
    """When it is unmounted, everything pinned is gone and nothing is guarded any more. Done in a
    mount namespace of the service's own, where no other bpffs appears when it is unmounted."""

    MOUNT = "mount -t bpf -o mode=0700 bpf /sys/fs/bpf"

    def setUp(self):
        super().setUp()
        self.path = self.file(ONE)

    def wrap(self, *prefix, unshare="unshare --mount"):
        """From now on the program runs in a mount namespace with its own bpffs."""
        script = self.file(f"#!/bin/sh\nexec {unshare} sh -c 'umount -a -t bpf; {self.MOUNT}; "
                           f"exec \"$@\"' sh {' '.join(prefix)} {self.program} \"$@\"\n", "wrapped")
        script.chmod(0o755)
        self.real, self.program = self.program, script

    def inside(self, *words):
        """Runs a command in the service's namespaces."""
        return self.call(*words, prefix=self.entering())

    def mount(self, *words):
        run(*self.entering(), *words)

    def unmount(self):
        """The service and its exporter may look into it at this moment: then it is busy."""
        words = [*self.entering(), "umount", "/sys/fs/bpf"]
        until(lambda: not subprocess.run(words, capture_output=True).returncode, words, PATIENCE)

    def entering(self):
        spaces = f"/proc/{self.service.pid}/ns"
        return ["nsenter", f"--mount={spaces}/mnt", f"--pid={spaces}/pid_for_children"]

    def assertGuards(self):
        self.program = self.real
        self.assertEqual(self.inside("status", self.interface).returncode, 0)
        self.reaches(self.socket(self.there), self.socket(self.here, port=FLOOD), FORBIDDEN)
        self.assertIn('"xdp"', self.here.run("ip", "-j", "link", "show", self.interface))

    def test_service_mounts_it_again(self):
        """If the mount namespace is that of the first process, and so will stay."""
        self.wrap(unshare="unshare --mount --pid --mount-proc --fork --kill-child")
        self.serve(self.path)
        self.said.write_text("")
        self.unmount()
        self.says("attached: policy one")
        self.assertGuards()

    def test_service_that_may_not_mount(self):
        """It says what to do, and guards again after that was done."""
        self.wrap("setpriv", "--bounding-set=-all,+bpf,+net_admin,+perfmon",
                  "--inh-caps=-all,+bpf,+net_admin,+perfmon")
        self.serve(self.path)
        self.unmount()
        self.notices.next("STATUS=", "NOT GUARDED", self.MOUNT)
        self.program = self.real
        for words in (["reload", self.interface], ["status", self.interface]):
            done = self.inside(*words)
            self.assertEqual(done.returncode, 1)
            self.assertSays(done.stderr, "cannot be seen", self.MOUNT)
        self.mount("mount", "-t", "bpf", "bpf", "/sys/fs/bpf")
        self.kill(1)
        self.notices.next("STATUS=", "policy one")
        self.assertGuards()


main()
