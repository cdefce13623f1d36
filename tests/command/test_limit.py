#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Rates that a rule accepts: who is held to them, who is not, and where that is shown."""

import json
import os
import re
import socket
import threading
import time

from guarded import FAMILIES, HERE, THERE, Guarded, Stats, entered, main, policy
from sandbox import until

PORT, FORBIDDEN = 4000, 4001
# The burst is two seconds' worth: a sender or a filter that a busy machine stops for less loses nothing.
RATE, BURST = 100, 200
BAND = f"limit {RATE}/second per source burst {BURST}"
RULES = f"[rules]\nserve = accept in udp > :{PORT}  {BAND}\n"
OTHERS = ("203.0.113.8", "203.0.113.9")


class Limited(Guarded):
    def setUp(self):
        super().setUp()
        self.there.address("peer", *OTHERS)
        self.here.route(self.interface, HERE, *OTHERS)

    def sender(self, family=0, address=None):
        with entered(self.there):
            made = socket.socket((socket.AF_INET, socket.AF_INET6)[family], socket.SOCK_DGRAM)
        self.addCleanup(made.close)
        if address:
            made.bind((address, 0))
        return made

    def serve(self, direction="in"):
        return self.stats().rules["serve", direction]

    def flood(self, sender, seconds, family=0, port=PORT):
        """Sends as fast as it can; returns how many packets, and in how many seconds."""
        begin, sent = time.monotonic(), 0
        while time.monotonic() < begin + seconds:
            for _ in range(20):
                sender.sendto(b"x" * 100, (HERE[family], port))
            sent += 20
        return sent, time.monotonic() - begin

    def drain(self, sender, family=0):
        """Waits until what was sent has come to the filter, or was lost before: a machine that is late
        does not keep up with a flood."""
        def marked():
            sender.sendto(b"x", (HERE[family], FORBIDDEN))
            return self.stats().reason("default", "in") > 0
        until(marked, "the last packet")

    def assertHeld(self, counted, sent, seconds):
        """What passed is at most the burst and what the rate gives, and little less."""
        came = counted["packets"] + counted["limited_packets"]
        self.assertLessEqual(came, sent)
        self.assertGreater(came, sent / 2)
        most = BURST + RATE * seconds
        self.assertLessEqual(counted["packets"], most + 1)
        self.assertGreaterEqual(counted["packets"], 0.95 * most)


class Sources(Limited):
    def test_each_is_held_to_the_rate(self):
        for family, name in FAMILIES:
            with self.subTest(name):
                self.attach(policy("limited", RULES))
                self.assertHeld(*self.measured(family))
                self.succeeds("detach", self.interface)

    def measured(self, family):
        sender = self.sender(family)
        sent, seconds = self.flood(sender, 1.5, family)
        self.drain(sender, family)
        return self.serve(), sent, seconds

    def test_who_stays_below_it_loses_nothing(self):
        self.attach(policy("limited", RULES))
        loud, quiet = self.sender(address=OTHERS[0]), self.sender(address=OTHERS[1])
        with entered(self.here):
            server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(server.close)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        server.bind((HERE[0], PORT))
        for _ in range(60):
            quiet.sendto(b"quiet", (HERE[0], PORT))
            self.flood(loud, 0.01)
        self.send_last(quiet)
        received = []
        server.settimeout(5)
        while b"last" not in received:
            received.append(server.recv(200))
        self.assertEqual(received.count(b"quiet"), 60)
        self.assertGreater(self.serve()["limited_packets"], 0)

    @staticmethod
    def send_last(sender):
        sender.sendto(b"last", (HERE[0], PORT))

    def test_goes_on_over_a_reload(self):
        slow = RULES.replace(BAND, "limit 2/hour per source burst 3")
        self.attach(policy("limited", slow))
        sender = self.sender()
        for _ in range(5):
            sender.sendto(b"x", (HERE[0], PORT))
        until(lambda: self.serve()["limited_packets"] == 2, "the counters")
        self.reload(policy("again", "[rules]\nmore = accept in udp > :9\n", slow))
        sender.sendto(b"x", (HERE[0], PORT))
        until(lambda: self.serve()["limited_packets"] == 3, "the counters")
        self.assertEqual(self.serve()["packets"], 3)
        self.reload(policy("again", slow.replace("2/hour", "3/hour")))
        sender.sendto(b"x", (HERE[0], PORT))
        until(lambda: self.serve()["packets"] == 4, "the counters")


class Places(Limited):
    """Several CPUs share a source's rate; several interfaces do not."""

    TIGHT = f"[rules]\nserve = accept in udp > :{PORT}  limit 2/hour per source burst 3\n"

    def on_cpu(self, cpu, sender, seconds, sent):
        os.sched_setaffinity(0, {cpu})  # of this thread alone; the packets are judged on its CPU
        sent.append(self.flood(sender, seconds)[0])

    def test_two_cpus_share_a_rate(self):
        cpus = sorted(os.sched_getaffinity(0))[:2]
        if len(cpus) < 2:
            self.skipTest("there is only one CPU")
        for text in (RULES, RULES.replace(" per source", "")):
            self.attach(policy("limited", text))
            senders, sent = [self.sender(address=OTHERS[0]) for _ in cpus], []
            threads = [threading.Thread(target=self.on_cpu, args=(cpu, sender, 2, sent))
                       for cpu, sender in zip(cpus, senders)]
            begin = time.monotonic()
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            seconds = time.monotonic() - begin
            counted = self.at_rest(self.serve)  # a queue may overflow before the filter
            self.assertHeld(counted, counted["packets"] + counted["limited_packets"], seconds)
            self.assertGreater(counted["limited_packets"], 0)
            shares = [one["limited_packets"] for one in self.serve_by_cpu()]
            self.assertEqual(sum(share > 0 for share in shares), 2, "both CPUs have judged packets")
            self.succeeds("detach", self.interface)

    def counted(self):
        return sum(self.serve()[key] for key in ("packets", "limited_packets"))

    def serve_by_cpu(self):
        """What each CPU counted at the only rule."""
        return [value["value"] for value in self.dump("counters")[0]["values"]]

    def send_five(self, address, sender):
        for _ in range(5):
            sender.sendto(b"x", (address, PORT))

    def test_interfaces_do_not_share(self):
        second = self.name()
        self.sandbox.cable(self.here, second, self.there, "other")
        self.there.address("other", "203.0.113.20")
        self.here.address(second, "198.51.100.20")
        self.there.route("other", ["203.0.113.20"], "198.51.100.20")
        self.here.route(second, ["198.51.100.20"], "203.0.113.20")
        path = self.attach(policy("limited", self.TIGHT))
        self.succeeds("attach", second, path)
        sender = self.sender(address=OTHERS[0])
        for interface, address in ((self.interface, HERE[0]), (second, "198.51.100.20")):
            self.send_five(address, sender)
            until(lambda interface=interface: self.serve_of(interface) == (3, 2), f"the counters of {interface}")

    def serve_of(self, interface):
        stats = Stats(json.loads(self.succeeds("stats", "--json", interface))[0])
        return tuple(stats.rules["serve", "in"][key] for key in ("packets", "limited_packets"))

    def test_who_is_held_stays_so_when_a_trial_expires(self):
        self.attach(policy("limited", self.TIGHT))
        sender = self.sender()
        self.send_five(HERE[0], sender)
        until(lambda: self.serve_of(self.interface) == (3, 2), "the counters")
        self.succeeds("reload", "--confirm", "1s", self.interface, self.file(policy("trial", "[rules]\nmore = accept in udp > :9\n")))
        until(lambda: self.look()["policy"] == "limited", "the policy before")
        before = self.serve_of(self.interface)
        self.send_five(HERE[0], sender)
        until(lambda: self.counted() == sum(before) + 5, "the counters")
        self.assertEqual(self.serve_of(self.interface)[0], before[0])


class Ahead(Limited):
    def sources(self):
        """How many are ahead of each rule's limit, as the metrics say."""
        shown = self.succeeds("stats", "--prometheus", self.interface)
        return {rule: int(count) for rule, count in
                re.findall(r'^edgexdp_limit_sources\{interface="[^"]*",rule="([^"]*)"\} (\d+)$', shown, re.MULTILINE)}

    def test_are_counted_by_rule(self):
        text = (f"[rules]\nserve = accept in udp > :{PORT}  limit 1/hour per source burst 3, 5/hour burst 100\n"
                f"far = accept both udp > {HERE[0]}, 203.0.113.0/24:{FORBIDDEN}  limit 2/hour per source burst 3\n"
                "open = accept in udp > :9\n")
        self.attach(policy("counted", text))
        self.assertEqual(self.sources(), {"serve": 0, "far": 0})
        for count, address in enumerate((*OTHERS, THERE[0]), 1):
            for port in (PORT, FORBIDDEN)[:count]:
                self.sender(address=address).sendto(b"x", (HERE[0], port))
        self.sender(1).sendto(b"x", (HERE[1], PORT))
        with entered(self.here):
            out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(out.close)
        out.sendto(b"x", (OTHERS[0], FORBIDDEN))
        until(lambda: self.sources() == {"serve": 4, "far": 3}, f"the metric, which is {self.sources()}")


class Rules(Limited):
    def test_a_rule_has_its_rate_for_all_sources_together(self):
        self.attach(policy("limited", RULES.replace(" per source", "")))
        senders = [self.sender(address=address) for address in OTHERS]
        begin, sent = time.monotonic(), 0
        while time.monotonic() < begin + 1.5:
            for sender in senders:
                sent += self.flood(sender, 0.01)[0]
        seconds = time.monotonic() - begin
        self.drain(senders[-1])
        self.assertHeld(self.serve(), sent, seconds)

    def test_outgoing_packets_are_limited_for_each_destination(self):
        text = RULES.replace("accept in udp > :", f"accept out udp > {', '.join(OTHERS)}:").replace("per source", "per destination")
        self.attach(policy("limited", text, "watch = accept in udp > :9\n"))
        with entered(self.here):
            sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(sender.close)
        for address in OTHERS:
            for _ in range(3 * BURST):
                sender.sendto(b"x", (address, PORT))
        counted = self.serve("out")
        self.assertEqual(counted["packets"] + counted["limited_packets"], 6 * BURST)
        self.assertGreaterEqual(counted["packets"], 2 * BURST)
        self.assertGreater(counted["limited_packets"], 0)

    def test_only_new_connections_count(self):
        self.attach(policy("limited", f"[rules]\nserve = accept in tcp > :{PORT}  limit 1 new/hour per source burst 2\n"))
        with entered(self.here):
            server = socket.create_server((HERE[0], PORT))
        self.addCleanup(server.close)
        opened = []
        for _ in range(2):
            with entered(self.there):
                opened.append(socket.create_connection((HERE[0], PORT), timeout=5))
            accepted = server.accept()[0]
            self.addCleanup(opened[-1].close)
            self.addCleanup(accepted.close)
            for _ in range(10):
                opened[-1].sendall(b"x" * 1000)
                self.assertTrue(accepted.recv(1000))
        self.assertEqual(self.serve()["limited_packets"], 0)
        with entered(self.there):
            third = socket.socket()
        self.addCleanup(third.close)
        third.settimeout(0.5)
        self.assertRaises(TimeoutError, third.connect, (HERE[0], PORT))
        self.assertGreater(self.serve()["limited_packets"], 0)

    def test_a_reply_is_not_charged(self):
        self.attach(policy("limited", f"[rules]\nserve = accept in tcp any:{PORT} > any  limit 1/hour burst 1\n"
                           f"ask = accept out tcp > {OTHERS[0]}:{PORT}\n"))
        with entered(self.there):
            server = socket.create_server((OTHERS[0], PORT))
        self.addCleanup(server.close)
        with entered(self.here):
            client = socket.create_connection((OTHERS[0], PORT), timeout=5)
        self.addCleanup(client.close)
        accepted = server.accept()[0]
        self.addCleanup(accepted.close)
        for _ in range(5):
            accepted.sendall(b"x" * 1000)
            self.assertTrue(client.recv(1000))
        self.assertEqual((self.serve()["packets"], self.serve()["limited_packets"]), (0, 0))

    def test_bytes_are_those_of_ip(self):
        self.attach(policy("limited", f"[rules]\nserve = accept in udp > :{PORT} limit 1000 bytes/hour per source burst 1000\n"))
        sender = self.sender()
        for _ in range(10):
            sender.sendto(b"x" * 172, (HERE[0], PORT))  # 200 bytes of IP
        until(lambda: self.serve()["limited_packets"] == 5, "the counters")
        self.assertEqual(self.serve()["packets"], 5)


class Exempt(Limited):
    TIGHT = RULES.replace(BAND, "limit 1/hour per source burst 1")

    def sent(self, *addresses):
        """Ten packets from each of ADDRESSES: how many were dropped by the limit."""
        before = self.serve()
        for sender in [self.sender(address=address) for address in addresses]:
            for _ in range(10):
                sender.sendto(b"x", (HERE[0], PORT))

        def counted():
            now = self.serve()
            return sum(now[key] - before[key] for key in ("packets", "limited_packets"))

        until(lambda: counted() == 10 * len(addresses), "the counters")
        return self.serve()["limited_packets"] - before["limited_packets"]

    def test_those_whom_the_policy_names(self):
        self.attach(policy("exempt", self.TIGHT, exempt=OTHERS[0]))
        self.assertEqual([self.sent(OTHERS[0]), self.sent(OTHERS[1])], [0, 9])
        shown = self.succeeds("explain", self.interface, f"in udp {OTHERS[0]}:9 > {HERE[0]}:{PORT}")
        self.assertSays(shown, "accept by rule serve", "it is exempt")
        self.assertNotIn("used up", shown)

    def test_the_session_of_the_caller_stays_so(self):
        env = {**os.environ, "SSH_CONNECTION": f"{OTHERS[0]} 50000 {HERE[0]} 22"}
        self.succeeds("attach", "--force", self.interface, self.file(policy("exempt", self.TIGHT)), env=env)
        self.assertEqual([self.sent(OTHERS[0]), self.sent(OTHERS[1])], [0, 9])
        self.succeeds("reload", "--force", self.interface, self.file(policy("exempt", self.TIGHT)))
        self.assertEqual(self.sent(OTHERS[0]), 9)

    def test_the_default_gateway(self):
        self.here.run("ip", "route", "add", "default", "via", OTHERS[0], "dev", self.interface, "onlink")
        self.attach(policy("exempt", self.TIGHT))
        self.assertEqual([self.sent(OTHERS[0]), self.sent(OTHERS[1])], [0, 9])


class Shown(Limited):
    def use_up(self):
        self.attach(policy("limited", RULES.replace(BAND, "limit 1/hour per source burst 4"),
                           "free = accept in udp > :9\n"))
        sender = self.sender(address=OTHERS[0])
        for _ in range(3):
            sender.sendto(b"x", (HERE[0], PORT))
        until(lambda: self.serve()["packets"] == 3, "the counters")
        return sender

    def explain(self, *options, source=OTHERS[0]):
        return self.succeeds("explain", *options, self.interface,
                             f"in udp {source}:9 > {HERE[0]}:{PORT}")

    def test_explain_says_how_far_it_is_used_up(self):
        sender = self.use_up()
        for _ in range(3):  # asking charges nothing
            self.assertSays(self.explain(), "accept by rule serve", "1/hour per source burst 4: 7")
        self.assertSays(self.explain(source=OTHERS[1]), "1/hour per source burst 4: 0 % is used up")
        sender.sendto(b"x", (HERE[0], PORT))
        until(lambda: self.serve()["packets"] == 4, "the counters")
        self.assertSays(self.explain(), "drop by the limit of rule serve", "burst 4: 99 % is used up")
        shown = json.loads(self.explain("--json"))
        self.assertEqual((shown["outcome"], shown["verdict"], shown["rule"]), ("limit", "drop", "serve"))
        self.assertEqual(shown["limits"], [{"limit": "1/hour per source burst 4", "used_percent": 99}])

    def test_stats_has_a_column_only_where_something_was_limited(self):
        sender = self.use_up()
        self.assertNotIn("LIMITED", self.succeeds("stats", self.interface))
        for _ in range(5):
            sender.sendto(b"x", (HERE[0], PORT))
        until(lambda: self.serve()["limited_packets"] == 4, "the counters")
        shown = self.succeeds("stats", self.interface).split("\n")
        self.assertTrue(any(line.startswith("RULE") and line.endswith("LIMITED") for line in shown), shown)
        self.assertTrue(any(line.startswith("serve") and line.endswith(" 4") for line in shown), shown)
        self.assertEqual(self.serve()["limited_bytes"], 4 * 43)
        self.assertEqual(self.look()["totals"]["in"]["dropped"], 4)

    def test_in_audit_mode_it_passes_and_is_counted(self):
        self.attach(policy("limited", RULES.replace(BAND, "limit 1/hour per source burst 1"), mode="audit"))
        sender = self.sender()
        for _ in range(5):
            sender.sendto(b"x", (HERE[0], PORT))
        until(lambda: self.serve()["limited_packets"] == 4, "the counters")


if __name__ == "__main__":
    main()
