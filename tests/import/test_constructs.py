#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What nft(8), iptables(8) and iptables-extensions(8) name for filters: each construct is carried, or refused by its
name with the reason."""

import unittest

import importing
from iptables_constructs import IPTABLES_CARRIED, IPTABLES_REFUSED
from nft_constructs import NFT_AFTER_ESTABLISHED, NFT_CARRIED, NFT_FIELDS, NFT_REFUSED, WORDS
from rules_within import ESTABLISHED, iptables, nft


class Constructs(unittest.TestCase):
    def carried(self, done, lines, families=("ipv4", "ipv6")):
        """The lines of what comes in."""
        found = [line for line in importing.rules(done.stdout) if " in" in line.split(" > ")[0]]
        if families == ("ipv4",) and "accept in ipv6" in found:
            self.assertEqual(found.pop(), "accept in ipv6")
        if lines is not None and lines and lines[0].startswith("drop in icmp echo-reply, 1"):
            found = [line[:len(lines[0])] for line in found]
        if lines is not None:
            self.assertEqual(found, lines, done.stderr)
        checked = importing.check(done.stdout)
        self.assertEqual(checked.returncode, 0, checked.stderr)

    def test_nftables_carries(self):
        for rule, lines in NFT_CARRIED:
            with self.subTest(rule):
                done = importing.take("nftables", nft(rule, policy="accept" if "drop" in rule or "reject" in rule else "drop"))
                errors = [line for line in done.stderr.splitlines() if "error:" in line and "replies" not in line]
                self.assertEqual(errors, [])
                self.carried(done, lines)

    def test_nftables_carries_after_established(self):
        for rule, lines in NFT_AFTER_ESTABLISHED:
            with self.subTest(rule):
                done = importing.take("nftables", nft(rule, ESTABLISHED))
                self.assertEqual(done.returncode, 0, done.stderr)
                self.carried(done, lines)

    def test_nftables_refuses(self):
        for rule, words in NFT_REFUSED:
            with self.subTest(rule):
                done = importing.take("nftables", nft(rule, ESTABLISHED))
                self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                self.assertIn(words, done.stderr)
                self.assertIn(":6:1: error: ", done.stderr)
                if "have a timeout" not in words and "@timed" not in rule:
                    self.assertIn("# not imported, line 6: ", done.stdout)
                self.assertEqual(importing.check(done.stdout).returncode, 0)

    def test_nftables_refuses_each_field(self):
        for rule, words in NFT_FIELDS:
            with self.subTest(rule):
                done = importing.take("nftables", nft(f"{rule} accept", ESTABLISHED))
                self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                self.assertRegex(done.stderr, rf"accept\" is not imported: {importing.re.escape(words)}")
                self.assertIn("# not imported, line 6: ", done.stdout)

    def test_other_rejections_are_told(self):
        for kind, text in (("nftables", nft("reject with icmpx type host-unreachable", ESTABLISHED, "accept")),
                           ("nftables", nft("reject with icmpv6 type no-route", ESTABLISHED, "accept")),
                           ("iptables", iptables("-j REJECT --reject-with icmp-net-unreachable", "ACCEPT"))):
            done = importing.take(kind, text)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, "reject.with [a-z-]+: edgexdp has tcp-reset, port-unreachable and admin-prohibited")
            self.assertIn("reject with admin-prohibited in", done.stdout)

    def test_strict_writes_nothing(self):
        done = importing.take("nftables", nft("meta mark 1 accept", ESTABLISHED), options=["--strict"])
        self.assertEqual((done.returncode, done.stdout), (1, ""))

    def test_iptables_carries(self):
        for rules, lines in IPTABLES_CARRIED:
            with self.subTest(rules):
                policy = "ACCEPT" if "ACCEPT" not in rules else "DROP"
                done = importing.take("iptables", iptables(rules, policy))
                self.assertEqual(done.returncode, 0, done.stderr)
                self.carried(done, lines, ("ipv4",))

    def test_iptables_refuses(self):
        for rules, words in IPTABLES_REFUSED:
            with self.subTest(rules):
                done = importing.take("iptables", iptables(rules))
                self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                self.assertIn(words, done.stderr)
                self.assertIn(":8:1: error: ", done.stderr)
                self.assertIn("# not imported, line 8: ", done.stdout)
                self.assertEqual(importing.check(done.stdout).returncode, 0)

    def test_words(self):
        """A rule is told as nft itself would list it."""
        for rule in WORDS:
            with self.subTest(rule):
                done = importing.take("nftables", nft(rule, ESTABLISHED))
                self.assertIn(f'"{rule}" is not imported', done.stderr)


if __name__ == "__main__":
    importing.need_nft()
    unittest.main(verbosity=2)
