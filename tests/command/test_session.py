#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The lockout guard: no command cuts the session in which it was typed, unless it is told to. And
what was open before the filter was attached stays open."""

import os
import socket
import subprocess
import sys

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
        """A session that certainly comes by another interface cannot be cut here."""
        inside = self.name()
        self.sandbox.cable(self.here, inside, self.there, "inside")
        self.here.address(inside, "10.9.0.1")
        self.here.route(inside, ("10.9.0.1", HERE[1]), "10.9.0.2")
        self.succeeds("attach", self.interface, self.file(CUTS),
                      env=self.typed("10.9.0.2", "10.9.0.1"))


class Open(Guarded):
    """Without a session of one's own, as in systemd, a timer or a script, the open sessions count."""

    def serve(self, port, listens="sh", accepts="sh"):
        """An open session: processes called LISTENS and ACCEPTS have the two sockets."""
        listener = self.socket(self.here, socket.SOCK_STREAM, port=port)
        listener.listen()
        client = self.socket(self.there, socket.SOCK_STREAM)
        client.connect((HERE[0], port))
        accepted = listener.accept()[0]
        for name, held in ((listens, listener), (accepts, accepted)):
            keeper = subprocess.Popen(
                [sys.executable, "-c", f"open('/proc/self/comm', 'w').write('{name}'); print(flush=True); "
                 "input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=(held.fileno(),))
            self.addCleanup(keeper.wait)
            self.addCleanup(keeper.stdin.close)
            self.addCleanup(keeper.stdout.close)
            keeper.stdout.readline()
            held.close()
        return client

    def refused(self, *words):
        line = self.fails(1, *words)
        self.assertSays(line, "lock out somebody who is logged in", f"{THERE[0]} ", self.interface, "--force")

    def test_commands(self):
        self.attach(CUTS)
        self.succeeds("reload", self.interface, self.file(LETS_IN))
        self.serve(SSH)
        self.refused("rollback", self.interface)
        self.refused("reload", self.interface, self.file(CUTS))
        self.refused("run", "--check", self.interface, self.file(CUTS))
        self.assertEqual(self.status()["policy"], "lets-in")
        self.succeeds("reload", self.interface, self.file(LETS_IN))
        self.succeeds("run", "--check", self.interface, self.file(LETS_IN))
        self.succeeds("run", "--check", "--force", self.interface, self.file(CUTS))
        self.succeeds("detach", self.interface)
        self.refused("attach", self.interface, self.file(CUTS))
        self.assertNothingPinned()
        self.succeeds("attach", "--audit", self.interface, self.file(CUTS))
        self.succeeds("reload", "--force", self.interface, self.file(CUTS))

    def by(self, port, listens, accepts):
        self.serve(port, listens, accepts)
        self.attach(policy("open", rule("in", "in", "tcp", port)))
        self.refused("reload", self.interface, self.file(CUTS))

    def test_sshd_on_another_port(self):
        self.by(2222, "sshd", "sh")

    def test_sshd_for_which_systemd_listens(self):
        self.by(2222, "systemd", "sshd-session")

    def test_dropbear(self):
        self.by(2222, "dropbear", "dropbear")

    def test_other_services(self):
        self.serve(2200)
        self.attach(CUTS)

    def test_a_session_of_ones_own_is_asked_alone(self):
        env = {**os.environ, "SSH_CONNECTION": f"{THERE[1]} 50000 {HERE[1]} {SSH}"}
        self.serve(SSH)
        only = policy("only", rule("ssh", "in", "tcp", SSH, **{"from": THERE[1]}))
        self.refused("attach", self.interface, self.file(only))
        self.succeeds("attach", self.interface, self.file(only), env=env)

    def test_what_comes_by_another_interface(self):
        inside = self.name()
        self.sandbox.cable(self.here, inside, self.there, "inside")
        self.serve(SSH)
        self.succeeds("attach", inside, self.file(CUTS))

    def test_a_ban_is_not_refused(self):
        """Otherwise somebody who is trying passwords could not be banned meanwhile."""
        self.attach(LETS_IN)
        self.serve(SSH)
        self.succeeds("ban", self.interface, THERE[0])


class Leased(Guarded):
    WARNING = 'add "dhcp-client = accept" to [baseline]'
    RENEWS = policy("renews", "[baseline]\ndhcp-client = accept\n")

    def lease(self, address):
        self.here.run("ip", "address", "add", address, "dev", self.interface, "valid_lft", "3600",
                      "preferred_lft", "3600")

    def said(self, *words):
        done = self.call(*words)
        self.assertEqual(done.returncode, 0, done)
        return done.stderr

    def test_ipv4(self):
        path = self.file(LETS_IN)
        self.assertEqual(self.said("attach", self.interface, path), "")
        self.lease("192.0.2.77/24")
        for words in (("reload", self.interface), ("reload", self.interface, path),
                      ("run", "--check", self.interface, path)):
            self.assertSays(self.said(*words), "warning: ", "192.0.2.77", self.interface, self.WARNING)
        self.assertEqual(self.said("reload", self.interface, self.file(self.RENEWS)), "")
        self.succeeds("detach", self.interface)
        self.assertSays(self.said("attach", self.interface, path), "192.0.2.77", self.WARNING)

    def test_ipv6(self):
        """A single address is a lease; an address from a router's prefix is not."""
        path = self.file(LETS_IN)
        self.lease("2001:db8:5::7/64")
        self.assertEqual(self.said("attach", self.interface, path), "")
        self.lease("2001:db8:5::8/128")
        self.assertSays(self.said("reload", self.interface), "2001:db8:5::8", self.WARNING)


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
