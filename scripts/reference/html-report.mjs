/** The report as one HTML file that needs no other. */
import { join } from 'node:path';
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
import { html, trusted } from './html.mjs';
import { pictureSection } from './html-pictures.mjs';
import { STYLE } from './html-style.mjs';

const SIDES = [
  { side: 'ours', name: 'mnn-face', color: 'var(--ours)' },
  { side: 'warm', name: 'warm', color: 'var(--warm)' },
  { side: 'article', name: 'article', color: 'var(--reference)' },
];

function card(title, value, detail) {
  return html`<div class="card"><span class="soft">${title}</span><b>${value}</b><span class="soft">${detail}</span></div>`;
}

function ratioCard(title, times) {
  if (times === null) return card(title, NONE, 'not measured');
  return card(
    title,
    `${formatRatio(times.ratio.warm)} / ${formatRatio(times.ratio.article)}`,
    'warm / article time over ours',
  );
}

function cards({ all }) {
  return html`<div class="cards">
${card('Largest corner difference', `${formatDifference(all.corner)} px`, 'over all faces')}
${card('Largest score difference', formatDifference(all.score), 'over all faces')}
${card('Least cosine', formatCosine(all.cosine), 'of the largest faces’ embeddings')}
${ratioCard('Detect', all.detect)}
${ratioCard('Detect + embed', all.compare)}
</div>`;
}

function bars(title, times) {
  if (times === null) return '';
  const { milliseconds } = times;
  const most = Math.max(...Object.values(milliseconds));
  const lines = SIDES.map(
    ({ side, name, color }) =>
      html`<div class="bar"><span>${name}</span><i style="background:${color};width:${((100 * milliseconds[side]) / most).toFixed(1)}%"></i><span>${formatMilliseconds(milliseconds[side])} ms</span></div>`,
  );
  return html`<h3>${title}</h3>${lines}`;
}

function timeCells(times) {
  if (times === null) return html`<td>${NONE}</td><td>${NONE}</td><td>${NONE}</td>`;
  const { ours, article, warm } = times.milliseconds;
  return html`<td>${[ours, warm, article].map(formatMilliseconds).join(' / ')}</td><td>${formatRatio(times.ratio.warm)}</td><td>${formatRatio(times.ratio.article)}</td>`;
}

function timesSection({ detectors, all }) {
  if (all.detect === null) return '';
  const rows = detectors
    .filter(({ detect }) => detect !== null)
    .map(
      ({ detector, detect, compare }) =>
        html`<tr><td>${detector}</td>${timeCells(detect)}${timeCells(compare)}</tr>`,
    );
  return html`<h2>Times</h2><div class="times">
${bars('Detect, from a file', all.detect)}${bars('Detect + embed, two files to their distance', all.compare)}
<div class="scroll"><table><tr><th>detector</th><th>detect ms: ours / warm / article</th><th>warm / ours</th><th>article / ours</th><th>detect + embed ms</th><th>warm / ours</th><th>article / ours</th></tr>
${rows}</table></div></div>`;
}

/** The pictures' rows, in their order. */
function byPicture(rows) {
  const groups = new Map();
  for (const row of rows) {
    const group = groups.get(row.picture);
    if (group === undefined) groups.set(row.picture, [row]);
    else group.push(row);
  }
  return [...groups];
}

export async function reportToHtml(report) {
  const { folder, summary } = report;
  const sections = [];
  for (const [index, [name, rows]] of byPicture(report.rows).entries()) {
    sections.push(await pictureSection(join(folder, name), rows, index));
  }
  const lines = [...describeSides(report), ...describeNotRunnable(report)];
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>mnn-face and the Python reference</title><style>${trusted(STYLE)}</style></head><body>
<h1>mnn-face and the Python reference</h1>
<p class="verdict ${summary.agrees ? 'good' : 'bad'}">${verdict(summary)}</p>
${lines.map((line) => html`<p class="soft">${line}</p>`)}
${cards(summary)}
${timesSection(summary)}
<h2>Pictures</h2>
<div class="legend"><span><i class="ours"></i>mnn-face</span><span><i class="reference"></i>Python reference</span></div>
${sections}
</body></html>
`.toString();
}
