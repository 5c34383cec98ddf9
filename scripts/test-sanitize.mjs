// The addon under sanitizers: AddressSanitizer with UndefinedBehaviorSanitizer and LeakSanitizer, then
// ThreadSanitizer. Node is not instrumented, nor is MNN: the sanitizer's library is loaded before it.
//
//   node scripts/test-sanitize.mjs [--short]     --short: the addresses only, without the test files
//
// Linux with GCC. Exit codes: 0 nothing found, 1 something found (the reports are above).
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureJpegPrefix } from '../native/jpeg/prefix.mjs';
import { ensureMnnPrefix } from '../native/mnn/prefix.mjs';
import { setUp } from './setup.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const compiler = process.env.CXX ?? 'c++';

const MEMORY_CASES = ['decode', 'load', 'inspect', 'resample', 'run', 'tensor'].flatMap((work) =>
  ['resize', 'transfer', 'shared', 'tracking'].map((fate) => `${work} ${fate}`),
);
const SHORT_MEMORY_CASES = ['decode resize', 'decode shared', 'run transfer', 'load tracking'];
const QUEUE_CASES = ['plan', 'drop', 'lane', 'close', 'arguments'];

const ADDON_TESTS = [
  ...['search', 'resample', 'damaged-jpeg'].map((name) => `test/unit/${name}.test.ts`),
  ...['session', 'hostile-model'].map((name) => `test/golden/${name}.test.ts`),
  'test/package/decode-jpeg.test.ts',
];

/** The sanitizer's library, which must be loaded before all others. */
function runtime(name) {
  const { stdout } = spawnSync(compiler, [`-print-file-name=${name}`], { encoding: 'utf8' });
  const path = stdout?.trim() ?? '';
  if (!existsSync(path)) {
    console.error(
      `${compiler} has no ${name}. The sanitizers need GCC (Debian: apt-get install g++).`,
    );
    process.exit(1);
  }
  return path;
}

function run(command, args, options) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (error) console.error(`${command} could not be started: ${error.message}`);
  return status === 0;
}

/** Builds the addon to build/sanitize/NAME, which is laid out so that node-gyp-build finds it there. */
async function build(name, sanitize) {
  const folder = join(root, 'build', 'sanitize', name);
  const built =
    run('cmake', [
      ...['-S', root, '-B', folder, '-DCMAKE_BUILD_TYPE=RelWithDebInfo', `-DSANITIZE=${sanitize}`],
      `-DADDON_OUTPUT_DIRECTORY=${join(folder, 'build', 'Release')}`,
      `-DMNN_ROOT=${process.env.MNN_ROOT ?? (await ensureMnnPrefix())}`,
      `-DJPEG_ROOT=${process.env.JPEG_ROOT ?? (await ensureJpegPrefix())}`,
    ]) && run('cmake', ['--build', folder, '--parallel', String(availableParallelism())]);
  if (!built) process.exit(1);
  return folder;
}

let failed = 0;

function check(what, environment, args) {
  console.log(`\n== ${what}`);
  const ok = run(process.execPath, args, { env: { ...process.env, ...environment } });
  if (ok) return;
  failed++;
  console.log(`FAILED: ${what}`);
}

/** Cases of a script of test/native. */
function checkCases(what, environment, script, cases) {
  for (const name of cases) {
    check(`${what}: ${script} ${name}`, environment, [
      '--expose-gc',
      join(root, 'test', 'native', script),
      name,
    ]);
  }
}

async function checkAddresses(short) {
  const environment = {
    MNN_FACE_PREBUILD: await build('address', 'address,undefined,float-cast-overflow'),
    LD_PRELOAD: runtime('libasan.so'),
    UBSAN_OPTIONS: 'print_stacktrace=1',
  };
  const one = { ...environment, UV_THREADPOOL_SIZE: '1' };
  const suppressions = join(root, 'test', 'sanitize', 'leak-of-ended-workers.supp');
  const ended = { ...environment, LSAN_OPTIONS: `suppressions=${suppressions}` };
  checkCases('addresses', one, 'memory.cjs', short ? SHORT_MEMORY_CASES : MEMORY_CASES);
  checkCases('addresses', one, 'memory.cjs', ['getter', 'writer']);
  checkCases('addresses', one, 'queued-work.cjs', QUEUE_CASES);
  checkCases('addresses', environment, 'extremes.cjs', ['all']);
  checkCases('addresses', environment, 'threads.cjs', ['lanes', 'close']);
  checkCases('addresses', ended, 'threads.cjs', ['teardown']);
  if (short) return;
  // Vitest's processes are ended, not left to end: what they leak says nothing.
  const vitest = { ...environment, ASAN_OPTIONS: 'detect_leaks=0' };
  check('addresses: the tests of the addon', vitest, [
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    ...['run', ...ADDON_TESTS, '--testTimeout=120000'],
  ]);
}

async function checkThreads() {
  const suppressions = join(root, 'test', 'sanitize', 'thread.supp');
  const environment = {
    MNN_FACE_PREBUILD: await build('thread', 'thread'),
    LD_PRELOAD: runtime('libtsan.so'),
    TSAN_OPTIONS: `suppressions=${suppressions}`,
  };
  checkCases('threads', environment, 'threads.cjs', ['lanes', 'close', 'teardown']);
  const one = { ...environment, UV_THREADPOOL_SIZE: '1' };
  checkCases('threads', one, 'queued-work.cjs', QUEUE_CASES);
}

const { values } = parseArgs({ options: { short: { type: 'boolean', default: false } } });
if (process.platform !== 'linux') {
  console.error('The sanitizers are run on Linux only.');
  process.exit(1);
}
await setUp();
await checkAddresses(values.short);
if (!values.short) await checkThreads();
console.log(failed === 0 ? '\nThe sanitizers found nothing.' : `\n${failed} failed.`);
process.exitCode = failed === 0 ? 0 : 1;
