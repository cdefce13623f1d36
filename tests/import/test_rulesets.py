#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The rulesets that tests/translations tells by what they allow, as their administrators would have written them:
each imports, and what comes out meets the expectations of the translation."""

import pathlib
import re
import unittest

import importing

HERE = pathlib.Path(__file__).resolve().parent
TRANSLATIONS = HERE.parent / "translations"

# What each says that it cannot say.
COMPLAINTS = {
    "03-mail-gateway": ("-j MASQUERADE\" is not imported: NAT",),
    "06-home-router": ("ct status", "dnat to 192.168.1.20\" is not imported: NAT", "masquerade\" is not imported: NAT"),
    "08-strict-border": ("drops replies too",),
    "11-bgp": ("a rate of packets that open conversations",),
    "12-game-server": ("drops replies too",),
}
# What zones of the translation are called in the import, where each interface is its own.
ZONES = {"06-home-router": {"wan": "eth0", "lan": "eth1"}, "10-vpn": {"wan": "eth0", "vpn": "wg0", "lan": "eth1"}}
# Expectations that are not of the ruleset, and why.
DIFFERENT = {
    "06-home-router": {"forwarded"},  # NAT is not imported
    "08-strict-border": {"spoofed"},  # it does not name this host's addresses
    "10-vpn": {"answered"},           # by IPv6, of which the ruleset says nothing
    "11-bgp": {"traceroute"},         # its rate is of conversations, and not imported
}


def take(name):
    nft, v4, v6 = (HERE / "rulesets" / f"{name}.{kind}" for kind in ("nft", "v4", "v6"))
    if nft.exists():
        return importing.run("import", "nftables", nft)
    return importing.run("import", "iptables", *(path for path in (v4, v6) if path.exists()))


def expectations(name):
    """Those of the translation, of a policy whose rules have other names."""
    text = (TRANSLATIONS / f"{name}.ini").read_text()
    lines = re.search(r"(?ms)^\[expectations\]$(.*)", text)[1]
    for wrong in DIFFERENT.get(name, ()):
        lines = re.sub(rf"(?m)^{re.escape(wrong)} *=.*\n(?: +.*\n)*", "", lines)
    lines = re.sub(r"(?m)^([\w-]+ *= \w+) by \S+", r"\1", lines)
    for zone, interface in ZONES.get(name, {}).items():
        lines = re.sub(rf"\b(on|via|forward) {zone}\b", rf"\1 {interface}", lines)
        lines = re.sub(rf"(\bforward \w+ >) {zone}\b", rf"\1 {interface}", lines)
    return "[expectations]\n" + lines


class Rulesets(unittest.TestCase):
    def test_each_is_there(self):
        self.assertEqual({path.stem for path in (HERE / "rulesets").iterdir()},
                         {path.stem for path in TRANSLATIONS.glob("*.ini")})

    def test_each_is_the_translation(self):
        for name in sorted(path.stem for path in TRANSLATIONS.glob("*.ini")):
            with self.subTest(name):
                done = take(name)
                self.assertEqual(done.returncode, int(name in COMPLAINTS), done.stderr)
                self.assertEqual(done.stderr.count("error: "), len(COMPLAINTS.get(name, ())), done.stderr)
                for words in COMPLAINTS.get(name, ()):
                    self.assertIn(words, done.stderr)
                checked = importing.check(done.stdout + "\n" + expectations(name))
                self.assertEqual(checked.returncode, 0, checked.stderr)

    def test_each_is_written_as_check_does(self):
        for name in sorted(path.stem for path in TRANSLATIONS.glob("*.ini")):
            with self.subTest(name):
                policy = take(name).stdout
                self.assertEqual(importing.check(policy, "--format", "short").stdout, policy)


if __name__ == "__main__":
    importing.need_nft()
    unittest.main(verbosity=2)
