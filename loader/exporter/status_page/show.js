// SPDX-License-Identifier: GPL-2.0-or-later
// One interface on the page.
"use strict";

const ROWS_MAX = 200; // a policy may have ten thousand rules
const RULE_CELLS = ["name", "verdict", "", "number rate", "chart", "number", "number", "number", "number",
                    ""];
const SOURCES_MAX = 12;
const SOURCE_CELLS = ["name", "number rate", "", "", "", ""];
const REASON_CELLS = ["name", "", "number rate", "chart", "number", "number"];

class InterfaceView {
  constructor(name, number) {
    this.name = name;
    this.history = new History();
    this.root = document.getElementById("interface").content.cloneNode(true).firstElementChild;
    this.find = (selector) => this.root.querySelector(selector);
    this.label(number);
    const rows = (selector, cells, fill) => new Rows(
      this.find(`${selector} tbody`), () => makeCells(cells), fill);
    this.rules = rows(".rules", RULE_CELLS, (node, row) => this.fillRule(node, row));
    this.drops = rows(".drops", REASON_CELLS, fillReason);
    this.accepts = rows(".accepts", REASON_CELLS, fillReason);
    this.sources = rows(".sources", SOURCE_CELLS, (node, row) => this.fillSource(node, row));
    this.bans = rows(".bans", ["name", "", ""], (node, row) => this.fillBan(node, row));
    this.idle = rows(".idle", ["name", "verdict", "", "number"], fillIdle);
    this.find(".idle").addEventListener("toggle", () => this.showIdle());
    this.find(".bans").addEventListener("toggle", () => askBans(true));
    this.idleRows = [];
    this.facts = {};
    this.tiles = {};
  }

  label(number) {
    const heading = this.find("h2");
    heading.id = `interface-${number}`;
    heading.textContent = this.name;
    this.root.setAttribute("aria-labelledby", heading.id);
    this.root.querySelectorAll(".scroll").forEach((region) =>
      region.setAttribute("aria-label", `${region.querySelector("caption").textContent} of ${this.name}`));
    this.find(".deadline code").textContent = `edgexdp confirm ${this.name}`;
  }

  fact(term, text, title = "") {
    if (!this.facts[term]) {
      const group = make("div"), value = make("dd");
      group.append(make("dt", "", term), value);
      this.find(".facts").append(group);
      this.facts[term] = value;
    }
    say(this.facts[term], text);
    this.facts[term].title = title;
    return this.facts[term];
  }

  showStatus(status, now) {
    this.status = status;
    const since = (text) => {
      const date = new Date(text);
      return `${dateText(date)}, ${spanText(now - date)} ago`;
    };
    this.showBadges(status);
    this.showNotes(status);
    this.fact("Policy", status.policy, `sha256 ${status.sha256}`);
    this.fact("From", status.path);
    this.fact("In force since", since(status.loaded_at));
    this.fact("Guarded since", since(status.attached_at));
    this.fact("Flows", `${countText(status.flows)} of ${countText(status.flows_max)}`);
    this.fact("Bans", countText(status.bans));
    show(this.find(".bans"), status.bans > 0);
    say(this.find(".bans summary"), status.bans === 1 ? "1 ban" : `${countText(status.bans)} bans`);
    this.fact("Rollback", status.rollback ? "possible" : "nothing to go back to");
  }

  showBadges(status) {
    const attached = (where, how) => [`${where}: ${how}`, how === "missing" ? "bad" : ""];
    const badges = [
      [status.mode, {enforce: "good", audit: "warn", unguarded: "bad"}[status.mode] || ""],
      attached("in", status.attach_mode),
      attached("out", status.egress),
    ];
    const place = this.find(".badges");
    badges.forEach(([text, kind], number) => {
      const badge = place.children[number] || place.appendChild(make("span"));
      badge.className = `badge ${kind}`;
      say(badge, text);
    });
  }

  // What should not be overlooked.
  showNotes(status) {
    const notes = [];
    if (status.mode === "audit")
      notes.push("Audit: everything is judged and counted, and everything passes.");
    if (status.mode === "unguarded")
      notes.push("No policy is in force: everything is accepted.");
    for (const [way, how] of [["in", status.attach_mode], ["out", status.egress]])
      if (how === "missing")
        notes.push(`The program on the way ${way} is missing: nothing is filtered there.`);
    if (status.expired_at && status.expired_at >= status.loaded_at)
      notes.push(`A policy was not confirmed in time: at ${dateText(new Date(status.expired_at))} ` +
                 "the kernel went back to this one.");
    if (status.flows > 0.9 * status.flows_max)
      notes.push("The table of flows is almost full: the oldest give way.");
    if (!this.notes)
      this.notes = new Rows(this.find(".notes"), () => make("li"), (node, row) => say(node, row.key));
    this.notes.update(notes.map((key) => ({key})));
  }

  // Every second. Returns how long there is left, or null.
  showDeadline(now) {
    const by = this.status && this.status.confirm_by;
    show(this.find(".deadline"), Boolean(by));
    if (!by)
      return null;
    const date = new Date(by);
    say(this.find(".deadline [role=timer]"), clockText(date - now));
    say(this.find(".deadline time"), timeText(date));
    this.find(".deadline time").dateTime = by;
    return date - now;
  }

  showStats(stats, at, now) {
    const rows = noteStats(this.history, at, stats);
    this.now = now;
    this.showTiles(rows.sums);
    const rules = sortedRows(rows.rules);
    this.rules.update(rules.slice(0, ROWS_MAX));
    const more = this.find(".more");
    show(more, rules.length > ROWS_MAX);
    say(more, `${rules.length - ROWS_MAX} rules more match less than these: edgexdp stats shows all.`);
    this.idleRows = rows.rules.filter((row) => !row.total);
    this.showIdle();
    const reasons = sortedRows(rows.reasons);
    this.drops.update(reasons.filter((row) => row.counted.verdict === "drop"));
    this.accepts.update(reasons.filter((row) => row.counted.verdict === "accept"));
  }

  showTiles(sums) {
    const audit = this.status && this.status.mode === "audit";
    const tiles = [["in", "In", sums.inBytes], ["out", "Out", sums.outBytes], ["accept", "Accepted"],
                   ["drop", audit ? "Would be dropped" : "Dropped"]];
    for (const [key, title, bytes] of tiles) {
      const tile = this.tiles[key] || (this.tiles[key] = this.makeTile(key));
      say(tile.querySelector(".title"), title);
      say(tile.querySelector(".rate"), rateText(sums[key].rate()));
      say(tile.querySelector(".detail"), bytes ? `${bytesText(bytes.rate())}/s` : "");
      say(tile.querySelector(".total"), `${countText(sums[key].last.count)} in all`);
      drawLine(tile.querySelector("svg"), sums[key]);
    }
  }

  makeTile(key) {
    const tile = make("li", `tile ${key}`), value = make("p", "value");
    value.append(make("span", "rate"), " ", make("span", "unit", "packets/s"), " ", make("span", "detail"));
    tile.append(make("p", "title"), value, makeLine(), make("p", "total"));
    this.find(".tiles").append(tile);
    return tile;
  }

  fillRule(node, row) {
    const {counted} = row;
    node.className = counted.action;
    fillCells(node, [
      counted.name, counted.action, counted.direction, rateText(row.rate), row.series,
      bytesText(row.bytes.rate()), countText(counted.packets), bytesText(counted.bytes),
      counted.reply_packets ? countText(counted.reply_packets) : "",
      counted.last_seen ? `${spanText(this.now - new Date(counted.last_seen))} ago` : ""]);
  }

  showSources(sample, now) {
    this.now = now;
    this.sources.update(sample.sources.slice(0, SOURCES_MAX).map(
      (source) => ({key: `${source.direction} ${source.source}`, source})));
    const span = spanText(1000 * sample.seconds);
    say(this.find(".sources .more"), sample.trouble ||
        (sample.sampled ? `Of ${countText(sample.sampled)} dropped packets in ${span}, while this page was ` +
         "looked at. A flood counts for no more than 64 a second for each rule, reason and CPU."
          : `Nothing was dropped in ${span}.`));
  }

  // The rest of the page goes on without.
  missSources() {
    say(this.find(".sources .more"), "cannot be asked for now");
  }

  fillSource(node, {source}) {
    const port = source.destination_port === null ? "" : ` ${source.destination_port}`;
    fillCells(node, [
      source.source, countText(source.packets), source.direction,
      source.rule || source.reason || "a policy that is gone", `${source.protocol}${port}`,
      `${spanText(this.now - new Date(source.last_seen))} ago`]);
  }

  wantsBans() {
    return this.find(".bans").open && !this.find(".bans").hidden;
  }

  showBans({bans, total}, now) {
    this.now = now;
    this.bans.update(bans.map((ban) => ({key: ban.address, ban})));
    const more = total - bans.length;
    show(this.find(".bans .more"), more > 0);
    say(this.find(".bans .more"),
        `${countText(more)} more end later, or never: edgexdp bans ${this.name} shows all.`);
  }

  missBans() {
    show(this.find(".bans .more"), true);
    say(this.find(".bans .more"), "cannot be asked for now");
  }

  fillBan(node, {ban}) {
    fillCells(node, [ban.address, dateText(new Date(ban.since)),
                     ban.expires ? leftText(new Date(ban.expires) - this.now) : "never"]);
  }

  // Closed, it costs nothing.
  showIdle() {
    const idle = this.find(".idle"), count = this.idleRows.length;
    show(idle, count > 0);
    say(idle.firstElementChild, count === 1 ? "1 rule has matched nothing"
      : `${countText(count)} rules have matched nothing`);
    if (idle.open)
      this.idle.update(this.idleRows);
  }
}

function fillReason(node, row) {
  const {counted} = row;
  node.className = counted.verdict;
  fillCells(node, [counted.name, counted.direction, rateText(row.rate), row.series,
                   countText(counted.packets), bytesText(counted.bytes)]);
}

function fillIdle(node, row) {
  const {counted} = row;
  fillCells(node, [counted.name, counted.action, counted.direction, String(counted.line)]);
}
