// SPDX-License-Identifier: GPL-2.0-or-later
// What was counted in the last minutes: counters in, rates out. Nothing here knows the page.
"use strict";

const WINDOW_MS = 180000; // that lines show
const MEAN_MS = 10000;    // that rates are a mean of
const GAP_MS = 15000;     // without an answer for so long, the line is broken

// The rates of one counter. Most counters of a large policy never move and keep no points.
class Series {
  constructor(now, count) {
    this.since = now;
    this.last = {at: now, count};
    this.points = []; // {at, rate}, null where the line is broken
  }

  // A counter that falls is a new one: of a rule that was removed and came back, after a new attach.
  note(now, count) {
    const {at, count: before} = this.last;
    this.last = {at: now, count};
    if (now <= at || count === before && !this.points.length)
      return;
    if (!this.points.length) // it was still until now
      this.points.push({at: Math.max(this.since, now - WINDOW_MS), rate: 0}, {at, rate: 0});
    if (count < before || now - at > GAP_MS)
      this.points.push({at, rate: null});
    if (count >= before)
      this.points.push({at: now, rate: (count - before) * 1000 / (now - at)});
    while (this.points.length && this.points[0].at < now - WINDOW_MS - MEAN_MS)
      this.points.shift();
  }

  // Null until it was asked for twice.
  rate() {
    const now = this.last.at;
    if (now === this.since)
      return null;
    const late = this.points.filter((point) => point.rate !== null && point.at > now - MEAN_MS);
    return late.reduce((sum, point) => sum + point.rate, 0) / (late.length || 1);
  }

  peak() {
    return this.points.reduce((most, point) => Math.max(most, point.rate || 0), 0);
  }
}

// All counters of one interface, by a key.
class History {
  constructor() {
    this.series = new Map();
  }

  note(now, key, count) {
    const known = this.series.get(key);
    if (known)
      known.note(now, count);
    else
      this.series.set(key, new Series(now, count));
    return this.series.get(key);
  }

  // Forget what is not counted any more.
  tidy(now) {
    for (const [key, series] of this.series)
      if (series.last.at !== now)
        this.series.delete(key);
  }
}

// What each verdict came to in each direction: the packets are in TOTALS, which never fall; the bytes are those
// of the policy in force.
function noteSums(history, now, bytes, totals) {
  const sums = {};
  for (const [direction, way] of Object.entries(totals))
    for (const [verdict, packets] of [["accept", way.accepted], ["drop", way.dropped]]) {
      const key = `${direction} ${verdict}`;
      sums[key] = {packets: history.note(now, `s ${key}`, packets),
                   bytes: history.note(now, `t ${key}`, bytes[key] || 0)};
    }
  return sums;
}

// One interface's part of /stats.json as rows, each with its series, and sums.
function noteStats(history, now, stats, totals) {
  const opposite = {in: "out", out: "in"}, sums = {};
  const rows = {rules: [], reasons: []};
  const add = (direction, verdict, bytes) => {
    const key = `${direction} ${verdict}`;
    sums[key] = (sums[key] || 0) + bytes;
  };

  for (const rule of stats.rules) {
    const key = `${rule.direction} ${rule.action} ${rule.name}`;
    const packets = rule.packets + rule.reply_packets, bytes = rule.bytes + rule.reply_bytes;
    add(rule.direction, rule.action, rule.bytes);
    add(rule.direction, "drop", rule.limited_bytes);
    add(opposite[rule.direction], "accept", rule.reply_bytes);
    rows.rules.push({key, counted: rule, total: packets + rule.limited_packets,
                     series: history.note(now, `p ${key}`, packets), bytes: history.note(now, `b ${key}`, bytes),
                     limited: history.note(now, `l ${key}`, rule.limited_packets)});
  }
  for (const reason of stats.reasons) {
    const key = `${reason.direction} ${reason.verdict} ${reason.name}`;
    add(reason.direction, reason.verdict, reason.bytes);
    rows.reasons.push({key, counted: reason, total: reason.packets,
                       series: history.note(now, `r ${key}`, reason.packets)});
  }
  rows.sums = noteSums(history, now, sums, totals);
  history.tidy(now);
  return rows;
}

// The busiest first; what has never moved is left out.
function sortedRows(rows) {
  const order = (row) => row.series.rate() || 0;
  return rows.filter((row) => row.total > 0)
    .map((row) => ({...row, rate: row.series.rate(), order: order(row)}))
    .sort((one, other) => other.order - one.order || other.total - one.total ||
                          (one.key < other.key ? -1 : 1));
}
