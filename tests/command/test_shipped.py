#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The shipped policies: each is free of warnings, and its expectations cover what it says."""

import pathlib
import re
import tempfile

from guarded import Base, main

TREE = pathlib.Path(__file__).resolve().parent.parent.parent
POLICIES = sorted((TREE / "policies").glob("*.ini"))
# What Microsoft's table leaves out: see the first lines of the policy.
NOTED = {"lync-edge-external.ini": "no rule accepts DNS"}

KINDS = (r"verdict += accept", r"verdict += drop", r"reply-to +=", r"packet +=.* \d+\.",
         r"packet +=.*[ \[]\w+:\w*:", r"packet += in ", r"packet += out ")


def sections(text):
    """(kind, name, body) of each section, comments left out."""
    text = re.sub(r"(?m)^[;#].*\n", "", text)
    return re.findall(r"(?ms)^\[(\w+) ?([^\]\n]*)\]\n(.*?)(?=^\[|\Z)", text)


def without(text, rule):
    """The policy without RULE, and without expectations that name it."""
    text = re.sub(rf"(?ms)^\[rule {re.escape(rule)}\]\n.*?(?=^\[|\Z)", "", text)
    return re.sub(rf"(?m)^rule += {re.escape(rule)}\n", "", text)


class Shipped(Base):
    def test_each_is_in_order(self):
        self.assertGreater(len(POLICIES), 10)
        for path in POLICIES:
            done = self.call("check", path)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stdout, r": ok: \d+ rules?, \d+ expectations met\n$")
            said = re.findall(r"(?m)^\S+: (error|warning|note): (.*)$", done.stderr)
            if path.name in NOTED:
                self.assertSays(said.pop()[1], NOTED[path.name])
            self.assertEqual(said, [], path.name)

    def test_expectations_are_of_every_kind(self):
        for path in POLICIES:
            bodies = [body for kind, _, body in sections(path.read_text()) if kind == "expect"]
            self.assertGreaterEqual(len(bodies), 10, path.name)
            missing = [kind for kind in KINDS if not any(re.search(kind, body) for body in bodies)]
            self.assertEqual(missing, [], path.name)

    def test_no_rule_can_go(self):
        """If any rule is removed, the policy fails its expectations, or one of them wants that rule
        by name: some rules are there for their counter."""
        idle = []
        with tempfile.TemporaryDirectory() as folder:
            shorter = pathlib.Path(folder) / "shorter.ini"
            for path in POLICIES:
                text = path.read_text()
                for name in [name for kind, name, _ in sections(text) if kind == "rule"]:
                    shorter.write_text(without(text, name))
                    met = "error: expectation" not in self.call("check", shorter).stderr
                    if met and not re.search(rf"(?m)^rule += {re.escape(name)}$", text):
                        idle.append((path.name, name))
        self.assertEqual(idle, [])

    def test_readme_names_each(self):
        rows = re.findall(r"(?m)^\| `([\w-]+\.ini)` \|", (TREE / "README.md").read_text())
        self.assertEqual(sorted(rows), [path.name for path in POLICIES])


main(privileged=False)
