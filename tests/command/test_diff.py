#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""diff: what two policies judge differently, for people and for programs. Needs no privilege."""

import json
import os
import pathlib
import shutil
import tempfile

from guarded import EDGEXDP, NOBODY, Base, main, policy, rule
from shipped import POLICIES, filled_in

SETS = "[sets]\nserver = 198.51.100.10, 2001:db8::10\npartners = 203.0.113.0/24\n"
SIP = rule("sip-in", "in", "tcp", 5061, to="server", **{"from": "partners"})
WEB = rule("web-in", "in", "tcp", 443, to="server")
DNS = rule("dns-out", "out", "udp", 53, to="192.0.2.53", **{"from": "server"})
OLD = policy("old", SETS, SIP, WEB, DNS)


class Diff(Base):
    """As an unprivileged user, whoever runs the test."""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.prefix = NOBODY if os.geteuid() == 0 else ()
        self.program = shutil.copy(EDGEXDP, self.folder)
        os.chmod(self.folder, 0o755)

    def call(self, *arguments, **options):
        return super().call(*arguments, prefix=self.prefix, cwd=self.folder, **options)

    def file(self, name, text):
        (self.folder / name).write_text(text)
        return name

    def diff(self, old, new, *options):
        """The output for two texts, in files old.ini and new.ini."""
        done = self.call("diff", *options, self.file("old.ini", old), self.file("new.ini", new))
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.returncode, 1 if done.stdout and "--json" not in options else
                         done.returncode)
        return done

    def assertSame(self, old, new):
        done = self.diff(old, new)
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        shown = self.diff(old, new, "--json")
        self.assertEqual((shown.returncode, json.loads(shown.stdout)),
                         (0, {"switches": [], "tuples": []}))

    def assertDiffers(self, old, new, *lines):
        done = self.diff(old, new)
        self.assertEqual((done.returncode, done.stdout.splitlines()), (1, list(lines)))


class Same(Diff):
    def test_itself(self):
        self.assertSame(OLD, OLD)

    def test_other_words(self):
        new = policy("other", "[sets]\nv4 = 198.51.100.10\nv6 = 2001:db8::10\nall = v4, v6\n"
                     "half = 203.0.113.0/25\n",
                     rule("dns", "out", "udp", 53, to="192.0.2.53", **{"from": "all"}),
                     rule("web4", "in", "6", "443-443", to="v4", note="moved up"),
                     rule("web6", "in", "tcp", "443, 443", to="v6", log="yes"),
                     rule("sip-1", "in", "tcp", 5061, to="all", **{"from": "half"}),
                     rule("sip-2", "in", "tcp", 5061, to="v4",
                          **{"from": "203.0.113.128-203.0.113.255"}),
                     rule("never", "in", "tcp", 443, to="v4", action="drop"))
        self.assertSame(OLD, new)

    def test_shipped_policies(self):
        for path in sorted(POLICIES.glob("*.ini")):
            text = filled_in(path.read_text())
            self.assertSame(text, text + "\n; a comment\n")


class Differs(Diff):
    def test_a_rule_added(self):
        new = policy("new", SETS, SIP, WEB,
                     rule("xmpp-in", "in", "tcp", "5269, 5280-5290", to="server",
                          **{"from": "partners"}), DNS)
        line = new.splitlines().index("[rule xmpp-in]") + 1
        self.assertDiffers(OLD, new, "in tcp partners > server : 5269, 5280-5290  "
                           f"drop (default) -> accept (rule xmpp-in, new.ini:{line})")
        line = OLD.splitlines().index("[rule dns-out]") + 1
        self.assertDiffers(OLD, policy("new", SETS, SIP, WEB), "out udp server > 192.0.2.53 : 53  "
                           f"accept (rule dns-out, old.ini:{line}) -> drop (default)")

    def test_order(self):
        drop = rule("no", "in", action="drop", **{"from": "203.0.113.66"})
        self.assertSame(OLD, policy("new", SETS, SIP, WEB, DNS, drop))
        done = self.diff(OLD, policy("new", SETS, drop, SIP, WEB, DNS)).stdout
        self.assertEqual([line.split("  ")[0] for line in done.splitlines()],
                         ["in tcp 203.0.113.66 > server : 5061",
                          "in tcp 203.0.113.66 > server : 443"])

    def test_default_source_ports_and_types(self):
        self.assertDiffers(policy("a"), policy("a", outbound="accept"),
                           "out any any > any  drop (default) -> accept (default)")
        self.assertDiffers(
            policy("a"), policy("a", rule("r", "in", "udp", "53", source_port="1024-65535")),
            "in udp any : 1024-65535 > any : 53  drop (default) -> accept (rule r, new.ini:4)")
        self.assertDiffers(
            policy("a"), policy("a", rule("r", "in", "icmp", icmp_type="echo-request, 3/4")),
            "in icmp any > any destination-unreachable/4, echo-request  "
            "drop (default) -> accept (rule r, new.ini:4)")

    def test_switches(self):
        self.assertDiffers(policy("a"), policy("a", "[baseline]\narp = drop\nfragments = drop\n",
                                               mode="audit"),
                           "mode: enforce -> audit", "baseline arp: accept -> drop",
                           "baseline fragments: track -> drop")
        self.assertDiffers(policy("a"), policy("a", "[baseline]\nigmp = accept\n"),
                           "in 2 any > any (IPv4)  drop (default) -> accept (baseline igmp)",
                           "out 2 any > any (IPv4)  drop (default) -> accept (baseline igmp)")

    def test_json(self):
        new = policy("new", "[baseline]\narp = drop\n", SETS, SIP,
                     rule("web-in", "in", "tcp", "443", to="198.51.100.10"), DNS)
        done = self.diff(OLD, new, "--json")
        self.assertEqual(done.returncode, 1)
        said = json.loads(done.stdout)
        self.assertEqual(said["switches"], [{"key": "baseline arp", "old": "accept",
                                             "new": "drop"}])
        self.assertEqual(said["tuples"], [{
            "zone": None, "direction": "in", "family": "ipv6", "protocols": ["tcp"],
            "source": ["any"], "source_excluded": False, "source_ports": None,
            "destination": ["server"], "destination_excluded": False, "ports": ["443"],
            "icmp_types": None, "hop_limit": None, "tcp_flags": None, "fragment": None,
            "ttl": None, "dscp": None,
            "length": None, "ip_flags": None, "tcp_reserved": None, "flow_label_high": None, "flow_label_low": None, "arrives": None,
            "old": {"verdict": "accept", "reject": None, "limit": None, "protect": None, "outcome": "rule", "rule": "web-in", "reason": None,
                    "file": "old.ini", "line": OLD.splitlines().index("[rule web-in]") + 1},
            "new": {"verdict": "drop", "reject": None, "limit": None, "protect": None, "outcome": "default", "rule": None, "reason": "default",
                    "file": "new.ini", "line": None}}])

    def test_limits(self):
        def limited(text):
            return policy("a", "[rules]\nweb = accept in tcp > :443" + (f" limit {text}" if text else "") + "\n")
        self.assertEqual(self.diff(limited("5/second"), limited("5/second burst 5")).returncode, 0)
        self.assertDiffers(limited("5/second"), limited("6/second, 9 kbit/second"),
                           "in tcp any > any : 443  accept within 5/second (rule web, old.ini:5) -> "
                           "accept within 6/second, 9 kbit/second (rule web, new.ini:5)")
        self.assertDiffers(limited(""), limited("6/second"),
                           "in tcp any > any : 443  accept (rule web, old.ini:5) -> "
                           "accept within 6/second (rule web, new.ini:5)")

    def test_agrees_with_explain(self):
        """What diff says about both policies, explain says about packets in its tuples."""
        new = policy("new", SETS, rule("no", "in", action="drop", **{"from": "203.0.113.128/25"}),
                     SIP, rule("web-in", "in", "tcp", "443-444", to="server"), DNS)
        tuples = json.loads(self.diff(OLD, new, "--json").stdout)["tuples"]
        self.assertEqual(len(tuples), 4)
        for one in tuples:
            named = one["source"] == ["203.0.113.128/25"] and not one["source_excluded"]
            source = "203.0.113.130" if named else "192.0.2.1"
            packet = f"in tcp {source}:40000 > 198.51.100.10:{one['ports'][0]}"
            if one["family"] == "ipv6":
                packet = f"in tcp [2001:db8:9::7]:40000 > [2001:db8::10]:{one['ports'][0]}"
            for side in ("old", "new"):
                said = json.loads(self.succeeds("explain", "--json", f"./{side}.ini", packet))
                self.assertEqual({key: said[key] for key in ("verdict", "outcome", "rule", "line")},
                                 {key: one[side][key]
                                  for key in ("verdict", "outcome", "rule", "line")}, packet)

    def test_order_across_files(self):
        """Tuples are in the order of the rules, whatever the lines of included files are."""
        self.file("part.ini", "\n" * 40 + "[rules]\nfirst = accept in tcp > :1\nsecond = accept in tcp > :2\n")
        old = policy("old")
        new = policy("new", "[include part.ini]\n", "[rules]\nthird = accept in tcp > :3\nfourth = accept in tcp > :4\n")
        tuples = json.loads(self.diff(old, new, "--json").stdout)["tuples"]
        self.assertEqual([one["new"]["rule"] for one in tuples], ["first", "second", "third", "fourth"])


class Large(Diff):
    def test_ten_thousand_rules(self):
        sets = "[sets]\n" + "".join(f"s{i} = 10.{i // 256}.{i % 256}.0/24\n" for i in range(500))
        rules = [rule(f"r{i}", ("in", "out")[i % 2], ("tcp", "udp")[i % 3 % 2], 1 + i * 7 % 65535,
                      to=f"s{i * 7 % 500}", **{"from": f"s{i % 500}"}) for i in range(10000)]
        old = policy("large", sets, *rules)
        self.assertSame(old, old)
        new = old + rule("one-more", "in", "tcp", 443, **{"from": "192.0.2.7"}, to="s3")
        done = self.diff(old, new).stdout
        self.assertEqual(done.count("\n"), 1)
        self.assertTrue(done.startswith("in tcp 192.0.2.7 > s3 : 443  drop (default) -> accept "
                                        "(rule one-more, new.ini:"), done)

    def test_a_million_prefixes(self):
        with open(self.folder / "many.txt", "w") as file:
            for i in range(1000000):
                file.write(f"{(i >> 13) + 1}.{i >> 5 & 255}.{(i & 31) * 8}.0/25\n")
        shutil.copy(self.folder / "many.txt", self.folder / "more.txt")
        with open(self.folder / "more.txt", "a") as file:
            file.write("198.51.100.7\n")
        text = policy("many", "[sets]\nbad = @{}\n",
                      rule("bad", "in", action="drop", **{"from": "bad"}),
                      rule("web-in", "in", "tcp", 443))
        self.assertSame(text.format("many.txt"), text.format("many.txt"))
        done = self.diff(text.format("many.txt"), text.format("more.txt")).stdout
        self.assertTrue(done.startswith("in tcp 198.51.100.7 > any : 443  accept (rule web-in, "),
                        done[:200])
        self.assertEqual(done.count("\n"), 1)


class Wrong(Diff):
    def test_command_line(self):
        old = self.file("old.ini", OLD)
        for arguments in ([], [old], [old, old, old]):
            self.assertSays(self.fails(2, "diff", *arguments), "help diff")
        self.assertSays(self.fails(2, "diff", "--limit", old, old), "--limit")

    def test_no_policy(self):
        old = self.file("old.ini", OLD)
        self.assertSays(self.fails(1, "diff", old, "missing.ini"), "missing.ini")
        self.assertSays(self.fails(1, "diff", "missing.ini", old), "missing.ini")
        done = self.call("diff", "missing.ini", ".")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(done.stderr.count("\n"), 2, done.stderr)

    def test_errors_of_both(self):
        done = self.call("diff", self.file("old.ini", OLD.replace("5061", "70000")),
                         self.file("new.ini", OLD.replace("to = server", "to = nobody")))
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, r"(?s)old\.ini:\d+:\d+: error: .*70000")
        self.assertRegex(done.stderr, r"(?s)new\.ini:\d+:\d+: error: .*nobody")


main(privileged=False)
