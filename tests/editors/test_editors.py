#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Syntax highlighting: every word of every policy, in both forms, has a group, and none is an error.

`test_editors.py textmate|vim GRAMMAR`, as the build has made it. Without vim, exits with 77."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

TREE = pathlib.Path(__file__).resolve().parent.parent.parent
PLAIN = [*sorted((TREE / "policies").glob("*.ini")), *sorted((TREE / "tests/translations").glob("*.ini"))]
# A word, and what it must be: (kind in TextMate, group in vim). Those of the tables are there if these are.
WORDS = [
    ("[rules]", 0, "entity.name.section", "edgexdpSection"),
    ("[rule ssh]", 0, "entity.name.section", "edgexdpSection"),
    ("[ruels]", 0, "invalid.illegal", "edgexdpError"),
    ("ssh = accept in tcp admins > self:ssh", 0, "entity.name.function", "edgexdpDefined"),
    ("ssh = accept in tcp admins > self:ssh", 6, "keyword.control", "edgexdpValue"),
    ("ssh = reject in tcp admins > self:ssh", 6, "keyword.control", "edgexdpValue"),
    ("ssh = accept in tcp admins > self:ssh", 13, "storage.modifier", "edgexdpDirection"),
    ("ssh = accept in tcp admins > self:ssh", 16, "support.type", "edgexdpProtocol"),
    ("ssh = accept in tcp admins > self:ssh", 20, "variable.other", "edgexdpName"),
    ("ssh = accept in tcp admins > self:ssh", 27, "keyword.operator", "edgexdpOperator"),
    ("ssh = accept in tcp admins > self:ssh", 29, "constant.language", "edgexdpWord"),
    ("ssh = accept in tcp admins > self:ssh", 34, "variable.other", "edgexdpName"),
    ("  ttl 3, 250-255", 2, "keyword.other.key", "edgexdpKey"),
    ("  ttl 3, 250-255", 9, "constant.numeric", "edgexdpNumber"),
    ("  source-port 53", 2, "keyword.other.key", "edgexdpKey"),
    ("  dscp af11", 7, "support.constant.flag", "edgexdpFlag"),
    ("  icmp echo-request", 7, "support.constant.type", "edgexdpType"),
    ("port = any but 22", 7, "constant.language", "edgexdpWord"),
    ("port = any but 22", 11, "constant.language", "edgexdpWord"),
    ("ping = accept", 0, "keyword.other.key", "edgexdpKey"),
    ("lan = 10.0.0.0/8, 2001:db8::/32", 6, "constant.numeric.address", "edgexdpAddress"),
    ("lan = 10.0.0.0/8, 2001:db8::/32", 30, "constant.numeric.address", "edgexdpAddress"),
    ("lan = eth0:networks, @lan.txt", 8, "constant.language", "edgexdpWord"),
    ("lan = eth0:networks, @lan.txt", 23, "string.unquoted.file", "edgexdpFile"),
    ('  note "a # b"  # c', 10, "string.quoted", "edgexdpString"),
    ('  note "a # b"  # c', 18, "comment", "edgexdpComment"),
    ('  note "a', 7, "invalid.illegal", "edgexdpError"),
    ("note = from in to  ; c", 7, "string.unquoted", "edgexdpText"),
    ("note = from in to  ; c", 12, "string.unquoted", "edgexdpText"),
    ("note = from in to  ; c", 19, "comment", "edgexdpComment"),
]


class TextMate:
    """Reads a grammar of `match` rules: the first to match wins, and of those the one that stands first."""

    def __init__(self, path):
        self.rules = [(re.compile(rule["match"]), rule.get("name"), rule.get("captures", {}))
                      for rule in json.loads(path.read_text())["patterns"]]

    def line(self, text):
        """The name of each character's group; None has none."""
        groups, at = [None] * len(text), 0
        while at < len(text):
            found = [match for match in (rule.search(text, at) for rule, _, _ in self.rules)
                     if match and match.end() > match.start()]
            if not found:
                break
            match = min(found, key=lambda match: match.start())
            _, name, captures = next(rule for rule in self.rules if rule[0] is match.re)
            groups[match.start():match.end()] = [name] * (match.end() - match.start())
            for number, capture in captures.items():
                start, end = match.span(int(number))
                groups[start:end] = [capture["name"]] * (end - start)
            at = match.end()
        return groups

    def file(self, path):
        return [self.line(text) for text in path.read_text().splitlines()]


class Vim:
    """Asks vim itself."""

    SCRIPT = """
syntax on
for path in readfile($PATHS)
  execute "edit " . fnameescape(path)
  setlocal filetype= | setlocal filetype=edgexdp
  let lines = []
  for number in range(1, line("$"))
    call add(lines, join(map(range(1, len(getline(number))), "synIDattr(synID(number, v:val, 1), 'name')"), " , "))
  endfor
  call writefile(lines, path . ".groups")
endfor
qa!
"""

    def __init__(self, path):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        (self.root / "vim/syntax").mkdir(parents=True)
        shutil.copy(path, self.root / "vim/syntax/edgexdp.vim")

    def file(self, path):
        copy = self.root / "policy.ini"
        shutil.copy(path, copy)
        (self.root / "paths").write_text(f"{copy}\n")
        (self.root / "script").write_text(self.SCRIPT)
        subprocess.run(["vim", "-es", "-N", "-u", "NONE", "-i", "NONE",
                        "-c", f"set runtimepath^={self.root}/vim", "-S", self.root / "script"],
                       env={**os.environ, "PATHS": str(self.root / "paths"), "TERM": "dumb"},
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False, timeout=120)
        text = pathlib.Path(f"{copy}.groups").read_text()
        return [[name or None for name in line.split(" , ")] if line else []
                for line in text.split("\n")[:-1]]


class Editors(unittest.TestCase):
    maxDiff = None

    def faults(self, path, shown):
        """Words of PATH without a group, or that are shown as errors."""
        lines = path.read_text().splitlines()
        groups = EDITOR.file(path)
        self.assertEqual(len(groups), len(lines), path)
        found = []
        for number, (text, names) in enumerate(zip(lines, groups), 1):
            for word in re.finditer(r"\S+", text):
                for name in names[word.start():word.end()]:
                    if name is None or "rror" in name or "illegal" in name:
                        found.append(f"{shown}:{number}: {word[0]}: {name}")
                        break
        return found

    def test_every_word_has_a_group(self):
        with tempfile.TemporaryDirectory() as folder:
            found = []
            for path in PLAIN:
                found += self.faults(path, path.name)
                long = pathlib.Path(folder) / "long.ini"
                long.write_text(subprocess.run(
                    [os.environ["EDGEXDP"], "check", "--format", "long", path], text=True,
                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout)
                found += self.faults(long, f"{path.name}, long")
        self.assertEqual(found, [])

    def test_words_have_the_right_group(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "words.ini"
            path.write_text("".join(f"{line}\n" for line, *_ in WORDS))
            groups = EDITOR.file(path)
        for (line, column, kind, group), names in zip(WORDS, groups):
            name = names[column]
            wanted = group if isinstance(EDITOR, Vim) else kind
            self.assertTrue(name and name.startswith(wanted), f"{line}: {line[column:]} is {name}")


if __name__ == "__main__":
    if sys.argv[1] == "vim" and not shutil.which("vim"):
        sys.exit(77)
    EDITOR = {"textmate": TextMate, "vim": Vim}[sys.argv[1]](pathlib.Path(sys.argv[2]))
    unittest.main(argv=sys.argv[:1], verbosity=2)
