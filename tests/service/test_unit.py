#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""systemd-analyze's opinion of the units."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "shared"))

import tap

UNIT = pathlib.Path(os.environ["EDGEXDP_UNIT"])
EDGEXDP = pathlib.Path(os.environ["EDGEXDP"]).resolve()
EXPOSURE = 2.0


def analyze(*words):
    done = subprocess.run(["systemd-analyze", "--no-pager", *map(str, words)], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.returncode == 0, done.stdout


def main():
    if not shutil.which("systemd-analyze"):
        tap.skip("there is no systemd-analyze")
    with tempfile.TemporaryDirectory() as directory:
        # The program is not installed here: the one that was built takes its place.
        unit = pathlib.Path(directory) / UNIT.name
        unit.write_text(re.sub(r"=\S+/edgexdp ", f"={EDGEXDP} ", UNIT.read_text()))
        shutil.copy(UNIT.with_suffix(".socket"), directory)
        whole = unit.with_name("edgexdp.service")
        whole.write_text(re.sub(r"=\S+/edgexdp ", f"={EDGEXDP} ", UNIT.with_name(whole.name).read_text()))
        tap.check("edgexdp run $OPTIONS all /etc/edgexdp/policy.ini" in whole.read_text(), "one service is for all")
        for instance in (unit.with_name("edgexdp@eth0.service"), unit.with_name("edgexdp@eth0.socket"), whole):
            good, said = analyze("verify", "--man=no", "--recursive-errors=no", instance)
            tap.check(good and not said, f"systemd has nothing to say against {instance.name}", said)
        shutil.copy(UNIT.with_name("edgexdp-flowspec@.service"), directory)
        said = analyze("verify", "--man=no", "--recursive-errors=no",
                       unit.with_name("edgexdp-flowspec@eth0.service"))[1]
        # ExaBGP need not be installed here.
        said = "\n".join(line for line in said.splitlines() if "exabgp is not executable" not in line)
        tap.check(not said, "nor against that of ExaBGP", said)
        good, said = analyze("security", "--offline=true", f"--threshold={EXPOSURE * 10:.0f}", unit)
        tap.check(good, f"its exposure is {EXPOSURE} or better", said)
        tap.comment(said.splitlines()[-1])
    sys.exit(tap.finish())


main()
