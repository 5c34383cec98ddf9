/** A report as one HTML file that needs nothing else: charts as SVG, all figures as tables. */
import { chart, escapeHtml } from './chart.mjs';
import { methodOf, tablesOf } from './tables.mjs';

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24; background: #fff; }
table { border-collapse: collapse; margin: 0.5rem 0 1rem; font-size: 0.9rem; }
th, td { padding: 0.2rem 0.7rem; border-bottom: 1px solid #d5dae0; text-align: right; vertical-align: top; }
th:first-child, td:first-child, th:last-child, td:last-child { text-align: left; }
svg { width: 100%; height: auto; font-size: 13px; }
svg text { fill: currentColor; }
.ours { fill: #1f6feb; } .other { fill: #9aa4b0; }
.spread { stroke: #1b1f24; stroke-width: 1.5; fill: none; }
.pass { color: #1a7f37; font-weight: 600; } .fail { color: #c62828; font-weight: 600; }
@media (prefers-color-scheme: dark) {
  body { color: #e6edf3; background: #0d1117; } th, td { border-color: #30363d; }
  .spread { stroke: #e6edf3; } .other { fill: #5b6673; } .pass { color: #3fb950; } .fail { color: #ff7b72; }
}`;

const CLASSES = new Map([
  ['pass', ' class="pass"'],
  ['FAIL', ' class="fail"'],
]);

function tableToHtml({ title, head, rows, bars }) {
  const cells = (row, tag) =>
    row.map((text) => `<${tag}${CLASSES.get(text) ?? ''}>${escapeHtml(text)}</${tag}>`).join('');
  const picture =
    bars === undefined || bars.length === 0
      ? ''
      : `${chart(title, bars)}<p>Bar: median. Line: smallest to 95th percentile.</p>`;
  return `<h2>${escapeHtml(title)}</h2>${picture}
<table><thead><tr>${cells(head, 'th')}</tr></thead>
<tbody>${rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('\n')}</tbody></table>`;
}

export function reportToHtml(report) {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>mnn-face: benchmark</title><style>${STYLE}</style></head><body>
<h1>mnn-face: benchmark</h1>
${methodOf(report)
  .map((sentence) => `<p>${escapeHtml(sentence)}</p>`)
  .join('\n')}
${tablesOf(report).map(tableToHtml).join('\n')}
</body></html>
`;
}
