# SPDX-License-Identifier: GPL-2.0-or-later
"""The exporter: its pages, what it may do, and how it ends."""

import fcntl
import json
import os
import pathlib
import socket
import subprocess
import sys
import time

import scrape
import tap
from sandbox import descriptors, until
from stand import NAME, Exporter, alive, status_of


def pages(stand):
    status, headers, text = scrape.ask("/metrics")
    tap.check(status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4"),
              "/metrics is there", headers)
    pair = stand.still(lambda: (scrape.ask("/metrics")[2], stand.edgexdp("stats", "--prometheus")))
    tap.check(pair[0] == pair[1], "it says what the command says", "\n".join(pair))
    answer, stats = stand.still(lambda: (scrape.ask("/stats.json"), stand.stats()))
    for interface in stats:
        interface.pop("default_drops")  # only the command reads these
    tap.check(json.loads(answer[2]) == stats and answer[1]["Content-Type"] == "application/json",
              "/stats.json too", answer)
    served, said = stand.still(lambda: (json.loads(scrape.ask("/status.json")[2])[0],
                                        json.loads(stand.edgexdp("status", "--json"))[0]))
    looked = ("rates", "files", "file_changed", "addresses", "addresses_changed")
    tap.check([served.pop(key) for key in looked] == [None] * len(looked) and all(said.pop(key) is not None
                                                                       for key in looked),
              "what only looking at files and clocks shows is not there", said)
    tap.check(served == said, "/status.json too", (served, said))
    tap.check(scrape.ask("/healthz")[::2] == (200, "ok\n"), "/healthz is well")
    tap.check(scrape.ask("/metrics?a=b")[0] == 200, "a query does not matter")
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "FOO"):
        status, headers, _ = scrape.ask("/metrics", method, body=b"x=1" * 100)
        if (status, headers.get("Allow")) != (405, "GET, HEAD"):
            break
    tap.check(status == 405, "other methods are refused with 405", (method, status, headers))
    status, headers, text = scrape.ask("/metrics", "HEAD")
    tap.check((status, text) == (200, "") and int(headers["Content-Length"]) > 1000,
              "HEAD has no body", headers)
    found = {path: scrape.ask(path)[0]
             for path in ("/front.html", "/metrics/", "/../etc/passwd", "/Metrics", "/healthz.", "/a" * 500)}
    tap.check(set(found.values()) == {404}, "nothing else is there: 404", found)


def names():
    """A web page that makes its own name resolve to us (DNS rebinding) can read nothing."""
    def asked_as(host):
        return {path: scrape.ask(path, headers={"Host": host})[0]
                for path in ("/", "/metrics", "/healthz", "/status.json", "/stats.json",
                             "/sources.json", "/bans.json", "/history.json", "/none")}

    for host in ("attacker.example", f"attacker.example:{scrape.PORT}", "127.0.0.1.attacker.example"):
        found = asked_as(host)
        tap.check(set(found.values()) == {421}, f"as {host} there is no answer", found)
    found = scrape.ask("/metrics", headers={"Host": "attacker.example"})[2]
    tap.check("--host" in found and "attacker" not in found, "it says what would help", found)
    for host in ("localhost", f"[::1]:{scrape.PORT}", socket.gethostname(), NAME):
        found = asked_as(host)
        tap.check(set(found.values()) == {200, 404}, f"as {host} there is", found)


def bans(stand, exporter):
    """The bans: the hundred that end soonest; they are read now and then, however often it is
    asked."""
    def answer():
        return json.loads(scrape.ask("/bans.json")[2])

    tap.check(answer() == [{"interface": stand.interface, "total": 0, "bans": []}], "nobody is banned",
              answer())
    stand.edgexdp("ban", stand.interface, "192.0.2.1")
    stand.edgexdp("ban", "--for", "2h", stand.interface, "2001:db8:bad::/48")
    stand.edgexdp("ban", "--for", "1h", stand.interface, "192.0.2.2")
    until(lambda: answer()[0]["total"] == 3, "three bans to be told")
    shown = answer()[0]["bans"]
    tap.check([ban["address"] for ban in shown] == ["192.0.2.2", "2001:db8:bad::/48", "192.0.2.1"] and
              shown[2]["expires"] is None, "those that end soonest are first", shown)

    def said():
        every = json.loads(stand.edgexdp("bans", "--json", stand.interface))
        return {ban["address"]: (ban["since"], ban["expires"]) for ban in every}
    until(lambda: said() == {ban["address"]: (ban["since"], ban["expires"]) for ban in answer()[0]["bans"]},
          "it to agree with the command")
    tap.check(True, "since when and until when is what the command says")
    many = stand.file("".join(f"10.0.{i >> 8}.{i & 255}\n" for i in range(20000)))
    stand.edgexdp("ban", "--for", "30m", stand.interface, f"@{many}")
    until(lambda: answer()[0]["total"] == 20003, "many bans to be told")
    shown = answer()[0]["bans"]
    tap.check(len(shown) == 100 and all(ban["address"].startswith("10.0.") for ban in shown),
              "of many, a hundred are told", shown)
    often(stand, exporter)
    stand.edgexdp("unban", stand.interface, f"@{many}")
    stand.edgexdp("unban", stand.interface, "192.0.2.1", "192.0.2.2", "2001:db8:bad::/48")


def often(stand, exporter):
    """If bans were read for each request, it would cost the keeper a seventh of the command's time."""
    times, before = 300, os.times()
    stand.edgexdp("bans", "--json", stand.interface)
    after = os.times()
    read = after.children_user + after.children_system - before.children_user - before.children_system
    begun = seconds_worked(exporter.keeper)
    for _ in range(times):
        scrape.ask("/bans.json")
    worked = seconds_worked(exporter.keeper) - begun
    tap.comment(f"{times} questions: {worked:.2f} s of the keeper, the command once: {read:.3f} s")
    tap.check(worked < times * read / 20, "asked again and again, it reads them now and then",
              (worked, read))


def seconds_worked(process):
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def health(stand):
    """Somebody detaches a program."""
    pin = pathlib.Path("/sys/fs/bpf/edgexdp", stand.interface, "link_out")
    pin.rename(pin.with_name("away"))
    status, _, text = scrape.ask("/healthz")
    pin.with_name("away").rename(pin)
    tap.check(status == 503 and "out is missing" in text, "/healthz tells what is missing", text)


def busy(stand):
    """Somebody holds the lock for long, as a command stopped in its middle would."""
    lock = os.open("/sys/fs/bpf/edgexdp", os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    start = time.monotonic()
    status = scrape.ask("/metrics")[0]
    tap.check(status == 503 and time.monotonic() - start < 5, "under somebody's lock: 503, soon",
              (status, time.monotonic() - start))
    os.close(lock)
    tap.check(len(scrape.scrape().of("edgexdp_flows")) == 1, "and after it as before")


def jail(exporter):
    state = status_of(exporter.http)
    caps = {key: state[key] for key in ("CapInh", "CapPrm", "CapEff", "CapAmb")}
    tap.check({int(value, 16) for value in caps.values()} == {0}, "no capability", caps)
    tap.check(state["NoNewPrivs"] == "1" and state["Seccomp"] == "2",
              "no new privileges, a filter of system calls", state)
    until(lambda: len(descriptors(exporter.http)) == 6, "connections to end")
    tap.check(True, "it holds its listener, its keeper and little else")
    writable = [target for number, target in descriptors(exporter.http).items()
                if not target.startswith(("socket:", "anon_inode:[eventpoll]"))
                and open_to_write(exporter.http, number)]
    tap.check(not writable, "nothing is open to be written to but sockets", writable)
    tap.check(len(list(pathlib.Path(f"/proc/{exporter.http}/task").iterdir())) == 1, "one thread")


def open_to_write(process, descriptor):
    flags = pathlib.Path(f"/proc/{process}/fdinfo/{descriptor}").read_text().split()[3]
    return int(flags, 8) & os.O_ACCMODE != os.O_RDONLY


def ends(stand):
    with Exporter(stand) as exporter:
        os.kill(exporter.http, 9)
        exporter.process.wait(10)
        tap.check(exporter.process.returncode == 1 and not alive(exporter.keeper),
                  "without the exporter the keeper ends, and its parent is told",
                  exporter.process.returncode)
        tap.check("ended by signal 9" in exporter.said(), "it says why", exporter.said())
    with Exporter(stand) as exporter:
        os.kill(exporter.keeper, 9)
        until(lambda: not alive(exporter.http), "the exporter to end with its keeper")
        tap.check(True, "without the keeper the exporter ends")
    with Exporter(stand) as exporter:
        exporter.process.kill()
        until(lambda: not alive(exporter.http) and not alive(exporter.keeper), "both to end")
        tap.check(True, "both end with the service")


def listening(stand):
    for address in ("9469", "localhost:9469", "127.0.0.1:99999", "127.0.0.1:", "::1:9469", "[::1:1",
                    "127.0.0.1:http"):
        done = subprocess.run([stand.server, address], capture_output=True, text=True, timeout=20)
        if done.returncode != 1 or "is not an address" not in done.stderr:
            break
    tap.check(done.returncode == 1, "addresses that are none are refused", (address, done))
    with socket.create_server(("127.0.0.1", scrape.PORT)):
        done = subprocess.run([stand.server, f"127.0.0.1:{scrape.PORT}"], capture_output=True,
                              text=True, timeout=20)
        tap.check(done.returncode == 1 and "in use" in done.stderr, "a port that is taken too", done)
    passed = ("import os, socket, sys\n"
              f"s = socket.create_server(('127.0.0.1', {scrape.PORT}))\n"
              "os.dup2(s.fileno(), 3)\n"
              "os.set_inheritable(3, True)\n"
              "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1')\n"
              f"os.execv('{stand.server}', ['serve', '127.0.0.1:1'])\n")
    with Exporter(stand, command=[sys.executable, "-c", passed]):
        tap.check(scrape.ask("/healthz")[0] == 200, "a socket from systemd is served instead")
