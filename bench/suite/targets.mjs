/** What this package promises, each against what was measured. Nothing here is rounded first. */

const MEGABYTE = 1e6;

/** The median of a latency task, by the clock or by time on a core; or undefined. */
const medianOf = (report, task, id, by) => {
  const entry = report.tasks[task]?.[id];
  return by === 'cpu' ? entry?.cpu?.median : entry?.median;
};
const over = (a, b) => (a === undefined || b === undefined ? undefined : a / b);

/** How many times our time another contender takes. */
const timesOurs = (task, id) => (report, by) =>
  over(medianOf(report, task, id, by), medianOf(report, task, 'mnn-face', by));

function scaling(report) {
  const rate = (cores) =>
    report.throughput.find((entry) => entry.id === 'mnn-face' && entry.cores === cores)?.perSecond
      ?.median;
  return over(rate(2), rate(1));
}

const TARGETS = [
  {
    id: 'detect-floor',
    text: 'detect in memory, as a multiple of raw C++ MNN',
    most: 1.15,
    unit: '×',
    byCpu: true,
    value: (report, by) =>
      over(medianOf(report, 'detect', 'mnn-face', by), medianOf(report, 'detect', 'raw', by)),
  },
  {
    id: 'verify-python',
    text: 'verify, times faster than warm Python',
    least: 3,
    unit: '×',
    byCpu: true,
    value: timesOurs('verify', 'python'),
  },
  {
    id: 'verify-article',
    text: 'verify, times faster than Python as the article writes it',
    least: 10,
    unit: '×',
    byCpu: true,
    value: timesOurs('verify', 'python-article'),
  },
  {
    id: 'verify-onnxruntime',
    text: 'verify, times faster than onnxruntime-node',
    least: 1.3,
    unit: '×',
    byCpu: true,
    value: timesOurs('verify', 'onnxruntime'),
  },
  {
    id: 'verify-face-api',
    text: 'verify, times faster than face-api',
    least: 3,
    unit: '×',
    byCpu: true,
    value: timesOurs('verify', 'face-api'),
  },
  {
    id: 'verify-human',
    text: 'verify, times faster than human',
    least: 3,
    unit: '×',
    byCpu: true,
    value: timesOurs('verify', 'human'),
  },
  {
    id: 'two-cores',
    text: 'throughput of two cores, as a multiple of one',
    least: 1.8,
    unit: '×',
    value: scaling,
  },
  {
    id: 'event-loop',
    text: 'delay of a 5 ms timer under full load, p99',
    most: 10,
    unit: 'ms',
    value: (report) => report.eventLoop?.p99,
  },
  {
    id: 'cold-start',
    text: 'from the start of a process to its first verify',
    most: 400,
    unit: 'ms',
    value: (report) => report.cold['mnn-face']?.milliseconds?.median,
  },
  {
    id: 'memory',
    text: 'resident memory after a verify',
    most: 120,
    unit: 'MB',
    value: (report) => over(report.cold['mnn-face']?.memory?.resident.median, MEGABYTE),
  },
  {
    id: 'addon-size',
    text: 'the .node file',
    most: 5,
    unit: 'MB',
    value: (report) => over(report.sizes?.addon, MEGABYTE),
  },
  {
    id: 'tarball-size',
    text: 'the npm tarball, the default weights included',
    most: 12,
    unit: 'MB',
    value: (report) => over(report.sizes?.tarball, MEGABYTE),
  },
];

/**
 * Each target with its value; `passed`, by the clock, is null where nothing was measured. `cpu` is
 * the same by time on a core, where that has a meaning.
 */
export function judge(report) {
  return TARGETS.map(({ value, byCpu, ...target }) => {
    const measured = value(report, 'clock') ?? null;
    const cpu = byCpu ? (value(report, 'cpu') ?? null) : null;
    const { least = 0, most = Number.POSITIVE_INFINITY } = target;
    const passed = measured === null ? null : measured >= least && measured <= most;
    return { ...target, measured, cpu, passed };
  });
}
