// Resident memory of a process that compares two pictures, by the default options and by
// profile: 'lowMemory'. Each in a process of its own, three times; the largest peak counts.
//   node bench/memory.mjs [--json]
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { setUp } from '../scripts/setup.mjs';

await setUp();
const { sharedDirectory } = await import('./lfw10-embeddings.mjs');
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const pictures = ['test4.jpg', 'test5.jpg'].map((name) => join(sharedDirectory, 'images', name));

const CASES = {
  'node alone': '',
  default: 'await verify({});',
  'default, 20 times': 'await verify({}, 20);',
  lowMemory: "await verify({ profile: 'lowMemory' });",
  'lowMemory, 20 times': "await verify({ profile: 'lowMemory' }, 20);",
};

function measure(work) {
  const source = `
    async function verify(options, times = 1) {
      const { createFaces } = require(${JSON.stringify(join(root, 'dist', 'index.js'))});
      const faces = createFaces(options);
      for (let i = 0; i < times; i++) await faces.compare(...${JSON.stringify(pictures)});
      await faces.close();
    }
    (async () => {
      ${work}
      const rss = process.memoryUsage.rss();
      console.log(JSON.stringify({ rss, peak: process.resourceUsage().maxRSS * 1024 }));
    })();`;
  const result = spawnSync(process.execPath, ['-e', source], { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(result.stderr);
  return JSON.parse(result.stdout);
}

const rows = Object.entries(CASES).map(([name, work]) => {
  const runs = [1, 2, 3].map(() => measure(work));
  const largest = (key) => Math.max(...runs.map((run) => run[key])) / 1e6;
  return { name, megabytes: largest('rss'), peakMegabytes: largest('peak') };
});
if (process.argv.includes('--json')) console.log(JSON.stringify(rows));
else {
  console.log(`${''.padEnd(22)}at the end   at most   (MB resident, ${process.arch})`);
  for (const { name, megabytes, peakMegabytes } of rows) {
    const columns = [megabytes, peakMegabytes].map((value) => value.toFixed(1).padStart(10));
    console.log(`${name.padEnd(22)}${columns.join('')}`);
  }
}
