#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Each decision has a number of its own, a date, a status and a place in the index; no link is
broken."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs/decisions"
HEAD = re.compile(r"# (\d+)\. (.+)\n\n- Date: \d{4}-\d\d-\d\d\n"
                  r"- Status: (in force|replaced by \[\d+\]\(\S+\))(?:[;,:] ?[^\n]+)?\n\n")
INDEXED = re.compile(r"^- \[(\d+)\. (.+)\]\((\S+)\)$", re.MULTILINE)
CODE = re.compile(r"`[^`]*`")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")

faults = []


def decisions():
    """Number, title and file name of each decision, from the files."""
    for path in sorted(FOLDER.glob("[0-9]*.md")):
        head = HEAD.match(path.read_text())
        if not head:
            faults.append(f"{path.name}: begins with \"# N. Title\", then Date and Status: see CONTRIBUTING.md")
        elif not path.name.startswith(f"{int(head[1]):04d}-"):
            faults.append(f"{path.name}: its title has the number {head[1]}")
        else:
            yield head[1], head[2], path.name


def check_index():
    found = list(decisions())
    numbers = [number for number, _, _ in found]
    for number in sorted(set(numbers), key=int):
        if numbers.count(number) > 1:
            faults.append(f"two decisions have the number {number}")
    indexed = INDEXED.findall((FOLDER / "README.md").read_text())
    for missing in sorted(set(found) - set(indexed)):
        faults.append(f"docs/decisions/README.md: no topic names {missing[2]} by its number and title")
    for extra in sorted(set(indexed) - set(found)):
        faults.append(f"docs/decisions/README.md: {extra[2]} is not there, or has another number or title")
    if len(indexed) != len(set(indexed)):
        faults.append("docs/decisions/README.md: names a decision twice")


def check_links():
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for target in LINK.findall(CODE.sub("", page.read_text())):
            if "://" not in target and not (page.parent / target).exists():
                faults.append(f"{page.relative_to(ROOT)}: {target} is not there")


check_index()
check_links()
for fault in faults:
    print(fault)
sys.exit(1 if faults else 0)
