// SPDX-License-Identifier: GPL-2.0-or-later
// Pieces of the page. What comes from policies goes into text nodes only, never into markup.
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const LINE = {width: 120, height: 24, margin: 2};

function make(tag, className, text) {
  const made = document.createElement(tag);
  if (className)
    made.className = className;
  if (text !== undefined)
    made.textContent = text;
  return made;
}

// Only when it differs: what stays the same is not read out again.
function say(node, text) {
  if (node.textContent !== text)
    node.textContent = text;
}

function show(node, shown) {
  if (node.hidden === shown)
    node.hidden = !shown;
}

function makeLine() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "line");
  svg.setAttribute("viewBox", `0 0 ${LINE.width} ${LINE.height}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  for (const part of ["base", "area", "stroke"]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", part);
    path.setAttribute("d", `M0 ${LINE.height - 1}H${LINE.width}`);
    svg.append(path);
  }
  return svg;
}

function drawLine(svg, series) {
  const now = series.last.at, peak = series.peak() || 1;
  const x = (at) => (LINE.width * Math.max(0, 1 - (now - at) / WINDOW_MS)).toFixed(1);
  const y = (rate) => (LINE.height - LINE.margin -
                       (LINE.height - 2 * LINE.margin) * rate / peak).toFixed(1);
  let stroke = "", area = "", open = null;
  const close = (at) => {
    if (open !== null)
      area += `L${x(at)} ${LINE.height}Z`;
    open = null;
  };

  let before = now;
  for (const {at, rate} of series.points) {
    if (rate === null) {
      close(before);
      continue;
    }
    stroke += `${open === null ? "M" : "L"}${x(at)} ${y(rate)}`;
    area += open === null ? `M${x(at)} ${LINE.height}L${x(at)} ${y(rate)}` : `L${x(at)} ${y(rate)}`;
    open = before = at;
  }
  close(before);
  svg.querySelector(".stroke").setAttribute("d", stroke);
  svg.querySelector(".area").setAttribute("d", area);
}

// The rows of a table, by their keys: kept while they last, moved only when their order changes.
class Rows {
  constructor(body, makeRow, fillRow) {
    Object.assign(this, {body, makeRow, fillRow});
    this.known = new Map();
  }

  update(rows) {
    const keys = new Set(rows.map((row) => row.key));
    for (const [key, node] of this.known) {
      if (keys.has(key))
        continue;
      node.remove();
      this.known.delete(key);
    }
    let place = this.body.firstElementChild;
    for (const row of rows) {
      let node = this.known.get(row.key);
      if (!node)
        this.known.set(row.key, node = this.makeRow(row));
      this.fillRow(node, row);
      if (node === place)
        place = place.nextElementSibling;
      else
        this.body.insertBefore(node, place);
    }
  }
}

// On a narrow screen, tables are laid out as lists: then only roles tell what they are, and each cell has to show
// its label.
const ROLES = {TABLE: "table", THEAD: "rowgroup", TBODY: "rowgroup", TR: "row", TD: "cell"};
function giveRoles(root) {
  for (const node of [root, ...root.querySelectorAll("table, thead, tbody, tr, td, th")]) {
    const role = node.tagName === "TH" ? `${node.scope === "col" ? "column" : "row"}header` : ROLES[node.tagName];
    if (role)
      node.setAttribute("role", role);
  }
}

function labelsOf(table) {
  return [...table.querySelectorAll("thead th")].map((cell) => cell.textContent);
}

// A row of cells: the first is its header. Each of CLASSES is a cell; "chart" gets a line.
function makeCells(classes, labels) {
  const row = make("tr");
  classes.forEach((name, number) => {
    const cell = make(number ? "td" : "th", name);
    if (number)
      cell.dataset.label = labels[number];
    else
      cell.scope = "row";
    if (name === "chart")
      cell.append(makeLine());
    row.append(cell);
  });
  giveRoles(row);
  return row;
}

function fillCells(row, texts) {
  texts.forEach((text, number) => {
    const cell = row.cells[number];
    if (cell.className !== "chart")
      return say(cell, text);
    drawLine(cell.firstElementChild, text);
  });
}
