/** The report for a terminal. */
import pc from 'picocolors';
import {
  describeNotRunnable,
  describeSides,
  formatCosine,
  formatDifference,
  formatMilliseconds,
  formatRatio,
  NONE,
  verdict,
} from './format.mjs';

/**
 * Lines of padded cells: the head, then the rows. Without colours, which would count as width.
 *
 * @param lefts - How many of the first columns are text, to the left; numbers go to the right.
 */
function table(head, rows, lefts) {
  const widths = head.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => row[i].length)),
  );
  return [head, ...rows].map((cells) =>
    cells
      .map((cell, i) => (i < lefts ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd(),
  );
}

function rowCells(row, isFirstOfPicture) {
  return [
    isFirstOfPicture ? row.picture : '',
    row.detector,
    String(row.faces.ours ?? NONE),
    String(row.faces.article ?? NONE),
    formatDifference(row.difference.corner),
    formatDifference(row.difference.score),
    formatCosine(row.cosine),
  ];
}

function rowsTable(rows) {
  const [head, ...lines] = table(
    ['picture', 'detector', 'here', 'there', 'corner px', 'score', 'cosine'],
    rows.map((row, i) => rowCells(row, row.picture !== rows[i - 1]?.picture)),
    2,
  );
  const marked = lines.map((line, i) => {
    const { agrees, note } = rows[i];
    const end = note === null ? '' : `  ${note}`;
    if (agrees === false) return pc.red(`${line}  DIFFERS${end}`);
    return agrees === null ? pc.dim(line + end) : line;
  });
  return [pc.dim(head), ...marked];
}

function timeCells(name, what, times) {
  if (times === null) return [name, what, NONE, NONE, NONE, NONE, NONE];
  const { milliseconds, ratio } = times;
  return [
    name,
    what,
    ...['ours', 'article', 'warm'].map((side) => formatMilliseconds(milliseconds[side])),
    formatRatio(ratio.article),
    formatRatio(ratio.warm),
  ];
}

function timesTable({ detectors, all }) {
  const timed = detectors.filter(({ detect }) => detect !== null);
  const rows = [...timed, { ...all, detector: 'all' }].flatMap(({ detector, detect, compare }) => [
    timeCells(detector, 'detect', detect),
    timeCells('', 'detect + embed', compare),
  ]);
  const [head, ...lines] = table(
    ['detector', 'time', 'here ms', 'article ms', 'warm ms', 'article / here', 'warm / here'],
    rows,
    2,
  );
  return [pc.dim(head), ...lines.slice(0, -2), ...lines.slice(-2).map((line) => pc.bold(line))];
}

export function reportToText(report) {
  const { summary } = report;
  const paint = summary.agrees ? pc.green : pc.red;
  return [
    ...rowsTable(report.rows),
    '',
    ...timesTable(summary),
    '',
    ...describeSides(report).map((line) => pc.dim(line)),
    ...describeNotRunnable(report).map((line) => pc.yellow(line)),
    paint(verdict(summary)),
  ].join('\n');
}
