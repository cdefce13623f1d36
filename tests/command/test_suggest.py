#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`suggest`: what it prints for captures and for what an interface drops is a policy that accepts exactly
that, and nothing wider than asked."""

import ipaddress
import json
import random
import re
import signal
import socket

from capture import ACK, ICMP, RST, SYN, TCP, UDP, ethernet, icmp, ip, pcap, tcp, udp
from guarded import HERE, THERE, entered, main, policy, rule
from monitoring import Listener, Monitoring
from zoned import LAN, ROUTER, Zoned, zoned
from sandbox import until

POLICY = policy("web", rule("ssh", "in", "tcp", 22))
SCANNER = "203.0.113.66"
LOCAL = ("--local", ",".join(HERE))


def into(packet):
    return ethernet(packet)


def out(packet):
    return ethernet(packet, True)


def syn(source, port, to=HERE[0]):
    return into(ip(source, to, TCP, tcp(40000, port, SYN)))


# By rule: the packets that speak for it, those of replies apart.
WANTED = {
    "in-tcp-443": [syn(f"203.0.113.{host}", 443) for host in (7, 9, 200)] * 4,
    "in-tcp-443-ipv6": [syn(THERE[1], 443, HERE[1])] * 3,
    "in-icmp-echo-request": [into(ip(THERE[0], HERE[0], ICMP, icmp(8)))] * 2,
    "out-udp-53": [out(ip(HERE[0], "192.0.2.53", UDP, udp(40000, 53)))],
    "in-gre": [into(ip(THERE[0], HERE[0], 47, bytes(40)))],
}
REPLIES = [out(ip(HERE[0], "203.0.113.7", TCP, tcp(443, 40000, SYN | ACK))),
           into(ip("192.0.2.53", HERE[0], UDP, udp(53, 40000))), out(ip(HERE[0], THERE[0], ICMP, icmp(0)))]
SCAN = [syn(SCANNER, port) for port in range(1, 101) if port != 22]
STRAYS = [into(ip(THERE[0], HERE[0], TCP, tcp(40001, 25, ACK))), syn(THERE[0], 8080),
          out(ip(HERE[0], THERE[0], TCP, tcp(8080, 40000, RST | ACK))),
          into(ip("192.0.2.54", HERE[0], UDP, udp(53, 40000)))]
FRAMES = [frame for frames in WANTED.values() for frame in frames] + REPLIES + SCAN + STRAYS


class Suggesting(Monitoring):
    def capture(self, frames, name="seen.pcap"):
        path = self.sandbox.directory / name
        path.write_bytes(pcap(frames))
        return path

    def appended(self, text, said):
        """A policy of TEXT with what was suggested; check accepts it without a word of warning."""
        path = self.file(text + said)
        self.assertRegex(self.succeeds("check", path), r"^\S+: ok: \d+ rules?, ")
        return path

    @staticmethod
    def rules(said):
        """The lines of [rules], by name."""
        joined = re.sub(r"\n {4}", " ", said)
        return dict(re.findall(r"(?m)^([a-z0-9.-]+) += (.*)$", joined))

    def replayed(self, path, capture, *options):
        return json.loads(self.succeeds("replay", "--json", *options, path, capture))


class Captures(Suggesting):
    def setUp(self):
        super().setUp()
        self.seen = self.capture(FRAMES)
        self.policy = self.file(POLICY)

    def suggested(self, *options, seen=None):
        return self.succeeds("suggest", *(() if "--direction" in options else LOCAL), *options,
                             seen or self.seen, self.policy)

    def test_round_trip(self):
        """What it names is no longer dropped, and everything else is."""
        for merge in ("exact", "service", "network"):
            with self.subTest(merge):
                said = self.suggested("--merge", merge)
                shown = self.replayed(self.appended(POLICY, said), self.seen, *LOCAL)
                packets = {row["name"]: row["packets"] for row in shown["rules"] if row["name"] != "ssh"}
                self.assertEqual(sum(packets.values()), sum(map(len, WANTED.values())))
                self.assertEqual(shown["drop"], len(SCAN) + len(STRAYS))
                self.assertNotIn(0, packets.values())

    def test_evidence(self):
        said = json.loads(self.suggested("--json"))
        self.assertEqual({row["name"]: row["packets"] for row in said["rules"]},
                         {name: len(frames) for name, frames in WANTED.items()})
        packets = [row["packets"] for row in said["rules"]]
        self.assertEqual(packets, sorted(packets, reverse=True))
        web = said["rules"][0]
        self.assertEqual((web["sources_seen"], web["syns"], web["answered"], web["bytes"]),
                         (3, 12, True, 12 * len(WANTED["in-tcp-443"][0])))
        self.assertEqual(said["scans"], [{"source": SCANNER, "direction": "in", "protocol": "tcp", "ports": 99,
                                          "destinations": 1, "packets": 99, "bytes": 99 * 54}])
        self.assertEqual({key: said[key]["packets"] for key in ("replies", "refused", "continuing", "unasked",
                                                                "errors", "left_out", "forgotten")},
                         {"replies": 4, "refused": 1, "continuing": 1, "unasked": 1, "errors": 0, "left_out": 0,
                          "forgotten": 0})
        self.assertEqual(said["dropped"]["packets"], len(FRAMES))

    def test_text(self):
        said = self.suggested()
        self.assertSays(said, f"; Dropped by default in {self.seen}, by policy web: {len(FRAMES)} packets, ",
                        "; 12 packets, 648 bytes from 3 sources; 12 SYNs, answered\n"
                        "in-tcp-443           = accept in tcp 203.0.113.7, 203.0.113.9, 203.0.113.200 > "
                        "198.51.100.10:443\n",
                        "; Not suggested, because it looks like scanning:\n"
                        ";   203.0.113.66 in tcp: 99 ports, 1 destination; 99 packets, 5346 bytes\n")

    def test_how_wide(self):
        """No address that was not seen, unless networks are asked for; and these are no wider than /24 and /64."""
        for merge, wide in (("exact", {4: 32, 6: 128}), ("service", {4: 32, 6: 128}), ("network", {4: 24, 6: 64})):
            with self.subTest(merge):
                for line in self.rules(self.suggested("--merge", merge)).values():
                    for prefix in re.findall(r"[\da-f]+[.:][\da-f.:]*/\d+", line):
                        network = ipaddress.ip_network(prefix)
                        self.assertGreaterEqual(network.prefixlen, wide[network.version], line)
        self.assertIn("accept in tcp 203.0.113.0/24 >", self.suggested("--merge", "network"))
        self.assertNotIn("203.0.113.0", self.suggested())

    def test_names_of_the_policy(self):
        self.policy = self.file(POLICY + rule("in-gre", "in", "esp"))
        self.assertIn("in-gre-2 ", self.suggested())
        self.appended(self.policy.read_text(), self.suggested())

    def test_nothing(self):
        said = self.suggested(seen=self.capture([syn(THERE[0], 22)], "accepted.pcap"))
        self.assertNotIn("[rules]", said)
        self.assertIn(": 0 packets, 0 bytes\n", said)
        self.appended(POLICY, said)

    def test_flood(self):
        """Forged sources without end: memory and output stay bounded, and the others are seen."""
        frames = [syn("203.0.113.7", 25)] * 5
        frames += [syn(str(ipaddress.ip_address(0x0b000000 + 7919 * number)), 443) for number in range(200000)]
        seen = self.capture(frames, "flood.pcap")
        said = json.loads(self.suggested("--json", seen=seen))
        self.assertEqual({row["port"]: row["packets"] for row in said["rules"]}, {443: 256, 25: 5})
        self.assertGreater(said["forgotten"]["packets"], 50000)
        self.assertEqual(said["rules"][0]["left_out_packets"] + said["forgotten"]["packets"] + 256, 200000)
        self.appended(POLICY, self.suggested(seen=seen))

    def test_broken_off(self):
        whole = self.seen.read_bytes()
        self.seen.write_bytes(whole[:-10])
        done = self.call("suggest", *LOCAL, self.seen, self.policy)
        self.assertEqual(done.returncode, 1)
        self.assertSays(done.stderr, "cannot be read to its end")
        self.assertIn("in-tcp-443 ", done.stdout)

    def test_names_are_harmless(self):
        path = self.sandbox.directory / "a\x1b[2J\nb = accept in"
        path.write_bytes(pcap(FRAMES))
        said = self.suggested(seen=path)
        self.assertNotIn("\x1b", said)
        self.assertNotIn("b", self.rules(said))

    def test_usage(self):
        for words, complaint in (((self.seen,), "which policy has judged it? write suggest CAPTURE POLICY"),
                                 (("--merge", "all", self.seen, self.policy), "--merge takes exact, service or network"),
                                 (("--for", "1s", self.seen, self.policy), "--for is for an interface"),
                                 (("--for", "0s", "eth9"), "--for takes a time"),
                                 (("--direction", "in", "eth9"), "an interface takes only"),
                                 (("--local", "1.2.3.4", "--direction", "in", self.seen, self.policy), "exclude")):
            with self.subTest(words):
                done = self.call("suggest", *words)
                self.assertEqual(done.returncode, 2)
                self.assertSays(done.stderr, complaint)
        self.assertSays(self.fails(1, "suggest", "--for", "1s", "lo"), "lo is not guarded")
        self.assertSays(self.fails(1, "suggest", self.seen, self.policy), "which way")
        self.assertSays(self.fails(1, "suggest", "--direction", "in", self.policy, self.policy), "is not a capture")


def addresses(items):
    """All addresses of a list in JSON."""
    for item in items:
        first, _, last = item.partition("-")
        network = ipaddress.ip_network(first)
        for number in range(int(network[0]), int(ipaddress.ip_address(last) if last else network[-1]) + 1):
            yield str(type(network[0])(number))


class Randomly(Suggesting):
    """Packets of all kinds between a few hosts."""

    PORTS = (22, 53, 80, 5060, 40000, 50000)
    FLAGS = (SYN, SYN, SYN | ACK, ACK, RST, RST | ACK)

    def packet(self, dice):
        """A packet as (direction, protocol, port, source, destination, whether it opens something), and its frame."""
        six, out = dice.random() < 0.4, dice.random() < 0.4
        near = f"2001:db8:ffff::{dice.randrange(8, 12):x}" if six else f"198.51.100.{dice.randrange(8, 12)}"
        far = f"2001:db8:{dice.randrange(1, 4)}::{dice.randrange(1, 40):x}" if six else \
            f"203.0.{dice.randrange(3)}.{dice.randrange(256)}"
        name, number = dice.choice((("tcp", TCP), ("udp", UDP), ("gre", 47), ("esp", 50)))
        ports, flags = (dice.choice(self.PORTS), dice.choice(self.PORTS)), dice.choice(self.FLAGS)
        payload = tcp(*ports, flags) if number == TCP else udp(*ports) if number == UDP else bytes(40)
        source, destination = (near, far) if out else (far, near)
        said = ("out" if out else "in", name, ports[1] if number in (TCP, UDP) else None, source, destination,
                number != TCP or flags == SYN)
        return said, ethernet(ip(source, destination, number, payload), out)

    @staticmethod
    def accepted(rows):
        """What rules accept, as packets are said."""
        return {(row["direction"], row["protocol"], row["port"], source, destination, True)
                for row in rows for source in addresses(row["sources"]) for destination in addresses(row["destinations"])}

    def test_named_and_no_wider(self):
        local = ("--local", "198.51.100.8/30,2001:db8:ffff::8/126")
        path = self.file(POLICY)
        for seed in range(4):
            dice = random.Random(seed)
            packets = [self.packet(dice) for _ in range(3000)]
            seen = self.capture([frame for _, frame in packets])
            for merge in ("exact", "service", "network"):
                with self.subTest(f"seed {seed}, {merge}"):
                    words = ("--merge", merge, *local, seen, path)
                    rows = json.loads(self.succeeds("suggest", "--json", *words))["rules"]
                    both = self.appended(POLICY, self.succeeds("suggest", *words))
                    lines = self.succeeds("replay", "--verdicts", *local, both, seen).splitlines()
                    named = self.accepted(row for row in rows if merge != "network" or ":" not in row["rule"])
                    dropped = {said for (said, _), line in zip(packets, lines) if "Z drop by reason default" in line}
                    self.assertGreater(len(dropped), 0)
                    self.assertEqual(dropped & named, set())
                    if merge != "network":
                        self.assertEqual(named - {said for said, _ in packets}, set())


class Suggest(Listener):
    def __init__(self, test, *options):
        super().__init__(test, "suggest", "--for", "1h", *options)

    def result(self):
        """Ends it; returns what it printed."""
        self.end(signal.SIGINT)
        return self.said.read_text()


class Interfaces(Suggesting):
    def talk(self):
        """Datagrams to a port, from one to a name server, SYNs to a port and to many."""
        self.send(self.socket(self.there), 514, 5)
        self.send(self.socket(self.there, family=1), 514, 3)
        for _ in range(2):
            self.begin(25)
        for port in range(2000, 2050):
            self.begin(port)

    def begin(self, port):
        with entered(self.there):
            client = socket.socket()
        self.addCleanup(client.close)
        client.setblocking(False)
        client.connect_ex((HERE[0], port))

    def listens(self, *options):
        suggest = Suggest(self, *options)
        self.talk()
        return suggest.result()

    def assertTalk(self, said):
        found = self.rules(said)
        self.assertEqual(found["in-udp-514"], f"accept in udp {THERE[0]} > {HERE[0]}:514")
        self.assertEqual(found["in-udp-514-ipv6"], f"accept in udp {THERE[1]} > [{HERE[1]}]:514")
        self.assertRegex(said, rf"\n;   {re.escape(THERE[0])} in tcp: 5\d ports, 1 destination; \d+ packets, ")

    def test_enforcing(self):
        """What is suggested is accepted, once it is in force."""
        self.attach(POLICY)
        said = self.listens()
        self.assertTalk(said)
        self.assertRegex(said, rf"\A; Dropped by default on {self.interface} in \d+\.\d s, by policy web \(enforce\): ")
        self.succeeds("reload", self.interface, self.appended(POLICY, said))
        receiver = self.socket(self.here, port=514)
        self.reaches(self.socket(self.there), receiver)
        self.assertEqual(self.rules(self.listens()).keys() & self.rules(said).keys(), set())

    def test_audit(self):
        """What passes is told by what would be dropped; replies, and where nobody listens, are set apart."""
        self.attach(POLICY, "--audit")
        suggest = Suggest(self, "--json")
        client, server = self.connect(self.there, self.here, 443)
        client.sendall(b"x")
        self.assertEqual(server.recv(1), b"x")
        self.begin(8080)
        until(lambda: self.stats().reason("default", "out") > 2, "the answers")
        said = json.loads(suggest.result())
        self.assertEqual(said["mode"], "audit")
        rules = {row["name"]: row for row in said["rules"]}
        self.assertEqual((rules["in-tcp-443"]["syns"], rules["in-tcp-443"]["answered"]), (1, True))
        self.assertGreaterEqual(rules["in-tcp-443"]["packets"], 3)
        self.assertEqual([name for name in rules if name.startswith("out-tcp")], [])
        self.assertNotIn("in-tcp-8080", rules)
        self.assertGreaterEqual(said["refused"]["packets"], 1)
        self.assertGreaterEqual(said["replies"]["packets"], 2)

    def test_outgoing(self):
        self.attach(POLICY)
        suggest = Suggest(self)
        asking = self.socket(self.here)
        for _ in range(3):
            try:
                self.send(asking, 53)
            except PermissionError:
                pass  # the kernel tells some senders
        self.assertEqual(self.rules(suggest.result())["out-udp-53"], f"accept out udp {HERE[0]} > {THERE[0]}:53")

    def test_for(self):
        self.attach(POLICY)
        said = json.loads(self.succeeds("suggest", "--for", "1s", "--json", self.interface))
        self.assertEqual((said["interface"], said["capture"], said["merge"]), (self.interface, None, "service"))
        self.assertGreaterEqual(said["seconds"], 1)
        self.assertIs(said["exact"], True)

    def test_detached(self):
        self.attach(POLICY)
        suggest = Suggest(self)
        self.succeeds("detach", self.interface)
        suggest.ends(1, f"edgexdp: {self.interface} was detached: there is nothing more to hear\n")

    def test_names(self):
        """Those of the policy in force are not given twice."""
        text = POLICY + rule("in-udp-514", "in", "esp")
        self.attach(text)
        said = self.listens()
        self.assertIn("in-udp-514-2", self.rules(said))
        self.appended(text, said)


class Zones(Zoned, Suggesting):
    """Rules are for the zone of the interface, and for no other."""

    def test_live(self):
        text = zoned("router", "ssh = accept in on lan tcp > :22")
        self.interface = "lan0"
        self.attach(text)
        suggest = Suggest(self)
        sender = self.ends(self.lan, LAN)
        sender.sendto(b"x", (ROUTER["lan0"], 514))
        said = suggest.result()
        self.assertEqual(self.rules(said)["in-udp-514-lan"], f"accept in on lan udp {LAN} > {ROUTER['lan0']}:514")
        self.appended(text, said)

    def test_capture(self):
        text = zoned("router", "ssh = accept in on lan tcp > :22")
        path = self.file(text)
        seen = self.capture([into(ip(LAN, ROUTER["lan0"], UDP, udp(40000, 514)))])
        said = self.succeeds("suggest", "--direction", "in", "--on", "lan0", seen, path)
        self.assertEqual(self.rules(said)["in-udp-514-lan"], f"accept in on lan udp {LAN} > {ROUTER['lan0']}:514")
        both = self.appended(text, said)
        for zone, drops in (("lan", 0), ("wan", 1)):
            shown = self.replayed(both, seen, "--direction", "in", "--on", zone)
            self.assertEqual(shown["drop"], drops, zone)
        self.assertSays(self.call("suggest", "--direction", "in", seen, path).stderr, "say with --on")

    def test_names_of_interfaces(self):
        """Without [interfaces] each is a zone, whatever its name; some can only be quoted, some not at all."""
        text = policy("router", "[rules]\nssh = accept in on lan0 tcp > :22\n")
        path = self.file(text)
        seen = self.capture([into(ip(LAN, ROUTER["lan0"], UDP, udp(40000, 514)))])
        for name, said in (("lan0", "lan0"), ("eth7", "eth7"), ("log", '"log"'), ("tcp", '"tcp"'), ("a,b", '"a,b"')):
            with self.subTest(name):
                lines = self.succeeds("suggest", "--direction", "in", "--on", name, seen, path)
                self.assertIn(f"accept in on {said} udp {LAN} > ", lines)
                both = self.appended(text, lines)
                self.assertEqual(self.replayed(both, seen, "--direction", "in", "--on", name)["drop"], 0)
        for name in ('a"b', "a\x1b[2J"):
            self.assertSays(self.fails(1, "suggest", "--direction", "in", "--on", name, seen, path),
                            "no rule can name the interface a")


if __name__ == "__main__":
    main()
