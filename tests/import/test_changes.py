#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules that change packets: NAT and mangling are never imported, and each is told at its place."""

import unittest

import importing
from rules_within import ESTABLISHED, iptables, nft


class Changes(unittest.TestCase):
    def mangled(self, done, line, words, matters):
        self.assertEqual(done.returncode, int(matters), done.stderr)
        self.assertRegex(done.stderr, rf":{line}:1: {'error' if matters else 'note'}: \"{words}\": mangling is never imported")
        self.assertRegex(done.stdout, rf"# not imported, line {line}: {words}\n#   mangling is never imported")

    def test_mangling(self):
        """Each rule that changes packets is told; it is a complaint where other rules may see what it changed."""
        table = ("*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -s 192.0.2.1/32 -j {}\nCOMMIT\n")
        for target, rule, matters in (("DSCP --set-dscp 0x2e", "-m dscp --dscp 0x2e -j ACCEPT", True),
                                      ("DSCP --set-dscp 0x2e", "-p tcp -j ACCEPT", False),
                                      ("TTL --ttl-set 64", "-m ttl --ttl-eq 64 -j ACCEPT", True),
                                      ("MARK --set-xmark 0x1/0xffffffff", "-m ttl --ttl-eq 64 -j ACCEPT", False),
                                      ("TCPMSS --clamp-mss-to-pmtu", "-p tcp -j ACCEPT", False)):
            with self.subTest(target):
                self.mangled(importing.take("iptables", table.format(target) + iptables(rule)), 3,
                             importing.re.escape(f"-s 192.0.2.1/32 -j {target}"), matters)
        for statement, rule, matters in (("ip dscp set cs1", "ip dscp cs1 accept", True), ("ip ttl set 5", "tcp dport 1 accept", False),
                                         ("ip daddr set 192.0.2.1", "tcp dport 1 accept", True),
                                         ("tcp dport set 80", "tcp dport 1 accept", True), ("meta mark set 0x1", "tcp dport 1 accept", False)):
            with self.subTest(statement):
                done = importing.take("nftables", nft(rule, ESTABLISHED + f"\n\t\t{statement}"))
                self.assertIn("mangling is never imported", done.stdout)
                self.assertIn(f":6:1: {'error' if matters else 'note'}: ", done.stderr)
                self.assertEqual(done.returncode, int(matters), done.stderr)

    def translated(self, done, ruleset, lines, before, after):
        """Each rule of NAT is a complaint at its place: before all rules, or after."""
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(done.stderr.count("error: "), len(before) + len(after), done.stderr)
        for rule in (*before, *after):
            line = 1 + ruleset[:ruleset.index(rule)].count("\n")
            self.assertIn(f':{line}:1: error: "{rule}" is not imported: NAT is never imported', done.stderr)
        named = [f"# not imported, line {1 + ruleset[:ruleset.index(rule)].count(chr(10))}: {rule}\n"
                 "#   NAT is never imported: leave it to the filter that does it\n" for rule in (*before, *after)]
        inside = "".join(f".*= {line}\n" for line in lines)
        rest = "".join(named[:len(before)]) + "RULES" + "".join(named[len(before):])
        self.assertRegex(done.stdout, r"\[rules\]\n" + importing.re.escape(rest).replace("RULES", f"(.*forward.*\n)*{inside}(.*ipv6\n)?"))
        self.assertEqual(importing.check(done.stdout).returncode, 0)

    def test_translations_of_nftables(self):
        before = ('iifname "eth0" tcp dport { 80, 443 } dnat to 192.168.1.5', "tcp dport 2222 redirect to :22",
                  "meta mark 7 dnat to 192.168.1.6:80-90 random,persistent")
        after = ('oifname "eth0" masquerade', "ip saddr 192.168.1.0/24 snat to 198.51.100.10")
        nat = ("table ip nat {{\n\tchain pre {{\n\t\ttype nat hook prerouting priority dstnat; policy accept;\n\t\t{}\n\t}}\n"
               "\tchain post {{\n\t\ttype nat hook postrouting priority srcnat; policy accept;\n\t\t{}\n\t}}\n}}\n").format(
                   "\n\t\t".join(before).replace("mark 7 ", "mark 7 tcp dport 9 "), "\n\t\t".join(after))
        before = (*before[:2], before[2].replace("mark 7 ", "mark 7 tcp dport 9 "))
        ruleset = nft("tcp dport 22 accept", ESTABLISHED) + nat
        done = importing.take("nftables", ruleset)
        self.translated(done, ruleset, ["accept in tcp > :22"], before, after)
        self.assertEqual(importing.take("nftables", ruleset, options=["--without", "ip nat"]).returncode, 0)
        dropped = importing.take("nftables", ruleset.replace(after[0], "ip saddr 192.0.2.1 drop"))
        self.assertIn('"ip saddr 192.0.2.1 drop" is not imported: in a chain of NAT', dropped.stderr)

    def test_translations_of_iptables(self):
        before = tuple(f"-p tcp -m tcp --dport {80 + number} -j {target}" for number, target in enumerate((
            "DNAT --to-destination 192.168.1.5:80", "REDIRECT --to-ports 22", "DNAT --to-destination 192.168.1.6 --random")))
        after = ("-o eth0 -j MASQUERADE", "-s 192.168.1.0/24 -j SNAT --to-source 198.51.100.10",
                 "-s 192.168.1.0/24 -j NETMAP --to 198.51.100.0/24")
        ruleset = iptables("-p tcp -m tcp --dport 22 -j ACCEPT") + "*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n" + \
            "".join(f"-A PREROUTING {rule}\n" for rule in before) + "".join(f"-A POSTROUTING {rule}\n" for rule in after) + "COMMIT\n"
        self.translated(importing.take("iptables", ruleset), ruleset, ["accept in ipv4 tcp > :22"], before, after)


if __name__ == "__main__":
    importing.need_nft()
    unittest.main(verbosity=2)
