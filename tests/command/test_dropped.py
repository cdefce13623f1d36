#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""log = drops: what stats knows, without anybody listening, about packets that no rule matched."""

import json
import os
import socket

from guarded import FAMILIES, HERE, THERE, Guarded, entered, main, policy, rule
from sandbox import run, until

TALK, CLOSED, OTHER, ASK, SERVE = 4000, 4001, 4002, 4003, 5432
FLOOD = 200_000  # packets
RULES = (rule("talk-in", "in", "udp", TALK),)
AUDIT = policy("edge", *RULES, mode="audit", log="drops")
ENFORCE = policy("edge", *RULES, log="drops")
SILENT = policy("edge", *RULES)
NETWORK = ("203.0.113.0/29", "2001:db8:9::/125")  # of THERE and NEIGHBOUR
NEIGHBOUR = ("203.0.113.1", "2001:db8:9::1")
HEADING = {True: "Would have been dropped by default, because no rule matched",
           False: "Dropped by default, because no rule matched"}


class Dropped(Guarded):
    def setUp(self):
        super().setUp()
        self.there.address("peer", *NEIGHBOUR)
        self.senders = [self.socket(self.there, family=family) for family, _ in FAMILIES]

    def rows(self):
        return json.loads(self.succeeds("stats", "--json", self.interface))[0]["default_drops"]

    def row(self, **wanted):
        """The only row with these values."""
        rows = [row for row in self.rows() if wanted.items() <= row.items()]
        self.assertEqual(len(rows), 1, f"{wanted}: {self.rows()[:20]}")
        return rows[0]

    def packets(self, direction=None, audit=None):
        return sum(row["packets"] for row in self.rows()
                   if direction in (None, row["direction"]) and audit in (None, row["audit"]))

    def text(self, *options):
        """The lines of the summary, and its cells."""
        shown = self.succeeds("stats", *options, self.interface).split("\n\n")[-1].splitlines()
        return shown[0], [line.split() for line in shown[1:]]

    def ask(self, port, count=1):
        """Datagrams from `there`, in both families."""
        for sender in self.senders:
            self.send(sender, port, count)

    def table_lines(self):
        return len(self.dump("dropped"))


class Counting(Dropped):
    def test_audit(self):
        """A day in audit mode: everything works, and afterwards one knows what to permit."""
        self.attach(AUDIT)
        self.assertEqual(self.text(), (HEADING[True] + ": nothing yet", []))
        self.ask(CLOSED, 3)
        for family, _ in FAMILIES:
            inside = self.socket(self.here, family=family)
            self.send(inside, ASK, 2)
            opened, accepted = self.connect(self.there, self.here, SERVE, family)
            opened.sendall(b"x")
            self.assertEqual(accepted.recv(1), b"x")
            for end in opened, accepted:
                end.close()
        for family, _ in FAMILIES:
            row = self.row(direction="in", protocol="udp", source=THERE[family])
            self.assertEqual((row["destination_port"], row["source_port"], row["destination"]),
                             (CLOSED, None, None))
            self.assertEqual((row["packets"], row["bytes"]), (3, 3 * (43, 63)[family]))
            self.assertRegex(row["last_seen"], r"^\d{4}-\d\d-\d\dT")
            row = self.row(direction="out", protocol="udp", destination=THERE[family])
            self.assertEqual((row["destination_port"], row["packets"]), (ASK, 2))
            self.row(direction="in", protocol="tcp", source=THERE[family], destination_port=SERVE)
            self.row(direction="out", protocol="tcp", destination=THERE[family], source_port=SERVE)
        heading, lines = self.text()
        self.assertEqual(heading, HEADING[True] + ", most packets first:")
        self.assertEqual(lines[0], ["DIR", "PROTOCOL", "PORT", "REMOTE", "PACKETS", "BYTES", "SEEN"])
        self.assertIn(["in", "udp", str(CLOSED), THERE[0], "3", "129"], [line[:6] for line in lines])
        self.assertIn(["out", "tcp", "from", str(SERVE), THERE[1]], [line[:5] for line in lines])
        counts = [int(line[-3]) for line in lines[1:]]
        self.assertEqual(counts, sorted(counts, reverse=True))
        self.adds_up("in", "out")

    def test_flood(self):
        """Sixteen million forged sources, each seen once: they are one row, and hide nobody."""
        self.attach(ENFORCE)
        self.ask(CLOSED, 5)
        run(*self.there.command(os.environ["EDGEXDP_GENERATE"], "--count", FLOOD, "--sources", 1 << 24,
                                "--source-ports", 60000, "peer", f"in udp 11.0.0.0:1024 > {HERE[0]}:{OTHER}"))
        for family, _ in FAMILIES:
            self.row(source=THERE[family], destination_port=CLOSED, packets=5)
        flood = self.row(scope="anywhere", protocol="udp", destination_port=OTHER)
        self.assertEqual(flood["source"], "11.0.0.0/8")
        stats = self.stats()
        self.assertGreater(flood["packets"], stats.reason("default", "in") / 2)
        self.assertEqual(self.text()[1][1][:4], ["in", "udp", str(OTHER), "anywhere"])
        self.adds_up("in")
        self.ask(ASK, 5)
        self.row(source=THERE[0], destination_port=ASK, packets=5)

    def adds_up(self, *directions):
        """Every packet that the default has dropped is in one row."""
        for direction in directions:
            until(lambda: self.stats().reason("default", direction) == self.packets(direction),
                  f"the rows for {direction} add up")

    def test_networks(self):
        """Addresses of one network are one row, which says how much of it takes part."""
        self.attach(ENFORCE)
        self.ask(CLOSED)
        for family, _ in FAMILIES:
            self.row(source=THERE[family], packets=1)
            self.send(self.neighbour(family), CLOSED)
            self.row(source=NETWORK[family], packets=2)

    def neighbour(self, family):
        with entered(self.there):
            sender = socket.socket((socket.AF_INET, socket.AF_INET6)[family], socket.SOCK_DGRAM)
        self.addCleanup(sender.close)
        sender.bind((NEIGHBOUR[family], 0))
        return sender

    def test_other_protocols(self):
        self.attach(ENFORCE)
        with_raw = self.socket(self.there, socket.SOCK_RAW, 0, protocol=47)
        with_raw.sendto(bytes(8), (HERE[0], 0))
        echo = self.socket(self.there, socket.SOCK_RAW, 0, protocol=socket.IPPROTO_ICMP)
        echo.sendto(bytes([8, 0, 0xf7, 0xff, 0, 0, 0, 0]), (HERE[0], 0))
        self.row(protocol="gre", destination_port=None, source_port=None, packets=1)
        row = self.row(protocol="icmp", icmp_type="echo-request", packets=1)
        self.assertEqual((row["destination_port"], row["source_port"]), (None, None))
        self.assertIn(["in", "icmp", "echo-request", THERE[0], "1"],
                      [line[:5] for line in self.text()[1]])

    def test_only_the_default(self):
        """What a rule drops, or a reason with a name, or what is accepted, is not in it."""
        self.attach(policy("edge", rule("no-talk", "in", "udp", TALK, "drop"), log="drops",
                           outbound="accept"))
        self.ask(TALK)
        self.send(self.socket(self.here), ASK)
        self.assertEqual(self.rows(), [])

    def test_many(self):
        """People see the first rows; --all and JSON have all."""
        self.attach(ENFORCE)
        for port in range(30):
            self.send(self.senders[0], 6000 + port, port + 1)
        _, lines = self.text()
        self.assertEqual([line[2] for line in lines[1:21]], [str(6029 - i) for i in range(20)])
        self.assertEqual(lines[21:], [["10", "more", "rows", "(--all", "shows", "them)"]])
        self.assertEqual(len(self.text("--all")[1]), 31)
        self.assertEqual(len(self.rows()), 30)


class Lasting(Dropped):
    def test_reload(self):
        """Rows last while a policy in force, or the one before it, counts them."""
        self.attach(ENFORCE)
        self.ask(CLOSED)
        self.reload(ENFORCE)
        self.ask(CLOSED)
        self.row(source=THERE[0], packets=2)
        self.reload(SILENT)
        self.assertIsNone(self.rows())
        self.ask(CLOSED)
        self.succeeds("rollback", self.interface)
        self.row(source=THERE[0], packets=2)
        self.ask(CLOSED)
        self.row(source=THERE[0], packets=3)
        self.reload(SILENT)
        self.reload(SILENT)
        self.reload(ENFORCE)
        self.assertEqual(self.rows(), [])
        self.ask(CLOSED)
        self.row(source=THERE[0], packets=1)

    def test_age(self):
        """What has not been seen since the policy was loaded is marked."""
        self.attach(ENFORCE)
        self.ask(CLOSED)

        def marked():
            self.reload(ENFORCE)
            self.ask(OTHER)
            _, lines = self.text()
            return lines if lines[-1][:3] == ["*", "not", "since"] else None
        lines = until(marked, "a row is older than the policy by more than a tick of the kernel")
        marks = {line[2]: line[-1].endswith("*") for line in lines[1:] if line[0] == "in"}
        self.assertEqual(marks, {str(CLOSED): True, str(OTHER): False})

    def test_modes(self):
        """What was let pass and what was dropped are never in one row, or in one table."""
        self.attach(AUDIT)
        self.ask(CLOSED)
        self.reload(ENFORCE)
        self.ask(CLOSED, 2)
        self.row(source=THERE[0], audit=True, packets=1)
        self.row(source=THERE[0], audit=False, packets=2)
        self.assertEqual({line[-3] for line in self.text()[1][1:]}, {"2"})
        self.succeeds("rollback", self.interface)
        heading, lines = self.text()
        self.assertIn(HEADING[True], heading)
        self.assertEqual({line[-3] for line in lines[1:-1]}, {"1"})

    def test_attached_with_audit(self):
        self.attach(ENFORCE, "--audit")
        self.ask(CLOSED)
        self.row(source=THERE[0], audit=True)
        self.assertIn(HEADING[True], self.text()[0])

    def test_confirm(self):
        """A candidate that nobody confirms takes its table with it."""
        self.attach(SILENT)
        self.succeeds("reload", "--confirm", "1m", self.interface, self.file(ENFORCE))
        self.ask(CLOSED)
        self.row(source=THERE[0], packets=1)
        self.succeeds("rollback", self.interface)
        self.assertEqual(self.table_lines(), 1)

    def test_nobody_pays(self):
        """Without log = drops there is no table, and an interface that is refused keeps none."""
        self.attach(SILENT)
        self.ask(CLOSED)
        self.assertIsNone(self.rows())
        self.assertNotIn("by default", self.succeeds("stats", self.interface))
        self.assertEqual(self.table_lines(), 1)
        self.assertPinsWhole()
        self.reload(ENFORCE)
        self.assertEqual(self.table_lines(), 1025)
        self.assertPinsWhole()
        self.reload(SILENT)
        self.assertEqual(self.table_lines(), 1025, "a rollback would need it")
        self.reload(SILENT)
        self.assertEqual(self.table_lines(), 1)
        self.assertPinsWhole()

    def test_hint(self):
        """Whoever tries a policy without it learns of it."""
        self.attach(SILENT, "--audit")
        self.assertNotIn("log = drops", self.succeeds("stats", self.interface))
        self.ask(CLOSED)
        self.assertIn("(with log = drops in [policy], ", self.succeeds("stats", self.interface))
        self.reload(SILENT)
        self.assertNotIn("log = drops", self.succeeds("stats", self.interface))

    def test_pin(self):
        """As edgexdp-pins(5) has it."""
        self.attach(ENFORCE)
        self.ask(CLOSED, 2)
        rows = [way for line in self.dump("dropped") for cpu in line["values"]
                for way in cpu["value"]["ways"] if way["packets"]]
        shown = [(way["port"], way["protocol"], way["direction"], way["audit"], way["scope"])
                 for way in rows]
        self.assertEqual(set(shown), {(CLOSED, 17, 0, 0, 0)})
        self.assertEqual(sum(way["packets"] for way in rows), 4)


main()
