#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds the package as README says, in a folder of its own, and then its next version; the other
tests install them. Checks the contents, what lintian says, and that every build gives the same."""

import hashlib
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(SOURCE / "tests/shared"))

import tap
from sandbox import package_of, run

PACKAGES = pathlib.Path(os.environ["EDGEXDP_PACKAGES"])
CMAKE = os.environ.get("CMAKE", "cmake")
VERSION = re.search(r"project\(edgexdp VERSION ([\d.]+)", (SOURCE / "CMakeLists.txt").read_text())[1]
NEXT = f"{VERSION}.1"
RELEASE = platform.freedesktop_os_release()
SUFFIX = f"+{RELEASE['ID']}{RELEASE['VERSION_ID']}".replace("debian", "deb")
EPOCH = "1700000000"  # one date for everything that is built here

UNIT = "/usr/lib/systemd/system/edgexdp@.service"
ACTION = "/etc/fail2ban/action.d/edgexdp.conf"
FILES = {
    ACTION,
    UNIT,
    UNIT.replace("@", ""),
    UNIT.replace(".service", ".socket"),
    UNIT.replace("@", "-flowspec@"),
    "/usr/share/bash-completion/completions/edgexdp",
    "/usr/share/edgexdp/editors/edgexdp.tmLanguage.json",
    "/usr/share/edgexdp/grafana/edgexdp.json",
    "/usr/share/edgexdp/prometheus/edgexdp.rules.yml",
    "/usr/share/doc/edgexdp/CHANGELOG.md.gz",
    "/usr/share/doc/edgexdp/README.md",
    "/usr/share/doc/edgexdp/changelog.gz",
    "/usr/share/doc/edgexdp/coming-from.md",
    "/usr/share/doc/edgexdp/copyright",
    "/usr/share/doc/edgexdp/examples/exabgp.conf",
    "/usr/share/doc/edgexdp/fleet.md",
    "/usr/share/doc/edgexdp/incident.md",
    "/usr/share/doc/edgexdp/interfaces.md",
    "/usr/share/doc/edgexdp/interfaces.svg",
    "/usr/share/doc/edgexdp/tutorial.md",
    "/usr/share/vim/vimfiles/ftdetect/edgexdp.vim",
    "/usr/share/vim/vimfiles/syntax/edgexdp.vim",
    "/usr/share/zsh/vendor-completions/_edgexdp",
} | {f"/usr/share/edgexdp/policies/{p.name}" for p in (SOURCE / "policies").glob("*.ini")} | {
    f"/usr/share/man/man{p.suffix[1:]}/{p.name}.gz" for p in (SOURCE / "docs/man").iterdir()}


def build(version, *options, source=SOURCE, folder=PACKAGES / "build"):
    """The package file. The package is readable for everybody, whatever the umask; CPack writes the
    umask into the archive all the same, where nothing reads it."""
    before = os.umask(0o077)
    environment = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH}
    run(CMAKE, "-S", source, "-B", folder, "-DBUILD_TESTING=OFF", *options, env=environment)
    run(CMAKE, "--build", folder, "--parallel", str(os.cpu_count()), "--target", "package",
        env=environment)
    os.umask(before)
    architecture = run("dpkg", "--print-architecture").strip()
    return folder / f"edgexdp_{version}{SUFFIX}_{architecture}.deb"


def setUpModule():
    shutil.rmtree(PACKAGES / "build", ignore_errors=True)
    PACKAGES.mkdir(parents=True, exist_ok=True)
    build(VERSION).rename(PACKAGES / "first.deb")
    later = PACKAGES / "later.cmake"
    later.write_text(f"set(PROJECT_VERSION {NEXT})\n")
    build(NEXT, f"-DCMAKE_PROJECT_edgexdp_INCLUDE={later}").rename(PACKAGES / "second.deb")


class Package(unittest.TestCase):
    deb = PACKAGES / "first.deb"

    def field(self, name):
        return run("dpkg-deb", "--field", self.deb, name).strip()

    def listed(self):
        """(mode, owner, path) of everything in it."""
        lines = run("dpkg-deb", "--contents", self.deb).splitlines()
        return [(words[0], words[1], words[5][1:]) for words in map(str.split, lines)]

    def test_lintian(self):
        for deb in (self.deb, PACKAGES / "second.deb"):
            done = subprocess.run(["lintian", "--no-cfg", deb], capture_output=True, text=True,
                                  check=False)
            self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)

    def test_contents(self):
        self.assertEqual(self.field("Version"), VERSION + SUFFIX)
        listed = self.listed()
        self.assertEqual({owner for _, owner, _ in listed}, {"root/root"})
        folders = [(mode, path) for mode, _, path in listed if path.endswith("/")]
        self.assertEqual({mode for mode, _ in folders}, {"drwxr-xr-x"}, folders)
        self.assertIn("/etc/edgexdp/", [path for _, path in folders])
        files = {(mode, path) for mode, _, path in listed if not path.endswith("/")}
        self.assertEqual(files, {("-rw-r--r--", path) for path in FILES} |
                         {("-rwxr-xr-x", "/usr/sbin/edgexdp")})

    def test_what_administrators_may_change(self):
        self.assertEqual(run("dpkg-deb", "--info", self.deb, "conffiles"), f"{ACTION}\n")

    def test_unit(self):
        """It starts the package's program, and other programs on which the package depends."""
        run("dpkg-deb", "--extract", self.deb, PACKAGES / "build/extracted")
        unit = (PACKAGES / f"build/extracted/{UNIT}").read_text()
        programs = set(re.findall(r"(?m)^Exec\w+=\+?(\S+)", unit))
        self.assertIn("/usr/sbin/edgexdp", programs)
        for program in programs - {"/usr/sbin/edgexdp"}:
            owner = package_of(program)
            essential = run("dpkg-query", "-W", "-f", "${Essential}", owner)
            self.assertTrue(essential == "yes" or owner in self.field("Depends").split(", "), program)

    def test_same_from_every_folder(self):
        """Bit by bit: otherwise nobody could verify a package by building it again."""
        with tempfile.TemporaryDirectory() as directory:
            source = pathlib.Path(directory) / "a/copy"
            shutil.copytree(SOURCE, source,
                            ignore=shutil.ignore_patterns("build", ".git", "__pycache__"))
            again = build(VERSION, source=source, folder=source.parent / "elsewhere")
            self.assertEqual(*(hashlib.sha256(deb.read_bytes()).hexdigest()
                               for deb in (self.deb, again)))

    def test_depends_on_what_it_is_linked_with(self):
        for library in ("libbpf1", "libc6", "libjson-c5", "libmnl0", "libsystemd0"):
            self.assertIn(library, self.field("Depends"))


for tool in ("dpkg-shlibdeps", "lintian"):
    if not shutil.which(tool):
        tap.skip(f"there is no {tool}")
unittest.main(verbosity=2)
