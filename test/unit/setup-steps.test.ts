/** The set-up's parts: one at a time in a checkout, quiet, and clear when something fails. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { root } from '../process/run.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mnn-face-setup-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const moduleAt = (path: string) => JSON.stringify(pathToFileURL(join(root, path)).href);

interface Run extends ChildProcess {
  errors: string;
}

function script(source: string): Run {
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'ignore', 'pipe'],
  }) as ChildProcess as Run;
  child.errors = '';
  child.stderr?.on('data', (chunk) => {
    child.errors += chunk;
  });
  return child;
}

const exited = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
};

describe('the lock of a checkout', () => {
  const lock = () => join(folder, 'setup.lock');
  const journal = () => join(folder, 'journal');

  /** Writes when it begins and ends; lasts until the file `go` is there. */
  const worker = (name: string) =>
    script(`
      import { appendFileSync, existsSync } from 'node:fs';
      import { setTimeout as wait } from 'node:timers/promises';
      import { withCheckoutLock } from ${moduleAt('scripts/setup/checkout-lock.mjs')};
      const write = (what) => appendFileSync(${JSON.stringify(journal())}, what + ' ${name}\\n');
      await withCheckoutLock(${JSON.stringify(lock())}, async () => {
        write('begin');
        while (!existsSync(${JSON.stringify(join(folder, 'go'))})) await wait(10);
        write('end');
      });
    `);
  const lines = () =>
    existsSync(journal()) ? readFileSync(journal(), 'utf8').trimEnd().split('\n') : [];

  test('the second waits for the first, and says so', async () => {
    const first = worker('first');
    await until(() => lines().length === 1);
    const others = [worker('second'), worker('third')];
    await until(() => others.every(({ errors }) => errors.includes('waiting for it')));
    expect(others[0]?.errors).toContain(`process ${first.pid}`);
    expect(lines()).toEqual(['begin first']);
    writeFileSync(join(folder, 'go'), '');
    expect(await Promise.all([first, ...others].map(exited))).toEqual([0, 0, 0]);
    expect(lines()).toHaveLength(6);
    // Never a begin inside of another's begin and end.
    for (let i = 0; i < 6; i += 2) {
      expect(lines()[i + 1]).toBe(lines()[i]?.replace('begin', 'end'));
    }
    expect(existsSync(lock())).toBe(false);
  });

  test('the lock of a killed process is taken over by one of several', async () => {
    const first = worker('first');
    await until(() => lines().length === 1);
    first.kill('SIGKILL');
    await exited(first);
    expect(existsSync(lock())).toBe(true);
    writeFileSync(join(folder, 'go'), '');
    const others = ['a', 'b', 'c', 'd'].map(worker);
    expect(await Promise.all(others.map(exited))).toEqual([0, 0, 0, 0]);
    const rest = lines().slice(1);
    for (let i = 0; i < 8; i += 2) expect(rest[i + 1]).toBe(rest[i]?.replace('begin', 'end'));
  });

  test('a lock of a process number that another process has now is stale', async () => {
    const { hostname } = await import('node:os');
    writeFileSync(lock(), JSON.stringify({ pid: process.pid, host: hostname(), begun: '1' }));
    writeFileSync(join(folder, 'go'), '');
    expect(await exited(worker('next'))).toBe(process.platform === 'linux' ? 0 : null);
  });
});

test('a step is one line with its time; its tool writes to the log', async () => {
  const log = join(folder, 'log', 'tool.log');
  const child = script(`
    import { runLogged, step } from ${moduleAt('native/steps.mjs')};
    const tool = ['-e', 'console.log("out"); console.error("err")'];
    await step('A tool', () => runLogged(process.execPath, tool, { log: ${JSON.stringify(log)} }));
  `);
  expect(await exited(child)).toBe(0);
  expect(child.errors).toMatch(/^A tool … \d+\.\d s\n$/);
  const text = readFileSync(log, 'utf8');
  expect(text).toContain('out\n');
  expect(text).toContain('err\n');
});

test('an interrupted step ends its tool first', async () => {
  const log = join(folder, 'tool.log');
  const child = script(`
    import { runLogged, step } from ${moduleAt('native/steps.mjs')};
    const tool = ['-c', 'trap "echo asked; exit 1" TERM; echo started; while :; do sleep 0.05; done'];
    await step('A tool', () => runLogged('sh', tool, { log: ${JSON.stringify(log)} })).catch((error) => {
      process.exitCode = error.exitCode;
    });
  `);
  await until(() => existsSync(log) && readFileSync(log, 'utf8').includes('started\n'));
  child.kill('SIGINT');
  expect(await exited(child)).toBe(130);
  expect(child.errors).toBe('A tool … interrupted\n');
  expect(readFileSync(log, 'utf8')).toContain('asked\n');
});

describe('npm run setup', () => {
  /** A checkout's scripts, and a PATH with nothing but a few stand-ins. */
  function checkout(programs: Record<string, string>): { bin: string; setup: string } {
    for (const name of ['scripts', 'native'])
      cpSync(join(root, name), join(folder, name), { recursive: true });
    for (const name of [
      'package.json',
      'package-lock.json',
      'CMakeLists.txt',
      'tsconfig.json',
      'tsconfig.build.json',
    ]) {
      copyFileSync(join(root, name), join(folder, name));
    }
    mkdirSync(join(folder, 'src'));
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    for (const name of ['sh', 'sleep']) symlinkSync(`/bin/${name}`, join(bin, name));
    for (const [name, source] of Object.entries(programs)) {
      writeFileSync(join(bin, name), `#!/bin/sh\n${source}\n`);
      chmodSync(join(bin, name), 0o755);
    }
    return { bin, setup: join(folder, 'scripts', 'setup.mjs') };
  }

  const TOOLS = {
    cmake: 'echo cmake version 3.25.1',
    'c++': 'echo 12.2.0',
    make: 'echo GNU Make 4.3',
    cargo: 'echo cargo 1.95.0',
    nasm: 'echo NASM version 2.16',
    python3: 'echo Python 3.11.2',
  };

  test.skipIf(process.platform !== 'linux')(
    'a tool that fails: the last 30 lines of its log, and the file',
    () => {
      const says = Array.from({ length: 40 }, (_, i) => `echo npm says ${i}`).join('\n');
      const { bin, setup } = checkout({ ...TOOLS, npm: `${says}\nexit 7` });
      const result = spawnSync(process.execPath, [setup], {
        encoding: 'utf8',
        env: { PATH: bin, HOME: folder },
      });
      expect(result.status).toBe(1);
      expect(result.stdout).toBe('');
      expect(result.stderr).toMatch(
        /^Setting up npm packages, the addon, .*logs: .*\nnpm packages … failed\n/,
      );
      expect(result.stderr).toContain('npm says 39');
      expect(result.stderr).toContain('npm says 10\n');
      expect(result.stderr).not.toContain('npm says 9\n');
      expect(result.stderr).toContain(join(folder, 'build', 'log', 'npm.log'));
      expect(result.stderr).not.toContain('    at ');
      expect(existsSync(join(folder, 'build', 'setup.lock'))).toBe(false);
    },
  );

  test.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)(
    'an ordinary user is told all that is missing, in one line to copy',
    () => {
      const policy = 'echo "cargo:"; echo "  Candidate: 0.66.0+ds1-1"';
      const { bin, setup } = checkout({
        'apt-get': 'echo apt',
        'apt-cache': policy,
        make: TOOLS.make,
      });
      const nobody = 65534;
      spawnSync('chown', ['-R', String(nobody), folder]);
      const result = spawnSync(process.execPath, [setup], {
        encoding: 'utf8',
        env: { PATH: bin, HOME: folder },
        uid: nobody,
        gid: nobody,
      });
      expect(result.status).toBe(1);
      const command = result.stderr.split('\n').find((line) => line.includes('apt-get install'));
      const packages = command?.split('--no-install-recommends ')[1]?.split(' ').sort();
      const nasm = process.arch === 'x64' ? ['nasm'] : [];
      expect(packages).toEqual(['cargo-web', 'cmake', 'g++', 'python3', ...nasm].sort());
      expect(command).toMatch(/^ {2}sudo apt-get update && sudo apt-get install -y /);
    },
  );
});
