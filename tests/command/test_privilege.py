#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Who may do what, and what others are told."""

import os
import shutil

from guarded import BPFFS, NOBODY, PINS, Guarded, main, policy, rule

PORT = 4000
POLICY = policy("good", rule("talk-in", "in", "udp", PORT))


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

    def test_while_guarded(self):
        self.attach(POLICY)
        before = self.dumps()
        for arguments in (["attach", self.interface, self.path], ["reload", self.interface],
                          ["rollback", self.interface], ["detach", self.interface],
                          ["status", self.interface], ["stats", self.interface], ["status"],
                          ["stats"], ["status", "--json"], ["stats", "--json"]):
            said = self.fails(1, *arguments, prefix=NOBODY)
            self.assertSays(said, "run this command as root")
        self.assertEqual(self.dumps(), before)

    def test_before_anything_was_attached(self):
        said = self.fails(1, "attach", self.interface, self.path, prefix=NOBODY)
        self.assertSays(said, "run this command as root")
        self.assertFalse(PINS.exists())

    def test_capabilities_are_enough(self):
        """Root with only those capabilities that the errors name."""
        few = ("setpriv", "--bounding-set=-all,+bpf,+net_admin,+perfmon",
               "--inh-caps=-all,+bpf,+net_admin,+perfmon")
        self.succeeds("attach", self.interface, self.path, prefix=few)
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT), PORT + 1)
        for command in ("reload", "rollback", "status", "stats", "detach"):
            self.succeeds(command, self.interface, prefix=few)
        self.assertNothingPinned()

    def test_root_without_capabilities(self):
        none = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
        said = self.fails(1, "attach", self.interface, self.path, prefix=none)
        self.assertSays(said, "permission denied", "CAP_BPF")
        self.assertFalse(PINS.exists())


class OpenToAll(Guarded):
    """Where everybody may write to bpffs, what others made is not trusted."""

    def setUp(self):
        super().setUp()
        BPFFS.chmod(0o1777)
        self.addCleanup(BPFFS.chmod, 0o700)
        self.program = shutil.copy(self.program, self.sandbox.directory)

    def test_unprivileged_attach_leaves_nothing(self):
        said = self.fails(1, "attach", self.interface, self.file(POLICY), prefix=NOBODY)
        self.assertSays(said, "run this command as root")
        self.assertFalse(PINS.exists())

    def test_a_folder_of_somebody_else(self):
        PINS.mkdir()
        os.chown(PINS, 65534, 65534)
        said = self.fails(1, "attach", self.interface, self.file(POLICY))
        self.assertSays(said, str(PINS), "65534", "remove it")
        self.assertNothingPinned()

    def test_ours_is_closed_to_others(self):
        self.attach(POLICY)
        self.assertEqual(PINS.stat().st_mode & 0o77, 0)
        self.assertEqual((PINS / self.interface).stat().st_mode & 0o77, 0)


main()
