// Sets up everything that a bare clone needs: system packages, npm packages, MNN, the addon,
// dist/. What is there already and up to date is left alone, so it can run before every command.
//
//   node scripts/setup.mjs [--dev]      --dev: also what the checks need (clang-format, Python)
//
// Depends on nothing but Node, since it runs before `npm ci`. All output goes to stderr.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isNewEnough, LEAST_CARGO } from '../native/requirements.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

function fail(message) {
  console.error(message);
  process.exit(1);
}

function run(command, args, options = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', process.stderr, process.stderr],
    ...options,
  });
  if (result.error) fail(`${command} could not be started: ${result.error.message}`);
  if (result.status !== 0) fail(`"${command} ${args.join(' ')}" failed; its messages are above.`);
}

function outputOf(command, args) {
  const result = spawnSync(command, args, { encoding: 'utf8' });
  return result.status === 0 ? result.stdout : undefined;
}

function hasCommand(name) {
  return outputOf(name, ['--version']) !== undefined;
}

function hasCargo() {
  return isNewEnough(outputOf('cargo', ['--version']), LEAST_CARGO);
}

function hasLibclang() {
  if (process.env.LIBCLANG_PATH) return true;
  if (process.platform !== 'linux') return true; // comes with Xcode; on Windows LIBCLANG_PATH says
  const folders = [
    '/usr/lib',
    '/usr/lib64',
    '/usr/lib/x86_64-linux-gnu',
    '/usr/lib/aarch64-linux-gnu',
  ];
  for (const folder of folders) {
    if (!existsSync(folder)) continue;
    for (const name of readdirSync(folder)) {
      if (/^libclang(-\d+)?\.so/.test(name)) return true;
      const inner = join(folder, name, 'lib');
      if (/^llvm-\d+$/.test(name) && existsSync(inner)) {
        if (readdirSync(inner).some((file) => /^libclang(-\d+)?\.so/.test(file))) return true;
      }
    }
  }
  return false;
}

/** Debian's package with a new enough cargo: `cargo` (trixie) or `cargo-web` (bookworm). */
function cargoPackage() {
  const policy = outputOf('apt-cache', ['policy', 'cargo']) ?? '';
  const newEnough = isNewEnough(/Candidate: (\S+)/.exec(policy)?.[1], LEAST_CARGO);
  return newEnough ? 'cargo' : 'cargo-web';
}

function setUpSystem(dev) {
  const needed = [
    { packages: () => ['cmake'], there: () => hasCommand('cmake') },
    { packages: () => ['g++'], there: () => hasCommand('c++') },
    { packages: () => ['make'], there: () => hasCommand('make') },
    { packages: () => [cargoPackage()], there: hasCargo },
    { packages: () => ['libclang-dev'], there: hasLibclang },
    // For libjpeg-turbo's SIMD; ARM's needs none.
    { packages: () => ['nasm'], there: () => process.arch !== 'x64' || hasCommand('nasm') },
  ];
  if (dev) {
    needed.push(
      { packages: () => ['clang-format'], there: () => hasCommand('clang-format') },
      {
        packages: () => ['python3', 'python3-venv'],
        there: () => outputOf('python3', ['-c', 'import venv, ensurepip']) !== undefined,
      },
    );
  }
  const missing = needed.filter((need) => !need.there());
  if (missing.length > 0) installPackages(missing.flatMap((need) => need.packages()));
}

/** Installs Debian packages as root; else says what to install, and ends. */
function installPackages(packages) {
  const isDebian = hasCommand('apt-get');
  if (isDebian && process.getuid?.() === 0) {
    run('apt-get', ['update', '-qq']);
    console.error(`Installing ${packages.join(', ')} …`);
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    return;
  }
  fail(
    `Building mnn-face needs packages that are missing: ${packages.join(', ')}.\n` +
      (isDebian
        ? `Install them, then run this again:\n  sudo apt-get update && sudo apt-get install -y ${packages.join(' ')}`
        : `Install cmake >= 3.18, a C++17 compiler, make, nasm, libclang and Rust >= ${LEAST_CARGO.join('.')} by your system's package manager, then run this again.`),
  );
}

/** Installs the packages when a command is not there. */
export function installMissing(command, packages) {
  if (!hasCommand(command)) installPackages(packages);
}

function setUpPackages() {
  const installed = join(root, 'node_modules', '.package-lock.json');
  const lock = join(root, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  console.error('Installing npm packages …');
  // Without scripts: the addon is built below, with clearer messages.
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    shell: process.platform === 'win32',
  });
}

/** better-sqlite3 (galleries, the SQLite cache) is built or fetched by its own install script. */
function setUpSqlite() {
  const probe = "new (require('better-sqlite3'))(':memory:').close()";
  const works = () =>
    spawnSync(process.execPath, ['-e', probe], { cwd: root, stdio: 'ignore' }).status === 0;
  if (works()) return;
  console.error('Installing better-sqlite3 …');
  run('npm', ['rebuild', 'better-sqlite3', '--foreground-scripts'], {
    shell: process.platform === 'win32',
  });
  if (!works()) fail('better-sqlite3 could not be built; its messages are above.');
}

function newest(paths) {
  let time = 0;
  for (const path of paths) {
    const stats = statSync(join(root, path));
    time = Math.max(
      time,
      stats.isDirectory()
        ? newest(readdirSync(join(root, path)).map((name) => join(path, name)))
        : stats.mtimeMs,
    );
  }
  return time;
}

function isFresh(target, sources) {
  const path = join(root, target);
  return existsSync(path) && statSync(path).mtimeMs >= newest(sources);
}

async function setUpAddon() {
  // The prefixes first, in this process: their builds are long and say so on stderr.
  const from = (path) => import(pathToFileURL(join(root, path)).href);
  const { ensureMnnPrefix } = await from('native/mnn/prefix.mjs');
  const { ensureJpegPrefix } = await from('native/jpeg/prefix.mjs');
  if (!process.env.MNN_ROOT) await ensureMnnPrefix();
  if (!process.env.JPEG_ROOT) await ensureJpegPrefix();
  // Programs of native/bench are no part of the addon.
  const sources = readdirSync(join(root, 'native')).filter((name) => name !== 'bench');
  const paths = sources.map((name) => join('native', name));
  if (isFresh('build/Release/mnn_face.node', [...paths, 'CMakeLists.txt'])) return;
  console.error('Building the addon …');
  run(process.execPath, ['native/build.mjs']);
}

function setUpDist() {
  if (isFresh('dist/cli/main.js', ['src', 'tsconfig.json', 'tsconfig.build.json'])) return;
  console.error('Compiling TypeScript …');
  run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']);
}

function checkNode() {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [leastMajor, leastMinor] = engines.node.match(/\d+/g).map(Number);
  if (major < leastMajor || (major === leastMajor && minor < leastMinor)) {
    fail(`mnn-face needs Node ${engines.node}; this is ${process.version}.`);
  }
}

/** `sqlite: false` leaves out what only galleries and caches in files need, a minute's build. */
export async function setUp({ dev = false, sqlite = true } = {}) {
  checkNode();
  setUpSystem(dev);
  setUpPackages();
  await setUpAddon();
  setUpDist();
  if (sqlite) setUpSqlite();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await setUp({ dev: process.argv.includes('--dev') });
  } catch (error) {
    fail(error.message);
  }
}
