#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The lockout guard: no command cuts the session that it was typed in, unless it is told to. And
what was open before the filter came stays open."""

import os
import subprocess

from guarded import FAMILIES, HERE, THERE, Guarded, entered, main, policy, rule

SSH, PORT = 22, 4000
LETS_IN = policy("lets-in", rule("ssh", "in", "tcp", SSH))
CUTS = policy("cuts", rule("no-ssh", "in", "tcp", SSH, action="drop"))


class Lockout(Guarded):
    def typed(self, client, server):
        """The environment of a command that is typed in this SSH session."""
        return {**os.environ, "SSH_CONNECTION": f"{client} 50000 {server} {SSH}"}

    def refused(self, command, *arguments, env=None, **options):
        line = self.fails(1, command, self.interface, *arguments,
                          env=env or self.typed(THERE[0], HERE[0]), **options)
        self.assertSays(line, "lock you out", self.interface, "--force")
        return line

    def test_attach_names_what_would_cut(self):
        path = self.file(CUTS)
        self.assertSays(self.refused("attach", path), "rule no-ssh")
        self.assertSays(self.refused("attach", self.file(policy("nothing"))), "reason default")
        self.assertNothingPinned()
        for family, _ in FAMILIES:
            self.refused("attach", path, env=self.typed(THERE[family], HERE[family]))
        self.succeeds("attach", "--force", self.interface, path,
                      env=self.typed(THERE[0], HERE[0]))

    def test_audit_cuts_nothing(self):
        self.succeeds("attach", "--audit", self.interface, self.file(CUTS),
                      env=self.typed(THERE[0], HERE[0]))

    def test_reload_and_rollback(self):
        env = self.typed(THERE[0], HERE[0])
        self.attach(CUTS)
        self.succeeds("reload", self.interface, self.file(LETS_IN), env=env)
        self.assertSays(self.refused("rollback"), "rule no-ssh")
        self.refused("reload", self.file(CUTS))
        self.assertEqual(self.status()["policy"], "lets-in")
        self.succeeds("rollback", "--force", self.interface, env=env)
        self.assertEqual(self.status()["policy"], "cuts")

    def test_session_of_an_ancestor(self):
        """sudo strips the variable; the shell above it still has it."""
        command = (*self.here.command(), "env", "-u", "SSH_CONNECTION", str(self.program),
                   "attach", self.interface, str(self.file(CUTS)))
        shell = subprocess.run(["/bin/sh", "-c", '"$@"; exit $?', "sh", *command], text=True,
                               env=self.typed(THERE[0], HERE[0]), stderr=subprocess.PIPE)
        self.assertEqual(shell.returncode, 1)
        self.assertSays(shell.stderr, "lock you out")

    def test_session_by_another_interface(self):
        """What certainly comes by another interface cannot be cut here."""
        inside = self.name()
        self.sandbox.cable(self.here, inside, self.there, "inside")
        self.here.address(inside, "10.9.0.1")
        self.here.route(inside, ("10.9.0.1", HERE[1]), "10.9.0.2")
        self.succeeds("attach", self.interface, self.file(CUTS),
                      env=self.typed("10.9.0.2", "10.9.0.1"))


class Older(Guarded):
    """Connections that are older than the filter."""

    def test_go_on_whichever_side_speaks_first(self):
        talks = [(self.connect(self.here, self.there, PORT, family), first)
                 for family, _ in FAMILIES for first in (0, 1)]
        self.attach(policy("new", rule("talk", "out", "tcp", PORT)))
        for ends, first in talks:
            ends[first].sendall(b"ping")
            self.assertEqual(ends[1 - first].recv(4), b"ping")
        self.assertEqual(self.stats().reason("default", "in"), 0)
        self.assertConserved()

    def test_connected_datagrams(self):
        server = self.socket(self.there, port=PORT)
        client = self.socket(self.here)
        with entered(self.here):
            client.connect((THERE[0], PORT))
        self.attach(policy("new", rule("talk", "out", "udp", PORT)))
        server.sendto(b"first", client.getsockname())
        self.assertEqual(client.recv(100), b"first")

    def test_what_the_policy_refuses_ends(self):
        here, there = self.connect(self.here, self.there, PORT)
        self.attach(policy("new", rule("talk", "out", "tcp", PORT + 1)))
        self.assertEqual(self.status()["flows"], 0)
        there.sendall(b"lost")
        self.assertSilent(here)


if __name__ == "__main__":
    main()
