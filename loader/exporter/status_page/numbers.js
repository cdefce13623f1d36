// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers and times in words.
"use strict";

const grouped = new Intl.NumberFormat("en", {maximumFractionDigits: 0});

function countText(count) {
  return grouped.format(count);
}

// Of something by the second; null: not known yet.
function rateText(rate) {
  if (rate === null)
    return "–";
  if (rate === 0)
    return "0";
  if (rate < 0.1)
    return "<0.1";
  return rate < 9.95 ? rate.toFixed(1) : grouped.format(rate);
}

// A mark on a scale: 0.5, 20, 500k.
function markText(rate) {
  const units = ["", "k", "M", "G", "T"];
  let unit = 0;
  for (; rate >= 1000 && unit < units.length - 1; unit++)
    rate /= 1000;
  return `${rate}${units[unit]}`;
}

function bytesText(bytes) {
  if (bytes === null)
    return "–";
  const units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
  let unit = 0;
  for (; bytes >= 999.5 && unit < units.length - 1; unit++)
    bytes /= 1000;
  return `${unit && bytes < 9.95 ? bytes.toFixed(1) : Math.round(bytes)} ${units[unit]}`;
}

function spanText(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60)
    return `${seconds} s`;
  if (seconds < 3600)
    return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86400)
    return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds % 3600 / 60)} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor(seconds % 86400 / 3600)} h`;
}

// What is still to come is rounded up: of an hour that has just begun, "1 h 0 min" are left.
function leftText(ms) {
  const unit = ms < 60000 ? 1000 : ms < 86400000 ? 60000 : 3600000;
  return spanText(Math.ceil(ms / unit) * unit);
}

// "4:05", "1:04:05"
function clockText(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60)
    return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

// Times are in UTC, as in logs and in what the commands print, wherever the reader is.
function timeText(date) {
  return date.toISOString().slice(11, 19);
}

function minuteText(date) {
  return date.toISOString().slice(11, 16);
}

function dateText(date) {
  return date.toISOString().slice(0, 19).replace("T", " ");
}
