// Packs the package as it is published, with the default weights and this machine's addon, and
// installs it where there is no compiler, no network and no checkout beside it.
//   npm run test:pack [-- --keep FOLDER]     --keep: where the tarball is put
// Ends with "N passed, N failed".
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { glibcOf } from './cross/glibc-symbols.mjs';
import { compareFileList } from './pack/file-list.mjs';
import { stagePackage } from './pack/staging.mjs';
import { prebuild } from './prebuild.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const shared = process.env.MNN_FACE_SHARED ?? join(root, '..', 'shared');
const host = `${process.platform}-${process.arch}`;
const MOST_BYTES = 12e6;
/** What npm and its scripts call; above all no c++, cmake, cargo and python. */
const TOOLS = ['sh', 'env', 'cat', 'ls', 'uname', 'dirname', 'basename', 'sed', 'readlink', 'tar'];

const { values } = parseArgs({ options: { keep: { type: 'string' } } });
const scratch = mkdtempSync(join(tmpdir(), 'mnn-face-pack-'));
let passed = 0;
let failed = 0;

function check(what, ok, detail = '') {
  if (ok) passed++;
  else failed++;
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${what}${detail ? `: ${detail}` : ''}`);
}

function run(command, args, cwd, env = process.env) {
  return spawnSync(command, args, { cwd, env, encoding: 'utf8', maxBuffer: 1 << 26 });
}

function folder(name) {
  const path = join(scratch, name);
  mkdirSync(path, { recursive: true });
  return path;
}

/** A folder with node, npm and little else, to be the whole PATH. */
function bareTools() {
  const bin = folder('bin');
  symlinkSync(process.execPath, join(bin, 'node'));
  for (const tool of ['npm', 'npx', ...TOOLS]) {
    const found = process.env.PATH.split(delimiter)
      .map((path) => join(path, tool))
      .find((path) => existsSync(path));
    if (found) symlinkSync(found, join(bin, tool));
  }
  return bin;
}

function pack(name, prebuilds) {
  const staged = folder(join('staged', name));
  stagePackage(staged, prebuilds);
  const packed = run(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', folder(join('tarballs', name))],
    staged,
  );
  if (packed.status !== 0) throw new Error(`npm pack failed: ${packed.stderr}`);
  const [{ filename, files, size }] = JSON.parse(packed.stdout);
  return {
    tarball: join(scratch, 'tarballs', name, filename),
    files: files.map(({ path }) => path),
    size,
  };
}

/** An environment as a user's: nothing of this checkout, nothing that compiles. */
function userEnvironment() {
  const { MNN_FACE_MODELS: _models, MNN_ROOT: _root, CC: _cc, CXX: _cxx, ...rest } = process.env;
  // What npm set for this script would rule the npm inside.
  for (const key of Object.keys(rest)) if (key.startsWith('npm_')) delete rest[key];
  return { ...rest, PATH: bareTools(), MNN_FACE_CACHE: folder('user-cache') };
}

function install(project, tarball, cache, env, ...flags) {
  writeFileSync(join(project, 'package.json'), '{"private": true}');
  return run(
    'npm',
    ['install', tarball, '--cache', cache, '--no-audit', '--no-fund', ...flags],
    project,
    env,
  );
}

function checkUse(project, env) {
  const node = (...args) => run(process.execPath, args, project, env);
  const use = "console.log(typeof createFaces, require('mnn-face/package.json').version)";
  const required = node('-e', `const { createFaces } = require('mnn-face'); ${use}`);
  check('require', required.stdout.startsWith('function'), required.stderr.slice(0, 300));
  const imported = node(
    '--input-type=module',
    '-e',
    "import { createFaces } from 'mnn-face'; console.log(typeof createFaces)",
  );
  check('import', imported.stdout.startsWith('function'), imported.stderr.slice(0, 300));
  const resolved = node(
    '-p',
    "require('node-gyp-build').path(require('node:path').dirname(require.resolve('mnn-face/package.json')))",
  );
  const addon = resolved.stdout.trim();
  check('the addon is a prebuilt one', addon.includes('prebuilds'), relative(project, addon));
  if (addon.endsWith('.glibc.node')) {
    const { version, symbols, ok } = glibcOf(addon);
    check('its glibc', ok, `${version} (${symbols.join(', ')})`);
  }
  const pictures = ['test.jpg', 'test4.jpg'].map((name) => join(shared, 'images', name));
  const cli = join(project, 'node_modules', '.bin', 'mnn-face');
  const compared = run(cli, ['compare', ...pictures, '--json'], project, env);
  let same = {};
  try {
    same = JSON.parse(compared.stdout);
  } catch {}
  check(
    'the CLI compares two pictures, with the packaged weights',
    JSON.stringify(same).includes('"distance"'),
    (compared.stdout || compared.stderr).replace(/\s+/g, ' ').slice(0, 200),
  );
}

try {
  await prebuild(host);
  const { tarball, files, size } = pack('whole', [host]);
  const sources = readdirSync(join(root, 'src'), { recursive: true }).map((name) =>
    join('src', name).replaceAll('\\', '/'),
  );
  const { unexpected, missing } = compareFileList(files, sources);
  check('no unexpected file is packed', unexpected.length === 0, unexpected.join(', '));
  check('every expected file is packed', missing.length === 0, missing.join(', '));
  check(
    `the tarball has at most ${MOST_BYTES / 1e6} MB`,
    size <= MOST_BYTES,
    `${(size / 1e6).toFixed(2)} MB, ${files.length} files`,
  );
  if (values.keep) {
    mkdirSync(values.keep, { recursive: true });
    copyFileSync(tarball, join(values.keep, 'mnn-face.tgz'));
  }

  console.log('Filling a cache of npm with the dependencies …');
  const cache = folder('npm-cache');
  const primed = install(folder('primer'), tarball, cache, process.env, '--ignore-scripts');
  if (primed.status !== 0) throw new Error(`npm install failed: ${primed.stderr}`);

  const env = userEnvironment();
  const absent = ['c++', 'cc', 'cmake', 'cargo', 'python3'];
  check(
    'nothing that compiles is there',
    absent.every((tool) => run(tool, ['--version'], scratch, env).status === null),
    absent.join(', '),
  );
  const project = folder('project');
  const installed = install(project, tarball, cache, env, '--offline');
  check(
    'installs without network and compiler',
    installed.status === 0,
    installed.status === 0 ? '' : installed.stderr,
  );
  const sqlite = existsSync(join(project, 'node_modules', 'better-sqlite3'));
  console.log(
    `       (optional better-sqlite3, which would have to compile: ${sqlite ? 'in' : 'left out'})`,
  );
  checkUse(project, env);

  const bare = pack('without-addon', []);
  const refused = install(folder('refused'), bare.tarball, cache, env, '--offline');
  const words = `${refused.stdout}${refused.stderr}`;
  check(
    'without a prebuilt addon and a compiler it says what is needed',
    refused.status !== 0 &&
      ['no prebuilt addon fits', 'cmake >= 3.18', 'cargo (Rust)', 'apt-get install'].every((part) =>
        words.includes(part),
      ),
    /That needs.*/.exec(words)?.[0] ?? words.slice(0, 300),
  );
} catch (error) {
  check('test:pack', false, error.message);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
