#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The metrics: what they say, who serves them, and who tries to stop that.
usage: run.py EDGEXDP SERVE"""

import contextlib
import fcntl
import json
import os
import pathlib
import shutil
import socket
import stat
import subprocess
import sys
import threading
import time
import urllib.parse

sys.dont_write_bytecode = True  # the source tree stays as it is

import stand as stands
import tap
from sandbox import Failure, run, until
from stand import THERE, Exporter, alive, policy, rule, status_of

import attack
import scrape

TALK, ASK = 4000, 4002
MANY = 10000
PROMETHEUS_PORT = 9470
COMMON = [rule("talk-in", "in", "udp", TALK), rule("ask-out", "out", "udp", ASK),
          rule("both-ways", "both", "udp", 4005, to="198.51.100.10, 203.0.113.7"),
          rule("never-in", "in", "udp", 4003, "drop")]


def traffic(stand, packets=20):
    """Some of everything: rules, replies, reasons, both directions."""
    with stands.entered(stand.there):
        outside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with outside, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as inside:
        outside.bind((THERE[0], ASK))
        outside.settimeout(5)
        inside.settimeout(5)
        for _ in range(packets):
            inside.sendto(b"question", (THERE[0], ASK))
            outside.sendto(b"answer", outside.recvfrom(100)[1])
            inside.recv(100)
    for port in (TALK, 4005, 4003, 9999):
        stand.send(stand.there, port, packets)
    stand.send(stand.here, 4005, packets)
    stand.settle()


def promtool(text):
    return subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                          capture_output=True)


def expected(stats, status):
    """The metrics that `stats --json` and `status --json` amount to."""
    samples = {}
    for one, state in zip(stats, status):
        name, policy_name = one["interface"], one["policy"]
        for rule_ in one["rules"]:
            labels = (name, policy_name, rule_["name"], rule_["direction"], rule_["action"])
            for what in ("packets", "bytes"):
                samples[f"edgexdp_rule_{what}_total", *labels] = rule_[what]
                reply = (f"edgexdp_reply_{what}_total", name, rule_["name"])
                samples[reply] = samples.get(reply, 0) + rule_[f"reply_{what}"]
        for reason in one["reasons"]:
            for what in ("packets", "bytes"):
                samples[f"edgexdp_reason_{what}_total", name, reason["name"], reason["direction"],
                        reason["verdict"]] = reason[what]
        samples["edgexdp_flows", name] = state["flows"]
        samples["edgexdp_flows_max", name] = state["flows_max"]
        samples["edgexdp_bans", name] = state["bans"]
        samples["edgexdp_policy_info", name, policy_name, state["sha256"], state["mode"],
                state["attach_mode"]] = 1
    return samples


def check_command(stand):
    text = stand.edgexdp("stats", "--prometheus")
    verdict = promtool(text)
    tap.check(verdict.returncode == 0 and not verdict.stdout + verdict.stderr,
              "promtool check metrics has nothing to say", verdict.stdout + verdict.stderr)
    metrics = scrape.Metrics(text)
    tap.check(not metrics.twice, "each sample is there once, with the labels of the contract",
              metrics.twice[:5])
    tap.check(metrics.order == list(scrape.LABELS), "each metric of the contract, once",
              metrics.order)
    metrics, wanted = stand.still(lambda: (
        stand.metrics(), expected(stand.stats(), json.loads(stand.edgexdp("status", "--json")))))
    found = {key: value for key, value in metrics.samples.items()
             if key[0] not in ("edgexdp_policy_loaded_timestamp_seconds", "edgexdp_reloads_total",
                               "edgexdp_events_lost_total")}
    tap.check(found == wanted, "names, labels and values are those of the JSON",
              sorted(set(found.items()) ^ set(wanted.items()))[:10])
    replies = metrics.of("edgexdp_reply_packets_total")
    tap.check(replies[stand.interface, "ask-out"] == 20, "there is traffic in it", replies)


def check_reloads(stand, path):
    loaded = stand.metrics().of("edgexdp_policy_loaded_timestamp_seconds")[(stand.interface,)]
    tap.check(abs(loaded - time.time()) < 600, "the policy is of today", loaded)
    before = stand.edgexdp("status", "--json"), stand.stats()[0]["rules"]
    broken = stand.file("[policy]\nname = broken\nmood = bad\n")
    failed = stand.call("reload", stand.interface, broken)
    after = stand.edgexdp("status", "--json"), stand.stats()[0]["rules"]
    tap.check(failed.returncode == 1 and before == after, "a failed reload changes nothing",
              (before, after))
    stand.edgexdp("reload", stand.interface, path)
    stand.edgexdp("reload", stand.interface)
    reloads = stand.metrics().of("edgexdp_reloads_total")
    tap.check(reloads == {(stand.interface, "ok"): 2, (stand.interface, "failed"): 1},
              "reloads are counted by how they ended", reloads)


def check_names(stand):
    """Interfaces may be called almost anything."""
    odd = 'a"b\\c'
    stand.cable(stand.here, odd, stand.there, "other")
    stand.edgexdp("attach", odd, stand.file(policy("odd", COMMON[0])))
    text = stand.edgexdp("stats", "--prometheus")
    metrics = scrape.Metrics(text)
    tap.check(promtool(text).returncode == 0 and (odd,) in metrics.of("edgexdp_flows"),
              "a name with quote and backslash is escaped", metrics.of("edgexdp_flows"))
    tap.check(metrics.order == list(scrape.LABELS) and len(metrics.of("edgexdp_flows")) == 2,
              "two interfaces, one HELP and TYPE for each metric", metrics.order)
    stand.edgexdp("detach", odd)
    run("ip", "link", "del", odd)


def check_pages(stand):
    status, headers, text = scrape.ask("/metrics")
    tap.check(status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4"),
              "/metrics is there", headers)
    pair = stand.still(lambda: (scrape.ask("/metrics")[2], stand.edgexdp("stats", "--prometheus")))
    tap.check(pair[0] == pair[1], "it says what the command says", "\n".join(pair))
    answer, stats = stand.still(lambda: (scrape.ask("/stats.json"), stand.stats()))
    tap.check(json.loads(answer[2]) == stats and answer[1]["Content-Type"] == "application/json",
              "/stats.json too", answer)
    tap.check(json.loads(scrape.ask("/status.json")[2]) ==
              json.loads(stand.edgexdp("status", "--json")), "/status.json too")
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
             for path in ("/", "/metrics/", "/../etc/passwd", "/Metrics", "/healthz.", "/a" * 500)}
    tap.check(set(found.values()) == {404}, "nothing else is there: 404", found)


def check_health(stand):
    """Somebody takes a program off."""
    pin = pathlib.Path("/sys/fs/bpf/edgexdp", stand.interface, "link_out")
    pin.rename(pin.with_name("away"))
    status, _, text = scrape.ask("/healthz")
    pin.with_name("away").rename(pin)
    tap.check(status == 503 and "out is missing" in text, "/healthz tells what is missing", text)


def check_jail(exporter):
    state = status_of(exporter.http)
    caps = {key: state[key] for key in ("CapInh", "CapPrm", "CapEff", "CapAmb")}
    tap.check({int(value, 16) for value in caps.values()} == {0}, "no capability", caps)
    tap.check(state["NoNewPrivs"] == "1" and state["Seccomp"] == "2",
              "no new privileges, a filter of system calls", state)
    places = pathlib.Path(f"/proc/{exporter.http}/fd")
    writable = [os.readlink(fd) for fd in places.iterdir()
                if open_to_write(exporter.http, fd.name) and not os.readlink(fd).startswith(
                    ("socket:", "anon_inode:[eventpoll]"))]
    tap.check(not writable, "nothing is open to be written to but sockets", writable)
    until(lambda: len(os.listdir(places)) == 6, "connections to end")
    tap.check(True, "it holds its listener, its keeper and little else")
    tap.check(len(list(pathlib.Path(f"/proc/{exporter.http}/task").iterdir())) == 1, "one thread")


def open_to_write(process, descriptor):
    flags = pathlib.Path(f"/proc/{process}/fdinfo/{descriptor}").read_text().split()[3]
    return int(flags, 8) & os.O_ACCMODE != os.O_RDONLY


def check_consistent(stand):
    """Scrapes while policies change as fast as they can, between small ones and ones that need
    larger tables: each scrape shows one policy, whole, and no counter falls."""
    few = policy("few", *COMMON, rule("only-few", "in", "tcp", 1))
    more = policy("more", rule("only-more", "in", "tcp", 1), *COMMON,
                  *[rule(f"more-{i}", "in", "tcp", 10000 + i) for i in range(600)])
    paths = [stand.file(few), stand.file(more)]
    names = {name: set(n[len("[rule "):-1] for n in text.splitlines() if n.startswith("[rule "))
             for name, text in (("few", few), ("more", more))}
    stop, trouble, done = threading.Event(), [], []
    stand.edgexdp("reload", stand.interface, paths[1])

    def reload():
        for number in range(40):
            failed = stand.call("reload", stand.interface, paths[number % 2]).returncode
            trouble.extend([f"reload {number}"] if failed else [])
            done.append(number)
            stand.send(stand.there, TALK, 10)
        stop.set()

    thread = threading.Thread(target=reload)
    last, scrapes, shown, refused = None, 0, set(), 0
    thread.start()
    while not stop.is_set():
        try:
            now = scrape.scrape()
        except ConnectionError as error:
            refused += 1
            tap.comment(error)
            continue
        trouble += mixed(now, names) + (last.falls(now) if last else [])
        shown |= {labels[1] for labels in now.of("edgexdp_policy_info")}
        last, scrapes = now, scrapes + 1
    thread.join()
    tap.comment(f"{scrapes} scrapes during {len(done)} reloads, {refused} refused")
    tap.check(not trouble, "no scrape mixes two policies, no counter falls", trouble[:5])
    tap.check(shown == set(names) and scrapes > 20 and not refused, "every scrape is answered",
              (shown, scrapes, refused))


def mixed(metrics, names):
    """What is wrong with the rules of a scrape."""
    policies = {labels[1] for labels in metrics.of("edgexdp_policy_info")}
    rules = {(labels[1], labels[2]) for labels in metrics.of("edgexdp_rule_packets_total")}
    wanted = {(one, name) for one in policies for name in names[one]}
    return [(policies, len(rules), len(wanted))] if rules != wanted or len(policies) != 1 else []


def check_many(stand):
    text = policy("many", *COMMON, *[rule(f"rule-{i}", "in", "tcp", 10000 + i, **{
        "from": f"10.{i >> 8}.{i & 255}.0/24"}) for i in range(MANY - len(COMMON))])
    stand.edgexdp("reload", stand.interface, stand.file(text))

    def best(work, times):
        taken = []
        for _ in range(times):
            start = time.perf_counter()
            work()
            taken.append((time.perf_counter() - start) * 1000)
        return min(taken)

    command = best(lambda: stand.edgexdp("stats", "--prometheus"), 5)
    scraped = best(lambda: scrape.ask("/metrics"), 15)
    size = len(scrape.ask("/metrics")[2])
    tap.comment(f"{MANY} rules, {size} bytes: scraped in {scraped:.1f} ms, by command in "
                f"{command:.1f} ms")
    tap.check(scraped < 100, f"{MANY} rules are scraped in less than 100 ms", scraped)
    tap.check(scraped < 2 * command, "by HTTP in less than twice the command's time",
              (scraped, command))
    tap.check(len(scrape.scrape().of("edgexdp_rule_packets_total")) == MANY + 1, "all of them")


def check_prometheus(stand):
    folder = stand.directory / "prometheus"
    folder.mkdir()
    config = folder / "prometheus.yml"
    config.write_text("global: {scrape_interval: 1s}\nscrape_configs:\n- job_name: edgexdp\n"
                      f"  static_configs: [{{targets: ['127.0.0.1:{scrape.PORT}']}}]\n")
    log = stand.start(stand.here, "prometheus", "prometheus", f"--config.file={config}",
                      f"--storage.tsdb.path={folder}/data",
                      f"--web.listen-address=127.0.0.1:{PROMETHEUS_PORT}")

    def query(text):
        path = "/api/v1/query?" + urllib.parse.urlencode({"query": text})
        with contextlib.suppress(OSError, ValueError):
            found = json.loads(scrape.ask(path, port=PROMETHEUS_PORT)[2])["data"]["result"]
            return [(one["metric"], float(one["value"][1])) for one in found]
        return []

    try:
        until(lambda: query('up{job="edgexdp"} == 1'), "Prometheus to scrape")
    except Failure as error:
        tap.check(False, "a Prometheus server scrapes it", f"{error}\n{log.read_text()[-2000:]}")
        return
    tap.check(True, "a Prometheus server scrapes it")
    wanted = stand.metrics().of("edgexdp_rule_packets_total")
    found = {tuple(labels[key] for key in scrape.LABELS["edgexdp_rule_packets_total"]): value
             for labels, value in query("edgexdp_rule_packets_total")}
    tap.check(found == wanted, "it answers with each rule's packets",
              sorted(set(found.items()) ^ set(wanted.items()))[:5])
    sums = query("sum by (interface) (edgexdp_reason_packets_total) + on (interface) "
                 "sum by (interface) (edgexdp_rule_packets_total) + on (interface) "
                 "sum by (interface) (edgexdp_reply_packets_total)")
    seen = sum(stand.stats()[0]["packets"].values())
    # What came since the last scrape is not in it.
    tap.check(len(sums) == 1 and seen - 10 <= sums[0][1] <= seen, "its sums are the packets seen",
              (sums, seen))
    stand.services[-1].terminate()
    stand.services[-1].wait()


def check_attacks(stand, exporter):
    """Each attack, and a scrape while it lasts."""
    before = stand.edgexdp("status", "--json"), stand.stats()[0]["rules"]
    seed = attack.seed()
    tap.comment(f"EDGEXDP_SEED={seed}")

    def answered(name):
        start = time.monotonic()
        try:
            good = len(scrape.scrape(timeout=10).of("edgexdp_rule_packets_total")) > MANY
        except OSError as error:
            good = tap.comment(error)
        tap.check(good, f"a scrape is answered during: {name}")
        tap.comment(f"in {time.monotonic() - start:.2f} s, "
                    f"memory {status_of(exporter.http)['VmRSS']}")

    with attack.slowloris(200):
        time.sleep(2)
        answered("slowloris")
    with attack.idlers(1000):
        answered("1,000 connections that say nothing")
    with attack.slow_readers(200):
        answered("200 clients that read nothing")
    answers = [answer.split(b"\r\n")[0].decode() for answer in attack.oversized()]
    tap.check(not any(" 200 " in answer for answer in answers), "oversized requests are refused",
              answers)
    tap.comment(f"answers to oversized requests: {answers}")
    attack.garbage(400, seed)
    answered("after garbage")
    with attack.idlers(1):
        started = time.monotonic()
        client = attack.connect()
        client.settimeout(20)
        attack.received(client)
        client.close()
        tap.check(2 < time.monotonic() - started < 15, "who says nothing is cut off in time",
                  time.monotonic() - started)
    tap.check(alive(exporter.http) and alive(exporter.keeper), "the processes still live")
    until(lambda: len(os.listdir(f"/proc/{exporter.http}/fd")) < 12, "connections to end", 40)
    tap.check(True, "nothing stays open")
    peak = int(status_of(exporter.http)["VmHWM"].split()[0]) // 1024
    tap.comment(f"most memory ever: {peak} MB")
    after = stand.edgexdp("status", "--json"), stand.stats()[0]["rules"]
    tap.check(before == after, "the filter has not noticed", (before, after))


def check_ends(stand):
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


def check_listening(stand):
    for address in ("9469", "localhost:9469", "127.0.0.1:99999", "127.0.0.1:", "::1:9469", "[::1:1",
                    "127.0.0.1:http"):
        done = subprocess.run([stand.server, address], capture_output=True, text=True, timeout=20)
        if done.returncode != 1 or "is no address" not in done.stderr:
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


def check_textfile(stand):
    path = stand.directory / "edgexdp.prom"
    write = [stand.server, "--textfile", path]
    pair = stand.still(lambda: (run(*write) + path.read_text(),
                                stand.edgexdp("stats", "--prometheus")))
    tap.check(pair[0] == pair[1], "--textfile says the same", "\n".join(pair))
    tap.check(stat.S_IMODE(path.stat().st_mode) == 0o644, "all may read it", path.stat())
    sizes, stop = set(), threading.Event()

    def read():
        while not stop.is_set():
            sizes.add(path.read_text()[-1:])
    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(10):
        run(*write)
    stop.set()
    reader.join()
    tap.check(sizes == {"\n"}, "nobody reads half of it", sizes)
    tap.check([p.name for p in stand.directory.glob("*.prom*")] == [path.name], "nothing is left")
    done = subprocess.run([stand.server, "--textfile", stand.directory / "no" / "file"],
                          capture_output=True, text=True)
    tap.check(done.returncode == 1 and "cannot write" in done.stderr,
              "a file that cannot be written is told", done)


def tests(stand):
    path = stand.file(policy("metrics", *COMMON))
    stand.edgexdp("attach", stand.interface, path)
    traffic(stand)
    check_command(stand)
    check_reloads(stand, path)
    check_names(stand)
    stand.settle()
    with Exporter(stand) as exporter:
        check_pages(stand)
        check_health(stand)
        check_jail(exporter)
        check_consistent(stand)
        stand.edgexdp("reload", stand.interface, path)
        traffic(stand)
        check_prometheus(stand)
        check_many(stand)
        stand.settle()
        check_attacks(stand, exporter)
        check_jail(exporter)
    stand.edgexdp("reload", stand.interface, path)
    check_ends(stand)
    check_listening(stand)
    check_textfile(stand)
    stand.edgexdp("detach", stand.interface)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    if os.geteuid():
        tap.skip("not root")
    for program in ("promtool", "prometheus", "unshare"):
        if not shutil.which(program):
            tap.skip(f"there is no {program}")
    try:
        stands.alone()
        with stands.Stand(*sys.argv[1:]) as stand:
            tests(stand)
    except (Failure, OSError) as error:
        tap.check(False, "the test comes to its end", error)
        raise
    return tap.finish()


sys.exit(main())
