import { REFERENCE_DETECTORS } from './detectors.mjs';

/** Shows the boxes of the detector whose tab is chosen; works without JavaScript. */
const TABS = REFERENCE_DETECTORS.map(
  (_, i) =>
    `.picture input:nth-of-type(${i + 1}):checked ~ svg g:nth-of-type(${i + 1}) { display: inline; }`,
).join('\n');

export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --ink: #1b2430; --soft: #667180; --line: #e2e6eb;
  --ours: #00b386; --reference: #ff2d78; --warm: #f59e0b; --good: #08875d; --bad: #c81e3a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161c; --card: #1b2129; --ink: #e7ebf0; --soft: #97a3b2; --line: #2d3540;
    --good: #3ecf9d; --bad: #ff6b81;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 68rem;
  background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif;
}
h1 { font-size: 1.7rem; margin: 0 0 .25rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; }
h3 { font-size: 1rem; margin: 0 0 .75rem; overflow-wrap: anywhere; }
p { margin: .25rem 0; }
.soft, h3 small { color: var(--soft); font-weight: normal; }
.good { color: var(--good); } .bad { color: var(--bad); }
.verdict { font-size: 1.1rem; font-weight: 600; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: 1rem; margin-top: 1.5rem; }
.card, .picture, .times { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1rem 1.25rem; }
.card b { display: block; font-size: 1.5rem; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
th { color: var(--soft); font-weight: 500; text-align: right; }
td { text-align: right; }
th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child, td.text, th.text { text-align: left; }
tr:last-child td { border-bottom: 0; }
td.note { text-align: left; white-space: normal; color: var(--soft); }
.bar { display: grid; grid-template-columns: 6rem 1fr 5rem; gap: .75rem; align-items: center; margin: .3rem 0; font-size: .9rem; }
.bar i { display: block; height: .8rem; border-radius: 4px; min-width: 2px; }
.bar span:last-child { text-align: right; font-variant-numeric: tabular-nums; }
.times h3 { margin-top: 1rem; } .times h3:first-child { margin-top: 0; }
.legend { display: flex; gap: 1.5rem; margin-bottom: 1rem; font-size: .9rem; }
.legend i { display: inline-block; width: 1.6rem; margin-right: .5rem; vertical-align: middle; }
.legend .ours { border-top: 4px solid var(--ours); }
.legend .reference { border-top: 3px dashed var(--reference); }
.picture { margin-bottom: 1.25rem; }
.picture input { position: absolute; opacity: 0; }
.picture label { display: inline-block; padding: .2rem .7rem; margin: 0 .25rem .6rem 0; border: 1px solid var(--line); border-radius: 99px; font-size: .85rem; cursor: pointer; }
.picture input:checked + label { background: var(--ink); color: var(--card); border-color: var(--ink); }
.picture input:focus-visible + label { outline: 2px solid var(--ours); outline-offset: 2px; }
.picture svg { display: block; width: 100%; max-width: 800px; max-height: 80vh; border-radius: 8px; margin-bottom: .75rem; background: #000; }
.picture svg g { display: none; }
.picture rect { fill: none; vector-effect: non-scaling-stroke; }
rect.ours { stroke: var(--ours); stroke-width: 4px; }
rect.reference { stroke: var(--reference); stroke-width: 2px; stroke-dasharray: 5 4; }
${TABS}
`;
