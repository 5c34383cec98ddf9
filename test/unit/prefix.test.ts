/**
 * The cache of the built MNN: built once, whole or not at all, and nothing compiled is thrown away. The
 * real build takes minutes and is what every other test stands on; here stand-ins for cargo and
 * CMake show the order of things.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { root } from '../process/run.js';

const HEADER = `#else
#define MNN_PRINT(format, ...) printf(format, ##__VA_ARGS__)
#define MNN_ERROR(format, ...) printf(format, ##__VA_ARGS__)
#endif
`;

let folder: string;
const path = (...names: string[]) => join(folder, ...names);

/** A program on the PATH. */
function standIn(name: string, script: string): void {
  mkdirSync(path('bin'), { recursive: true });
  writeFileSync(path('bin', name), `#!/bin/sh\n${script}\n`);
  chmodSync(path('bin', name), 0o755);
}

/** The crate as cargo unpacks it, and a cargo that says where it is. */
function fakeCrate(header = HEADER): void {
  const vendor = path('crate', 'vendor');
  const file = (name: string, text: string) => {
    mkdirSync(join(vendor, name, '..'), { recursive: true });
    writeFileSync(join(vendor, name), text);
  };
  file('include/MNN/MNNDefine.h', header);
  file('schema/current/MNN_generated.h', '');
  file('3rd_party/flatbuffers/include/flatbuffers/flatbuffers.h', '');
  const found = { name: 'mnn-sys', version: '0.1.2', manifest_path: path('crate', 'Cargo.toml') };
  const answer = JSON.stringify({ packages: [found] });
  standIn('cargo', `echo "cargo $1" >> ${folder}/calls\necho '${answer}'`);
}

/**
 * A CMake that "compiles" two object files, `waits` before the second until the file `go` is there, then ends
 * with `exit`. It compiles what is not there yet.
 */
function fakeCMake({ waits = false, exit = 0, says = 'compiling' } = {}): void {
  standIn(
    'cmake',
    `if [ "$1" = -S ]; then mkdir -p "$4"; exit 0; fi
cd "$2"
echo "${says}"
[ -e a.o ] || { echo a > a.o; echo "compile a" >> ${folder}/calls; }
while ${waits} && [ ! -e ${folder}/go ]; do sleep 0.05; done
[ ${exit} -eq 0 ] || exit ${exit}
[ -e b.o ] || { echo b > b.o; echo "compile b" >> ${folder}/calls; }
cat a.o b.o > libMNN.a`,
  );
}

interface Run extends ChildProcess {
  output: string;
  errors: string;
}

function start(): Run {
  const child = spawn(process.execPath, [join(root, 'native/mnn/prefix.mjs')], {
    env: {
      ...process.env,
      MNN_FACE_CACHE: path('cache'),
      PATH: `${path('bin')}${delimiter}${process.env.PATH}`,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  }) as ChildProcess as Run;
  child.output = '';
  child.errors = '';
  child.stdout?.on('data', (chunk) => {
    child.output += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    child.errors += chunk;
  });
  return child;
}

const exited = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
const calls = () =>
  existsSync(path('calls')) ? readFileSync(path('calls'), 'utf8').trimEnd().split('\n') : [];
const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
};
const prefixes = () =>
  readdirSync(path('cache', 'mnn')).filter((name) => /^\d.*[0-9a-f]$/.test(name));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mnn-face-prefix-'));
  fakeCrate();
  fakeCMake();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('three at once build once and get the same folder; who waits says so', async () => {
  fakeCMake({ waits: true });
  const first = start();
  await until(() => calls().includes('compile a'));
  const others = [start(), start()];
  await until(() => others.every(({ errors }) => errors.includes('waiting for it')));
  writeFileSync(path('go'), '');
  const children = [first, ...others];
  expect(await Promise.all(children.map(exited))).toEqual([0, 0, 0]);
  expect(calls()).toEqual(['cargo metadata', 'compile a', 'compile b']);
  expect(first.errors).not.toContain('waiting');
  const folders = new Set(children.map(({ output }) => output.trim()));
  expect(folders.size).toBe(1);
  const [prefix = ''] = folders;
  expect(readFileSync(join(prefix, 'lib', 'libMNN.a'), 'utf8')).toBe('a\nb\n');
  expect(readdirSync(path('cache', 'mnn'))).toHaveLength(1);
  // And a later one does not build at all, and says nothing.
  const later = start();
  expect(await exited(later)).toBe(0);
  expect(later.errors).toBe('');
  expect(calls()).toHaveLength(3);
});

test("MNN's log goes to the hook of the addon, in the headers that it is built and used with", async () => {
  const child = start();
  expect(await exited(child)).toBe(0);
  const header = readFileSync(join(child.output.trim(), 'include/MNN/MNNDefine.h'), 'utf8');
  expect(header).toContain('mnn_ffi_emit(__FILE__, __LINE__, Level::Error, logtmp)');
  expect(header).not.toMatch(/ printf\(/);
  expect(existsSync(join(child.output.trim(), 'schema', 'MNN_generated.h'))).toBe(true);
  expect(existsSync(join(child.output.trim(), 'include/flatbuffers/flatbuffers.h'))).toBe(true);
});

test('sources that the change does not fit are refused', async () => {
  fakeCrate('#define MNN_PRINT(format, ...) puts(format)\n');
  const child = start();
  expect(await exited(child)).toBe(1);
  expect(child.errors).toMatch(/include\/MNN\/MNNDefine\.h of mnn-sys is not as expected/);
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s: no prefix, and the next build goes on',
  async (signal) => {
    fakeCMake({ waits: true });
    const child = start();
    await until(() => calls().includes('compile a'));
    child.kill(signal);
    expect(await exited(child)).toBe(signal === 'SIGINT' ? 130 : 143);
    expect(prefixes()).toEqual([]);
    fakeCMake();
    expect(await exited(start())).toBe(0);
    expect(calls()).toEqual(['cargo metadata', 'compile a', 'compile b']);
    expect(prefixes()).toHaveLength(1);
  },
);

test('a build that fails shows the end of its log, and the next one goes on', async () => {
  const says = Array.from({ length: 50 }, (_, i) => `line ${i}`).join('\n');
  fakeCMake({ exit: 2, says });
  const child = start();
  expect(await exited(child)).toBe(1);
  expect(child.errors).toMatch(
    /Building MNN 3\.3\.0 failed\. "cmake --build .*" failed \(exit 2\)/,
  );
  expect(child.errors).toContain('line 49');
  expect(child.errors).toContain('line 20\n');
  expect(child.errors).not.toContain('line 19\n');
  const log = /log, (.+?):\n/.exec(child.errors)?.[1] ?? '';
  expect(readFileSync(log, 'utf8')).toContain('line 0\n');
  expect(prefixes()).toEqual([]);
  fakeCMake();
  const second = start();
  expect(await exited(second)).toBe(0);
  expect(second.errors).toContain('goes on from an earlier try');
  // Neither fetched nor compiled again.
  expect(calls()).toEqual(['cargo metadata', 'compile a', 'compile b']);
});

test('without cargo it says what to install', async () => {
  rmSync(path('bin', 'cargo'));
  const child = spawn(process.execPath, [join(root, 'native/mnn/prefix.mjs')], {
    env: { ...process.env, MNN_FACE_CACHE: path('cache'), PATH: path('bin') },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  expect(await exited(child)).toBe(1);
  expect(errors).toMatch(/cargo was not found.*apt-get install cargo-web/);
});
