#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The manual compared with the program's own table of commands: each command has a page with its
synopsis; the overview has all of them; pages that are referred to exist."""

import os
import pathlib
import re
import shutil
import subprocess
import unittest

EDGEXDP = os.environ["EDGEXDP"]
MANUALS = pathlib.Path(__file__).resolve().parents[2] / "docs/man"
PAGES = {path.name: path.read_text() for path in MANUALS.iterdir()}


def says(*arguments):
    return subprocess.run([EDGEXDP, *arguments], check=True, capture_output=True, text=True).stdout


# Name to summary, from the program's overview.
COMMANDS = {line.split()[0]: line[32:] for line in says("help").splitlines() if line.startswith("  ")}


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
