#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""top: who sends what, exactly while it is slow and closely in a flood; what it follows, how it ends, and
that nothing of it stays."""

import bisect
import collections
import ipaddress
import itertools
import json
import os
import pathlib
import random
import re
import signal
import socket
import struct
import subprocess

from guarded import HERE, PATIENCE, THERE, entered, main, policy, rule
from monitoring import Monitoring, Top
from sandbox import until
from terminal import ENTER, LEAVE, Terminal

GENERATE = pathlib.Path(os.environ.get("EDGEXDP_GENERATE", "build/generate")).resolve()
TALK, TELNET, CLOSED, OUT = 4000, 23, 4003, 4002
RULES = (rule("talk-in", "in", "udp", TALK), rule("telnet", "in", "udp", TELNET, "drop"),
         rule("ask-out", "out", "udp", OUT), rule("web", "in", "tcp", 443))
WATCHED = policy("watched", *RULES)
SAMPLED = 0o44444444  # the bits of `hears` that are about samples


class Counted(Monitoring):
    def top(self, *options):
        return Top(self, *options)

    def hears(self):
        return self.listening()["hears"]

    def count(self, *options):
        """One that goes on until it is told to end, and prints once then."""
        return self.top("--for", "1h", "--json", *options)

    @staticmethod
    def by(rows, key, figure="packets"):
        return {row[key]: row[figure] for row in rows if row[key] is not None}


class Exactly(Counted):
    """While it is slow, every packet is counted."""

    def test_what_is_counted(self):
        self.attach(WATCHED)
        talker = [self.socket(self.here, family=family, port=TALK) for family in (0, 1)]
        outside = [self.socket(self.there, family=family, port=OUT) for family in (0, 1)]
        top = self.count()
        for family, times in ((0, 30), (1, 20)):
            self.send(outside[family], TALK, times)
            self.send(outside[family], TELNET, 7)
            self.send(outside[family], CLOSED, 5)
            self.send(talker[family], OUT, 3)
        self.send(outside[0], talker[0].getsockname()[1], 1)
        shown = top.result()
        inside, out = shown["in"], shown["out"]
        self.assertEqual((shown["interface"], shown["policy"], shown["mode"], shown["lost_packets"]),
                         (self.interface, "watched", "enforce", 0))
        self.assertEqual(self.by(inside["sources"], "source")[THERE[0]], 43)
        self.assertGreaterEqual(self.by(inside["sources"], "source")[THERE[1]], 32)  # and neighbours
        self.assertEqual(self.by(inside["sources"], "source", "dropped_packets")[THERE[1]], 12)
        self.assertEqual(self.by(inside["sources"], "source", "bytes")[THERE[0]], 43 * (14 + 20 + 8 + 1))
        self.assertEqual(self.by(inside["ports"], "port"), {TALK: 51, TELNET: 14, CLOSED: 10})
        self.assertEqual(self.by(inside["source_ports"], "source_port"), {OUT: 75})
        self.assertEqual(self.by(inside["kinds"], "kind")["udp"], 75)
        self.assertEqual(self.by(inside["rules"], "rule"), {"talk-in": 51, "telnet": 14})
        self.assertEqual(self.by(inside["rules"], "reason")["default"], 10)
        self.assertEqual(self.by(inside["destinations"], "destination")[HERE[0]], 43)
        # What goes out from the port that is served is taken for a reply.
        replies = [row for row in out["rules"] if row["reply"]]
        self.assertEqual(self.by(replies, "rule"), {"talk-in": 6})
        self.assertEqual(self.by(out["sources"], "source")[HERE[0]], 3)

    def test_sums_agree(self):
        """With what stats counts, packet by packet and byte by byte."""
        self.attach(WATCHED)
        top = self.count()
        before = self.stats()
        sender = self.socket(self.there)
        self.send(sender, TALK, 500)
        self.send(sender, CLOSED, 300, data=bytes(800))
        after = self.stats()
        shown = top.result()["in"]
        talk = next(row for row in shown["rules"] if row["rule"] == "talk-in")
        closed = next(row for row in shown["rules"] if row["reason"] == "default")
        self.assertEqual((talk["packets"], talk["bytes"]),
                         (after.packets("talk-in", "in") - before.packets("talk-in", "in"),
                          after.rules["talk-in", "in"]["bytes"]))
        self.assertEqual((closed["packets"], closed["bytes"], closed["dropped_packets"]),
                         (300, after.reasons["default", "in", "drop"]["bytes"], 300))
        self.assertAlmostEqual(closed["packets_share"], 300 / shown["packets"], delta=1e-6)

    def test_connections(self):
        self.attach(WATCHED)
        top = self.count()
        with entered(self.here):
            server = socket.create_server((HERE[0], 443))
        self.addCleanup(server.close)
        for _ in range(4):
            with entered(self.there):
                client = socket.create_connection((HERE[0], 443), PATIENCE)
            client.close()
        shown = top.result()["in"]
        self.assertEqual(shown["new_connections"], 4)
        self.assertEqual(self.by(shown["kinds"], "kind")["tcp syn"], 4)
        self.assertGreaterEqual(self.by(shown["kinds"], "kind")["tcp"], 4)
        self.assertEqual(self.by(shown["ports"], "port", "new_connections"), {443: 4})
        self.assertEqual(self.by(shown["tcp_flags"], "tcp_flags")["syn"], 4)
        self.assertIn("ack", self.by(shown["tcp_flags"], "tcp_flags"))

    def test_audit(self):
        self.attach(WATCHED, "--audit")
        top = self.count()
        self.send(self.socket(self.there), CLOSED, 5)
        shown = top.result()
        self.assertEqual(shown["mode"], "audit")
        self.assertEqual(self.by(shown["in"]["rules"], "reason", "dropped_packets")["default"], 5)

    def test_networks(self):
        """Many addresses of one network are merged."""
        self.attach(WATCHED)
        sources = [f"203.0.113.{number}" for number in range(20, 60)]
        self.there.address("peer", *sources)
        top = self.count()
        for source in sources:
            with entered(self.there), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.bind((source, 0))
                self.send_from(sender, 10)
        shown = top.result()
        self.assertEqual([(row["network"], row["packets"], row["members_seen"])
                          for row in shown["in"]["networks"]], [("203.0.113.0/24", 400, 40)])
        self.assertIn(f"edgexdp ban {self.interface} 203.0.113.0/24 --for 10m", shown["advice"])

    @staticmethod
    def send_from(sender, count):
        for _ in range(count):
            sender.sendto(b"x", (HERE[0], TALK))


class Flooded(Counted):
    def pool(self):
        """Records of a skewed flood: of a million sources, number N sends in proportion to N^-1.2.
        Returns their file, and the share of each of the first."""
        dice = random.Random(12)
        count = 1000000
        sums = list(itertools.accumulate(number ** -1.2 for number in range(1, count + 1)))
        drawn = [bisect.bisect_left(sums, dice.random() * sums[-1]) for _ in range(1 << 18)]
        addresses = [0x40000000 | (rank * 2654435761 & 0x1fffffff) for rank in drawn]
        path = self.sandbox.directory / "pool"
        path.write_bytes(b"".join(struct.pack(">IHH", address, dice.randrange(1024, 65536), 443)
                                  for address in addresses))
        first = collections.Counter(addresses).most_common(10)
        return path, [(str(ipaddress.IPv4Address(address)), times / len(addresses))
                      for address, times in first]

    def flood(self, *options):
        """Starts a flood of SYNs; returns its process."""
        process = subprocess.Popen(
            self.there.command(GENERATE, *options, "peer", f"in tcp 64.0.0.0:1024 > {HERE[0]}:443 syn"),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def receive(self):
        """The generator's frames are for this address."""
        self.here.run("ip", "link", "set", self.interface, "address", "02:00:00:00:00:02")

    def test_skewed(self):
        """The first ten in their order, none of them wrong by more than 5 %, after ten seconds; on a
        machine too busy for all samples of that time, by no more than chance explains."""
        self.receive()
        self.attach(WATCHED)
        path, truth = self.pool()
        self.flood("--pool", path)
        until(lambda: self.stats().seen["in"] > 10000, "the flood")
        shown = json.loads(self.succeeds("top", "--for", "10s", "--json", self.interface))
        rows = shown["in"]["sources"][:10]
        self.assertEqual([row["source"] for row in rows], [source for source, _ in truth])
        for row, (source, share) in zip(rows, truth):
            chance = (share * shown["samples"]) ** -0.5
            self.assertLess(abs(row["packets_share"] / share - 1), max(0.05, 5 * chance),
                            (source, row, share, shown["samples"]))
        self.assertAlmostEqual(shown["in"]["packets_per_second"],
                               shown["in"]["new_connections_per_second"], delta=1000)
        self.assertEqual(shown["advice"][0], f"edgexdp ban {self.interface} {truth[0][0]} --for 10m")
        self.assertRegex(shown["advice"][1],
                         r"^web = accept in tcp > :443  limit [125]0* new/second per source$")
        self.succeeds("check", self.file(policy("advised", "[rules]", shown["advice"][1], "")))
        self.followed(shown["advice"][0], truth[0][0])

    def followed(self, advice, source):
        """What it says can be typed, and helps."""
        self.succeeds(*advice.split()[1:])
        before = self.stats()
        until(lambda: self.stats().reason("banned", "in") > 1000, "packets from a ban")
        top = self.count()
        until(lambda: self.stats().seen["in"] > before.seen["in"] + 10000, "more of the flood")
        shown = top.result()
        row = next(row for row in shown["in"]["sources"] if row["source"] == source)
        self.assertEqual(row["packets"], row["dropped_packets"])
        self.assertNotIn(source, shown["advice"][0] if shown["advice"] else "")

    def test_totals(self):
        """What is sampled adds up to what was seen."""
        self.receive()
        self.attach(WATCHED)
        top = self.count()
        self.flood("--count", 3000000, "--sources", 1 << 20).wait()
        seen = self.stats().seen["in"]
        shown = top.result()
        self.assertLess(abs(shown["in"]["packets"] / seen - 1), 0.05, (shown["samples"], seen))
        self.assertEqual([row["network"] for row in shown["in"]["networks"]],
                         [row["network"] for row in shown["in"]["networks"] if row["packets_share"] > 0.01])


class Showing(Counted):
    def test_text(self):
        self.attach(WATCHED)
        top = self.top("--for", "1h")
        self.send(self.socket(self.there), TALK, 50)
        said = top.text()
        lines = said.splitlines()
        self.assertRegex(lines[0], rf"^{self.interface}  policy watched \(enforce\), what came in in \d+\.\d s$")
        self.assertRegex(lines[1], r"^in: \S+ packets/s, \S+ bytes/s, \S+ new connections/s, \S+% dropped$")
        for title in ("KIND", "SOURCE", "DESTINATION", "PORT", "RULE OR REASON"):
            self.assertRegex(said, rf"(?m)^\n{title} +PACKETS/S +% BYTES/S +% NEW/S DROPPED$")
        self.assertRegex(said, rf"(?m)^{THERE[0]} +\S+ +\S+% ")
        self.assertRegex(said, r"(?m)^talk-in +\S+ +\S+%.* 0\.0%$")
        self.assertIn("\nWhat one could type, or write into the policy:\n"
                      f"    edgexdp ban {self.interface} {THERE[0]} --for 10m\n"
                      "    talk-in = accept in udp > :4000  limit ", said)

    def test_one_field(self):
        self.attach(WATCHED)
        top = self.top("--for", "1h", "--by", "port"), self.count("--by", "port")
        self.send(self.socket(self.there), TALK, 50)
        said = top[0].text()
        self.assertRegex(said, r"(?m)^PORT +PACKETS")
        self.assertNotIn("KIND", said)
        shown = top[1].result()
        self.assertEqual([key for key, value in shown["in"].items() if isinstance(value, list)], ["ports"])

    def test_outgoing(self):
        self.attach(WATCHED)
        top = self.top("--for", "1h", "--direction", "out", "--by", "destination")
        self.send(self.socket(self.here), OUT, 20)
        said = top.text()
        self.assertIn("what went out", said)
        self.assertRegex(said, rf"(?m)^{THERE[0]} ")

    def test_terminal(self):
        """Drawn again and again, as large as the terminal is; q ends it."""
        self.attach(WATCHED)
        terminal = Terminal(self.here.command(self.program, "top", self.interface), 80, 30)
        self.addCleanup(terminal.close)
        sender = self.socket(self.there)

        def talked(frame):
            self.send(sender, TALK, 20)
            return any(line.startswith("talk-in ") for line in frame)
        frame = terminal.until(talked, "a row of talk-in")
        self.assertLessEqual(len(frame), 30)
        terminal.until(talked, "another frame")
        terminal.press(b"q")
        self.assertEqual(terminal.ends(), 0)
        self.assertIn(ENTER, terminal.output)
        self.assertIn(LEAVE, terminal.output)

    def test_repeatedly(self):
        """Without --for it goes on; what was, fades."""
        self.attach(WATCHED)
        top = self.top("--json")
        sender = self.socket(self.there)
        self.send(sender, TALK, 1000)

        def packets():
            return [line["in"]["packets"] for line in top.lines()]
        until(lambda: packets() and max(packets()) >= 1000, "a thousand packets")
        until(lambda: packets()[-1] < 500, "that they fade", PATIENCE)
        top.end(signal.SIGTERM)

    def test_usage(self):
        self.attach(WATCHED)
        for words, complaint in ((("--by", "sources"), 'there is no field "sources" (did you mean "source"?)'),
                                 (("--for", "0s"), "--for takes a time"),
                                 (("--for", "soon"), "--for takes a time"),
                                 (("--direction", "up"), "--direction takes in or out")):
            with self.subTest(words):
                done = self.call("top", *words, self.interface)
                self.assertEqual(done.returncode, 2)
                self.assertSays(done.stderr, complaint)
        self.assertSays(self.fails(1, "top", "--for", "1s", "lo"), "lo is not guarded")


class Following(Counted):
    def test_reload(self):
        """A rule keeps its row; one that comes later gets its name."""
        self.attach(WATCHED)
        sender = self.socket(self.there)
        top = self.count()
        self.send(sender, TALK, 10)
        self.reload(policy("other", rule("closed-no-more", "in", "udp", CLOSED), *RULES))
        self.send(sender, TALK, 10)
        self.send(sender, CLOSED, 4)
        shown = top.result()
        self.assertEqual(self.by(shown["in"]["rules"], "rule"), {"talk-in": 20, "closed-no-more": 4})
        self.assertEqual(shown["policy"], "other")

    def test_detach(self):
        self.attach(WATCHED)
        top = self.count()
        self.succeeds("detach", self.interface)
        top.ends(1, f"edgexdp: {self.interface} was detached: there is nothing more to count\n")

    def test_several(self):
        """Each has all samples, and one that ends does not disturb the other."""
        self.attach(WATCHED)
        sender = self.socket(self.there)
        one, other = self.count(), self.count()
        self.send(sender, TALK, 10)
        self.assertEqual(self.by(one.result()["in"]["ports"], "port"), {TALK: 10})
        self.send(sender, TALK, 10)
        self.assertEqual(self.by(other.result()["in"]["ports"], "port"), {TALK: 20})
        self.assertEqual(self.hears(), 0)

    def test_beside_a_monitor(self):
        self.attach(WATCHED)
        monitor, top = self.monitor("--count", "3"), self.count()
        self.send(self.socket(self.there), TELNET, 3)
        monitor.ends(0)
        self.assertEqual(self.by(top.result()["in"]["rules"], "rule"), {"telnet": 3})

    def test_killed(self):
        """The packets themselves end what a killed one began, without any command."""
        self.attach(WATCHED)
        top = self.top("--json")
        self.assertTrue(self.hears() & SAMPLED)
        top.kill()
        sender = self.socket(self.there)

        def ended():
            self.send(sender, TALK)
            return not self.hears() & SAMPLED
        until(ended, "that nobody hears samples", PATIENCE)

    def test_stopped(self):
        """One that was stopped for longer than that goes on."""
        self.attach(WATCHED)
        top = self.top("--json")
        sender = self.socket(self.there)
        top.process.send_signal(signal.SIGSTOP)

        def ended():
            self.send(sender, CLOSED)
            return not self.hears() & SAMPLED
        until(ended, "that it is taken for dead", PATIENCE)
        top.process.send_signal(signal.SIGCONT)
        until(lambda: self.hears() & SAMPLED, "that it samples again", PATIENCE)
        self.send(sender, TALK, 5)
        until(lambda: any(TALK in self.by(line["in"]["ports"], "port") for line in top.lines()),
              "the packets", PATIENCE)
        top.end(signal.SIGINT)

    def test_reader_gone(self):
        self.attach(WATCHED)
        read, write = os.pipe()
        process = subprocess.Popen(self.here.command(self.program, "top", "--json", self.interface),
                                   stdin=subprocess.DEVNULL, stdout=write, stderr=subprocess.PIPE)
        os.close(write)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        os.read(read, 1)
        os.close(read)
        self.assertEqual(process.wait(PATIENCE), 0)
        self.assertEqual(process.stderr.read(), b"")
        self.assertEqual(self.hears(), 0)


if __name__ == "__main__":
    main()
