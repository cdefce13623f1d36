# SPDX-License-Identifier: GPL-2.0-or-later
"""The base of tests that run inside a system of their own, as its root."""

import json
import pathlib
import subprocess
import time

FOLDER = pathlib.Path(__file__).resolve().parent
PROGRAM = (FOLDER / "program").read_text()
UNIT = "edgexdp@g0.service"
PATIENCE = 20


def call(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def edgexdp(command, interface="g0"):
    done = call(PROGRAM, command, "--json", interface)
    return json.loads(done.stdout)[0] if done.stdout.startswith("[") else {}


def show(name, unit=UNIT):
    return call("systemctl", "show", "--value", "-p", name, unit).stdout.strip()


def until(ready, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not (result := ready()) and time.monotonic() < end:
        time.sleep(0.05)
    return result


def journal(**fields):
    matches = [f"EDGEXDP_{key.upper()}={value}" for key, value in fields.items()]
    call("journalctl", "--sync")
    done = call("journalctl", "-o", "json", "--no-pager", *matches)
    return [json.loads(line) for line in done.stdout.splitlines()]


def systemctl(*words):
    return call("systemctl", *words).returncode


def drop_in(text, unit=UNIT):
    folder = pathlib.Path(f"/run/systemd/system/{unit}.d")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "test.conf").write_text(text + "\n")
    systemctl("daemon-reload")
