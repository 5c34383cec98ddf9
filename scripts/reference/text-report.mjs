/** The report for a terminal. */
import pc from 'picocolors';

const NONE = '–';

/** `[text]` cells to the left, others to the right; widths without colours. */
function table(head, rows) {
  const isLeft = head.map((title) => title.startsWith('<'));
  const titles = head.map((title) => title.replace(/^</, ''));
  const widths = titles.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => row[i].length)),
  );
  const line = (cells) =>
    cells
      .map((cell, i) => (isLeft[i] ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd();
  return { head: pc.dim(line(titles)), lines: rows.map(line) };
}

export function formatDifference(value) {
  if (value === null) return NONE;
  return value === 0 ? '0' : value.toPrecision(2);
}

export function formatCosine(value) {
  return value === null ? NONE : value.toFixed(6);
}

export function formatRatio(value) {
  return `${value.toFixed(2)} x`;
}

function rowsTable(rows) {
  let last;
  const cells = rows.map((row) => {
    const name = row.picture === last ? '' : row.picture;
    last = row.picture;
    return [
      name,
      row.detector,
      String(row.faces.ours ?? NONE),
      String(row.faces.article ?? NONE),
      formatDifference(row.difference.corner),
      formatDifference(row.difference.score),
      formatCosine(row.cosine),
    ];
  });
  const { head, lines } = table(
    ['<picture', '<detector', 'here', 'there', 'corner px', 'score', 'cosine'],
    cells,
  );
  const marked = lines.map((line, i) => {
    const { agrees, note } = rows[i];
    const end = note === null ? '' : `  ${note}`;
    if (agrees === false) return pc.red(`${line}  DIFFERS${end}`);
    return agrees === null ? pc.dim(line + end) : line;
  });
  return [head, ...marked];
}

function timeRow(name, what, times) {
  if (times === null) return [name, what, NONE, NONE, NONE, NONE, NONE];
  const { milliseconds, ratio } = times;
  return [
    name,
    what,
    ...['ours', 'article', 'warm'].map((side) => milliseconds[side].toFixed(1)),
    formatRatio(ratio.article),
    formatRatio(ratio.warm),
  ];
}

function timesTable({ detectors, all }) {
  const timed = detectors.filter(({ detect }) => detect !== null);
  const rows = [...timed, { ...all, detector: 'all' }].flatMap(({ detector, detect, compare }) => [
    timeRow(detector, 'detect', detect),
    timeRow('', 'detect + embed', compare),
  ]);
  const { head, lines } = table(
    [
      '<detector',
      '<from files',
      'here ms',
      'article ms',
      'warm ms',
      'article / here',
      'warm / here',
    ],
    rows,
  );
  return [head, ...lines.slice(0, -2), ...lines.slice(-2).map((line) => pc.bold(line))];
}

export function describeSides({ machine, settings }) {
  const { ours, reference } = machine;
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.system}`,
    `here: mnn-face ${ours.mnnFace}, Node ${ours.node}, MNN ${ours.mnn}, sharp ${ours.sharp}; 1 lane, 1 thread`,
    `there: Python ${reference.python}, OpenCV ${reference.opencv}, MNN wheel ${reference.mnn}, numpy ${reference.numpy}; 1 thread`,
    `article: models loaded in every call; warm: loaded once; medians of ${settings.repetitions} interleaved calls, averaged over the pictures; detect + embed: two files to their distance`,
  ];
}

export function verdict({ agrees, compared, disagreeing, notRun, all }) {
  if (compared === 0 && agrees) return 'Nothing was compared.';
  const apart =
    `corners ${formatDifference(all.corner)} px, scores ${formatDifference(all.score)}, ` +
    `least cosine ${formatCosine(all.cosine)}`;
  const rest = notRun === 0 ? '' : `; ${notRun} rows that the wheel cannot run`;
  return agrees
    ? `The two sides agree on ${compared} rows: ${apart}${rest}.`
    : `The two sides differ on ${disagreeing} rows: ${apart}${rest}.`;
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
    paint(verdict(summary)),
  ].join('\n');
}
