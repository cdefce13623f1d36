// SPDX-License-Identifier: GPL-2.0-or-later
// One interface on the page.
"use strict";

const ROWS_MAX = 200; // a policy may have ten thousand rules
const RULE_CELLS = ["name", "verdict", "", "number rate", "chart", "number", "number", "number", "number",
                    "number", "number limited", "number limited", ""];
const SOURCES_MAX = 12;
const SOURCE_CELLS = ["name", "number rate", "number", "", "by", ""];
const REASON_CELLS = ["name", "", "number rate", "chart", "number", "number", "number"];
const TILES = [["in", "accept"], ["in", "drop"], ["out", "accept"], ["out", "drop"]];

class InterfaceView {
  constructor(name, number) {
    this.name = name;
    this.history = new History();
    this.root = document.getElementById("interface").content.cloneNode(true).firstElementChild;
    this.find = (selector) => this.root.querySelector(selector);
    this.label(number);
    giveRoles(this.root);
    const rows = (selector, cells, fill) => {
      const table = this.find(`${selector} table`) || this.find(selector), labels = labelsOf(table);
      return new Rows(table.tBodies[0], () => makeCells(cells, labels), fill);
    };
    this.rules = rows(".rules", RULE_CELLS, (node, row) => this.fillRule(node, row));
    this.drops = rows(".drops", REASON_CELLS, fillReason);
    this.accepts = rows(".accepts", REASON_CELLS, fillReason);
    const fillSource = (node, row) => this.fillSource(node, row);
    this.dropped = rows(".dropped", SOURCE_CELLS, fillSource);
    this.accepted = rows(".accepted", SOURCE_CELLS, fillSource);
    this.banned = rows(".banned", [...SOURCE_CELLS, "number"], fillSource);
    this.bans = rows(".bans", ["name", "", "", "number"], (node, row) => this.fillBan(node, row));
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
    this.fact("Packets seen", `in ${countText(status.totals.in.seen)}, out ${countText(status.totals.out.seen)}`);
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
    say(this.find(".deadline time"), `${timeText(date)} UTC`);
    this.find(".deadline time").dateTime = by;
    return date - now;
  }

  showStats(stats, at, now) {
    const rows = noteStats(this.history, at, stats, this.status.totals);
    this.now = now;
    this.showTiles(rows.sums);
    const rules = sortedRows(rows.rules);
    this.rules.update(rules.slice(0, ROWS_MAX));
    this.find(".rules").classList.toggle("unlimited", rows.rules.every(({counted}) => !counted.limited_packets));
    const more = this.find(".rest");
    show(more, rules.length > ROWS_MAX);
    say(more, `${rules.length - ROWS_MAX} rules more match less than these: edgexdp stats shows all.`);
    this.idleRows = rows.rules.filter((row) => !row.total);
    this.showIdle();
    const reasons = sortedRows(rows.reasons);
    this.drops.update(reasons.filter((row) => row.counted.verdict === "drop"));
    this.accepts.update(reasons.filter((row) => row.counted.verdict === "accept"));
  }

  showTiles(sums) {
    const audit = this.status.mode === "audit";
    for (const [direction, verdict] of TILES) {
      const key = `${direction} ${verdict}`, {packets, bytes} = sums[key];
      const tile = this.tileOf(direction, verdict);
      const what = verdict === "accept" ? "accepted" : audit ? "would be dropped" : "dropped";
      say(tile.title, `${direction === "in" ? "In" : "Out"}, ${what}`);
      say(tile.rate, rateText(packets.rate()));
      say(tile.bytes, `${bytesText(bytes.rate())}/s`);
      say(tile.total, `${countText(packets.last.count)} in all`);
    }
  }

  tileOf(direction, verdict) {
    const key = `${direction} ${verdict}`;
    if (!this.tiles[key]) {
      const root = make("li", `tile ${verdict}`), value = make("p", "value");
      const parts = {title: make("p", "title"), rate: make("span", "rate"), bytes: make("span", "detail"),
                     total: make("p", "total")};
      value.append(parts.rate, " ", make("span", "unit", "packets/s"), " ", parts.bytes);
      root.append(parts.title, value);
      this.tiles[key] = {...parts, chart: new HourChart(root)};
      root.append(parts.total);
      this.find(".tiles").append(root);
    }
    return this.tiles[key];
  }

  showHour(past, now) {
    for (const [direction, verdict] of TILES)
      this.tileOf(direction, verdict).chart.draw(
        hourSteps(past, direction, verdict === "accept" ? "accepted" : "dropped", now), now);
    const known = this.find(".known"), since = new Date(past.since);
    show(known, since > now - HOUR_MS + TICK_MS);
    say(known, `The lines are those of the last hour, in means of ${past.step_seconds} seconds, since ` +
        `${timeText(since)} UTC: the exporter was not there before.`);
  }

  fillRule(node, row) {
    const {counted} = row;
    node.className = counted.action;
    fillCells(node, [
      counted.name, counted.reject ? "reject" : counted.action, counted.direction, rateText(row.rate),
      row.series, rateText(row.series.peak()), bytesText(row.bytes.rate()), countText(counted.packets), bytesText(counted.bytes),
      counted.reply_packets ? countText(counted.reply_packets) : "",
      counted.limited_packets ? rateText(row.limited.rate()) : "",
      counted.limited_packets ? countText(counted.limited_packets) : "",
      counted.last_seen ? `${spanText(this.now - new Date(counted.last_seen))} ago` : ""]);
  }

  // Whoever is banned is set apart: a flood that is stopped already does not hide who else there is.
  showSources(sample, now) {
    Object.assign(this, {now, sample});
    const rows = (sources) => sources.slice(0, SOURCES_MAX).map(
      (source) => ({key: `${source.direction} ${source.source}`, source}));
    this.dropped.update(rows(sample.sources));
    this.accepted.update(rows(sample.accepted_sources));
    this.banned.update(rows(sample.banned_sources));
    show(this.find(".banned"), sample.banned_sources.length > 0);
    say(this.find(".sources .more"), sample.trouble || "Sources are estimated from samples, which are taken while " +
        `this page is looked at: ${spanText(1000 * sample.seconds)}, of which the last minute counts most.`);
  }

  // The rest of the page goes on without.
  missSources() {
    say(this.find(".sources .more"), "Sources cannot be asked for now.");
  }

  fillSource(node, {source}) {
    const port = source.destination_port === null ? "" : ` ${source.destination_port}`;
    const rate = (count) => this.sample.seconds ? count / this.sample.seconds : null;
    const limit = source.reason === "limit" ? "a limit of " : "";
    const by = "still_banned" in source ? ""
      : ` by ${limit}${source.rule || source.reason || "a policy that is gone"}`;
    const texts = [
      source.source, rateText(rate(source.packets)), bytesText(rate(source.bytes)), source.direction,
      `${source.protocol}${port}${by}`, `${spanText(this.now - new Date(source.last_seen))} ago`];
    if ("still_banned" in source)
      texts.push(!source.still_banned ? "over" : source.expires ? leftText(new Date(source.expires) - this.now)
        : "no end");
    fillCells(node, texts);
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
    const expires = ban.expires && new Date(ban.expires);
    fillCells(node, [ban.address, dateText(new Date(ban.since)), expires ? dateText(expires) : "unbanned",
                     expires ? leftText(expires - this.now) : "no end"]);
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
  fillCells(node, [counted.name, counted.direction, rateText(row.rate), row.series, rateText(row.series.peak()),
                   countText(counted.packets), bytesText(counted.bytes)]);
}

function fillIdle(node, row) {
  const {counted} = row;
  fillCells(node, [counted.name, counted.reject ? "reject" : counted.action, counted.direction, String(counted.line)]);
}
