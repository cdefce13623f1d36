#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`replay` of a pcapng from several interfaces: each packet is judged where it was captured. Needs no
privilege."""

import json

from capture import ACK, ETHERNET, INSIDE, RAW, SYN, TCP, UDP, ethernet, ip, pcap, section, tcp, udp
from guarded import HERE, THERE, main, policy
from replaying import Replay

CLIENT = "10.1.0.2"
INTERFACES = [("eth0", ETHERNET), ("eth1", ETHERNET), ("lan0", ETHERNET)]
ETH0, ETH1, LAN0 = range(3)
ZONES = "[interfaces]\nwan = eth0, eth1\nlan = lan*"
RULES = ("surf = accept forward lan to wan udp > :53", "ssh = accept in on lan tcp > self:22",
         "own = accept out on wan udp self > :54")
POLICY = policy("edge", ZONES, "[rules]", *RULES)

SSH = ethernet(ip(THERE[0], HERE[0], TCP, tcp(40000, 22, SYN)))
SURF = ip(CLIENT, THERE[0], UDP, udp(5000, 53))
ANSWER = ip(THERE[0], CLIENT, UDP, udp(53, 5000))
SURFING = [(ethernet(SURF), LAN0, "in"), (ethernet(SURF, True), ETH0, "out"), (ethernet(ANSWER), ETH1, "in"),
           (ethernet(ANSWER, True), LAN0, "out")]


class Recorded(Replay):
    POLICY = POLICY

    def judged(self, content, *options, policy=None):
        """What the rules counted, by interface: packets and replies of each in either direction; and what was
        dropped there."""
        said = self.replay(content, "--self", HERE[0], *options, policy=policy)
        return {one["interface"]: ({(rule["name"], rule["direction"]): (rule["packets"], rule["reply_packets"])
                                    for rule in one["rules"] if rule["packets"] or rule["reply_packets"]}, one["drop"])
                for one in said["interfaces"]}

    def test_where_it_was_captured(self):
        """In both byte orders, one after the other in a file, and with times of every kind."""
        packets = [(SSH, ETH0, "in"), (SSH, LAN0, "in"), (SSH, LAN0, "in")]
        expected = {"eth0": ({}, 1), "lan0": ({("ssh", "in"): (2, 0)}, 0)}
        for order in "<>":
            for resolution, offset in ((9, 0), (6, 0), (0x80 | 20, 0), (9, 86400), (6, -86400)):
                content = section(INTERFACES, packets, order, resolution, offset)
                self.assertEqual(self.judged(content), expected)
                first = self.replay(content)["interfaces"][0]["first"]
                self.assertEqual(first[:16], "2023-11-14T22:13", (order, resolution, offset))
        both = section(INTERFACES, packets) + section(INTERFACES[::-1], [(SSH, 0, "in"), (SSH, 2, "in")], ">")
        self.assertEqual(self.judged(both), {"eth0": ({}, 2), "lan0": ({("ssh", "in"): (3, 0)}, 0)})

    def test_forwarded(self):
        """Both sides; the answer comes in by another interface of the zone, which remembers the flow too."""
        surf = {"lan0": ({("surf", "in"): (1, 1)}, 0), "eth0": ({("surf", "out"): (1, 0)}, 0),
                "eth1": ({("surf", "out"): (0, 1)}, 0)}
        self.assertEqual(self.judged(section(INTERFACES, SURFING)), surf)
        cut = [(frame[:60], number, way) for frame, number, way in SURFING]
        self.assertEqual(self.judged(section(INTERFACES, cut)), surf)

    def test_where_it_came_in(self):
        """What was not captured there came in elsewhere, or as --via says."""
        content = section(INTERFACES, SURFING[1:2])
        self.assertEqual(self.judged(content), {"eth0": ({}, 1)})
        self.assertEqual(self.judged(content, "--via", "lan"), {"eth0": ({("surf", "out"): (1, 0)}, 0)})
        self.assertEqual(self.judged(section(INTERFACES, SURFING[:2]), "--via", "wan")["eth0"],
                         ({("surf", "out"): (1, 0)}, 0), "what was seen counts more")

    def test_own(self):
        own = ethernet(ip(HERE[0], THERE[0], UDP, udp(5000, 54)), True)
        self.assertEqual(self.judged(section(INTERFACES, [(own, ETH1, "out")])), {"eth1": ({("own", "out"): (1, 0)}, 0)})

    def test_which_way(self):
        """A capture that does not say so needs an option; the host's hardware address tells also what it forwards."""
        packets = [(frame, number, None) for frame, number, _ in SURFING]
        content = section(INTERFACES, packets)
        path = self.file("capture", content)
        self.assertSays(self.fails(1, "replay", self.policy, path), "--local")
        local = ":".join(f"{byte:02x}" for byte in INSIDE)
        self.assertEqual(self.judged(content, "--local", local), self.judged(section(INTERFACES, SURFING)))
        self.assertEqual(self.judged(content, "--direction", "in")["eth0"], ({}, 1))

    def test_links_that_differ(self):
        bare = ip(THERE[0], HERE[0], TCP, tcp(40000, 22, SYN))
        content = section([("eth0", ETHERNET), ("lan0", RAW)], [(SSH, 0, "in"), (bare, 1, "in")])
        self.assertEqual(self.judged(content), {"eth0": ({}, 1), "lan0": ({("ssh", "in"): (1, 0)}, 0)})

    def test_not_in_a_zone(self):
        """Said and counted, and not judged."""
        content = section([("eth9", ETHERNET), (None, ETHERNET), ("lan0", ETHERNET)],
                          [(SSH, 0, "in"), (SSH, 0, "in"), (SSH, 1, "in"), (SSH, 2, "in")])
        said = self.replay(content, "--self", HERE[0])
        self.assertEqual([(one["interface"], one["packets"]) for one in said["interfaces"]], [("lan0", 1)])
        self.assertEqual([(one["interface"], one["packets"]) for one in said["not_judged"]], [("eth9", 2), (None, 1)])
        text = self.succeeds("replay", self.policy, "capture")
        self.assertSays(text, "2 packets not judged: eth9 is in no zone of [interfaces] in ",
                        "1 packet not judged: the capture does not name its interface", "capture  lan0, zone lan  policy")
        lines = self.succeeds("replay", "--verdicts", "--self", HERE[0], self.policy, "capture").splitlines()
        self.assertEqual(len(lines), 4)
        self.assertSays(lines[0], "not judged, eth9 is in no zone of [interfaces]", "in frame")
        self.assertSays(lines[3], "accept by rule ssh", ", on lan0")

    def test_nothing_in_a_zone(self):
        self.file("capture", section([("eth9", ETHERNET)], [(SSH, 0, "in")]))
        done = self.call("replay", self.policy, "capture")
        self.assertEqual((done.returncode, done.stdout.count("\n")), (1, 1), done)
        self.assertSays(done.stderr, "nothing was judged", "--on")

    def test_names_of_interfaces_without_zones(self):
        """Then any interface will do, and rules that name none are for all."""
        path = self.file("named.ini", policy("named", "[rules]", "ssh = accept in on lan0 tcp > :22",
                                             "web = accept in tcp > :443").encode())
        web = ethernet(ip(THERE[0], HERE[0], TCP, tcp(40000, 443, SYN)))
        content = section(INTERFACES, [(SSH, ETH0, "in"), (SSH, LAN0, "in"), (web, ETH0, "in")])
        self.assertEqual(self.judged(content, policy=path),
                         {"eth0": ({("web", "in"): (1, 0)}, 1), "lan0": ({("ssh", "in"): (1, 0)}, 0)})

    def test_what_is_said_counts_more(self):
        content = section(INTERFACES, [(SSH, ETH0, "in"), (SSH, LAN0, "in")])
        said = self.replay(content, "--self", HERE[0], "--on", "lan")
        self.assertEqual((said["packets"], self.rules(said)["ssh"]), (2, (2, 0)))

    def test_compared(self):
        old = self.file("old.ini", policy("old", "[rules]", "ssh = accept in tcp > :22").encode())
        other = self.file("other.ini", POLICY.replace("lan*", "dmz0").encode())
        content = section(INTERFACES, [(SSH, ETH0, "in"), (SSH, LAN0, "in")])
        said = self.replay(content, "--self", HERE[0], "--compare", old)
        self.assertEqual([[(one["old"]["rule"], one["new"]["rule"]) for one in by["changes"]]
                          for by in said["interfaces"]], [[("ssh", None)], []])
        said = self.replay(content, "--self", HERE[0], "--compare", self.policy, policy=old)
        self.assertEqual([[(one["old"]["rule"], one["new"]["rule"]) for one in by["changes"]]
                          for by in said["interfaces"]], [[(None, "ssh")], []])
        said = self.replay(content, "--self", HERE[0], "--compare", other)
        self.assertEqual([(one["interface"], one["packets"]) for one in said["not_judged"]], [("lan0", 1)])
        self.assertSays(said["not_judged"][0]["reason"], "other.ini")

    def test_a_policy_for_one_interface(self):
        """It does not matter where packets are from."""
        path = self.file("one.ini", policy("one", "[rules]", "ssh = accept in tcp > :22").encode())
        content = section([("eth0", ETHERNET), (None, RAW)], [(SSH, 0, "in"), (SSH[14:], 1, "in")])
        self.assertEqual(self.rules(self.replay(content, policy=path)), {"ssh": (2, 0)})

    def test_only_a_pcapng_says_where(self):
        self.file("capture", pcap([SSH]))
        self.assertSays(self.fails(2, "replay", "--direction", "in", self.policy, "capture"), "--on", "only a pcapng")
        self.file("capture", section(INTERFACES, [(SSH, LAN0, "in")]))
        self.assertSays(self.fails(2, "replay", "--try", "1/second", "--rule", "ssh", self.policy, "capture"), "--on")
        self.assertSays(self.fails(2, "suggest", "capture", self.policy), "--on")

    def test_broken(self):
        """What was read until then is shown."""
        whole = section(INTERFACES, [(SSH, LAN0, "in"), (SSH, LAN0, "in")])
        last = len(section(INTERFACES, [(SSH, LAN0, "in")]))
        for content, word in ((whole[:-1], "truncated"), (whole[:last + 4], "truncated"),
                              (whole[:last + 4] + b"\x07" + whole[last + 5:], "impossible length"),
                              (whole[:-4] + bytes(4), "lengths differ"),
                              (whole[:last + 8] + b"\x03" + whole[last + 9:], "not described"),
                              (whole[:last + 21] + b"\xff" + whole[last + 22:], "longer than its block"),
                              (whole[:last] + whole[:8] + bytes(len(whole)), "neither byte order")):
            self.file("capture", content)
            done = self.call("replay", "--json", "--self", HERE[0], self.policy, "capture")
            self.assertEqual((done.returncode, done.stderr.count("\n")), (1, 1), done.stderr)
            self.assertSays(done.stderr, "capture cannot be read to its end", word)
            self.assertEqual([one["packets"] for one in json.loads(done.stdout)["interfaces"]], [1], word)

    def test_answers_are_no_arrivals(self):
        """What came in here as somebody's answer goes out there as the same packet, and nothing else does."""
        reset = ethernet(ip(CLIENT, THERE[0], TCP, tcp(5000, 53, ACK)), True)
        self.assertEqual(self.judged(section(INTERFACES, SURFING[:1] + [(reset, ETH0, "out")]))["eth0"], ({}, 1))


main(privileged=False)
