#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The unit under a systemd of its own: a container is booted over this machine's file system, which
is not changed, and booted.py tests inside. EDGEXDP_UNIT names the unit, EDGEXDP the program."""

import os
import pathlib
import re
import shutil
import sys

sys.dont_write_bytecode = True
FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER.parent / "shared"), str(FOLDER.parent / "command")]

import tap
from container import boot, make_root
from guarded import EDGEXDP
from sandbox import Failure, Sandbox, alone, run

TIMEOUT = 240
GOOD = """[policy]
name = good
[rule talk-in]
direction = in
protocol = udp
port = 4000
action = accept
"""
INSIDE = "/opt/edgexdp-test"

UNITS = {
    # Makes the interface late, as slow hardware would.
    "late-interface.service": f"""
[Unit]
DefaultDependencies=no
[Service]
ExecStart=/usr/bin/python3 {INSIDE}/booted.py interface
""",
    # A service that configures networks waits for network-pre.target, and so for us.
    "network-manager.service": f"""
[Unit]
DefaultDependencies=no
After=network-pre.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/python3 {INSIDE}/booted.py network
""",
    "booted.service": f"""
[Unit]
Wants=edgexdp@g0.service late-interface.service network-manager.service
After=network-manager.service
[Service]
Type=oneshot
ExecStart=/bin/sh -c '/usr/bin/python3 {INSIDE}/booted.py test >{INSIDE}/result 2>&1'
ExecStopPost=/usr/bin/systemctl exit --force --no-block
""",
}


def furnish(root, unit):
    """Puts the program, its unit and the tests into the container's file system."""
    text = unit.read_text()
    place = root / re.search(r"^ExecStart=/?(\S+)", text, re.M)[1]
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(EDGEXDP, place)
    units = root / "etc/systemd/system"
    for file in (unit, unit.with_suffix(".socket")):
        shutil.copy(file, units)
    for name, content in UNITS.items():
        (units / name).write_text(content)
    inside = root / INSIDE.lstrip("/")
    inside.mkdir(parents=True)
    for file in (*(FOLDER / f"{noun}.py" for noun in ("booted", "inside", "metered")),
                 FOLDER.parent / "shared/tap.py"):
        shutil.copy(file, inside)
    (inside / "program").write_text("/" + str(place.relative_to(root)))
    (root / "etc/edgexdp").mkdir(exist_ok=True)
    (root / "etc/edgexdp/g0.ini").write_text(GOOD)


def main():
    unit = pathlib.Path(os.environ["EDGEXDP_UNIT"])
    if os.geteuid():
        tap.skip("not root")
    if not shutil.which("systemd-nspawn"):
        tap.skip("there is no systemd-nspawn (systemd-container)")
    with Sandbox() as sandbox:
        try:
            alone()
            root = make_root(sandbox.directory)
        except (Failure, OSError) as error:
            tap.skip(f"no container can be made here: {error}")
        furnish(root, unit)
        done = boot(root, "booted.service", TIMEOUT)
        result = root / INSIDE.lstrip("/") / "result"
        if not result.exists():
            if "Welcome to" not in done.stdout:
                tap.skip(f"no container can be booted here: {done.stdout.strip()[-500:]}")
            tap.check(False, "the container gets as far as the tests", done.stdout)
            sys.exit(tap.finish())
        text = result.read_text()
        print(text, end="")
        run("umount", root)
        run("umount", sandbox.directory)
    sys.exit(not re.search(r"^# \d+ passed, 0 failed$", text, re.M))


main()
