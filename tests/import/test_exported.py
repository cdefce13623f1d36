#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What `edgexdp export nftables` wrote is imported as the policy that it was made of, every shipped one and random ones;
what was changed since is complained of where it stands. EDGEXDP_SEED and EDGEXDP_POLICIES make it another test, or a
longer one."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import importing
from importing import HOST, run

SHIPPED = pathlib.Path(__file__).resolve().parents[2] / "policies"
SEED = int(os.environ.get("EDGEXDP_SEED", "1"))
POLICIES = int(os.environ.get("EDGEXDP_POLICIES", "40"))

ZONES = """[policy]
name = zones
; a note: "quoted", 100 %, \\n, *
inbound = drop
outbound = accept
log = drops
[interfaces]
wan = eth0, ppp*
lan = eth1
[sets]
admins = 192.0.2.0/24, eth0:networks
[rules]
ssh     = accept in on lan tcp > self:ssh limit 5 new/minute per source
through = accept forward lan to wan tcp note "ä note that is longer than what one comment of nft may hold, which is 127 bytes"
no-mail = reject in on wan tcp admins > :25
"""


def listed(ruleset, *options):
    """What nft lists of RULESET, in force."""
    with tempfile.NamedTemporaryFile("w", suffix=".nft") as file:
        file.write(ruleset)
        file.flush()
        return subprocess.run(["unshare", "-Urn", "sh", "-c", f"nft -f {file.name} && nft {' '.join(options)} list ruleset"],
                              capture_output=True, text=True, check=True).stdout


class Exported(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def export(self, policy, *options):
        path = self.folder / "policy.ini"
        path.write_text(policy)
        done = run("export", *HOST, *options, "nftables", path)
        self.assertEqual(done.returncode, 0, done.stderr + policy)
        return done.stdout

    def take(self, ruleset, *options):
        path = self.folder / "ruleset"
        path.write_text(ruleset)
        return run("import", *options, "nftables", path, cwd=self.folder)

    def comes_back(self, policy, ruleset):
        done = self.take(ruleset)
        self.assertEqual((done.returncode, done.stderr), (0, ""), policy)
        (self.folder / "policy.ini").write_text(policy)
        (self.folder / "imported.ini").write_text(done.stdout)
        differs = run("diff", *HOST, self.folder / "policy.ini", self.folder / "imported.ini")
        self.assertEqual((differs.returncode, re.sub("(?m)^.*warning:(.*\n)+?(?=\\S|\\Z)", "", differs.stdout)), (0, ""))
        self.assertEqual(done.stdout, policy.replace("\r\n", "\n"))

    def complains(self, ruleset, *parts, options=()):
        done = self.take(ruleset, *options)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(done.stderr.count("error: "), len(parts), done.stderr)
        for part in parts:
            self.assertIn(part, done.stderr)
        return done.stdout

    def test_shipped(self):
        for path in sorted(SHIPPED.glob("*.ini")):
            with self.subTest(path.name):
                text = path.read_text()
                self.comes_back(text, self.export(text))

    def test_random(self):
        for number in range(SEED, SEED + POLICIES):
            with self.subTest(seed=number):
                text = subprocess.run([os.environ["EDGEXDP_PRINT_POLICY"], str(number)], capture_output=True, text=True,
                                      check=True).stdout
                self.comes_back(text, self.export(text))

    def test_zones(self):
        self.comes_back(ZONES, self.export(ZONES))
        self.comes_back(ZONES, self.export(ZONES, "--interface", "eth1"))

    def test_lines_end_as_they_did(self):
        for text in ("[policy]\nname = a\n\n\n", "[policy]\r\nname = a\r\n", "[policy]\nname = a\n# " + 300 * "%" + "\n"):
            self.comes_back(text, self.export(text))

    def test_in_force(self):
        for form in ((), ("-j",)):
            self.comes_back(ZONES, listed(self.export(ZONES), *form))

    def test_what_packets_left(self):
        """Flows, who is over a limit, and counters are no changes."""
        ruleset = listed(self.export(ZONES), "-s")
        filled = re.sub(r"(?m)^(\tset udp4 \{\n(?:.*\n)*?\t\ttimeout .*\n)",
                        r"\1\t\telements = { 198.51.100.10 . 203.0.113.7 . 53 . 53 timeout 1m expires 30s }\n", ruleset)
        self.assertNotEqual(filled, ruleset)
        self.comes_back(ZONES, listed(filled))
        self.comes_back(ZONES, re.sub("counter(?! packets)", "counter packets 7 bytes 700", filled))

    def test_files_beside(self):
        policy = "[policy]\nname = a\n[sets]\nadmins = @admins.txt\n[rules]\nssh = accept in tcp admins > :22\n"
        (self.folder / "admins.txt").write_text("192.0.2.0/24\n")
        ruleset = self.export(policy)
        self.comes_back(policy, ruleset)
        (self.folder / "admins.txt").write_text("192.0.2.0/25\n")
        self.complains(ruleset, "set admins-ipv4 of table inet edgexdp: this is not what")
        (self.folder / "admins.txt").unlink()
        self.assertEqual(self.complains(ruleset, "carries, line 4: cannot read the set file admins.txt"), "")

    def test_changes_are_told(self):
        text = (SHIPPED / "web-server.ini").read_text()
        ruleset = listed(self.export(text))
        lines = ruleset.splitlines(keepends=True)
        found = [number for number, line in enumerate(lines) if re.search(r'tcp dport 443 .*comment "https-in"', line)]
        line = found[0]
        changed = lines[line].replace("443", "444")
        for what, made, parts in (
                ("other", [changed], (f"ruleset:{line + 1}:1: error: chain inbound",)),
                ("gone", [], (f"ruleset:{line + 1}:1: error: chain inbound",)),
                ("more", ["accept\n", lines[line]], (f"ruleset:{line + 1}:1: error: chain inbound",))):
            with self.subTest(what):
                made = "".join([*lines[:line], *made, *lines[line + 1:]])
                policy = self.complains(made, *parts)
                self.assertTrue(policy.endswith(text))
                self.assertTrue(policy.startswith("# The ruleset was changed after it was exported"))
                self.assertEqual(self.complains(made, *parts, options=("--strict",)), "")

    def test_ends_of_chains(self):
        ruleset = listed(self.export((SHIPPED / "web-server.ini").read_text()))
        chains = re.split(r"(?m)^(?=\tchain )", ruleset)
        at = [number for number, chain in enumerate(chains) if chain.startswith("\tchain inbound {")][0]
        gone, more = list(chains), list(chains)
        gone[at] = re.sub(r"\n.*\n(?=\t\}\n)", "\n", chains[at], count=1)
        more[at] = chains[at].replace("\n\t}\n", "\n\t\tcounter\n\t}\n", 1)
        self.assertNotIn(chains[at], (gone[at], more[at]))
        self.complains("".join(gone), "table inet edgexdp, rule")
        self.assertIn("is missing in the ruleset", self.take("".join(gone)).stderr)
        self.complains("".join(more), "table inet edgexdp, rule")

    def test_other_tables(self):
        other = "table ip mine {\n\tchain input {\n\t\ttype filter hook input priority filter\n\t\ttcp dport 22 accept\n\t}\n}\n"
        ruleset = self.export(ZONES) + other
        self.complains(ruleset, "chain input of table ip mine: it stands beside")
        self.comes_back(ZONES, self.take(ruleset, "--without", "mine") and self.export(ZONES))
        self.assertEqual(self.take(ruleset, "--without", "mine").stdout, ZONES)
        alone = self.take(ruleset, "--without", "edgexdp*")
        self.assertEqual((alone.returncode, importing.rules(alone.stdout)), (0, ["accept in ipv4 tcp > :22"]), alone.stderr)

    def test_without_the_policy(self):
        ruleset = re.sub(r"(?s)\tchain edgexdp_policy \{.*?\t\}\n", "", self.export((SHIPPED / "web-server.ini").read_text()))
        done = self.take(ruleset)
        self.assertEqual(done.returncode, 1)
        self.assertIn("without chain edgexdp_policy", done.stderr)


if __name__ == "__main__":
    importing.need_nft()
    unittest.main(verbosity=2)
