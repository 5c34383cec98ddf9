// The checks of `npm test`: format, lint, types, C++ format, and the groups of tests.
//
//   node scripts/check.mjs [--only GROUP,…] [TEST FILE…]      --only: these groups, no other checks
//
// A group whose data is not to be had is skipped as a whole; with MNN_FACE_NOTHING_SKIPPED=1 that
// is a failure. The last line, "N passed, N failed, N skipped", counts each check and each test.
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { GROUPS } from './check/groups.mjs';
import { countGroup, runGroup } from './check/run-group.mjs';
import { runCheck, staticChecks } from './check/static-checks.mjs';
import { setUp } from './setup.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values, positionals: filters } = parseArgs({
  options: { only: { type: 'string' } },
  allowPositionals: true,
});
const only = values.only?.split(',');
const unknown = only?.find((name) => !GROUPS.some((group) => group.name === name));
if (unknown !== undefined) {
  console.error(
    `There is no group "${unknown}"; there are ${GROUPS.map((g) => g.name).join(', ')}.`,
  );
  process.exit(2);
}
const nothingSkipped = process.env.MNN_FACE_NOTHING_SKIPPED === '1';
const total = { passed: 0, failed: 0, skipped: 0 };
const summary = [];

function add(name, counts, began) {
  for (const key of Object.keys(total)) total[key] += counts[key];
  const { passed, failed, skipped } = counts;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  summary.push(`${name}: ${passed} passed, ${failed} failed, ${skipped} skipped in ${seconds} s`);
}

/** What a skip counts as. */
function skipped(count) {
  if (!nothingSkipped) return { passed: 0, failed: 0, skipped: count };
  console.log('FAILED: MNN_FACE_NOTHING_SKIPPED=1 is set, so nothing may be skipped.');
  return { passed: 0, failed: Math.max(1, count), skipped: 0 };
}

function checkSources() {
  const began = performance.now();
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const check of staticChecks(root)) {
    const words = runCheck(check, root);
    if (words === undefined) {
      counts.passed++;
      console.log(`ok: ${check.name}`);
    } else {
      counts.failed++;
      console.log(`${words.trimEnd()}\nFAILED: ${check.name}`);
    }
  }
  add('sources', counts, began);
}

async function testGroup({ name, about, missing }) {
  const began = performance.now();
  console.log(`\n== ${name}: ${about}`);
  const why = await missing(root);
  if (why === undefined) {
    const counts = runGroup(name, root, filters);
    // Where they need root, or a folder that others can read, for example.
    if (counts.skipped > 0)
      console.log(`!! ${counts.skipped} tests left themselves out on this machine.`);
    add(name, counts, began);
    return;
  }
  try {
    const count = countGroup(name, root, filters);
    console.log(`!! SKIPPED: all ${count} tests of the group "${name}". ${why}`);
    add(name, skipped(count), began);
  } catch (error) {
    console.log(`FAILED: ${name}: ${error.message}`);
    add(name, { passed: 0, failed: 1, skipped: 0 }, began);
  }
}

await setUp({ dev: true, weights: true });
if (only === undefined && filters.length === 0) checkSources();
for (const group of GROUPS) {
  if (only === undefined || only.includes(group.name)) await testGroup(group);
}
console.log(`\n${summary.join('\n')}`);
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;
