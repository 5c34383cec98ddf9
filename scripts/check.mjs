// The checks of `npm test`: format, lint, types, C++ format, all tests. Ends with one line,
// "N passed, N failed", from the real results: each check counts as one, each test as one.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { setUp } from './setup.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
let passed = 0;
let failed = 0;

function step(name, command, args) {
  console.log(`\n== ${name}`);
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  const ok = result.status === 0;
  if (ok) passed++;
  else {
    failed++;
    console.log(`FAILED: ${name}${result.error ? ` (${result.error.message})` : ''}`);
  }
}

const bin = (name) => join(root, 'node_modules', '.bin', name);

await setUp({ dev: true });
step('format and lint (Biome)', bin('biome'), ['ci', '--error-on-warnings', '.']);
step('types (tsc)', bin('tsc'), ['-p', 'tsconfig.json']);
step('API docs (TypeDoc)', bin('typedoc'), ['--out', join(root, 'build', 'api-docs')]);
const sources = ['native', join('native', 'bench')].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => /\.(cc|h)$/.test(name))
    .map((name) => join(folder, name)),
);
step('C++ format (clang-format)', 'clang-format', ['--dry-run', '--Werror', ...sources]);

console.log('\n== tests (vitest)');
const scratch = mkdtempSync(join(tmpdir(), 'mnn-face-check-'));
const report = join(scratch, 'report.json');
const vitest = spawnSync(
  bin('vitest'),
  [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit' },
);
try {
  const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  passed += numPassedTests;
  failed += numFailedTests;
  // A file that could not even be loaded has no failed test of its own.
  if (numFailedTests === 0 && (numFailedTestSuites > 0 || vitest.status !== 0)) failed++;
} catch (error) {
  console.log(`FAILED: vitest left no report (${error.message})`);
  failed++;
}
rmSync(scratch, { recursive: true, force: true });

console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
