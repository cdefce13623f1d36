#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The package under systemd: a container is booted over this machine's file system, which is not
changed, and booted.py tests inside."""

import os
import pathlib
import shutil
import sys

sys.dont_write_bytecode = True
TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / "shared"))

import tap
from container import added, boot, make_root, must_be_without
from sandbox import Failure, Sandbox, alone, run

PACKAGES = pathlib.Path(os.environ["EDGEXDP_PACKAGES"])
TIMEOUT = 240
INSIDE = "/opt/edgexdp-test"
UNIT = f"""
[Service]
Type=oneshot
ExecStart=/bin/sh -c '/usr/bin/python3 {INSIDE}/package/booted.py >{INSIDE}/said 2>&1; \
echo $? >{INSIDE}/status'
ExecStopPost=/usr/bin/systemctl exit --force --no-block
"""


def furnish(root):
    """Puts the packages and the tests into the container's file system."""
    inside = root / INSIDE.lstrip("/")
    for folder in ("shared", "command", "service", "package"):
        shutil.copytree(TESTS / folder, inside / folder)
    for name in ("first.deb", "second.deb"):
        shutil.copy(PACKAGES / name, inside)
    (root / "etc/systemd/system/package.service").write_text(UNIT)
    # A host that is itself a container image may forbid starting services by this file.
    (root / "usr/sbin/policy-rc.d").unlink(missing_ok=True)
    return inside


def main():
    if os.geteuid():
        tap.skip("not root")
    if not shutil.which("systemd-nspawn"):
        tap.skip("there is no systemd-nspawn (systemd-container)")
    must_be_without("edgexdp")
    with Sandbox() as sandbox:
        try:
            alone()
            root = make_root(sandbox.directory)
        except (Failure, OSError) as error:
            tap.skip(f"no container can be made here: {error}")
        inside = furnish(root)
        done = boot(root, "package.service", TIMEOUT)
        if not (inside / "said").exists() and "Welcome to" not in done.stdout:
            tap.skip(f"no container can be booted here: {done.stdout.strip()[-500:]}")
        said, status = (inside / "said", inside / "status")
        print(said.read_text() if said.exists() else done.stdout)
        tap.check(status.exists() and status.read_text() == "0\n", "all of it, in the container")
        left = [path for path in added(sandbox.directory) if "edgexdp" in path and
                not path.startswith((INSIDE, "/var/log", "/run", "/tmp"))]
        tap.check(not left, "after the last purge nothing is left of it", "\n".join(left))
        run("umount", root)
        run("umount", sandbox.directory)
    sys.exit(tap.finish())


main()
