#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""ARCHITECTURE.md's table of folders says which may know of which; #includes and CMake's links obey
it.

test_architecture.py SOURCE-FOLDER LINKS

LINKS is made by loader/CMakeLists.txt: a line for each library, with what it is linked with."""

import os
import pathlib
import re
import sys
import unittest

SOURCE = pathlib.Path(sys.argv[1])
LINKS = pathlib.Path(sys.argv[2])

# The beginning of a library's headers.
LIBRARIES = {
    "json-c": "json-c/", "libbpf": "bpf/", "libmicrohttpd": "microhttpd.h", "libmnl": "libmnl/",
    "libcares": "ares.h", "libpcap": "pcap/", "libseccomp": "seccomp.h", "libsmartcols": "libsmartcols.h",
    "libsystemd": "systemd/", "nettle": "nettle/", "zlib": "zlib.h",
}
# Targets that CMake calls otherwise than the table does.
TARGETS = {"edgexdp": "loader/main.c", "status_page": "loader/exporter", "skeletons": "bpf"}
EVERY = "loader/*"


def library_of_header(header):
    """The library that a header in <> belongs to, or None for the C library and the kernel."""
    for library, start in LIBRARIES.items():
        if header.startswith(start):
            return library
    return None


def library_of_target(target):
    """PkgConfig::json is json-c."""
    name = target.removeprefix("PkgConfig::")
    return next(library for library in LIBRARIES if re.match(f"(lib)?{name}\\b", library))


class Table:
    """The rows in their order: what each may know of, as folders, files and libraries."""

    def __init__(self, text):
        self.rows = {}
        for line in text.splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if len(cells) == 3 and re.fullmatch(r"`(include|bpf|loader)[^`]*`", cells[0]):
                self.rows[cells[0].strip("`")] = self._known(cells[2])

    def _known(self, cell):
        """`cell` may say "nothing" or "all above"; notes for readers are in brackets."""
        known = set()
        for word in filter(None, (word.strip() for word in re.sub(r"\([^)]*\)", "", cell).split(","))):
            if word == "all above":
                known.update(row for row in self.rows if row != EVERY)
            elif word in LIBRARIES:
                known.add(word)
            elif word.startswith("`"):
                known.add(self._path(word.strip("`")))
            elif word != "nothing":
                raise ValueError(f"ARCHITECTURE.md: what is {word!r}?")
        return known

    @staticmethod
    def _path(name):
        return name if (SOURCE / name).exists() else f"loader/{name}"

    def may_know(self, row, path):
        """`path` is a folder, a file or a library."""
        known = self.rows[row] | (self.rows[EVERY] if row.startswith("loader/") else set())
        return path in known or row_of(path) in known


def row_of(path):
    """The row of a file or folder: what lies below a folder of loader belongs to that folder's row."""
    parts = path.split("/")
    return "/".join(parts[:1 if parts[0] == "bpf" else 2])


def files():
    """Every C file in the folders of the table."""
    for folder in ("include/edgexdp", "bpf", "loader"):
        for path in sorted((SOURCE / folder).rglob("*.[ch]")):
            yield path.relative_to(SOURCE).as_posix()


def includes(path):
    """What a file includes: the path of a file of ours, or the name of a library."""
    for bracket, name in re.findall(r'^\s*#\s*include\s*(["<])([^">]+)', (SOURCE / path).read_text(),
                                    re.MULTILINE):
        beside = os.path.normpath(os.path.join(os.path.dirname(path), name))
        if name.endswith(".skel.h"):
            yield "bpf"
        elif bracket == '"':
            yield beside
        elif name.startswith("edgexdp/"):
            yield f"include/{name}"
        elif library_of_header(name):
            yield library_of_header(name)


class Architecture(unittest.TestCase):
    """The table, the files and the links, each compared with the others."""

    @classmethod
    def setUpClass(cls):
        cls.table = Table((SOURCE / "ARCHITECTURE.md").read_text())

    def none(self, faults):
        if faults:
            self.fail("\n" + "\n".join(sorted(set(faults))))

    def test_each_folder_has_a_row(self):
        rows = {row for row in self.table.rows if row != EVERY}
        self.assertEqual(rows, {row_of(path) for path in files()})

    def test_a_row_knows_only_rows_above(self):
        """So there are no cycles."""
        seen, faults = [], []
        for row, known in self.table.rows.items():
            for path in known:
                if path not in LIBRARIES and row_of(path) not in seen and row != EVERY:
                    faults.append(f"{row} may know of {path}, which is no row above it")
            seen.append(row)
        self.none(faults)

    def test_includes(self):
        faults = []
        for path in files():
            row = row_of(path)
            for known in includes(path):
                if known not in LIBRARIES and known != "bpf" and not (SOURCE / known).exists():
                    faults.append(f"{path} includes {known}, which does not exist")
                elif row_of(known) != row and not self.table.may_know(row, known):
                    faults.append(f"{path} includes {known}, of which {row} may not know")
        self.none(faults)

    def test_headers_have_no_cycles(self):
        headers = {path: [known for known in includes(path) if known.endswith(".h")]
                   for path in files() if path.endswith(".h")}
        done, faults = set(), []

        def walk(path, way):
            if path in way:
                faults.append(" includes ".join([*way[way.index(path):], path]))
            elif path not in done:
                for known in headers.get(path, ()):
                    walk(known, [*way, path])
                done.add(path)

        for header in headers:
            walk(header, [])
        self.none(faults)

    def test_links(self):
        """A library is linked with what it includes, and with nothing that it may not know of."""
        faults, linked = [], {}
        for line in LINKS.read_text().splitlines():
            target, *others = line.split()
            row = TARGETS.get(target, f"loader/{target}")
            linked[row] = {library_of_target(other) if "::" in other
                           else TARGETS.get(other, f"loader/{other}") for other in others}
            faults += [f"{row} is linked with {other}, of which it may not know"
                       for other in linked[row] if other != row and not self.table.may_know(row, other)]
        for path in files():
            row = row_of(path)
            if row not in linked or row == "loader/main.c":
                continue
            faults += [f"{path} includes {known}, with which {row} is not linked"
                       for known in map(row_of, includes(path))
                       if known not in linked[row] | {row, "include/edgexdp"}]
        self.assertEqual(set(linked), {row for row in self.table.rows
                                       if row.startswith("loader/") and row != EVERY})
        self.none(faults)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
