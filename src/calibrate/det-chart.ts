/** A DET curve (detection error tradeoff) as SVG: false rejects against false accepts, both logarithmic. */
import type { DetPoint, OperatingPoint } from './operating-points.js';

const WIDTH = 640;
const HEIGHT = 460;
const LEFT = 70;
const BOTTOM = 56;
const TOP = 16;
const RIGHT = 20;
/** Decades shown: 1e-6 to 1 across, 1e-4 to 1 up. */
const LEAST_FAR = 1e-6;
const LEAST_FRR = 1e-4;

function xOf(far: number): number {
  const share = 1 - Math.log10(Math.max(far, LEAST_FAR)) / Math.log10(LEAST_FAR);
  return LEFT + share * (WIDTH - LEFT - RIGHT);
}

function yOf(frr: number): number {
  const share = Math.log10(Math.max(frr, LEAST_FRR)) / Math.log10(LEAST_FRR);
  return TOP + share * (HEIGHT - TOP - BOTTOM);
}

/** 0.001 as "0.1 %". */
export function percent(rate: number): string {
  return `${Number((rate * 100).toPrecision(3))} %`;
}

function decades(least: number): number[] {
  const count = Math.round(-Math.log10(least));
  return Array.from({ length: count + 1 }, (_, i) => 10 ** -i);
}

/** The chart, without any outside resource. Colours follow the page's text. */
export function detChart(curve: readonly DetPoint[], points: readonly OperatingPoint[]): string {
  const grid = [
    ...decades(LEAST_FAR).map((rate) => {
      const x = xOf(rate).toFixed(1);
      return `<path d="M${x} ${TOP}V${HEIGHT - BOTTOM}"/><text x="${x}" y="${HEIGHT - BOTTOM + 20}" text-anchor="middle">${percent(rate)}</text>`;
    }),
    ...decades(LEAST_FRR).map((rate) => {
      const y = yOf(rate).toFixed(1);
      return `<path d="M${LEFT} ${y}H${WIDTH - RIGHT}"/><text x="${LEFT - 8}" y="${Number(y) + 4}" text-anchor="end">${percent(rate)}</text>`;
    }),
  ].join('');
  const line = curve
    .filter(({ far, frr }) => far > 0 && frr < 1)
    .map(({ far, frr }) => `${xOf(far).toFixed(1)},${yOf(frr).toFixed(1)}`)
    .join(' ');
  const marks = points
    .map(({ measuredFar, tar, threshold }) => {
      const [x, y] = [xOf(measuredFar), yOf(1 - tar)];
      return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="5"/><text x="${(x + 9).toFixed(1)}" y="${(y - 7).toFixed(1)}">${threshold.toFixed(3)}</text>`;
    })
    .join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="DET curve" font-family="sans-serif" font-size="12" fill="currentColor">
<g stroke="currentColor" stroke-opacity="0.15">${grid.replaceAll('<text ', '<text stroke="none" ')}</g>
<polyline points="${line}" fill="none" stroke="#1f6feb" stroke-width="2.5"/>
<g fill="#1f6feb">${marks}</g>
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">false accept rate (strangers taken for one person)</text>
<text transform="translate(14 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">false reject rate (one person not recognised)</text>
</svg>`;
}
