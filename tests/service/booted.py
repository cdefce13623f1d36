# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs inside the container that test_systemd.py boots."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time

import metered
import tap
from inside import FOLDER, PROGRAM, UNIT, call, drop_in, edgexdp, journal, show, systemctl, until

POLICY = pathlib.Path("/etc/edgexdp/g0.ini")
PORT, OTHER = 4000, 4001

RULE = """[rule {name}]
direction = in
protocol = udp
port = {port}
action = accept
"""
TALK = RULE.format(name="talk-in", port=PORT) + "log = yes\n"
GOOD = "[policy]\nname = good\n" + TALK
WIDER = "[policy]\nname = wider\n" + TALK + RULE.format(name="other-in", port=OTHER)
BROKEN = "[policy]\nname = broken\n" + RULE.format(name="talk-in", port=70000)


def send(port, count):
    """Sends COUNT datagrams from the other end of the cable."""
    code = (f"import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
            f"for i in range({count}): s.sendto(b'x', ('198.51.100.10', {port}))")
    call("nsenter", "--net=/run/netns/there", sys.executable, "-c", code)


def counted():
    stats = edgexdp("stats")
    rules = {rule["name"]: rule["packets"] for rule in stats["rules"]}
    drops = next(r["packets"] for r in stats["reasons"]
                 if (r["name"], r["direction"], r["verdict"]) == ("default", "in", "drop"))
    return rules["talk-in"], drops


def make_interface():
    time.sleep(1)
    call("ip", "netns", "add", "there")
    call("ip", "link", "add", "g0", "type", "veth", "peer", "name", "peer", "netns", "there")


def bring_up():
    """Does what a network manager does, and records whether the interface was guarded before."""
    (FOLDER / "status-before-up").write_text(json.dumps(edgexdp("status")))
    for command in ("addr add 198.51.100.10/24 dev g0", "link set g0 up",
                    "-n there addr add 198.51.100.20/24 dev peer", "-n there link set peer up"):
        call("ip", *command.split())


def test_boot():
    before = json.loads((FOLDER / "status-before-up").read_text())
    tap.check(before.get("policy") == "good",
              "at boot, the interface is guarded before the network is brought up", before)
    tap.check(show("ActiveState") == "active", "the unit is active", show("ActiveState"))
    tap.check("policy good (enforce), 1 rule; in: native" in show("StatusText"),
              "STATUS tells the policy, the rules and how it is attached", show("StatusText"))
    status = pathlib.Path(f"/proc/{show('MainPID')}/status").read_text()
    # CAP_NET_ADMIN 12, CAP_PERFMON 38, CAP_BPF 39
    bounding = int(re.search(r"CapBnd:\s*(\w+)", status)[1], 16)
    tap.check(bounding == 1 << 12 | 1 << 38 | 1 << 39, "it is bound to three capabilities",
              hex(bounding))
    tap.check("NoNewPrivs:\t1" in status and "Seccomp:\t2" in status,
              "no new privileges, and a filter of system calls", status)
    send(PORT, 10)
    send(OTHER, 10)
    tap.check(until(lambda: counted() == (10, 10)), "it enforces the policy", counted())


def test_reload():
    POLICY.write_text(WIDER)
    tap.check(systemctl("reload", UNIT) == 0, "systemctl reload")
    tap.check(until(lambda: "policy wider" in show("StatusText")), "the new policy is in force",
              show("StatusText"))
    POLICY.write_text(BROKEN)
    tap.check(systemctl("reload", UNIT) != 0, "systemctl reload fails for a bad policy")
    tap.check(edgexdp("status")["policy"] == "wider" and show("ActiveState") == "active",
              "the previous policy stays in force, and the service goes on")
    systemctl("kill", "-s", "HUP", "--kill-whom=main", UNIT)
    tap.check(until(lambda: "port 70000" in show("StatusText")),
              "after SIGHUP with a bad policy, STATUS says what is wrong", show("StatusText"))
    tap.check(until(lambda: show("ActiveState") == "active"), "and it is active again",
              show("ActiveState"))
    POLICY.write_text(GOOD)
    systemctl("reload", UNIT)
    tap.check(until(lambda: show("StatusText").endswith("out: " + edgexdp("status")["egress"])),
              "a good policy puts it right", show("StatusText"))
    send(PORT, 1)
    tap.check(until(lambda: journal(event="packet")), "a packet whose rule says so is reported")


def test_open_session():
    """systemctl has no session, but somebody else has: a policy that would cut it is refused."""
    listener = socket.create_server(("198.51.100.10", 22))
    POLICY.write_text(GOOD + RULE.format(name="ssh", port=22).replace("udp", "tcp"))
    tap.check(systemctl("reload", UNIT) == 0 and until(lambda: "2 rules" in show("StatusText")),
              "a policy that lets SSH in is in force", show("StatusText"))
    client = subprocess.Popen(
        ["nsenter", "--net=/run/netns/there", sys.executable, "-c",
         "import socket; s = socket.create_connection(('198.51.100.10', 22)); s.recv(1)"])
    with listener, listener.accept()[0], client:
        POLICY.write_text(GOOD)
        tap.check(systemctl("reload", UNIT) != 0,
                  "systemctl reload fails for a policy that would cut an open session")
        systemctl("kill", "-s", "HUP", "--kill-whom=main", UNIT)
        tap.check(until(lambda: "lock out somebody who is logged in" in show("StatusText")),
                  "after SIGHUP, STATUS says whom it would lock out", show("StatusText"))
        tap.check(edgexdp("status")["files"][0]["state"] == "changed", "the previous policy stays in force",
                  edgexdp("status"))
        client.kill()
    tap.check(until(lambda: systemctl("reload", UNIT) == 0), "when it has ended, it is taken")
    tap.check(until(lambda: "1 rule;" in show("StatusText")), "and is in force", show("StatusText"))


def same(before, what):
    """Program and counters continue from BEFORE, and the filter works."""
    status, packets = before
    now = edgexdp("status")
    tap.check(now.get("program_id") == status["program_id"], f"{what}: the same program", now)
    tap.check(counted()[0] >= packets[0], f"{what}: the counters go on", (packets, counted()))


def snapshot():
    return edgexdp("status"), counted()


def test_restart():
    before = snapshot()
    systemctl("restart", UNIT)
    same(before, "restart")
    pid = show("MainPID")
    os.kill(int(pid), signal.SIGKILL)
    send(PORT, 5)
    tap.check(until(lambda: show("MainPID") not in ("0", pid) and show("SubState") == "running"),
              "after kill -9 it is started again", show("SubState"))
    same(before, "kill -9")
    tap.check(until(lambda: counted()[0] == before[1][0] + 5),
              "what came meanwhile was judged and counted", (before[1], counted()))


def test_bans():
    """Bans are kept over a reboot, after which the kernel is as empty as after stop and detach."""
    file = pathlib.Path("/var/lib/edgexdp/g0.bans")
    call(PROGRAM, "ban", "g0", "192.0.2.1", "2001:db8::/32", "--for", "1h")
    tap.check(until(lambda: file.exists() and "192.0.2.1 " in file.read_text()), "bans are written down")
    before = edgexdp("bans")
    systemctl("restart", UNIT)
    tap.check(edgexdp("bans") == before, "they outlive a restart", edgexdp("bans"))
    systemctl("stop", UNIT)
    call(PROGRAM, "detach", "g0")
    systemctl("start", UNIT)
    tap.check(edgexdp("status").get("bans") == 2, "they are put back", edgexdp("bans"))
    tap.check(file.parent.stat().st_mode & 0o777 == 0o700, "the folder is root's alone")
    call(PROGRAM, "unban", "g0", "--all")


def test_watchdog():
    """A service that hangs is restarted; the kernel enforces all the time."""
    drop_in("[Service]\nWatchdogSec=2")
    systemctl("restart", UNIT)
    pid = show("MainPID")
    time.sleep(5)
    tap.check(show("MainPID") == pid, "it feeds the watchdog", show("MainPID"))
    before = snapshot()
    os.kill(int(pid), signal.SIGSTOP)
    send(PORT, 5)
    send(OTHER, 5)
    wanted = tuple(count + 5 for count in before[1])
    tap.check(until(lambda: counted() == wanted, 1) and show("MainPID") == pid,
              "while it hangs, packets are judged and counted", (before[1], counted()))
    tap.check(until(lambda: show("MainPID") not in ("0", pid) and show("SubState") == "running"),
              "when it hangs, the watchdog starts it anew", show("SubState"))
    lines = call("journalctl", "--no-pager", "-o", "cat", "-u", UNIT).stdout
    tap.check("Watchdog timeout" in lines, "by the watchdog, as systemd says", lines)
    same(before, "watchdog")


def test_stop():
    systemctl("stop", UNIT)
    tap.check(edgexdp("status").get("policy") == "good", "stopped, the kernel goes on guarding")
    drop_in("[Service]\nEnvironment=\"OPTIONS=--on-stop detach\"")
    systemctl("start", UNIT)
    tap.check(show("ActiveState") == "active", "OPTIONS of a drop-in are taken")
    systemctl("stop", UNIT)
    tap.check(not edgexdp("status"), "stopped with --on-stop detach, nothing is guarded")
    tap.check(not list(pathlib.Path("/sys/fs/bpf/edgexdp").iterdir()), "and nothing is pinned")


def test_journal():
    call("journalctl", "--sync")
    for event in ("waiting", "attached", "reloaded", "reload-failed", "adopted", "stopped",
                  "detached"):
        entries = journal(event=event, interface="g0")
        tap.check(entries, f"the journal has {event}")
    failed = journal(event="reload-failed")
    entry = next((e for e in failed if "port 70000" in e.get("EDGEXDP_ERROR", "")), {})
    tap.check("port 70000 is above 65535" in entry.get("EDGEXDP_ERROR", "")
              and entry.get("PRIORITY") == "3" and entry.get("EDGEXDP_POLICY") == "wider"
              and entry.get("_SYSTEMD_UNIT") == UNIT and "CODE_FILE" not in entry,
              "with fields: what is wrong, how bad, and the policy that stays", entry)
    entry = (journal(event="packet", rule="talk-in") or [{}])[0]
    fields = {key: entry.get(f"EDGEXDP_{key}") for key in
              ("DIRECTION", "VERDICT", "REJECT", "PROTOCOL", "SOURCE", "DESTINATION_PORT", "LENGTH")}
    tap.check(list(fields.values()) == ["in", "accept", "", "udp", "198.51.100.20", str(PORT), "43"],
              "it has the packets of a rule with log = yes, with fields", entry)
    lines = call("journalctl", "--no-pager", "-o", "cat", "-u", UNIT).stdout
    tap.check("/etc/edgexdp/g0.ini:6:8: error: port 70000 is above 65535" in lines,
              "and the message with its place", lines)
    denied = [line for line in lines.splitlines() if "permission denied" in line.lower()]
    tap.check(not denied, "nothing was refused to it", "\n".join(denied))


def test_all():
    try:
        for test in (test_boot, metered.test_pages, metered.test_two_units, test_reload, test_open_session,
                     test_restart, test_bans, test_watchdog, metered.test_socket, test_stop,
                     test_journal):
            test()
    except (OSError, ValueError, KeyError, TypeError) as error:
        tap.check(False, "the tests come to their end", repr(error))
    if tap.finish():
        for line in call("journalctl", "--no-pager", "-o", "short-monotonic").stdout.splitlines():
            print(f"# {line}")


def main():
    if sys.argv[1] == "interface":
        make_interface()
    elif sys.argv[1] == "network":
        bring_up()
    else:
        test_all()


main()
