#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The package where no systemd runs: in a chroot. What is guarded there belongs to the host, and
the package must not detach it."""

import os
import pathlib
import re
import sys

sys.dont_write_bytecode = True
TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "shared"), str(TESTS / "command")]

from container import added, make_root, must_be_without
from guarded import Guarded, main, policy, rule
from sandbox import run

PACKAGES = pathlib.Path(os.environ["EDGEXDP_PACKAGES"])
NOTED = r"/(var/lib/dpkg|var/log|var/cache|root|tmp|run)/"  # by dpkg, or about what the machine did


class Chroot(Guarded):
    def setUp(self):
        super().setUp()
        self.machine = self.sandbox.directory / "machine"
        self.machine.mkdir()
        self.addCleanup(run, "umount", "--recursive", self.machine)
        self.root = make_root(self.machine)
        run("mount", "-t", "proc", "proc", self.root / "proc")
        run("mount", "--rbind", "/sys", self.root / "sys")  # with bpffs
        for name in ("first.deb", "second.deb"):
            (self.root / name).write_bytes((PACKAGES / name).read_bytes())
        self.before = self.ours()

    def inside(self, *command):
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                       "DEBIAN_FRONTEND": "noninteractive"}
        return self.here.run("chroot", self.root, *command, env=environment)

    def ours(self):
        return {path for path in added(self.machine) if not re.match(NOTED, path)}

    def test_install_upgrade_purge(self):
        self.inside("dpkg", "--install", "first.deb")
        first = self.inside("edgexdp", "--version")
        self.assertIn("manual", self.inside("man", "edgexdp").lower())
        self.inside("dpkg", "--install", "second.deb")
        self.assertNotEqual(self.inside("edgexdp", "--version"), first)
        self.assertIn("/etc/edgexdp", self.ours())
        self.inside("dpkg", "--purge", "edgexdp")
        self.assertEqual(self.ours(), self.before)

    def test_remove_touches_nothing_of_the_host(self):
        self.attach(policy("talk", rule("talk-in", "in", "udp", 4000)))
        before = self.pins()
        self.inside("dpkg", "--install", "first.deb")
        self.assertIn(self.interface, self.inside("edgexdp", "status"))
        self.inside("dpkg", "--purge", "edgexdp")
        self.assertEqual(self.pins(), before)
        self.assertEqual(self.status()["attach_mode"], "native")

    def test_policies_stay(self):
        self.inside("dpkg", "--install", "first.deb")
        own = self.root / "etc/edgexdp/eth0.ini"
        own.write_text("; my own work\n")
        said = self.inside("dpkg", "--purge", "edgexdp")
        self.assertSays(said, "/etc/edgexdp", "not empty so not removed")
        self.assertEqual(own.read_text(), "; my own work\n")


must_be_without("edgexdp")
main()
