# SPDX-License-Identifier: GPL-2.0-or-later
"""A Prometheus server that scrapes the exporter, with the shipped alert rules and dashboard."""

import json
import pathlib
import re
import subprocess
import urllib.parse

import announcing
import counted
import scrape
from guarded import HERE
import tap
from sandbox import Failure, run, until

PORT = 9470
TOOLS = pathlib.Path(__file__).resolve().parent.parent.parent / "tools"
RULES = TOOLS / "prometheus/edgexdp.rules.yml"
DASHBOARD = TOOLS / "grafana/edgexdp.json"
CONFIG = """\
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [{rules}]
scrape_configs:
- job_name: edgexdp
  static_configs: [{{targets: ['127.0.0.1:{port}']}}]
"""


class Prometheus:
    """The server; ends with the context."""

    def __init__(self, stand):
        folder = stand.directory / "prometheus"
        folder.mkdir()
        config = folder / "prometheus.yml"
        config.write_text(CONFIG.format(rules=RULES, port=scrape.PORT))
        self.log = stand.start(stand.here, "prometheus", "prometheus", f"--config.file={config}",
                               f"--storage.tsdb.path={folder}/data",
                               f"--web.listen-address=127.0.0.1:{PORT}")
        self.process = stand.services[-1]

    def __enter__(self):
        try:
            until(self.scrapes, "Prometheus to scrape")
        except Failure as error:
            raise Failure(f"{error}\n{self.log.read_text()[-2000:]}") from error
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def scrapes(self):
        try:
            return self.query('up{job="edgexdp"} == 1')
        except (OSError, ValueError):  # not listening yet
            return []

    @staticmethod
    def ask(path, **words):
        answer = json.loads(scrape.ask(f"/api/v1/{path}?" + urllib.parse.urlencode(words),
                                       port=PORT)[2])
        if answer["status"] != "success":
            raise Failure(f"{words}: {answer['error']}")
        return answer["data"]

    def query(self, expression):
        """(labels, value) of each series."""
        return [(one["metric"], float(one["value"][1]))
                for one in self.ask("query", query=expression)["result"]]


def scraped(stand, server):
    """The server has what the command says."""
    wanted = stand.metrics().of("edgexdp_rule_packets_total")
    found = {tuple(labels[key] for key in scrape.LABELS["edgexdp_rule_packets_total"]): value
             for labels, value in server.query("edgexdp_rule_packets_total")}
    tap.check(found == wanted, "it answers with each rule's packets",
              sorted(set(found.items()) ^ set(wanted.items()))[:5])
    sums = server.query("sum by (interface) (edgexdp_reason_packets_total) + on (interface) "
                        "sum by (interface) (edgexdp_rule_packets_total) + on (interface) "
                        "sum by (interface) (edgexdp_reply_packets_total)")
    seen = sum(stand.stats()[0]["packets"].values())
    # Packets since the last scrape are not in the sums.
    tap.check(len(sums) == 1 and seen - 10 <= sums[0][1] <= seen, "its sums are the packets seen",
              (sums, seen))


def alerts(server):
    def evaluated():
        rules = [rule for group in server.ask("rules")["groups"] for rule in group["rules"]]
        return rules if all(rule["health"] != "unknown" for rule in rules) else None
    rules = until(evaluated, "the rules to be evaluated")
    sick = [(rule["name"], rule.get("lastError")) for rule in rules if rule["health"] != "ok"]
    tap.check(len(rules) > 5 and not sick, "it evaluates the alert rules", sick)


def expressions(dashboard, interface):
    """(title, expression) of everything that a dashboard asks, as Grafana would ask it."""
    values = {"instance": ".*", "interface": interface, "__rate_interval": "20s", "__range": "1m"}
    asked = [(panel["title"], target["expr"])
             for panel in dashboard["panels"] for target in panel.get("targets", [])]
    asked += [(one["name"], one["expr"]) for one in dashboard["annotations"]["list"]]
    return [(title, re.sub(r"\$(\w+)", lambda name: values[name[1]], expression))
            for title, expression in asked]


def hear(stand, hold, *lines):
    """What ExaBGP said, before it went; its flows stay for HOLD."""
    subprocess.run([stand.program, "flowspec", "--hold", hold, stand.interface], text=True, check=True,
                   input="".join(line + "\n" for line in lines), capture_output=True)


def dashboard(stand, server, policy):
    """Everything that the dashboard asks parses, and there is something to show."""
    shown = json.loads(DASHBOARD.read_text())
    waiting = expressions(shown, stand.interface)
    stand.edgexdp("block", stand.interface, "in tcp > :9", "--name", "flood")
    hear(stand, "1h", announcing.announce(announcing.flow(HERE[0] + "/32", "tcp", destination_port=["=9"])))

    def answered():
        counted.traffic(stand)
        run("ip", "neigh", "flush", "dev", stand.interface)  # then ARP comes in
        stand.edgexdp("reload", stand.interface, policy)
        waiting[:] = [one for one in waiting if not server.query(one[1])]
        return not waiting
    try:
        until(answered, "each panel to have data")
    except Failure as error:
        tap.comment(error)
    stand.edgexdp("unblock", stand.interface, "flood")
    hear(stand, "1s")
    tap.check(not waiting, "the dashboard's panels have something to show", waiting)
    variables = [re.search(r"label_values\((.*), (\w+)\)", one["definition"])
                 for one in shown["templating"]["list"] if one["type"] == "query"]
    for one in variables:
        # A late scrape leaves a moment without any series.
        asked = one[1].replace("$instance", ".*")
        found = until(lambda asked=asked: server.query(asked), f"{asked} to have data")
        tap.check(found and all(one[2] in labels for labels, _ in found),
                  f"the dashboard finds each {one[2]}", found)
    used = set(re.findall(r"\bedgexdp_\w+", DASHBOARD.read_text()))
    tap.check(used == set(scrape.LABELS), "it asks for each metric, and for no other",
              used ^ set(scrape.LABELS))


def labelled(expression):
    """Labels that EXPRESSION asks for, and that its metrics do not have. Prometheus adds the instance."""
    metrics = re.findall(r"\bedgexdp_\w+", expression)
    wrong = [(metric, label) for metric, matchers in re.findall(r"\b(edgexdp_\w+)\{([^}]*)\}", expression)
             for label in re.findall(r"(\w+) *(?:=~|!~|!=|=)", matchers)
             if label not in (*scrape.LABELS[metric], "instance")]
    had = {"instance"}.union(*(scrape.LABELS[metric] for metric in metrics))
    return wrong + [(expression, label) for listed in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression)
                    for label in re.split(", *", listed) if label not in had]


def shown_labels(target):
    """Labels that a legend names and that the series do not have."""
    listed = re.search(r"\bby \(([^)]*)\)", target["expr"])
    named = set(re.findall(r"\{\{(\w+)\}\}", target.get("legendFormat", "")))
    return named - set(re.split(", *", listed[1])) if listed else set()


def drawn():
    """Grafana silently accepts JSON that it does not understand, and draws nothing."""
    shown = json.loads(DASHBOARD.read_text())
    panels, cells = shown["panels"], {}
    tap.check(len({panel["id"] for panel in panels}) == len(panels), "each panel has its number")
    for panel in panels:
        at = panel["gridPos"]
        for x in range(at["x"], at["x"] + at["w"]):
            for y in range(at["y"], at["y"] + at["h"]):
                cells.setdefault((x, y), []).append(panel["title"])
    wrong = [(cell, titles) for cell, titles in cells.items() if cell[0] > 23 or len(titles) > 1]
    tap.check(not wrong, "no panel lies upon another", wrong[:5])
    targets = [target for panel in panels for target in panel.get("targets", [])]
    wrong = [one for target in targets for one in (*labelled(target["expr"]), *shown_labels(target))]
    tap.check(targets and not wrong, "it asks for labels that there are", wrong)
    sources = {json.dumps(target["datasource"]) for panel in panels
               for target in [*panel.get("targets", []), *([panel] if "targets" in panel else [])]}
    tap.check(sources == {'{"type": "prometheus", "uid": "${datasource}"}'},
              "the data source is the one that is chosen", sources)
