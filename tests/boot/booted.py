# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs inside the machine that run.py boots, and reports over its second serial line."""

import os
import pathlib
import socket
import sys
import threading
import time
import tty

import tap
from inside import PROGRAM, call, drop_in, edgexdp, journal, show, systemctl
from inside import until as until_soon

MANAGER = sys.argv[1]
GUARDED, PLUGGED, ABSENT = "ens3", "ens4", "absent0"
CARD = 4  # the slot for PLUGGED
PERMITTED, FORBIDDEN = 4000, 4001
MANAGERS = {"networkd": "systemd-networkd.service", "ifupdown": f"ifup@{GUARDED}.service"}
WITNESS = pathlib.Path("/run/witness")
RULES = pathlib.Path("/etc/udev/rules.d/81-edgexdp.rules")
line = None


def until(ready):
    """Emulation makes everything slow."""
    return until_soon(ready, 30)


def ask(*words):
    """Asks the machine's surroundings to do something; returns their answer."""
    print(">", *words, flush=True)
    return line.readline().strip()


def unit(interface):
    return f"edgexdp@{interface}.service"


def device(interface):
    return f"sys-subsystem-net-devices-{interface}.device"


def microseconds(name, of):
    return int(show(name, of) or 0)


def news(interface):
    """The kernel's news about links of this name, in order."""
    return [text for text in WITNESS.read_text().splitlines()
            if text.split()[1] == f"{interface}:" and "link/ether" in text]


def bare(interface):
    """News that the interface is up without a program."""
    return [text for text in news(interface)
            if "UP" in text.split()[2].strip("<>").split(",") and "xdp" not in text]


def sent_at(entry):
    """When an entry of the journal was sent, on the clock of systemd's times: the journal may have
    taken it late."""
    real, late, monotonic = (int(entry.get(key, 0)) for key in (
        "_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP", "__MONOTONIC_TIMESTAMP"))
    return monotonic - (late - real)


def test_order():
    times = [sent_at((journal(event="attached", interface=GUARDED) or [{}])[0]),
             microseconds("ActiveEnterTimestampMonotonic", unit(GUARDED)),
             microseconds("ActiveEnterTimestampMonotonic", "network-pre.target"),
             microseconds("ExecMainStartTimestampMonotonic", MANAGERS[MANAGER]),
             microseconds("ActiveEnterTimestampMonotonic", "network.target")]
    tap.comment("attached, unit active, network-pre.target, network manager, network.target: "
                + ", ".join(f"{usec / 1e6:.2f}" for usec in times) + " s after boot")
    tap.check(all(times) and times == sorted(times),
              "guarded before network-pre.target, and that before the network manager", times)
    up = [text for text in news(GUARDED) if ",UP" in text]
    tap.check(up and not bare(GUARDED), "the interface was never up without a program",
              news(GUARDED))
    status = edgexdp("status", GUARDED)
    tap.check((status.get("policy"), status.get("egress")) == ("booted", "clsact"),
              "both ways are guarded", status)
    tap.check(show("ActiveState", device(GUARDED)) == "active",
              "systemd knows its device unit", show("ActiveState", device(GUARDED)))


def carried(interface):
    """What the network card has carried and how much of that was judged, each way."""
    folder = pathlib.Path(f"/sys/class/net/{interface}/statistics")
    received, sent = (int((folder / f"{way}_packets").read_text()) for way in ("rx", "tx"))
    stats = edgexdp("stats", interface)
    dropped = sum(reason["packets"] for reason in stats["reasons"]
                  if (reason["direction"], reason["verdict"]) == ("out", "drop"))
    return (received, sent), (stats["packets"]["in"], stats["packets"]["out"] - dropped)


def test_packets():
    """From the first packet on, as a remote client sees it."""
    tap.check(until(lambda: "inet 10.0.2.15/" in call("ip", "addr", "show", GUARDED).stdout),
              "the network is configured", call("ip", "addr").stdout)
    for port in (PERMITTED, FORBIDDEN):
        threading.Thread(target=greet, args=(socket.create_server(("", port)),), daemon=True).start()
    answer = ask("call", PERMITTED)
    tap.check(answer == "hello", "a caller is answered at a port that the policy opens", answer)
    answer = ask("call", FORBIDDEN)
    tap.check(answer == "silence", "and not at another one", answer)
    tap.check(until(lambda: len(set(carried(GUARDED))) == 1),
              "of all that the card has ever carried, each packet was judged", carried(GUARDED))


def greet(listener):
    while True:
        with listener.accept()[0] as caller:
            caller.sendall(b"hello\n")


def is_guarded(interface):
    return edgexdp("status", interface).get("policy") == "booted"


def said(interface):
    return call("journalctl", "--no-pager", "-u", unit(interface)).stdout


def plug():
    ask("plug", CARD)
    return until(lambda: is_guarded(PLUGGED) and ",UP" in "".join(news(PLUGGED)[-1:]))


def unplug():
    ask("unplug", CARD)
    return until(lambda: not os.path.exists(f"/sys/class/net/{PLUGGED}"))


def test_plugged():
    """An interface that is absent at boot, set up as edgexdp(8) advises: its device unit wants the
    service, and udev reports it to nobody before it is guarded."""
    drop_in("[Install]\nWantedBy=\nWantedBy=sys-subsystem-net-devices-%i.device", unit(PLUGGED))
    RULES.write_text(f'ACTION=="add", SUBSYSTEM=="net", NAME=="{PLUGGED}", '
                     f'RUN+="{PROGRAM} attach {PLUGGED} /etc/edgexdp/{PLUGGED}.ini"\n')
    call("udevadm", "control", "--reload")
    enabled = call("systemctl", "enable", unit(PLUGGED))
    tap.check(enabled.returncode == 0 and show("ActiveState", unit(PLUGGED)) == "inactive",
              "its device unit can want the service", enabled)
    tap.check(plug(), "plugged in, it is guarded", said(PLUGGED))
    tap.check(until(lambda: show("ActiveState", unit(PLUGGED)) == "active")
              and show("ActiveState", device(PLUGGED)) == "active",
              "and the service started", show("StatusText", unit(PLUGGED)))
    pid = show("MainPID", unit(PLUGGED))
    tap.check(unplug(), "it is unplugged")
    tap.check(until(lambda: "waiting" in show("StatusText", unit(PLUGGED))),
              "the service waits for it", show("StatusText", unit(PLUGGED)))
    tap.check(plug(), "plugged in again, it is guarded again", said(PLUGGED))
    tap.check(until(lambda: "policy booted" in show("StatusText", unit(PLUGGED)))
              and show("MainPID", unit(PLUGGED)) == pid, "and the same service follows it",
              show("StatusText", unit(PLUGGED)))
    tap.check(not bare(PLUGGED), "neither time was it up without a program", news(PLUGGED))


def test_plugged_without_rule():
    """Without that rule the service alone guards it, as soon as it hears of it; nothing waits for
    that."""
    RULES.unlink()
    call("udevadm", "control", "--reload")
    unplug()
    until(lambda: "waiting" in show("StatusText", unit(PLUGGED)))
    tap.check(plug(), "plugged in once more, without the rule, it is guarded as well",
              said(PLUGGED))
    tap.comment(f"it was told of as up without a program {len(bare(PLUGGED))} times")


def leave():
    """Shuts down with one service that serves and one that waits in vain: neither may delay the
    end."""
    pathlib.Path(f"/etc/edgexdp/{ABSENT}.ini").write_text(
        pathlib.Path(f"/etc/edgexdp/{GUARDED}.ini").read_text())
    systemctl("start", "--no-block", unit(ABSENT))
    tap.check(until(lambda: "waiting" in show("StatusText", unit(ABSENT))),
              "a service waits for an interface that is not there", show("StatusText", unit(ABSENT)))


def test_all():
    try:
        for test in (test_order, test_packets, test_plugged, test_plugged_without_rule, leave):
            test()
    except (OSError, ValueError, KeyError, TypeError) as error:
        tap.check(False, "the tests come to their end", repr(error))
    if tap.finish():
        for text in call("journalctl", "--no-pager", "-o", "short-monotonic").stdout.splitlines():
            print(f"# {text}")
        print(f"# {WITNESS}:")
        for text in WITNESS.read_text().splitlines():
            print(f"#   {text}")


def main():
    global line
    serial = os.open("/dev/ttyS1", os.O_RDWR | os.O_NOCTTY)
    tty.setraw(serial)
    os.dup2(serial, 1)
    line = os.fdopen(serial, encoding="ascii")
    test_all()
    systemctl("reboot")


main()
