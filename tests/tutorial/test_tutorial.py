#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A page of docs/ (tutorial if none is named), typed from its first command to its last, prints what it
shows. With --write, the page is changed where the output differs; somebody has to read it then."""

import difflib
import os
import pathlib
import re
import shutil
import signal
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "command"))

from guarded import EDGEXDP, Guarded, main, tap, unittest
from sandbox import Sandbox, run
from page import Console, Page
from shell import Shell

DOCS = pathlib.Path(__file__).resolve().parent.parent.parent / "docs"
PAGE = DOCS / f"{next((word for word in sys.argv[1:] if word != '--write'), 'tutorial')}.md"
FOLDER = pathlib.Path("/mnt")  # in which the page is typed
NAMESPACES = ("edge", "world")
WRITE = "--write" in sys.argv

# What differs from run to run, by name, looked for in this order; everything else must be as the page has it.
DIFFERS = {
    "TIME": r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?",
    "AGO": r"(?<=\()\d+[smh](?= ago\))|(?m: +\d+[smh]$)",  # since when; the last column of stats, bans
    "PROGRAM": r"(?<=program )\d+",
    "PORT": r"(?<=:)(?!40000)\d{5}(?= >)",  # a connection's source, unless made up
    # How often the two hosts ask for each other, and whether an acknowledgement is sent alone.
    "TOTALS": r"(?m)(?<=^edge0  policy edge  packets in )\d+, out \d+",
    "SEEN": r"(?m)(?<= in: )\d+ seen .*$|(?<= out: )\d+ seen .*$",
    "SPAN": r"(?<=rates are means of the last )\d+[smh]",
    "ARP": r"(?m)(?<=^arp)( +\w+ accept) +\d+ +\d+",
    "REPLIES": r"(?m)(?<= accept)( +\d+ +\d+) +\d+ +\d+(?= +\d+[smh]$)",
}
if PAGE.stem == "incident":
    # How much of a flood comes by is a matter of chance.
    DIFFERS["FIGURE"] = r"(?<![\w.:/])\d[\d.]*[kM]?%?(?![\w:/]|\.\d)"


def normalised(lines):
    """LINES with the names of what differs; a column that has grown moves its neighbours."""
    text = "\n".join(lines)
    for name in ("REPLIES", "ARP"):
        text = re.sub(DIFFERS[name], rf"\1 {name}", text)
    for name, pattern in DIFFERS.items():
        text = re.sub(pattern, f" {name}", text)
    return re.sub(r"(?m)(?<=\S) {2,}", " ", text).split("\n")


class Tutorial(unittest.TestCase):
    def setUp(self):
        self.sandbox = self.enterContext(Sandbox())
        run("mount", "--bind", self.sandbox.directory, FOLDER)  # seen by nobody else
        self.addCleanup(run, "umount", "--lazy", FOLDER)  # a killed process may still exist
        self.addCleanup(self.tidy_up)
        self.shell = Shell(FOLDER, EDGEXDP)
        self.addCleanup(self.shell.close)

    @staticmethod
    def tidy_up():
        """What the page leaves behind if it is not typed to its end."""
        for name in NAMESPACES:
            if pathlib.Path(f"/run/netns/{name}").exists():
                for process in run("ip", "netns", "pids", name).split():
                    os.kill(int(process), signal.SIGKILL)
                run("ip", "netns", "del", name)
        Guarded.remove_pins()

    def test_page(self):
        page = Page(PAGE)
        for block in page.blocks():
            if isinstance(block, Console):
                self.type(block)
            else:
                (FOLDER / block.name).write_text(block.text)
        if WRITE:
            page.write()

    def type(self, block):
        for command in block.commands:
            said = self.shell.run(command.text)
            if normalised(said) == normalised(command.shown):
                continue
            if WRITE:
                command.shown = said
                print("\n".join(command.lines()), flush=True)
            else:
                changes = "\n".join(difflib.ndiff(normalised(command.shown), normalised(said)))
                self.fail(f"{PAGE}: block at line {block.start}: {command.text}\n{changes}")


for program in ("tcpdump", "nc"):
    if not shutil.which(program):
        tap.skip(f"{program} is not installed")
del sys.argv[1:]
main()
