/** Figures and sentences that the text and the HTML report share. */

export const NONE = '–';

export function formatDifference(value) {
  if (value === null) return NONE;
  return value === 0 ? '0' : value.toPrecision(2);
}

export function formatCosine(value) {
  return value === null ? NONE : value.toFixed(6);
}

export function formatMilliseconds(value) {
  return value.toFixed(1);
}

export function formatRatio(value) {
  return `${value.toFixed(2)} x`;
}

/** What the two sides run on and how the times were taken, a line each. */
export function describeSides({ machine, settings }) {
  const { ours, reference } = machine;
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.system}`,
    `here: mnn-face ${ours.mnnFace}, Node ${ours.node}, MNN ${ours.mnn}, sharp ${ours.sharp}; 1 lane, 1 thread`,
    `there: Python ${reference.python}, OpenCV ${reference.opencv}, MNN wheel ${reference.mnn}, numpy ${reference.numpy}; 1 thread`,
    'article: models loaded in every call; warm: models loaded once',
    `times: from files; detect + embed takes two files to their distance; medians of ${settings.repetitions} interleaved calls, averaged over the pictures`,
  ];
}

/** One line for each model that the wheel cannot run. */
export function describeNotRunnable({ notRunnable }) {
  return notRunnable.map(
    ({ detector, reason }) => `${detector}: the wheel cannot run this model (${reason})`,
  );
}

const rowCount = (count) => (count === 1 ? '1 row' : `${count} rows`);

export function verdict({ agrees, compared, disagreeing, all }) {
  if (compared === 0 && agrees) return 'Nothing was compared.';
  const apart =
    `corners within ${formatDifference(all.corner)} px, scores within ${formatDifference(all.score)}, ` +
    `cosine of the embeddings at least ${formatCosine(all.cosine)}`;
  return agrees
    ? `The two sides agree on all of ${rowCount(compared)}: ${apart}.`
    : `The two sides differ on ${rowCount(disagreeing)}: ${apart}.`;
}
