#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`replay`: captures of every kind that it reads, and what it says about them and about those that
it does not read. Needs no privilege."""

import json
import subprocess

from capture import (ACK, COOKED, COOKED2, ETHERNET, LOOPBACK, RAW, SYN, TCP, UDP, cooked, cooked2, ethernet, ip, pcap,
                     pcapng, tcp, udp)
from guarded import HERE, THERE, main, policy, rule
from replaying import Replay

RADIOTAP = 127
SECOND = 10**9
RULES = (rule("web", "in", "tcp", "443", to="server"), rule("dns", "out", "udp", "53"))
SETS = "[sets]\nserver = " + ", ".join(HERE) + "\n"
POLICY = policy("web", SETS, *RULES)
OLD = policy("web-before", SETS, rule("anything", "in", "tcp", to="server"), RULES[1])

# What a client, a name server and somebody else sent and got: packet, and whether it went out.
EXCHANGE = [(ip(THERE[i], HERE[i], TCP, tcp(40000, 443, SYN)), False) for i in (0, 1)] + [
    (ip(HERE[0], THERE[0], TCP, tcp(443, 40000, SYN | ACK)), True),
    (ip(HERE[1], THERE[1], UDP, udp(5000, 53)), True),
    (ip(THERE[1], HERE[1], UDP, udp(53, 5000, bytes(100))), False),
    (ip(THERE[0], HERE[0], TCP, tcp(40001, 22, SYN)), False),
    (ip(THERE[0], HERE[0], TCP, tcp(40002, 22, SYN)), False),
    (ip(HERE[0], THERE[0], TCP, tcp(40000, 25, SYN)), True)]
FRAMES = [ethernet(packet, out) for packet, out in EXCHANGE]
LOCAL = ("--local", ",".join(HERE))


class Captured(Replay):
    POLICY = POLICY

    def assertExchange(self, shown):
        """All of EXCHANGE, as an Ethernet would have carried it."""
        self.assertEqual([shown[key] for key in ("packets", "accept", "drop", "cut")], [8, 5, 3, 0])
        self.assertEqual(shown["seen"], {"in": 5, "out": 3})
        self.assertEqual(self.rules(shown), {"web": (2, 1), "dns": (1, 1)})
        self.assertEqual(self.reasons(shown), {("default", "in", "drop"): 2, ("default", "out", "drop"): 1})
        web, dns = shown["rules"]
        self.assertEqual((web["bytes"], web["reply_bytes"]), (len(FRAMES[0]) + len(FRAMES[1]), len(FRAMES[2])))
        self.assertEqual((dns["bytes"], dns["reply_bytes"]), (len(FRAMES[3]), len(FRAMES[4])))


class Formats(Captured):
    def test_ethernet(self):
        for content in (pcap(FRAMES), pcap(FRAMES, nano=True), pcap(FRAMES, order=">"), pcapng(FRAMES)):
            self.assertExchange(self.replay(content, *LOCAL))

    def test_raw_ip(self):
        self.assertExchange(self.replay(pcap([packet for packet, _ in EXCHANGE], RAW), *LOCAL))

    def test_loopback_of_bsd(self):
        packets = [bytes([30 if packet[0] >> 4 == 6 else 2, 0, 0, 0]) + packet for packet, _ in EXCHANGE]
        self.assertExchange(self.replay(pcap(packets, LOOPBACK), *LOCAL))

    def test_linux_cooked(self):
        """This link layer says itself which way packets went."""
        for link, form in ((COOKED, cooked), (COOKED2, cooked2)):
            packets = [form(frame, out) for frame, (_, out) in zip(FRAMES, EXCHANGE)]
            self.assertExchange(self.replay(pcap(packets, link)))
            self.assertExchange(self.replay(pcapng(packets, link)))
            self.assertEqual(self.replay(pcap(packets, link), "--direction=out")["seen"], {"in": 0, "out": 8})

    def test_vlan(self):
        frames = [ethernet(packet, out, vlans=(7, 8)) for packet, out in EXCHANGE]
        self.assertEqual(self.rules(self.replay(pcap(frames), *LOCAL)), {"web": (2, 1), "dns": (1, 1)})
        deep = [ethernet(packet, out, vlans=(7, 8, 9)) for packet, out in EXCHANGE]
        self.assertEqual(self.reasons(self.replay(pcap(deep), *LOCAL)),
                         {("vlan-depth", "in", "drop"): 5, ("vlan-depth", "out", "drop"): 3})

    def test_stdin(self):
        with open(self.file("capture", pcap(FRAMES)), "rb") as capture:
            done = subprocess.run([*self.prefix, self.program, "replay", "--json", *LOCAL, self.policy, "-"],
                                  stdin=capture, capture_output=True, check=True)
        self.assertExchange(json.loads(done.stdout))

    def test_nothing_in_it(self):
        shown = self.replay(pcap([]), *LOCAL)
        self.assertEqual((shown["packets"], shown["first"], shown["last"]), (0, None, None))
        self.assertSays(self.succeeds("replay", *LOCAL, self.policy, "capture"), "in 0, out 0")

    def test_nanoseconds(self):
        for content, last in ((pcap(FRAMES, nano=True, step_ns=SECOND // 4), "20.750000Z"),
                              (pcapng(FRAMES, step_ns=SECOND // 4), "20.750000Z")):
            self.file("capture", content)
            said = self.succeeds("replay", "--verdicts", *LOCAL, self.policy, "capture").splitlines()
            self.assertSays(said[3], last)

    def test_after_2038(self):
        """Seconds in a pcap file are unsigned, and those in pcapng have more bits."""
        for year, seconds in ((2038, 1 << 31), (2106, (1 << 32) - 60), (2200, 7258118400)):
            for make in (pcap, pcapng)[seconds >> 32:]:
                shown = self.replay(make(FRAMES, start_ns=seconds * SECOND), *LOCAL)
                self.assertEqual((shown["first"][:4], shown["last"][:4]), (str(year), str(year)))


class Cut(Captured):
    """Cut by the snapshot length at capture."""

    def test_what_is_judged_by_its_headers_is_judged(self):
        """With the length that it had on the wire."""
        frames = [ethernet(ip(*THERE[:1], *HERE[:1], TCP, tcp(40000, 443, SYN, bytes(1000))))]
        shown = self.replay(pcap(frames, snaplen=54), *LOCAL)
        self.assertEqual((shown["cut"], self.rules(shown)["web"]), (0, (1, 0)))
        self.assertEqual(shown["rules"][0]["bytes"], len(frames[0]))

    def test_what_is_not_is_counted_apart(self):
        for snaplen in (53, 34, 20, 13, 0):
            self.file("capture", pcap(FRAMES[:1], snaplen=snaplen))
            shown = self.replay(pcap(FRAMES[:1], snaplen=snaplen), "--direction=in")
            self.assertEqual([shown[key] for key in ("packets", "accept", "drop", "cut")], [1, 0, 0, 1])
            self.assertEqual(self.reasons(shown), {}, "not even malformed")
            self.assertSays(self.succeeds("replay", "--direction=in", self.policy, "capture"), "1 not judged")
            self.assertSays(self.succeeds("replay", "--verdicts", "--direction=in", self.policy, "capture"),
                            "not judged", "54 bytes")

    def test_what_was_short_on_the_wire_is_malformed(self):
        frame = FRAMES[0][:50]
        shown = self.replay(pcap([frame]), *LOCAL)
        self.assertEqual((shown["cut"], self.reasons(shown)), (0, {("malformed", "in", "drop"): 1}))

    def test_a_cut_packet_out_makes_no_flow(self):
        out, answer = FRAMES[3], FRAMES[4]
        shown = self.replay(pcap([out, answer], snaplen=60), *LOCAL)  # in IPv6 the UDP header ends at 62
        self.assertEqual((shown["cut"], self.rules(shown)["dns"]), (2, (0, 0)))


class Time(Captured):
    """Time is that of the packets."""

    def test_flows_grow_old(self):
        for age, replies in ((180, 1), (181, 0)):
            shown = self.replay(pcap(FRAMES[3:5], step_ns=age * SECOND), *LOCAL)
            self.assertEqual(self.rules(shown)["dns"], (1, replies), age)

    def test_fragments_too(self):
        parts = [ethernet(ip(HERE[0], THERE[0], UDP, udp(5000, 53, bytes(56)), 9, 0, True), True),
                 ethernet(ip(HERE[0], THERE[0], UDP, bytes(64), 9, 64), True)]
        for age, verdict in ((30, "accept"), (31, "drop")):
            shown = self.replay(pcap(parts, step_ns=age * SECOND), *LOCAL)
            self.assertEqual(self.reasons(shown), {("fragment", "out", verdict): 1}, age)

    def test_last_seen(self):
        shown = self.replay(pcap(FRAMES, step_ns=SECOND), *LOCAL)
        self.assertEqual(shown["rules"][0]["last_seen"], "2023-11-14T22:13:21Z")
        self.assertEqual((shown["first"], shown["last"]), ("2023-11-14T22:13:20Z", "2023-11-14T22:13:27Z"))


class Direction(Captured):
    def test_it_must_be_known(self):
        capture = self.file("capture", pcap(FRAMES))
        self.assertSays(self.fails(1, "replay", self.policy, capture), "--local", "--direction")

    def test_local(self):
        for local in ("server", "198.51.100.0/24, 2001:db8::/64", "198.51.100.1-198.51.100.99,2001:db8::10",
                      "02:00:00:00:00:02"):
            self.assertExchange(self.replay(pcap(FRAMES), "--local", local))

    def test_all_one_way(self):
        for direction in ("in", "out"):
            shown = self.replay(pcap(FRAMES), "--direction", direction)
            self.assertEqual(shown["seen"][direction], 8)


class Names(Captured):
    def test_said(self):
        """What a name stands for is taken from the command line, and nobody is asked."""
        named = self.file("named.ini", policy("named", rule("web", "in", "tcp", "443", **{"from": "name:client.example"})).encode())
        shown = self.replay(pcap(FRAMES), *LOCAL, "--names", f"client.example={THERE[0]}", policy=named)
        self.assertEqual(self.rules(shown), {"web": (1, 1)})
        done = self.call("replay", "--no-names", "--json", *LOCAL, named, self.folder / "capture")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.rules(json.loads(done.stdout)), {"web": (0, 0)})


class Shown(Captured):
    def setUp(self):
        super().setUp()
        self.file("capture", pcap(FRAMES))

    def test_tables(self):
        said = self.succeeds("replay", *LOCAL, self.policy, "capture")
        self.assertSays(said, "capture  policy web  packets in 5, out 3: 5 accepted, 3 dropped")
        self.assertRegex(said, r"(?m)^web +in +accept +2 +128 +1 +54$")
        self.assertRegex(said, r"(?m)^default +in +drop +2 +108$")
        self.assertRegex(said, r"(?m)^203\.0\.113\.7 +in +2 +108$")
        self.assertRegex(said, r"(?m)^tcp 22 +in +2 +108\n^tcp 25 +out +1 +54$")

    def test_top(self):
        shown = self.replay(pcap(FRAMES), *LOCAL, "--top=1")
        self.assertEqual([(r["source"], r["direction"], r["packets"], r["bytes"]) for r in shown["top_sources"]],
                         [(THERE[0], "in", 2, 108)])
        self.assertEqual([(r["protocol"], r["port"], r["packets"]) for r in shown["top_ports"]], [("tcp", 22, 2)])
        self.assertNotIn("DROPPED", self.succeeds("replay", *LOCAL, "--top=0", self.policy, "capture"))

    def test_verdicts(self):
        self.assertEqual(self.succeeds("replay", "--verdicts", *LOCAL, self.policy, "capture").splitlines(), [
            f"2023-11-14T22:13:20.00000{i}Z {text}" for i, text in enumerate((
                "accept by rule web: in tcp 203.0.113.7:40000 > 198.51.100.10:443 syn, 54 bytes",
                "accept by rule web: in tcp [2001:db8:9::7]:40000 > [2001:db8::10]:443 syn, 74 bytes",
                "accept as a reply of rule web: out tcp 198.51.100.10:443 > 203.0.113.7:40000 syn-ack, 54 bytes",
                "accept by rule dns: out udp [2001:db8::10]:5000 > [2001:db8:9::7]:53, 66 bytes",
                "accept as a reply of rule dns: in udp [2001:db8:9::7]:53 > [2001:db8::10]:5000, 162 bytes",
                "drop by reason default: in tcp 203.0.113.7:40001 > 198.51.100.10:22 syn, 54 bytes",
                "drop by reason default: in tcp 203.0.113.7:40002 > 198.51.100.10:22 syn, 54 bytes",
                "drop by reason default: out tcp 198.51.100.10:40000 > 203.0.113.7:25 syn, 54 bytes"))])

    def test_audit(self):
        path = self.file("audit.ini", policy("web", SETS, *RULES, mode="audit").encode())
        self.assertExchange(self.replay(pcap(FRAMES), *LOCAL, policy=path))
        self.assertSays(self.succeeds("replay", *LOCAL, path, "capture"), "audit")


class Compare(Captured):
    def setUp(self):
        super().setUp()
        self.old = self.file("old.ini", OLD.encode())

    def test_what_changes(self):
        shown = self.replay(pcap(FRAMES), *LOCAL, "--compare", self.old)
        self.assertExchange(shown)
        self.assertEqual(shown["changes"], [{
            "direction": "in", "packets": 2, "bytes": 108,
            "old": {"verdict": "accept", "reject": None, "outcome": "rule", "rule": "anything", "reason": None},
            "new": {"verdict": "drop", "reject": None, "outcome": "reason", "rule": None, "reason": "default"},
            "examples": ["in tcp 203.0.113.7:40001 > 198.51.100.10:22 syn",
                         "in tcp 203.0.113.7:40002 > 198.51.100.10:22 syn"]}])
        self.assertEqual(shown["decided_otherwise"], 3, "by rule web, and not by rule anything")

    def test_rejected(self):
        """What senders are told now, and were not before, is a change, whatever rule decided."""
        def judged(action):
            return self.file("other.ini", policy("other", f"[rules]\nrest = {action} in tcp > :22\n").encode())

        old, new = judged("drop").rename(self.folder / "silent.ini"), judged("reject")
        shown = self.replay(pcap(FRAMES), *LOCAL, "--compare", old, policy=new)
        self.assertEqual([(one["packets"], one["old"]["reject"], one["new"]["reject"], one["new"]["verdict"])
                          for one in shown["changes"]], [(2, None, "default", "drop")])
        self.assertEqual([rule["reject"] for rule in shown["rules"]], ["default"])
        said = self.succeeds("replay", *LOCAL, "--compare", old, new, "capture")
        self.assertRegex(said, r"(?m)^drop by rule rest +reject by rule rest +2 +108 in tcp .*:22 syn$")
        new.rename(old)
        shown = self.replay(pcap(FRAMES), *LOCAL, "--compare", old, policy=judged("reject with tcp-reset"))
        self.assertEqual((shown["changes"], shown["decided_otherwise"]), ([], 0), "the same to a client of TCP")

    def test_tables(self):
        self.file("capture", pcap(FRAMES))
        said = self.succeeds("replay", *LOCAL, "--compare", self.old, self.policy, "capture")
        self.assertSays(said, "web-before", "2 packets change the verdict; of the others, 3 are decided")
        self.assertRegex(said, r"(?m)^accept by rule anything +drop by reason default +2 +108 in tcp .*:22 syn$")
        said = self.succeeds("replay", "--verdicts", *LOCAL, "--compare", self.old, self.policy, "capture")
        self.assertEqual(said.count("drop by reason default, was accept by rule anything: in tcp "), 2)
        self.assertEqual(said.count("\n"), 2, "only those that change")

    def test_the_same(self):
        shown = self.replay(pcap(FRAMES), *LOCAL, "--compare", self.policy)
        self.assertEqual((shown["changes"], shown["decided_otherwise"]), ([], 0))
        self.assertSays(self.succeeds("replay", *LOCAL, "--compare", self.policy, self.policy, "capture"),
                        "0 packets change the verdict")


MS = SECOND // 1000
NETWORK = tuple(f"203.0.113.{i}" for i in range(20, 30))  # each sends at the rate that is tried


def syns(address, step_ns, seconds):
    """SYNs to port 443 of one client: (time, packet)."""
    to = HERE[":" in address]
    return [(time, ethernet(ip(address, to, TCP, tcp(40000 + i % 1000, 443, SYN))))
            for i, time in enumerate(range(0, seconds * SECOND, step_ns))]


def limited(limit, *others):
    return policy("limited", f"[rules]\nweb = accept in tcp > :443  limit {limit}\n",
                  "rest = accept in udp >\ntrash = drop in tcp > :23\n", *others).encode()


class Limits(Captured):
    """A minute of ten clients with 20 packets a second, one with 1000, and one of IPv6 with 100."""

    @classmethod
    def setUpClass(cls):
        sent = sorted(sum((syns(address, 50 * MS, 60) for address in NETWORK), []) + syns(THERE[0], MS, 60)
                      + syns(THERE[1], 10 * MS, 60))
        cls.times, frames = zip(*sent)
        cls.capture = pcap(frames, nano=True, times=cls.times)
        cls.total = len(frames)

    def held(self, limit, *options):
        return self.replay(self.capture, "--direction=in", *options, policy=self.file("limited.ini", limited(limit)))

    def tried(self, *options, limit="1/hour"):
        return self.held(limit, "--rule=web", *options)["try"]

    def assertRate(self, passed, rate, burst):
        """Never more than the burst and what the rate gives in a minute, and hardly less."""
        most = burst + rate * self.times[-1] / SECOND
        self.assertLessEqual(passed, most + 1)
        self.assertGreaterEqual(passed, 0.95 * most)

    def test_who_was_held(self):
        shown = self.held("50/second per source burst 5")
        first, second = shown["top_limited"]
        self.assertEqual([(row["rule"], row["direction"], row["limit"], row["who"], row["matched_packets"])
                          for row in (first, second)],
                         [("web", "in", "50/second per source burst 5", THERE[0], 60000),
                          ("web", "in", "50/second per source burst 5", "2001:db8:9::/64", 6000)])
        for row, length in ((first, 54), (second, 74)):
            self.assertRate(row["matched_packets"] - row["limited_packets"], 50, 5)
            self.assertEqual(row["limited_bytes"], row["limited_packets"] * length)
            self.assertEqual((row["first"], row["last"]), ("2023-11-14T22:13:20Z", "2023-11-14T22:14:19Z"))
        web = shown["rules"][0]
        self.assertEqual(web["limited_packets"], first["limited_packets"] + second["limited_packets"])
        self.assertEqual(web["packets"] + web["limited_packets"], self.total)

    def test_several_limits(self):
        """Each packet is held by the first limit without room for it."""
        shown = self.held("50/second per source burst 5, 100/second")
        self.assertEqual({(row["limit"], row["who"]) for row in shown["top_limited"][:2]},
                         {("50/second per source burst 5", THERE[0]), ("100/second", None)})
        self.assertEqual(sum(row["limited_packets"] for row in self.held(
            "50/second per source burst 5, 100/second", "--top=100")["top_limited"]),
            shown["rules"][0]["limited_packets"])
        self.assertRate(shown["rules"][0]["packets"], 100, 100)

    def test_tables(self):
        path = self.file("limited.ini", limited("50/second per source"))
        self.file("capture", self.capture)
        said = self.succeeds("replay", "--direction=in", path, "capture")
        self.assertRegex(said, r"(?m)^RULE +DIR +LIMIT +WHO +LIMITED +BYTES +SHARE +FIRST +LAST$")
        self.assertRegex(said, r"(?m)^web +in +50/second per source 203\.0\.113\.7 +569\d\d +\d+ +94\.9% 2023-\S+Z 2023-\S+Z$")
        self.assertNotIn("WHO", self.succeeds("replay", "--direction=in", "--top=0", path, "capture"))
        self.assertNotIn("WHO", self.succeeds("replay", "--direction=in", self.policy, "capture"), "without limits")

    def test_rates_around_one(self):
        """The rule's own limit is left out."""
        tried = self.tried("--try=limit 40/second per source burst 30")
        self.assertEqual((tried["rule"], [one["limit"] for one in tried["limits"]]),
                         ("web", [f"{rate}/second per source burst 30" for rate in (10, 20, 40, 80, 160)]))
        for one, rate, keys in zip(tried["limits"], (10, 20, 40, 80, 160), (12, 2, 2, 2, 1)):
            self.assertEqual((one["matched_packets"], one["keys"], one["worst"]["who"]), (self.total, keys, THERE[0]))
            self.assertRate(one["worst"]["matched_packets"] - one["worst"]["limited_packets"], rate, 30)
            busy = 60000 + 6000 + (len(NETWORK) * 1200 if rate < 20 else 0)
            if rate < 100:
                self.assertRate((busy - one["limited_packets"]) / keys, rate, 30)

    def test_the_same_as_a_rule_that_has_it(self):
        for limit in ("50/second per source", "700/second", "30 new/minute per source/24/48 burst 7",
                      "16 kbit/second per source"):
            tried, = self.tried(f"--try={limit}", "--try=1/second")["limits"][:1]
            shown = self.held(limit, "--top=1")
            self.assertEqual(tried["limited_packets"], shown["rules"][0]["limited_packets"], limit)
            self.assertEqual(tried["limited_bytes"], shown["rules"][0]["limited_bytes"])
            self.assertEqual(tried["worst"]["limited_packets"], shown["top_limited"][0]["limited_packets"])

    def test_just_those_given(self):
        tried = self.tried("--try=50/second per source", "--try=limit 2000/second")["limits"]
        self.assertEqual([(one["limit"], one["keys"]) for one in tried], [("50/second per source", 2), ("2000/second", 0)])
        self.assertEqual((tried[1]["worst"], tried[1]["limited_packets"], tried[1]["first"]), (None, 0, None))

    def test_a_table_of_rates(self):
        path = self.file("limited.ini", limited("1/hour"))
        self.file("capture", self.capture)
        said = self.succeeds("replay", "--direction=in", "--try=limit 50/second per source", "--rule=web", path, "capture")
        self.assertSays(said, f"Rule web accepts {self.total} packets", "without its own limits")
        self.assertRegex(said, r"(?m)^50/second per source +599\d\d +76\.8% +\d+ +\S+% +2 203\.0\.113\.7 +569\d\d +94\.9%$")
        self.assertEqual(said.count("/second per source"), 5)
        self.assertNotIn("1/hour", said)

    def test_what_cannot_be_tried(self):
        path = self.file("limited.ini", limited("1/hour"))
        self.file("capture", self.capture)
        for status, limit, name, words in (
                (2, "limit 50/secnd", "web", ("--try:1:10: error:", "write second", "\n      |          ^~~~~")),
                (2, "50/second, 9/second", "web", ("one by one",)),
                (2, "50/second per source then ban 1h", "web", ("then ban",)),
                (1, "50/second", "wbe", ("wbe", 'did you mean "web"')),
                (1, "50/second", "trash", ("trash drops",)),
                (1, "limit 50 new/second", "rest", ("--try:1:1: error: only TCP has new connections", "^~~~"))):
            done = self.call("replay", "--direction=in", f"--try={limit}", f"--rule={name}", path, "capture")
            self.assertEqual((done.returncode, done.stdout), (status, ""), done.stderr)
            self.assertSays(done.stderr, *words)
        for options, word in ((("--try=1/second",), "--rule"), (("--rule=web",), "--try"),
                              (("--try=1/second", "--rule=web", "--verdicts"), "exclude"),
                              (("--try=1/second", "--rule=web", "--compare=x"), "exclude"),
                              (("--try=1/second",) * 17, "16 times")):
            self.assertSays(self.fails(2, "replay", *options, path, "capture"), word)


class Errors(Captured):
    def test_truncated(self):
        """What was read before is shown."""
        for content in (pcap(FRAMES), pcapng(FRAMES)):
            self.file("capture", content[:-10])
            done = self.call("replay", "--json", *LOCAL, self.policy, "capture")
            self.assertEqual((done.returncode, done.stderr.count("\n")), (1, 1), done.stderr)
            self.assertSays(done.stderr, "capture", "truncated")
            self.assertEqual(json.loads(done.stdout)["packets"], 7)

    def test_interfaces_that_differ(self):
        """libpcap could not read such a file."""
        for second in ((ETHERNET, 96), (RAW, 262144)):
            self.assertExchange(self.replay(pcapng(FRAMES, second=second), *LOCAL))

    def test_unknown_link_type(self):
        for make in (pcap, pcapng):
            self.file("capture", make(FRAMES, RADIOTAP))
            self.assertSays(self.fails(1, "replay", *LOCAL, self.policy, "capture"), "127", "IEEE802_11_RADIO",
                            "Ethernet")

    def test_no_capture(self):
        self.file("empty", b"")
        self.file("text", POLICY.encode() * 10)
        for path in ("empty", "text", self.folder):
            self.assertSays(self.fails(1, "replay", *LOCAL, self.policy, path), str(path), "not a capture")

    def test_cannot_be_read(self):
        self.file("secret", pcap(FRAMES)).chmod(0)
        self.assertSays(self.fails(1, "replay", *LOCAL, self.policy, "secret"), "secret", "Permission denied")
        self.assertSays(self.fails(1, "replay", *LOCAL, self.policy, "missing"), "missing", "No such file")

    def test_policies(self):
        self.file("capture", pcap(FRAMES))
        broken = self.file("broken.ini", POLICY.replace("443", "70000").encode())
        for arguments in ((broken, "capture"), ("--compare", broken, self.policy, "capture")):
            done = self.call("replay", *LOCAL, *arguments)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertRegex(done.stderr, r"^\S*broken\.ini:\d+:\d+: error: port 70000")

    def test_no_address(self):
        self.file("capture", pcap(FRAMES))
        for local, word in (("1.2.3.300", "300"), ("servers", "servers"), ("server,", "missing"), ("", "missing"),
                            ("198.51.100.10/24", "198.51.100.0/24"), ("aa:bb:cc:dd:ee:gg", "gg")):
            self.assertSays(self.fails(1, "replay", "--local", local, self.policy, "capture"), "--local", word)

    def test_options(self):
        for options, word in ((("--direction=both",), "both"), (("--top=many",), "many"), (("--top=-1",), "-1"),
                              (("--json", "--verdicts"), "exclude"), (("--local=::1", "--direction=in"), "exclude"),
                              (("--colour",), "--colour"), (("--local",), "--local")):
            self.assertSays(self.fails(2, "replay", "x.ini", "y.pcap", *options), word)
        for arguments in ((), ("x.ini",), ("x.ini", "y", "z")):
            self.assertSays(self.fails(2, "replay", *arguments), "help replay")


main(privileged=False)
