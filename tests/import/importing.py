# SPDX-License-Identifier: GPL-2.0-or-later
"""Imports rulesets, and takes what comes out apart."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

SKIPPED = 77
HOST = ("--self", "198.51.100.10,2001:db8::10", "--networks", "eth0=198.51.100.0/24",
        "--networks", "eth1=192.168.1.0/24", "--networks", "eth1=2001:db8:1::/64")


def need_nft():
    """nft reads text, in a namespace of its own."""
    if subprocess.run(["unshare", "-Urn", "nft", "list", "ruleset"], capture_output=True, check=False).returncode:
        print("SKIPPED, nothing was tested: nft cannot be run in a namespace", file=sys.stderr)
        sys.exit(SKIPPED)


def run(*arguments, **options):
    return subprocess.run([os.environ["EDGEXDP"], *arguments], capture_output=True, text=True, check=False, **options)


def take(kind, *texts, options=()):
    """The outcome of importing TEXTS."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, text in enumerate(texts):
            paths.append(pathlib.Path(folder, f"ruleset{number or ''}"))
            paths[-1].write_text(text)
        return run("import", *options, kind, *paths)


def check(policy, *options):
    """The outcome of checking the text POLICY."""
    with tempfile.NamedTemporaryFile("w", suffix=".ini") as file:
        file.write(policy)
        file.flush()
        return run("check", *HOST, *options, file.name)


def rules(policy):
    """The lines of [rules], joined, without their names and notes."""
    found = re.search(r"(?ms)^\[rules\]$(.*?)(?=^\[|\Z)", policy)
    text = re.sub(r"\n +", " ", found[1]) if found else ""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [re.sub(r' note (".*?"|\S+)', "", re.sub(r"^\S+ += ", "", line)) for line in lines]


def settings(policy, section):
    """What SECTION says, as a dictionary."""
    found = re.search(rf"(?ms)^\[{section}\]$(.*?)(?=^\[|\Z)", policy)
    return dict(re.findall(r"(?m)^([\w-]+) *= (.*)$", found[1])) if found else {}
