#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever is sent from outside, as fast as one core can send it, nothing is remembered and nobody
is forgotten; a TLS transfer that goes on meanwhile loses nothing."""

from fault import Load, main, policy, rule
from generator import Generator

from guarded import HERE, Guarded
from sandbox import until
from tls import Download, certificate

FLOWS = 1024  # the smallest table
COUNT = 4 << 20
FETCH, ASK, SERVE = 4434, 4002, 4433
STRANGERS = "203.0.113.128/25"
POLICY = policy("flooded", rule("serve-in", "in", "tcp", SERVE),
                rule("stranger", "in", **{"from": STRANGERS}, action="drop"),
                rule("fetch-out", "out", "tcp", FETCH), rule("ask-out", "out", "udp", ASK))
# What is sent from many addresses, and the rule that counts it.
FLOODS = (("bare SYNs to a port that is open", "tcp", 1024, f"{SERVE} syn", "serve-in"),
          ("bare SYNs from where replies come from", "tcp", FETCH, "5000 syn", "stranger"),
          ("SYN-ACKs that nobody asked for", "tcp", FETCH, "5000 syn-ack", "stranger"),
          ("segments of no connection", "tcp", FETCH, "5000 ack", "stranger"),
          ("answers that nobody asked for", "udp", ASK, "5000", "stranger"))


class Floods(Guarded):
    def setUp(self):
        super().setUp()
        # The addresses that this host answers do not exist; it must not wait for them.
        self.here.run("ip", "route", "add", "blackhole", STRANGERS)

    def flow(self):
        """The only flow: its ends, and since when it exists."""
        (flow,) = self.dump("flows")
        return flow["key"], flow["value"]["created_ns"]

    def flood(self, protocol, port, to, rule_name):
        """Returns how many packets were judged."""
        before = self.stats().packets(rule_name, "in")
        ports = ("--ports", 60000) if to.startswith("5000") else ()
        words = ("--sources", 120, "--source-ports", 1 if port != 1024 else 60000, *ports)
        generator = Generator(self, *words, f"in {protocol} 203.0.113.128:{port} > {HERE[0]}:{to}")
        judged = lambda: self.stats().packets(rule_name, "in") - before
        until(lambda: judged() > COUNT, "the flood is judged")
        sent, refused, said = generator.stop()
        until(lambda: judged() >= sent - refused, "all of it is judged")
        self.assertEqual(judged(), sent - refused)
        print(f"\n{said}, {refused} lost before the filter", end="")

    def test_fill_no_table(self):
        self.attach(POLICY, "--flows", str(FLOWS))
        certified = certificate(self.sandbox.directory)
        load = Load(Download(*self.connect(self.here, self.there, FETCH), certified))
        self.addCleanup(load.kill)
        flow = self.flow()
        for what, *flood in FLOODS:
            with self.subTest(what):
                self.flood(*flood)
                self.assertEqual(self.flow(), flow)
        (found,) = load.stop()
        self.assertIsInstance(found, dict, found)
        self.assertEqual(found["sent"], found["received"])
        self.assertGreater(found["bytes"], 1 << 20)
        self.assertEqual(self.stats().reason("default", "in"), 0, "packets of the transfer")
        self.assertConserved()
        print(f"\n{found['bytes']} bytes by TLS meanwhile")


main()
