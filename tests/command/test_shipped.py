#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The shipped policies: once filled in, each is free of warnings, and its expectations cover what it
says."""

import pathlib
import re
import tempfile

from guarded import HERE, Base, main
from shipped import POLICIES as FOLDER
from shipped import filled_in

TREE = FOLDER.parent
POLICIES = sorted(FOLDER.glob("*.ini"))
SELF = ("--self", ",".join(HERE))
UNFILLED = ['set "admins" is empty and matches nothing: fill it in, as in admins = 192.0.2.0/24',
            "rule ssh-in can never match: `from` holds no address"]
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
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, text, name):
        path = self.folder / name
        path.write_text(text)
        return path

    def filled(self, path):
        return self.file(filled_in(path.read_text()), path.name)

    def long_form(self, path):
        """PATH, filled in, a section for each rule and expectation."""
        return self.succeeds("check", *SELF, "--format", "long", self.filled(path))

    def messages(self, path):
        """What `check` says of a policy that is in order."""
        done = self.call("check", *SELF, path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r": ok: \d+ rules?, \d+ expectations met\n$")
        return re.findall(r"(?m)^\S+: (?:error|warning|note): (.*)$", done.stderr)

    def test_each_is_in_order(self):
        self.assertGreater(len(POLICIES), 10)
        for path in POLICIES:
            said = self.messages(self.filled(path))
            if path.name in NOTED:
                self.assertSays(said.pop(), NOTED[path.name])
            self.assertEqual(said, [], path.name)

    def test_those_to_be_filled_in_say_so(self):
        """Filling in `admins` is all that they need."""
        unfilled = [path for path in POLICIES if re.search(r"(?m)^admins =$", path.read_text())]
        self.assertIn("web-server.ini", [path.name for path in unfilled])
        for path in unfilled:
            self.assertEqual(self.messages(path), UNFILLED, path.name)

    def test_each_is_written_in_the_short_form(self):
        for path in POLICIES:
            self.assertNotRegex(path.read_text(), r"(?m)^\[(rule|expect) ", path.name)

    def test_expectations_are_of_every_kind(self):
        for path in POLICIES:
            bodies = [body for kind, _, body in sections(self.long_form(path)) if kind == "expect"]
            self.assertGreaterEqual(len(bodies), 10, path.name)
            missing = [kind for kind in KINDS if not any(re.search(kind, body) for body in bodies)]
            self.assertEqual(missing, [], path.name)

    def test_no_rule_can_go(self):
        """If any rule is removed, the policy fails its expectations, or one of them wants that rule
        by name: some rules are there for their counter."""
        idle = []
        for path in POLICIES:
            text = self.long_form(path)
            for name in [name for kind, name, _ in sections(text) if kind == "rule"]:
                shorter = self.file(without(text, name), "shorter.ini")
                met = "error: expectation" not in self.call("check", *SELF, shorter).stderr
                if met and not re.search(rf"(?m)^rule += {re.escape(name)}$", text):
                    idle.append((path.name, name))
        self.assertEqual(idle, [])

    def test_readme_names_each(self):
        rows = re.findall(r"(?m)^\| `([\w-]+\.ini)` \|", (TREE / "README.md").read_text())
        self.assertEqual(sorted(rows), [path.name for path in POLICIES])


main(privileged=False)
