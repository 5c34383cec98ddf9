/** A report as tables of text, which the text, Markdown and HTML reports all show. */

const TASK_TITLES = {
  detect: 'Detect, decoded picture in memory (ms)',
  embed: 'Detect and embed, decoded picture in memory (ms)',
  verify: 'Verify two JPEG files (ms)',
  cached: 'Verify two JPEG files, again, with a cache (ms)',
};

const digits = (value) => (value >= 100 ? 0 : value >= 10 ? 1 : 2);
export const number = (value) => value.toFixed(digits(value));
export const megabytes = (bytes) => `${number(bytes / 1e6)} MB`;

function checkText(check) {
  if (check === undefined || check === null) return '';
  if (check.distance !== undefined) {
    const metric = check.metric === undefined ? '' : ` (${check.metric})`;
    return `distance ${check.distance.toFixed(3)}${metric}`;
  }
  return check.faces === undefined ? '' : `${check.faces} ${check.faces === 1 ? 'face' : 'faces'}`;
}

const labelOf = (report, id) => report.contenders.find((entry) => entry.id === id)?.label ?? id;

function latencyTable(report, task) {
  const entries = report.tasks[task];
  const ours = entries['mnn-face']?.median;
  const rows = Object.entries(entries).map(([id, entry]) =>
    entry.failed !== undefined
      ? [labelOf(report, id), `failed: ${entry.failed}`, '', '', '', '', '', '']
      : [
          labelOf(report, id),
          number(entry.min),
          number(entry.median),
          number(entry.p95),
          entry.cpu === undefined ? '' : number(entry.cpu.median),
          String(entry.runs),
          ours === undefined ? '' : `${number(entry.median / ours)} ×`,
          checkText(entry.check),
        ],
  );
  return {
    title: TASK_TITLES[task],
    head: ['', 'min', 'median', 'p95', 'CPU', 'calls', 'of ours', 'it gave'],
    rows,
    bars: Object.entries(entries)
      .filter(([, entry]) => entry.failed === undefined)
      .map(([id, entry]) => ({ label: labelOf(report, id), ours: id === 'mnn-face', ...entry })),
  };
}

function throughputTable(report) {
  const rows = report.throughput.map((entry) =>
    entry.failed !== undefined
      ? [labelOf(report, entry.id), String(entry.cores), `failed: ${entry.failed}`, '', '']
      : [
          labelOf(report, entry.id),
          String(entry.cores),
          number(entry.perSecond.median),
          number(entry.perSecond.min),
          String(entry.pictures),
        ],
  );
  return {
    title: 'Throughput: pictures per second, from JPEG files to embeddings',
    head: ['', 'cores', 'median', 'slowest round', 'pictures'],
    rows,
    bars: report.throughput
      .filter((entry) => entry.failed === undefined)
      .map((entry) => ({
        label: `${labelOf(report, entry.id)}, ${entry.cores} core${entry.cores === 1 ? '' : 's'}`,
        ours: entry.id === 'mnn-face',
        ...entry.perSecond,
      })),
  };
}

function coldTable(report) {
  const entries = Object.entries(report.cold);
  return {
    title: 'Cold start: from the start of a process to its first verify (ms), and its memory then',
    head: ['', 'min', 'median', 'p95', 'resident', 'peak'],
    rows: entries.map(([id, entry]) =>
      entry.failed !== undefined
        ? [labelOf(report, id), `failed: ${entry.failed}`, '', '', '', '']
        : [
            labelOf(report, id),
            number(entry.milliseconds.min),
            number(entry.milliseconds.median),
            number(entry.milliseconds.p95),
            entry.memory ? megabytes(entry.memory.resident.median) : '',
            entry.memory ? megabytes(entry.memory.peak.median) : '',
          ],
    ),
    bars: entries
      .filter(([, entry]) => entry.failed === undefined)
      .map(([id, entry]) => ({
        label: labelOf(report, id),
        ours: id === 'mnn-face',
        ...entry.milliseconds,
      })),
  };
}

function sizeTable(report) {
  const { sizes } = report;
  return {
    title: 'On disk',
    head: ['', 'size'],
    rows: [
      ['mnn-face: the .node file', megabytes(sizes.addon)],
      ['mnn-face: the default weights', megabytes(sizes.weights)],
      ['mnn-face: the package unpacked, with both', megabytes(sizes.package)],
      ['mnn-face: the npm packages it needs', megabytes(sizes.dependencies)],
      ['mnn-face: the tarball', megabytes(sizes.tarball)],
      ...Object.entries(sizes.contenders).map(([id, bytes]) => [
        `${labelOf(report, id)}: all its packages`,
        megabytes(bytes),
      ]),
    ],
  };
}

const VERDICTS = new Map([
  [true, 'pass'],
  [false, 'FAIL'],
  [null, 'not measured'],
]);

function targetTable(report) {
  return {
    title: 'What this package promises',
    head: ['', 'target', 'measured', 'by CPU', ''],
    rows: report.targets.map(({ text, most, least, unit, measured, cpu, passed }) => [
      text,
      `${most === undefined ? `≥ ${least}` : `≤ ${most}`} ${unit}`,
      measured === null ? '' : `${number(measured)} ${unit}`,
      typeof cpu === 'number' ? `${number(cpu)} ${unit}` : '',
      VERDICTS.get(passed),
    ]),
  };
}

function contenderTable(report) {
  return {
    title: 'Who took part',
    head: ['', 'what it is'],
    rows: report.contenders.map(({ label, what, versions, leftOut }) => {
      const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
      if (leftOut !== null) return [label, `left out: ${leftOut}`];
      return [label, named.length === 0 ? what : `${what} (${named.join(', ')})`];
    }),
  };
}

/** All tables, in the order of a report. Those with `bars` can be drawn as a chart. */
export function tablesOf(report) {
  return [
    targetTable(report),
    contenderTable(report),
    ...Object.keys(report.tasks).map((task) => latencyTable(report, task)),
    throughputTable(report),
    coldTable(report),
    sizeTable(report),
  ];
}

/** More than a fifth of the cores were taken before anything was measured. */
const isBusy = ({ machine }) => machine.loadBefore > 0.2 * machine.cores;

/** How it was measured, as sentences. */
export function methodOf(report) {
  const { settings, machine } = report;
  const [first, second] = settings.pinnedTo ?? [];
  const samples = settings.rounds * settings.batch;
  return [
    `mnn-face ${report.package.version}${report.package.commit ? ` (${report.package.commit})` : ''}, ` +
      `${report.measuredAt}, on ${machine.cpu}, ${machine.cores} cores, ${number(machine.memory / 1e9)} GB of memory, ` +
      `${machine.platform}, Node ${machine.node}; load average ${machine.loadBefore} before, ` +
      `${settings.loadAfter} after (the run itself makes about 1)` +
      `${machine.governor ? `; CPU governor ${machine.governor}` : ''}.`,
    isBusy(report)
      ? 'OTHER PROGRAMS WERE BUSY ON THIS MACHINE WHEN THE RUN BEGAN. The wall-clock figures are unreliable; run it ' +
        'again on a quiet machine. The column "CPU" (time on a core per call, median of the rounds) suffers less.'
      : '',
    settings.quick
      ? 'A quick run: it shows that the benchmark works, not how fast anything is.'
      : '',
    'All contenders ran in one run on the same picture files, each in a process of its own, one at a time and ' +
      `turn by turn: ${settings.rounds} rounds of ${settings.batch} calls each (${samples} samples; a fifth for the slow ones, as the tables say), every round begun by another ` +
      `contender, after ${settings.warmUp} calls to warm up. "It gave" shows that each did the work; ` +
      '"CPU" is the time on a core per call.',
    settings.pinnedTo === null
      ? 'Processes were not pinned to cores: taskset is missing here.'
      : `Every process was pinned to core ${first} by taskset${second === undefined ? '' : `; those of two cores to ${first} and ${second}`}. ` +
        'Each network ran on one thread.',
    report.eventLoop
      ? `The event loop was measured on all cores: ${report.eventLoop.detections} detections at once, a 5 ms timer late by ` +
        `p50 ${number(report.eventLoop.p50)} ms, p99 ${number(report.eventLoop.p99)} ms, at most ${number(report.eventLoop.max)} ms ` +
        `(${report.eventLoop.ticks} ticks).`
      : '',
  ].filter((sentence) => sentence !== '');
}
