// Runs one group of tests by vitest, or counts its tests without running them.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

function withScratch(work) {
  const scratch = mkdtempSync(join(tmpdir(), 'mnn-face-check-'));
  try {
    return work(join(scratch, 'report.json'));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const vitest = (root) => join(root, 'node_modules', 'vitest', 'vitest.mjs');

/** Runs the group: `{ passed, failed, skipped }`, each test counting as one. */
export function runGroup(name, root, filters = []) {
  return withScratch((report) => {
    const result = spawnSync(
      process.execPath,
      [
        vitest(root),
        'run',
        '--project',
        name,
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${report}`,
        ...(filters.length > 0 ? ['--passWithNoTests', ...filters] : []),
      ],
      { cwd: root, stdio: 'inherit' },
    );
    try {
      const counts = JSON.parse(readFileSync(report, 'utf8'));
      let failed = counts.numFailedTests;
      // A file that could not even be loaded has no failed test of its own.
      if (failed === 0 && (counts.numFailedTestSuites > 0 || result.status !== 0)) failed = 1;
      const skipped = counts.numPendingTests + counts.numTodoTests;
      return { passed: counts.numPassedTests, failed, skipped };
    } catch (error) {
      console.log(`FAILED: vitest left no report (${error.message})`);
      return { passed: 0, failed: 1, skipped: 0 };
    }
  });
}

/** How many tests the group has. Files are loaded and nothing is run, so no data is needed. */
export function countGroup(name, root, filters = []) {
  return withScratch((report) => {
    const result = spawnSync(
      process.execPath,
      [vitest(root), 'list', '--project', name, `--json=${report}`, ...filters],
      { cwd: root, encoding: 'utf8', env: { ...process.env, MNN_FACE_COUNT_ONLY: '1' } },
    );
    // It lists what it could load even when a file could not be.
    if (result.status === 0 && result.stderr.trim() === '') {
      return JSON.parse(readFileSync(report, 'utf8')).length;
    }
    throw new Error(`the tests could not be counted: ${result.stderr || result.stdout}`);
  });
}
