/** The report of `mnn-face calibrate` as one HTML file that needs nothing else. */
import { detChart, percent } from './det-chart.js';
import type { DetPoint, OperatingPoint } from './operating-points.js';

/** Two faces to look at, as aligned crops in JPEG. */
export interface PairPicture {
  distance: number;
  faces: [{ name: string; jpeg: Uint8Array }, { name: string; jpeg: Uint8Array }];
}

/** What the report shows. */
export interface CalibrationReport {
  model: string;
  people: number;
  faces: number;
  genuinePairs: number;
  impostorPairs: number;
  points: OperatingPoint[];
  curve: DetPoint[];
  nearestImpostors: PairPicture[];
  farthestGenuine: PairPicture[];
}

const STYLE = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24; background: #fff; }
table { border-collapse: collapse; } th, td { padding: .25rem .8rem; border-bottom: 1px solid #8886; text-align: right; }
svg { width: 100%; max-width: 48rem; height: auto; }
.pairs { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1rem; }
figure { margin: 0; } figure img { width: 48%; border-radius: 6px; } figcaption { font-size: .85rem; overflow-wrap: anywhere; }
@media (prefers-color-scheme: dark) { body { color: #e6edf3; background: #0d1117; } }`;

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

function interval([low, high]: [number, number]): string {
  return `${percent(low)} to ${percent(high)}`;
}

function pairFigure({ distance, faces }: PairPicture): string {
  const images = faces.map(
    ({ name, jpeg }) =>
      `<img alt="${escapeHtml(name)}" src="data:image/jpeg;base64,${Buffer.from(jpeg).toString('base64')}">`,
  );
  const names = faces.map(({ name }) => escapeHtml(name)).join('<br>');
  return `<figure>${images.join(' ')}<figcaption><b>${distance.toFixed(3)}</b><br>${names}</figcaption></figure>`;
}

function gallery(title: string, note: string, pairs: readonly PairPicture[]): string {
  if (pairs.length === 0) return '';
  return `<h2>${title}</h2><p>${note}</p><div class="pairs">${pairs.map(pairFigure).join('\n')}</div>`;
}

/** The whole page. */
export function calibrationHtml(report: CalibrationReport): string {
  const rows = report.points.map(
    (point) =>
      `<tr><td>${percent(point.far)}</td><td><b>${point.threshold.toFixed(3)}</b></td><td>${percent(point.measuredFar)} (${interval(point.farInterval)})</td><td>${percent(point.tar)} (${interval(point.tarInterval)})</td></tr>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>mnn-face: thresholds for your people</title><style>${STYLE}</style></head><body>
<h1>Thresholds for your people</h1>
<p>${report.faces} faces of ${report.people} people, ${report.genuinePairs} pairs of one person and ${report.impostorPairs} pairs of two, with ${escapeHtml(report.model)}.
The intervals (95 %) treat pairs as independent; pairs that share a face are not, so they are somewhat wider in truth.</p>
<table><thead><tr><th>false accepts allowed</th><th>threshold</th><th>false accepts here</th><th>one person recognised</th></tr></thead><tbody>
${rows.join('\n')}
</tbody></table>
${detChart(report.curve, report.points)}
${gallery('Two people who look most alike', 'Is one person in two folders? Then this is an error of the folders, and the thresholds are too strict.', report.nearestImpostors)}
${gallery('One person who looks least alike', 'Is a stranger in the folder, or the wrong face of a group? Then this is an error of the folders.', report.farthestGenuine)}
</body></html>
`;
}
