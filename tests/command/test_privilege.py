#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Who may do what, and what is said to who may not."""

import os
import shutil

from guarded import PINS, Guarded, main, policy, rule

PORT = 4000
POLICY = policy("good", rule("talk-in", "in", "udp", PORT))
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


class Unprivileged(Guarded):
    def setUp(self):
        super().setUp()
        self.program = shutil.copy(self.program, self.sandbox.directory)
        os.chmod(self.program, 0o755)
        self.path = self.file(POLICY)

    def test_check(self):
        self.assertSays(self.succeeds("check", self.path, prefix=NOBODY), "ok")

    def test_help(self):
        self.succeeds("--help", prefix=NOBODY)
        self.succeeds("help", "attach", prefix=NOBODY)

    def refused(self):
        for arguments in (["attach", self.interface, self.path], ["reload", self.interface],
                          ["rollback", self.interface], ["detach", self.interface],
                          ["status", self.interface], ["stats", self.interface], ["status"],
                          ["stats"], ["status", "--json"], ["stats", "--json"]):
            said = self.fails(1, *arguments, prefix=NOBODY)
            self.assertSays(said, "run this command as root")

    def test_before_anything_was_attached(self):
        said = self.fails(1, "attach", self.interface, self.path, prefix=NOBODY)
        self.assertSays(said, "run this command as root")
        self.assertFalse(PINS.exists())

    def test_while_guarded(self):
        self.attach(POLICY)
        before = self.dumps()
        self.refused()
        self.assertEqual(self.dumps(), before)

    def test_capabilities_are_enough(self):
        """Root without any other capability than those that the errors name."""
        few = ("setpriv", "--bounding-set=-all,+bpf,+net_admin,+perfmon",
               "--inh-caps=-all,+bpf,+net_admin,+perfmon")
        self.succeeds("attach", self.interface, self.path, prefix=few)
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT), PORT + 1)
        self.succeeds("reload", self.interface, prefix=few)
        self.succeeds("rollback", self.interface, prefix=few)
        self.succeeds("status", prefix=few)
        self.succeeds("stats", self.interface, prefix=few)
        self.succeeds("detach", self.interface, prefix=few)

    def test_root_without_capabilities(self):
        none = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
        said = self.fails(1, "attach", self.interface, self.path, prefix=none)
        self.assertSays(said, "permission denied", "CAP_BPF")
        self.assertNothingPinned()


main()
