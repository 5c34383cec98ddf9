/** Bars as SVG: a bar to the median, a line from the smallest to the 95th percentile. */
import { number } from './tables.mjs';

const ROW = 30;
const LABEL = 210;
const PLOT = 520;
const FIGURE = 80;

export const escapeHtml = (text) =>
  String(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

/** @param bars - `{label, ours, min, median, p95}`, all from 0 on one linear scale. */
export function chart(title, bars) {
  const width = LABEL + PLOT + FIGURE;
  // An outlier may not shrink all bars: what is beyond the scale is cut off, with no end mark.
  const longest = Math.max(...bars.map(({ median }) => median));
  const most = Math.min(1.5 * longest, Math.max(longest, ...bars.map(({ p95 }) => p95)));
  const x = (value) => LABEL + (Math.min(value, most) / most) * PLOT;
  const at = (value) => x(value).toFixed(1);
  const rows = bars.map(({ label, ours, min, median, p95 }, i) => {
    const middle = i * ROW + ROW / 2;
    const end = p95 > most ? '' : `M${at(p95)} ${middle - 5}v10`;
    const long = Math.max(1, x(median) - LABEL).toFixed(1);
    return `<text x="${LABEL - 8}" y="${middle + 4}" text-anchor="end">${escapeHtml(label)}</text>
<rect x="${LABEL}" y="${middle - 9}" width="${long}" height="18" class="${ours ? 'ours' : 'other'}"/>
<path d="M${at(min)} ${middle}H${at(p95)}M${at(min)} ${middle - 5}v10${end}" class="spread"/>
<text x="${(Math.max(x(median), x(p95)) + 6).toFixed(1)}" y="${middle + 4}">${number(median)}</text>`;
  });
  return `<svg viewBox="0 0 ${width} ${bars.length * ROW}" role="img" aria-label="${escapeHtml(title)}">
${rows.join('\n')}
</svg>`;
}
