# SPDX-License-Identifier: GPL-2.0-or-later
"""The part of booted.py that asks the running units for their metrics."""

import http.client
import json
import os
import pathlib
import shutil
import signal

import tap
from inside import PROGRAM, UNIT, call, drop_in, edgexdp, journal, show, systemctl, until

OTHER_UNIT = "edgexdp@g1.service"
SOCKET = "edgexdp@g0.socket"
PORT, SOCKET_PORT = 9469, 9470


def ask(path, port=PORT):
    """(status, page), or (None, reason)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except OSError as error:
        return None, str(error)
    finally:
        connection.close()


def answers(path="/healthz", port=PORT):
    return ask(path, port)[0] == 200


def processes():
    """/proc/PID/status of the unit's processes, by their names."""
    group = pathlib.Path("/sys/fs/cgroup") / show("ControlGroup").lstrip("/") / "cgroup.procs"
    texts = [pathlib.Path(f"/proc/{pid}/status").read_text() for pid in group.read_text().split()]
    return {text.split()[1]: text for text in texts}


def test_pages():
    """Pages are served in spite of everything from which the unit is shut off."""
    tap.check(until(answers), "/healthz answers", ask("/healthz"))
    status, page = ask("/metrics")
    tap.check(status == 200 and 'edgexdp_policy_info{interface="g0",policy="good"' in page
              and 'edgexdp_rule_packets_total{interface="g0",policy="good",rule="talk-in",'
              'direction="in",verdict="accept"} 10\n' in page, "/metrics tells what was counted",
              page)
    for noun in ("status", "stats"):
        shown = json.loads(ask(f"/{noun}.json")[1])[0]
        said = edgexdp(noun)
        for looked in ("rates", "files", "file_changed", "default_drops"):  # only the command knows these
            shown.pop(looked, None), said.pop(looked, None)
        tap.check(shown == said, f"/{noun}.json says what the command says", (shown, said))
    tap.check(ask("/")[1].startswith("<!doctype html>"), "/ is the status page")
    sample = json.loads(ask("/sources.json")[1])[0]
    tap.check(sample["interface"] == "g0" and sample["trouble"] is None,
              "the keeper may listen to what is dropped", sample)
    found = processes()
    tap.check(set(found) == {"edgexdp", "edgexdp-keeper", "edgexdp-http"},
              "service, keeper and exporter are the unit's processes", list(found))
    tap.check("CapPrm:\t0000000000000000" in found.get("edgexdp-http", ""),
              "who answers has no capability", found.get("edgexdp-http"))


def test_two_units():
    """Another instance finds the address taken, which is no trouble, and gets it afterwards."""
    shutil.copy("/etc/edgexdp/g0.ini", "/etc/edgexdp/g1.ini")
    call("ip", "link", "add", "g1", "type", "veth", "peer", "name", "peer1")
    tap.check(systemctl("start", OTHER_UNIT) == 0, "another instance starts")
    tap.check(until(lambda: journal(event="metrics-failed", interface="g1")), "it says so once")
    entry = (journal(event="metrics-failed", interface="g1") or [{}])[0]
    tap.check(entry.get("PRIORITY") == "5" and entry.get("_SYSTEMD_UNIT") == OTHER_UNIT
              and "another process listens on 127.0.0.1:9469" in entry.get("MESSAGE", ""),
              "as a notice: another process listens", entry)
    tap.check(ask("/metrics")[1].count("\nedgexdp_flows{") == 2, "the first serves both")
    systemctl("stop", UNIT)
    tap.check(until(lambda: journal(event="metrics-served", interface="g1")) and answers(),
              "when the first has ended, the second serves", ask("/healthz"))
    systemctl("stop", OTHER_UNIT)
    call(PROGRAM, "detach", "g1")
    call("ip", "link", "del", "g1")
    systemctl("start", UNIT)
    tap.check(until(answers), "and the first again", ask("/healthz"))


def asked_while_restarted():
    """The results of asking continuously during a restart."""
    pid, said = show("MainPID"), []
    systemctl("restart", "--no-block", UNIT)
    while show("MainPID") in ("0", pid) or show("SubState") != "running":
        said.append(ask("/healthz", SOCKET_PORT)[1])
    return said


def test_socket():
    """systemd owns the socket, which does not start the service."""
    drop_in(f"[Socket]\nListenStream=\nListenStream=127.0.0.1:{SOCKET_PORT}", SOCKET)
    tap.check(systemctl("enable", SOCKET) == 0 and systemctl("restart", UNIT) == 0
              and show("ActiveState", SOCKET) == "active",
              "a service that is restarted has its socket",
              call("systemctl", "status", "--no-pager", UNIT, SOCKET).stdout)
    tap.check(until(lambda: answers(port=SOCKET_PORT)) and not answers(), "it is served, alone",
              ask("/healthz", SOCKET_PORT))
    refused = [said for said in asked_while_restarted() if "refused" in said]
    tap.check(not refused, "it stays open while the service is restarted", refused)
    os.kill(int(show("MainPID")), signal.SIGKILL)
    until(lambda: show("SubState") != "running")
    tap.check(until(lambda: answers(port=SOCKET_PORT)), "after kill -9 both are there again",
              show("SubState"))
    systemctl("stop", UNIT)
    refused = ask("/healthz", SOCKET_PORT)
    tap.check(refused[0] is None and show("ActiveState") == "inactive"
              and show("ActiveState", SOCKET) == "inactive",
              "the socket ends with the service, and nobody who asks starts that", refused)
    systemctl("start", UNIT)
    tap.check(until(lambda: answers(port=SOCKET_PORT)), "started, both are there again")
    systemctl("disable", SOCKET)
    systemctl("stop", UNIT)
    systemctl("start", UNIT)
    tap.check(until(answers), "without the socket, the address is the usual one", ask("/healthz"))
