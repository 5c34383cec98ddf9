/** A report for the terminal. */
import { methodOf, tablesOf } from './tables.mjs';

function tableToText({ title, head, rows }) {
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i].length)));
  // The first column and the last are text, those between are figures.
  const leftAligned = new Set([0, head.length - 1]);
  const line = (row) =>
    row
      .map((cell, i) => (leftAligned.has(i) ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd();
  return [title, ...all.map((row) => `  ${line(row)}`)].join('\n');
}

export function reportToText(report) {
  return [...methodOf(report), ...tablesOf(report).map(tableToText)].join('\n\n');
}
