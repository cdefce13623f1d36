#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Policies for today's servers, in front of real ones: what a policy is for works in both families,
at the rule that it names, and what it does not name is dropped. Only `admins` is filled in."""

import pathlib
import re
import shutil
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True  # leave the source tree as it is
TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "shared"), str(TESTS / "command")]

from guarded import FAMILIES, HERE, THERE, Guarded, main, policy
from sandbox import until

import clients
import services
from shipped import ADMIN, POLICIES, filled_in

WORKS = 10  # seconds, for an answer that must come
FAILS = (2, WORKS, 6 * WORKS)  # and for one that must not; longer if a client had no time to ask
PEER, INSIDE = 3480, "10.0.0.5"
EVERYTHING = policy("everything", inbound="accept", outbound="accept")


class Today(Guarded):
    """The server is `here`; `there` are its clients, and an administrator."""

    policy = None

    def setUp(self):
        super().setUp()
        self.there.address("peer", *ADMIN)
        self.here.route(self.interface, HERE, *ADMIN)
        self.certificates = services.Certificates(self.sandbox.directory)
        services.start_sockets(self.sandbox, self.here, HERE, "tcp:22", "tcp:8080", "udp:443")
        services.start_sockets(self.sandbox, self.there, THERE, "tcp:25", "tcp:443", "udp:53")

    def guard(self, flooded=False):
        """As on a card, which sends what XDP answers: a veth does so if its other end has a program, too. FLOODED: every
        SYN is one too many."""
        self.succeeds("attach", "--mode", "native", "peer", self.file(EVERYTHING, "everything.ini"), namespace=self.there)
        text = filled_in((POLICIES / self.policy).read_text())
        if flooded:
            self.here.run("sysctl", "-qw", "net.ipv4.tcp_syncookies=2")
            text = text.replace(" over 1000/second", "")
        self.succeeds("attach", self.interface, self.file(text, self.policy))

    def echo(self, source, address, transport, port, seconds=WORKS):
        namespace = self.here if source in HERE else self.there
        return clients.echo(namespace, transport, source, address, port, seconds)

    def client(self, *command):
        """Runs a client `there`; returns whether it got what it asked for."""
        done = subprocess.run(self.there.command("timeout", str(WORKS), *command), text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)
        return done.returncode == 0 and done.stdout

    def counted(self, direction, work, *rules):
        """WORK gets what it wants; its packets and their replies are counted at each of RULES."""
        before = self.stats()
        self.assertTrue(work(), rules)
        after = self.stats()
        for rule in rules:
            self.assertGreater(after.packets(rule, direction), before.packets(rule, direction))
            self.assertGreater(after.replies(rule, direction), before.replies(rule, direction))

    def dropped(self, direction, work):
        """WORK, which is told how long to wait, gets nothing, and what it sent is counted as
        dropped."""
        before = self.stats().reason("default", direction)
        for seconds in FAILS:
            self.assertFalse(work(seconds))
            after = self.stats().reason("default", direction)
            if after > before:
                return
        self.fail(f"nothing was dropped {direction}")

    def by_cookies(self, works):
        """What WORKS does takes a cookie for each connection, and a right one comes back."""
        before = self.look()["syn_cookies"]
        works()
        after = self.look()["syn_cookies"]
        self.assertGreater(after["sent"], before["sent"])
        self.assertGreaterEqual(after["valid"] - before["valid"], after["sent"] - before["sent"])
        self.assertEqual(after["invalid"], 0)

    def administered(self):
        for family, _ in FAMILIES:
            self.counted("in", lambda: self.echo(ADMIN[family], HERE[family], "tcp", 22), "ssh-in")
            self.dropped("in", lambda seconds: self.echo(THERE[family], HERE[family], "tcp", 22, seconds))
            self.dropped("out", lambda seconds: self.echo(HERE[family], THERE[family], "tcp", 25, seconds))


class Web(Today):
    policy = "web-server.ini"

    def setUp(self):
        super().setUp()
        self.certificates.issue("web.example")
        self.sandbox.start(self.here, "http", sys.executable, "-m", "http.server", "--bind", "::",
                           "80")
        self.sandbox.start(self.here, "https", "openssl", "s_server", "-accept", "443", "-www",
                           "-key", self.certificates.key("web.example"),
                           "-cert", self.certificates.certificate("web.example"))

    def page(self, family, scheme, port):
        said = self.client("curl", "-s", "--noproxy", "*", "--cacert", self.certificates.authority,
                           "--resolve", f"web.example:{port}:{HERE[family]}",
                           f"{scheme}://web.example:{port}/")
        return said and "html" in said.lower()

    def test_it_serves(self):
        for family, _ in FAMILIES:
            until(lambda: self.page(family, "http", 80), "the server")
            until(lambda: self.page(family, "https", 443), "the server, with TLS")
            until(lambda: self.echo(THERE[family], HERE[family], "tcp", 8080), "something else")
        self.guard()
        for family, _ in FAMILIES:
            self.counted("in", lambda: self.page(family, "http", 80), "http-in")
            self.counted("in", lambda: self.page(family, "https", 443), "https-in")
            self.counted("in", lambda: self.echo(THERE[family], HERE[family], "udp", 443), "quic-in")
            self.dropped("in", lambda seconds: self.echo(THERE[family], HERE[family], "tcp", 8080, seconds))
            self.counted("out", lambda: self.echo(HERE[family], THERE[family], "tcp", 443),
                         "https-out")
            self.counted("out", lambda: self.echo(HERE[family], THERE[family], "udp", 53), "dns-out")
        self.administered()
        self.assertConserved()


    def test_it_serves_in_a_flood(self):
        for family, _ in FAMILIES:
            until(lambda: self.page(family, "http", 80), "the server")
            until(lambda: self.page(family, "https", 443), "the server, with TLS")
        self.guard(flooded=True)
        for family, _ in FAMILIES:
            for scheme, port in ("http", 80), ("https", 443):
                self.by_cookies(lambda: self.counted("in", lambda: self.page(family, scheme, port), f"{scheme}-in"))
        self.assertConserved()


@unittest.skipUnless(shutil.which("prosody"), "there is no Prosody")
class Xmpp(Today):
    policy = "xmpp-server.ini"

    def setUp(self):
        super().setUp()
        services.start_prosody(self.sandbox, self.here, "xmpp.example", HERE, self.certificates,
                               users=HERE, direct="5223")
        services.start_sockets(self.sandbox, self.there, THERE, "tcp:5269")

    def stream(self, family, port, *start):
        """A stream with TLS, whose certificate is verified."""
        name = "c0.v4.xmpp.example"
        at = f"[{HERE[family]}]" if family else HERE[family]
        return self.client("openssl", "s_client", "-connect", f"{at}:{port}", "-servername", name,
                           "-verify_return_error", "-verify_hostname", name,
                           "-CAfile", self.certificates.authority, *start)

    def test_it_talks_in_a_flood(self):
        start = "-starttls", "xmpp", "-xmpphost", "c0.v4.xmpp.example"
        until(lambda: self.stream(0, 5222, *start), "Prosody")
        self.guard(flooded=True)
        for family, _ in FAMILIES:
            self.by_cookies(lambda: self.counted("in", lambda: self.stream(family, 5222, *start), "c2s-in"))
            self.by_cookies(lambda: self.counted("in", lambda: self.stream(family, 5223), "c2s-in"))
        self.assertConserved()

    def test_it_talks(self):
        user, server = (("-starttls", kind, "-xmpphost", "c0.v4.xmpp.example")
                        for kind in ("xmpp", "xmpp-server"))
        for family, _ in FAMILIES:
            until(lambda: self.stream(family, 5222, *user), "Prosody")
        self.guard()
        for family, _ in FAMILIES:
            self.counted("in", lambda: self.stream(family, 5222, *user), "c2s-in")
            self.counted("in", lambda: self.stream(family, 5223), "c2s-in")
            self.counted("in", lambda: self.stream(family, 5269, *server), "s2s-in")
            self.counted("out", lambda: self.echo(HERE[family], THERE[family], "tcp", 5269), "s2s-out")
            self.dropped("in", lambda seconds: self.echo(THERE[family], HERE[family], "tcp", 8080, seconds))
        self.administered()
        self.assertConserved()


@unittest.skipUnless(shutil.which("turnserver"), "there is no coturn")
class Turn(Today):
    """A client and a peer `there` talk through the relay, from port 49152 up."""

    policy = "turn-server.ini"

    def setUp(self):
        super().setUp()
        self.there.address("peer", INSIDE)
        self.here.route(self.interface, HERE, INSIDE)
        where = [word for address in HERE
                 for word in ("--listening-ip", address, "--relay-ip", address)]
        self.log = self.sandbox.start(
            self.here, "turn", "turnserver", "-n", "--no-auth", "--no-cli", "--no-rfc5780",
            "--no-tls", "--no-dtls", "--log-file", "stdout", "--simple-log",
            "--userdb", self.sandbox.directory / "turn.sqlite",
            "--pidfile", self.sandbox.directory / "turn.pid", *where)
        for address in (*THERE, INSIDE):
            self.sandbox.start(self.there, f"peer-{address}", "turnutils_peer", "-L", address,
                               "-p", PEER)

    def relayed(self, family, peer, *options):
        """Whether everything that a client sends to PEER comes back."""
        said = self.client("turnutils_uclient", "-c", "-n", "5", *(["-x"] if family else []),
                           *options, "-L", THERE[family], "-e", peer, "-r", str(PEER), HERE[family])
        return said and "lost packets 0 (0.000000%)" in said and re.search(r"tot_recv_msgs=[1-9]", said)

    def test_it_relays(self):
        for family, _ in FAMILIES:
            until(lambda: self.relayed(family, THERE[family]), "the relay")
        self.assertTrue(self.relayed(0, INSIDE), "without a filter the inside is reached")
        self.guard()
        for family, _ in FAMILIES:
            self.counted("in", lambda: self.relayed(family, THERE[family]), "stun-udp-in", "relay-in")
            self.counted("in", lambda: self.relayed(family, THERE[family], "-t"), "stun-tcp-in",
                         "relay-in")
        self.administered()
        self.assertConserved()

    def test_the_inside_is_kept_from_it(self):
        until(lambda: self.relayed(0, INSIDE), "the relay")
        self.guard()
        self.assertFalse(self.relayed(0, INSIDE))
        self.assertGreater(self.stats().packets("relay-inside-out", "out"), 0)
        self.assertEqual(self.stats().packets("relay-inside-in", "in"), 0)


main()
