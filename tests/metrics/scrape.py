# SPDX-License-Identifier: GPL-2.0-or-later
"""HTTP requests, and a reader of Prometheus's text format."""

import http.client
import re

SAMPLE = re.compile(r'^([a-z0-9_]+)\{(.*)\} ([0-9.]+)$')
LABEL = re.compile(r'([a-z0-9_]+)="((?:[^"\\]|\\.)*)"(?:,|$)')
ESCAPES = {r"\\": "\\", r"\"": '"', r"\n": "\n"}
PORT = 9469

# The metrics and their labels, as the manual lists them.
LABELS = {
    "edgexdp_rule_packets_total": ("interface", "policy", "rule", "direction", "verdict"),
    "edgexdp_rule_bytes_total": ("interface", "policy", "rule", "direction", "verdict"),
    "edgexdp_rule_limited_packets_total": ("interface", "policy", "rule", "direction"),
    "edgexdp_rule_limited_bytes_total": ("interface", "policy", "rule", "direction"),
    "edgexdp_limit_sources": ("interface", "rule"),
    "edgexdp_reason_packets_total": ("interface", "reason", "direction", "verdict"),
    "edgexdp_reason_bytes_total": ("interface", "reason", "direction", "verdict"),
    "edgexdp_reply_packets_total": ("interface", "rule"),
    "edgexdp_reply_bytes_total": ("interface", "rule"),
    "edgexdp_flows": ("interface",),
    "edgexdp_flows_max": ("interface",),
    "edgexdp_bans": ("interface",),
    "edgexdp_blocks": ("interface", "origin"),
    "edgexdp_block_packets_total": ("interface", "origin", "block"),
    "edgexdp_policy_info": ("interface", "policy", "sha256", "mode", "attach_mode"),
    "edgexdp_policy_loaded_timestamp_seconds": ("interface",),
    "edgexdp_reloads_total": ("interface", "result"),
    "edgexdp_events_lost_total": ("interface",),
    "edgexdp_answers_sent_total": ("interface",),
    "edgexdp_answers_withheld_total": ("interface",),
    **{f"edgexdp_syn_cookies_{what}_total": ("interface",) for what in ("sent", "valid", "invalid")},
}


class Metrics:
    """A scrape. SAMPLES maps (name, label values in the order of LABELS) to the value."""

    def __init__(self, text):
        self.samples, self.twice, self.order = {}, [], []
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                self.order.append(line.split()[2])
            if line.startswith("#"):
                continue
            name, labels, value = SAMPLE.match(line).groups()
            pairs = [(key, re.sub(r"\\.", lambda m: ESCAPES[m.group()], text))
                     for key, text in LABEL.findall(labels)]
            key = (name, *(text for _, text in pairs))
            if key in self.samples or tuple(k for k, _ in pairs) != LABELS.get(name):
                self.twice.append(line)
            self.samples[key] = float(value) if "." in value else int(value)

    def of(self, name):
        """The samples of one metric, by their labels."""
        return {key[1:]: value for key, value in self.samples.items() if key[0] == name}

    def falls(self, later):
        """The counters that are lower in LATER."""
        return [(key, value, later.samples[key]) for key, value in self.samples.items()
                if key[0].endswith("_total") and later.samples.get(key, value) < value]


def ask(path, method="GET", timeout=20, body=None, port=PORT, headers=()):
    """(status, headers, body) of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()
    finally:
        connection.close()


def scrape(**options):
    status, _, text = ask("/metrics", **options)
    if status != 200:
        raise ConnectionError(f"{status}: {text}")
    return Metrics(text)
