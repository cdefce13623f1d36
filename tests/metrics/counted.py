# SPDX-License-Identifier: GPL-2.0-or-later
"""What the metrics say: from the command, and in the file for the textfile collector."""

import json
import socket
import stat
import subprocess
import threading
import time

import scrape
import stand as stands
import tap
from sandbox import run
from stand import THERE, policy, rule

TALK, ASK, HELD = 4000, 4002, 4006
COMMON = [rule("talk-in", "in", "udp", TALK), rule("ask-out", "out", "udp", ASK),
          rule("both-ways", "both", "udp", 4005, to="198.51.100.10, 203.0.113.7"),
          rule("never-in", "in", "udp", 4003, "drop"),
          rule("held-in", "in", "udp", HELD, limit="100/hour per source burst 1000")]


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
    for port in (TALK, 4005, 4003, HELD, 9999):
        stand.send(stand.there, port, packets)
    stand.send(stand.here, 4005, packets)
    stand.settle()


def promtool(text):
    return subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                          capture_output=True)


def expected(stats, status):
    """The metrics that follow from `stats --json` and `status --json`."""
    samples = {}
    for one, state in zip(stats, status):
        name, policy_name = one["interface"], one["policy"]
        for rule_ in one["rules"]:
            labels = (name, policy_name, rule_["name"], rule_["direction"], rule_["action"])
            for what in ("packets", "bytes"):
                samples[f"edgexdp_rule_{what}_total", *labels] = rule_[what]
                samples[f"edgexdp_rule_limited_{what}_total", *labels[:4]] = rule_[f"limited_{what}"]
                if rule_["name"] == "held-in":  # one sends, and for hours stays ahead of its limit
                    samples["edgexdp_limit_sources", name, rule_["name"]] = int(rule_["packets"] > 0)
                reply = (f"edgexdp_reply_{what}_total", name, rule_["name"])
                samples[reply] = samples.get(reply, 0) + rule_[f"reply_{what}"]
        for what in ("sent", "withheld"):
            samples[f"edgexdp_answers_{what}_total", name] = one["answers"][what]
        for what in ("sent", "valid", "invalid"):
            samples[f"edgexdp_syn_cookies_{what}_total", name] = one["syn_cookies"][what]
        for reason in one["reasons"]:
            for what in ("packets", "bytes"):
                samples[f"edgexdp_reason_{what}_total", name, reason["name"], reason["direction"],
                        reason["verdict"]] = reason[what]
        samples["edgexdp_flows", name] = state["flows"]
        samples["edgexdp_flows_max", name] = state["flows_max"]
        samples["edgexdp_bans", name] = state["bans"]
        samples["edgexdp_blocks", name, "manual"] = state["blocks"]
        samples["edgexdp_blocks", name, "flowspec"] = 0
        samples["edgexdp_policy_info", name, policy_name, state["sha256"], state["mode"],
                state["attach_mode"]] = 1
    return samples


def command(stand):
    text = stand.edgexdp("stats", "--prometheus")
    verdict = promtool(text)
    tap.check(verdict.returncode == 0 and not verdict.stdout + verdict.stderr,
              "promtool check metrics has nothing to say", verdict.stdout + verdict.stderr)
    metrics = scrape.Metrics(text)
    tap.check(not metrics.twice, "each sample is there once, with the labels of the manual",
              metrics.twice[:5])
    tap.check(metrics.order == list(scrape.LABELS), "each metric of the manual, once",
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


def reloads(stand, path):
    loaded = stand.metrics().of("edgexdp_policy_loaded_timestamp_seconds")[(stand.interface,)]
    tap.check(abs(loaded - time.time()) < 600, "the policy is of today", loaded)
    before = stand.status(), stand.stats()[0]["rules"]
    broken = stand.file("[policy]\nname = broken\nmood = bad\n")
    failed = stand.call("reload", stand.interface, broken)
    after = stand.status(), stand.stats()[0]["rules"]
    tap.check(failed.returncode == 1 and before == after, "a failed reload changes nothing",
              (before, after))
    stand.edgexdp("reload", stand.interface, path)
    stand.edgexdp("reload", stand.interface)
    reloads = stand.metrics().of("edgexdp_reloads_total")
    tap.check(reloads == {(stand.interface, "ok"): 2, (stand.interface, "failed"): 1},
              "reloads are counted by how they ended", reloads)


def names(stand):
    """Interfaces may have almost any name."""
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


def textfile(stand):
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
