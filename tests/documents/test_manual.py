#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The manual compared with the program's own table of commands: each command has a page with its
synopsis; the overview has all of them; pages that are referred to exist. Messages that it quotes are
those of the sources."""

import os
import pathlib
import re
import shutil
import subprocess
import unittest

EDGEXDP = os.environ["EDGEXDP"]
SOURCE = pathlib.Path(__file__).resolve().parents[2]
MANUALS = SOURCE / "docs/man"
PAGES = {path.name: path.read_text() for path in MANUALS.iterdir()}


def says(*arguments):
    return subprocess.run([EDGEXDP, *arguments], check=True, capture_output=True, text=True).stdout


# Name to summary, from the program's overview.
COMMANDS = {line.split()[0]: line[37:] for line in says("help").splitlines() if line.startswith("  ")}


def section(page, title):
    found = re.search(rf"(?ms)^\.Sh {title}\n(.*?)(?=^\.Sh |\Z)", PAGES[page])
    return found[1] if found else ""


def synopsis(page, command):
    """The synopsis of COMMAND in PAGE."""
    for block in re.split(r"(?m)^\.Nm.*\n", section(page, "SYNOPSIS")):
        if re.match(rf"\.Cm {command}\b", block):
            return block
    return ""


def options(text):
    """The options that a text in mdoc names: `Fl -json | -all` has two."""
    return {word for line in re.findall(r"\bFl (.*)", text) for word in re.findall(r"(?:^|\s)-([a-z][a-z-]*)", line)}


def literals():
    """The string literals of the loader, adjacent ones joined."""
    pieces = re.compile(r"""/\*.*?\*/|//[^\n]*|'(?:\\.|[^'\\\n])*'|((?:"(?:\\.|[^"\\\n])*"\s*)+)""", re.DOTALL)
    for path in sorted((SOURCE / "loader").rglob("*.c")):
        for found in pieces.finditer(re.sub(r"(?m)^\s*#\s*include.*", "", path.read_text())):
            if found[1]:
                yield "".join(re.findall(r'"((?:\\.|[^"\\\n])*)"', found[1])).replace('\\"', '"')


def pattern(literal):
    """A pattern for the messages that a format, or its beginning, can print; a group for each conversion."""
    words = []
    for word in literal.split():
        text, end = re.fullmatch(r"(.*?)([;:,.]?)", word).groups()
        word = "(.*?)".join(map(re.escape, re.split(r"%[-.*0-9]*l*[a-z]", text)))
        words.append(word + (re.escape(end) + "?" if end else ""))
    return re.compile("(?: ".join(words) + ")?" * (len(words) - 1) + r"\Z")


def is_printed(message, known, formats):
    """Can one of FORMATS print MESSAGE, or something that begins so? A conversion may print only a name, a number,
    or a literal in KNOWN or its beginning, and the rest of the format has at least some words."""
    def may_stand(text):
        return not text or re.fullmatch(r"[A-Z]+|\d+", text) or any(one.startswith(text) for one in known)

    for one in formats:
        found = one.match(message)
        values = [value or "" for value in found.groups()] if found else []
        if found and len(message) - sum(map(len, values)) > 12 and all(map(may_stand, values)):
            return True
    return False


class Manual(unittest.TestCase):
    def test_each_command_names_a_page_that_is_about_it(self):
        for command in COMMANDS:
            with self.subTest(command):
                name = re.search(r"\nMore: man (\S+)\n\Z", says("help", command))[1]
                page = f"{name}.8"
                self.assertIn(page, PAGES)
                self.assertTrue(synopsis(page, command), f"no synopsis in {page}")
                if command != "help":
                    self.assertRegex(section(page, "NAME"), rf"(?m)^\.Nm edgexdp-{command}( ,)?$")

    def test_each_option_is_in_the_synopsis_and_in_the_text(self):
        for command in COMMANDS:
            page = re.search(r"More: man (\S+)", says("help", command))[1] + ".8"
            known = set(re.findall(r"(?m)^  --([a-z-]+)", says("help", command)))
            text = PAGES[page].replace(section(page, "SYNOPSIS"), "")
            with self.subTest(command):
                if command != "help":
                    self.assertEqual(options(synopsis(page, command)), known)
                self.assertLessEqual(known, options(text))

    def test_the_overview_lists_each_in_the_words_of_its_help(self):
        listed = dict(re.findall(r"(?m)^\.It Cm (\w+)\n(\S.*)$", PAGES["edgexdp.8"]))
        self.assertEqual(listed, {name: summary for name, summary in COMMANDS.items() if name != "help"})

    def test_the_overview_leads_to_every_page(self):
        led = {f"{name}.{number}" for name, number in re.findall(r"(?m)^\.Xr (\S+) (\d)", PAGES["edgexdp.8"])}
        self.assertEqual(set(PAGES) - led, {"edgexdp.8"})

    def test_pages_of_ours_that_are_referred_to_are_there(self):
        for page, text in PAGES.items():
            for name, number in re.findall(r"(?m)^\.Xr (edgexdp\S*) (\d)", text):
                with self.subTest(page):
                    self.assertIn(f"{name}.{number}", PAGES)

    def test_sections_that_are_referred_to_are_there(self):
        for page, text in PAGES.items():
            for title, elsewhere, number in re.findall(
                    r"(?m)^\.Sx (.*?)(?: [.,;:)].*)?\n(?:(?:in|of)\n\.Xr (edgexdp\S*) (\d))?", text):
                with self.subTest(f"{page}: {title}"):
                    where = PAGES[f"{elsewhere}.{number}" if elsewhere else page]
                    self.assertTrue(re.search(rf'(?m)^\.S[hs] "?{re.escape(title)}"?$', where), title)

    def test_messages_are_those_of_the_sources(self):
        known = set(literals())
        formats = [pattern(part) for one in known for part in {one, one.partition("%s: ")[2]} if part.strip()]
        for page in PAGES:
            for message in re.findall(r'(?m)^\.It "(.*?)(?: \.\.\.)?"$', section(page, "DIAGNOSTICS")):
                with self.subTest(f"{page}: {message}"):
                    self.assertTrue(is_printed(message, known, formats), "no source has this message")
        self.assertFalse(is_printed("IFACE is guarded by another edition of edgexdp", known, formats))

    def test_groff_and_mandoc_have_no_complaint(self):
        programs = {"groff": ("groff", "-mandoc", "-ww", "-Tutf8", "-z"),
                    "mandoc": ("mandoc", "-T", "lint", "-W", "warning")}
        there = [words for name, words in programs.items() if shutil.which(name)]
        if not there:
            self.skipTest("neither groff nor mandoc is installed")
        for words in there:
            for page in PAGES:
                done = subprocess.run([*words, MANUALS / page], capture_output=True, text=True)
                self.assertEqual(done.stdout + done.stderr, "")


if __name__ == "__main__":
    unittest.main()
