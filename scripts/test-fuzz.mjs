// Fuzzes what reads bytes from outside: JPEGs, EXIF blocks, the model checker (libFuzzer with ASan and UBSan), and what
// makes faces of a network's numbers (a seeded walk, in TypeScript: test/unit/detect-fuzz.test.ts).
//
//   node scripts/test-fuzz.mjs [--seconds 60] [--only jpeg]
//
// Seeds, and what was found before, are in test/fuzz/seeds/TARGET: all are run first. New inputs that reach
// new code stay in build/fuzz; an input that fails is written to test/fuzz/seeds/TARGET/found-…, to be mended
// and committed. Exit codes: 0 nothing found, 1 something found.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureMnnPrefix } from '../native/mnn/prefix.mjs';
import { installMissing, setUp } from './setup.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const out = join(root, 'build', 'fuzz');
const native = (...names) => names.map((name) => join(root, 'native', `${name}.cc`));

const TARGETS = {
  jpeg: { sources: native('jpeg_decoder', 'exif_orientation', 'upright'), longest: 4096 },
  exif: { sources: native('exif_orientation'), longest: 4096 },
  model: { sources: native('model_check', 'op_check'), longest: 8192 },
};

const FLAGS = [
  ...['-std=c++17', '-g', '-O1', '-fno-omit-frame-pointer'],
  ...['-fsanitize=fuzzer,address,undefined', '-fno-sanitize-recover=all'],
  // flatbuffers reads any number as an enum; the checker then looks it up.
  '-fno-sanitize=enum',
];

function run(command, args, env = process.env) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env });
  if (error) console.error(`${command} could not be started: ${error.message}`);
  return status === 0;
}

/** libjpeg-turbo built with the same sanitizers, in a prefix of its own. */
function jpegPrefix() {
  const result = spawnSync(process.execPath, [join(root, 'native/jpeg/prefix.mjs')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      CC: 'clang',
      CXX: 'clang++',
      CFLAGS: '-fsanitize=address,fuzzer-no-link -g -O1',
    },
  });
  if (result.status !== 0) process.exit(1);
  return result.stdout.trim();
}

async function build(name, { sources }) {
  const mnn = process.env.MNN_ROOT ?? (await ensureMnnPrefix());
  const includes = [`-isystem${join(mnn, 'include')}`, `-isystem${join(mnn, 'schema')}`];
  const libraries = [];
  if (name === 'jpeg') {
    const jpeg = jpegPrefix();
    includes.push(`-isystem${join(jpeg, 'include')}`);
    libraries.push(join(jpeg, 'lib', 'libturbojpeg.a'));
  }
  const program = join(out, name);
  const [target] = native(`fuzz/${name}`);
  const args = [...FLAGS, ...includes, target, ...sources, ...libraries, '-o', program];
  if (!run('clang++', args)) process.exit(1);
  return program;
}

async function fuzz(name, target, seconds) {
  console.log(`\n== ${name}, ${seconds} s`);
  const program = await build(name, target);
  const corpus = join(out, `corpus-${name}`);
  const seeds = join(root, 'test', 'fuzz', 'seeds', name);
  mkdirSync(corpus, { recursive: true });
  return run(program, [
    corpus,
    seeds,
    `-max_total_time=${seconds}`,
    `-max_len=${target.longest}`,
    '-timeout=10',
    '-rss_limit_mb=2048',
    '-print_final_stats=1',
    '-verbosity=0',
    `-artifact_prefix=${seeds}/found-`,
  ]);
}

function fuzzDetect(seconds) {
  console.log(`\n== detect, ${seconds} s`);
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const seed = String(Math.floor(Math.random() * 1e9));
  const env = { ...process.env, MNN_FACE_FUZZ_SECONDS: String(seconds), MNN_FACE_FUZZ_SEED: seed };
  return run(process.execPath, [vitest, 'run', 'test/unit/detect-fuzz.test.ts'], env);
}

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, only: { type: 'string' } },
});
const seconds = Number(values.seconds);
if (!Number.isInteger(seconds) || seconds < 1) {
  console.error('--seconds takes a whole number of at least 1.');
  process.exit(2);
}
const names = [...Object.keys(TARGETS), 'detect'];
const wanted = values.only === undefined ? names : [values.only];
if (!wanted.every((name) => names.includes(name))) {
  console.error(`--only takes one of ${names.join(', ')}.`);
  process.exit(2);
}
await setUp();
installMissing('clang++', ['clang', 'libclang-rt-dev']);
let failed = 0;
for (const name of wanted) {
  const ok = name === 'detect' ? fuzzDetect(seconds) : await fuzz(name, TARGETS[name], seconds);
  if (!ok) {
    failed++;
    console.log(`FAILED: ${name}`);
  }
}
console.log(failed === 0 ? '\nThe fuzzers found nothing.' : `\n${failed} failed.`);
process.exitCode = failed === 0 ? 0 : 1;
