# SPDX-License-Identifier: GPL-2.0-or-later
"""A separate machine on top of this one's file system, which stays unchanged."""

import os
import pathlib
import subprocess

import tap
from sandbox import run

BPFFS = "/sys/fs/bpf"


def make_root(directory):
    """A file system that shows this machine's, and keeps all writes in `upper`. It is gone when
    DIRECTORY is unmounted, root first."""
    run("mount", "-t", "tmpfs", "tmpfs", directory)
    for name in ("upper", "work", "root"):
        (directory / name).mkdir()
    run("mount", "-t", "overlay", "overlay", "-o",
        f"lowerdir=/,upperdir={directory}/upper,workdir={directory}/work", directory / "root")
    return directory / "root"


def added(directory):
    """Files that were written to the file system of make_root(DIRECTORY)."""
    upper = directory / "upper"
    for folder, folders, files in os.walk(upper):
        for name in folders + files:
            path = pathlib.Path(folder, name).relative_to(upper)
            if not os.path.lexists("/" / path) and os.path.lexists(directory / "root" / path):
                yield f"/{path}"


def must_be_without(package):
    """A test that installs PACKAGE cannot run on a machine that already has it."""
    if pathlib.Path(f"/var/lib/dpkg/info/{package}.list").exists():
        tap.skip(f"the package {package} is installed on this machine")


def boot(root, unit, seconds):
    """Boot systemd in ROOT with its own network, up to UNIT, which has to end it; returns the
    finished process with its output."""
    return subprocess.run(
        ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network",
         "--capability=CAP_BPF,CAP_NET_ADMIN,CAP_PERFMON,CAP_SYS_ADMIN", "--system-call-filter=bpf",
         f"--bind={BPFFS}:{BPFFS}", "-D", root, "--boot", "--console=pipe",
         f"systemd.unit={unit}", "systemd.mask=systemd-networkd.service"],
        env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=seconds, check=False)
