#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Boots a Debian with systemd, udev and a network card, which edgexdp guards from boot.
usage: run.py BUILD MANAGER    MANAGER, networkd or ifupdown, configures the network
The machine's results (booted.py) are printed as they come, and its console if something is wrong."""

import os
import pathlib
import re
import shutil
import sys
import tempfile
import time

sys.dont_write_bytecode = True
FOLDER = pathlib.Path(__file__).resolve().parent
TESTS = FOLDER.parent
sys.path[:0] = [str(TESTS / "shared")]

import image
import tap
from machine import Machine
from sandbox import Failure, run

SECONDS = 300  # between two lines, and for the whole shutdown: more than any timeout of systemd
DOORS = (4000, 4001)
GUARDED, PLUGGED = "ens3", "ens4"
POLICY = """[policy]
name = booted
[baseline]
dhcp-client = accept
[rule talk-in]
direction = in
protocol = tcp
port = 4000
action = accept
"""
ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|c)|\r")
INSIDE = "opt/edgexdp-test"

NETWORKS = {
    "networkd": ("etc/systemd/network/wired.network", """[Match]
Name=en*
[Network]
DHCP=ipv4
"""),
    "ifupdown": ("etc/network/interfaces", "".join(f"""
allow-hotplug {name}
iface {name} inet static
    address {address}/24
""" for name, address in ((GUARDED, "10.0.2.15"), (PLUGGED, "10.0.3.15")))),
}
FILES = {
    f"etc/edgexdp/{GUARDED}.ini": POLICY,
    f"etc/edgexdp/{PLUGGED}.ini": POLICY,
    # The kernel's own news, in order: what was up, and did it carry a program at that time?
    "etc/systemd/system/witness.service": """[Unit]
DefaultDependencies=no
Before=systemd-udev-trigger.service
[Service]
Type=exec
ExecStart=/bin/ip -o monitor link address
StandardOutput=file:/run/witness
""",
    "etc/systemd/system/booted.service": f"""[Unit]
After=network.target
[Service]
ExecStart=/usr/bin/python3 /{INSIDE}/booted.py MANAGER
StandardOutput=null
StandardError=journal
""",
}
ENABLED = {"sysinit.target": ["witness.service"], "multi-user.target": ["booted.service"]}
# What systemd does and warns of, to the end: the journal does not outlive the machine.
CONSOLE = ("systemd.show_status=1 systemd.journald.forward_to_console=1 "
           "systemd.journald.max_level_console=warning")
OTHER = {"networkd": "networking.service", "ifupdown": "systemd-networkd.service"}


def enable(over, unit, target, file=None):
    folder = over / f"etc/systemd/system/{target}.wants"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / unit).symlink_to(file or f"/etc/systemd/system/{unit}")


def furnish(over, build, manager):
    """Installs what is tested as it is here, and the tests."""
    run("cmake", "--install", str(build), env={**os.environ, "DESTDIR": str(over)})
    for name, text in (*FILES.items(), NETWORKS[manager]):
        (over / name).parent.mkdir(parents=True, exist_ok=True)
        (over / name).write_text(text.replace("MANAGER", manager))
    for target, units in ENABLED.items():
        for unit in units:
            enable(over, unit, target)
    unit = next(over.rglob("edgexdp@.service"))
    enable(over, f"edgexdp@{GUARDED}.service", "multi-user.target", f"/{unit.relative_to(over)}")
    inside = over / INSIDE
    inside.mkdir(parents=True)
    for file in (FOLDER / "booted.py", TESTS / "service/inside.py", TESTS / "shared/tap.py"):
        shutil.copy(file, inside)
    program = re.search(r"^ExecStart=(\S+)", unit.read_text(), re.M)[1]
    (inside / "program").write_text(program)


def listen(machine):
    """Prints what it says and does what it asks; returns the plan that it kept to, or None."""
    good = bad = 0
    planned = None
    for line in machine.says(SECONDS):
        if line.startswith("> "):
            machine.answer(machine.does(line[2:]))
            continue
        print(line, flush=True)
        good += line.startswith("ok ")
        bad += line.startswith("not ok ")
        planned = int(line[3:]) if re.fullmatch(r"1\.\.\d+", line) else planned
    return planned == good and not bad


def judge(machine):
    start = time.monotonic()
    good = listen(machine)
    ended = machine.process.wait(SECONDS)
    console = ESCAPES.sub("", machine.console.read_text(errors="replace"))
    hung = re.findall(r".*(?:timed out|Killing process).*", console)
    print(f"# booted, tested and shut down in {time.monotonic() - start:.1f} s")
    hung = re.findall(r".*(?:timed out|Killing process).*", console)
    if good and not ended and not hung and "Reached target" in console:
        print("# it shut down in order: no unit had to be killed")
        return 0
    print("# what is wrong:", hung or "see above", f"; qemu ended with {ended}. Its console:")
    print("".join(f"#   {line}\n" for line in console.splitlines() if line.strip()))
    return 1


def main():
    build, manager = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    if os.geteuid():
        tap.skip("not root, as mmdebstrap has to be")
    for tool in ("qemu-system-x86_64", "mmdebstrap", "busybox", "mke2fs"):
        if not shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
            tap.skip(f"there is no {tool} (tools/deps kernels)")
    try:
        kernel = pathlib.Path(run(str(TESTS / "shared/kernel"), str(build), image.SUITE).splitlines()[-1])
        disk = image.make_disk(build, kernel)
    except Failure as error:
        tap.skip(f"no system can be made to boot: {error}")
    with tempfile.TemporaryDirectory(prefix="exdp-boot-") as directory:
        folder = pathlib.Path(directory)
        furnish(folder / "over", build, manager)
        image.make_initrd(folder / "initrd", folder / "over", FOLDER / "first", kernel)
        machine = Machine(folder, kernel, disk, folder / "initrd",
                          f"systemd.mask={OTHER[manager]} {CONSOLE}", DOORS)
        try:
            return judge(machine)
        finally:
            machine.end()


sys.exit(main())
