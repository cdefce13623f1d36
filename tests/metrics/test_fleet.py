#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The dashboard over a fleet: two edges with the same announced flows, one Prometheus."""

import http.server
import json
import pathlib
import shutil
import sys
import threading

sys.dont_write_bytecode = True  # leave the source tree as it is
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "command"), str(HERE.parent / "shared"), str(HERE)]

import announcing
import guarded
import monitored
import scrape
import tap
from guarded import PATIENCE, Guarded, entered, policy, rule
from sandbox import Sandbox, until

ON_EACH = "eth0"  # what an edge calls its interface; on this one machine they must differ
FLOWS = {4000: (3, 5), 4001: (2, 0)}  # by port: packets that each edge drops
CONFIG = """\
global: {{scrape_interval: 1s}}
scrape_configs:
- job_name: edgexdp
  static_configs:
  - {{targets: ['127.0.0.1:{0}'], labels: {{instance: edge-1}}}}
  - {{targets: ['127.0.0.1:{1}'], labels: {{instance: edge-2}}}}
"""


class Edge(Guarded):
    def join(self, sandbox, number):
        """Takes the place of setUp(), in a sandbox that edges share."""
        self.sandbox = sandbox
        self.here, self.there = sandbox.namespace(f"edge{number}"), sandbox.namespace(f"peer{number}")
        self.interface = self.name()
        self.cable(self.interface)
        self.addCleanup(self.remove_pins)

    def metrics(self):
        text = self.succeeds("stats", "--prometheus", self.interface)
        return text.replace(f'interface="{self.interface}"', f'interface="{ON_EACH}"')

    def serve(self, namespace):
        """Answers scrapes in NAMESPACE; returns the port."""
        edge = self

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                text = edge.metrics().encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        with entered(namespace):
            server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self.addCleanup(lambda: (server.shutdown(), thread.join(), server.server_close()))
        return server.server_port

    def block(self):
        self.attach(policy("edge", rule("in", "in", "udp", "4000-4002")))
        follower = announcing.Follower(self, "--hold", "1h")
        follower.say(*(announcing.announce(announcing.flow(guarded.HERE[0] + "/32", "udp",
                                                           destination_port=[f"={port}"])) for port in FLOWS))
        until(lambda: len(self.flows()) == len(FLOWS), "the flows are in force", PATIENCE)
        follower.end()

    def flows(self):
        return json.loads(self.succeeds("blocks", "--json", self.interface))


class Fleet(guarded.Base):
    def setUp(self):
        sandbox = self.enterContext(Sandbox())
        self.edges = [Edge(), Edge()]
        for number, edge in enumerate(self.edges):
            self.addCleanup(edge.doCleanups)
            edge.join(sandbox, number)
            edge.block()
            for port, counts in FLOWS.items():
                edge.send(edge.socket(edge.there), port, counts[number])
            wanted = sum(counts[number] for counts in FLOWS.values())
            until(lambda e=edge, w=wanted: sum(one["packets"] for one in e.flows()) == w, "they are dropped")
        self.prometheus()

    def prometheus(self):
        first = self.edges[0]
        self.space = first.here
        folder = first.sandbox.directory / "prometheus"
        folder.mkdir()
        config = folder / "prometheus.yml"
        config.write_text(CONFIG.format(*(edge.serve(self.space) for edge in self.edges)))
        self.log = first.sandbox.start(
            self.space, "prometheus", "prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{monitored.PORT}")
        until(lambda: len(self.query("up == 1")) == 2, "both edges are scraped")

    def query(self, expression):
        try:
            with entered(self.space):
                return monitored.Prometheus.query(monitored.Prometheus, expression)
        except (OSError, ValueError):  # not listening yet
            return []

    def names(self):
        """By port."""
        return {port: next(one["name"] for one in self.edges[0].flows() if f":{port}" in one["pattern"])
                for port in FLOWS}

    def panel(self, title):
        """(legend's labels, value) of what a panel shows."""
        shown = json.loads(monitored.DASHBOARD.read_text())
        return [one for name, asked in monitored.expressions(shown, ON_EACH) if name == title
                for one in self.query(asked)]

    def test_each_flow_over_the_edges(self):
        names = self.names()
        hits = {names[port]: float(sum(counts)) for port, counts in FLOWS.items()}
        found = until(lambda: self.query('sum by (block) (edgexdp_block_packets_total{origin="flowspec"})'), "hits")
        self.assertEqual({labels["block"]: value for labels, value in found}, hits)
        found = until(lambda: self.panel("Edges that have each flow"), "edges of each flow")
        self.assertEqual({labels["block"]: value for labels, value in found}, dict.fromkeys(names.values(), 2.0))

        def rates():
            for edge in self.edges:
                edge.send(edge.socket(edge.there), 4000, 2)
            shown = {labels["block"]: value for labels, value in self.panel("Dropped by blocks")}
            return shown if shown.get(names[4000]) else None
        shown = until(rates, "the rate of what is sent")
        self.assertEqual((set(shown), shown[names[4001]]), (set(names.values()), 0.0))

    def test_an_edge_without_a_flow_shows(self):
        edge = self.edges[1]
        announcing.Follower(edge, "--hold", "1s").end()
        until(lambda: {value for _, value in self.panel("Edges that have each flow")} == {1.0},
              "one edge is left of each flow")

    def test_queries_ask_for_labels_of_the_exporter(self):
        """Of every metric that the edges have, the labels are those that the table has, which the
        dashboard is checked by."""
        for edge in self.edges:
            self.assertEqual(scrape.Metrics(edge.metrics()).twice, [])
        for title, asked in monitored.expressions(json.loads(monitored.DASHBOARD.read_text()), ON_EACH):
            self.assertEqual(monitored.labelled(asked), [], title)


for program in ("prometheus",):
    if not shutil.which(program):
        tap.skip(f"there is no {program}")
guarded.main()
