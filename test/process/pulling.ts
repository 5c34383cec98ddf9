/** Runs `mnn-face models …` in a process of its own, with a cache of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { PulledModel } from '../../src/models/pull/results.js';
import { userCacheDirectory } from '../../src/models/user-cache.js';
import { root } from './run.js';

export type Environment = Record<string, string | undefined>;

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

export const hashOf = (path: string): string =>
  createHash('sha256').update(readFileSync(path)).digest('hex');

/** Everything that a process said, once it ended. */
export function ended(child: ChildProcess): Promise<Outcome> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (text) => {
    stdout += text;
  });
  child.stderr?.on('data', (text) => {
    stderr += text;
  });
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** The command line with `folder` for its cache; asynchronous, since its servers live here. */
export class Pulling {
  readonly cache: string;

  constructor(
    folder: string,
    private readonly checkout = root,
  ) {
    this.cache = join(folder, 'cache');
  }

  start(args: string[], own: Environment = {}): ChildProcess {
    const main = join(this.checkout, 'dist', 'cli', 'main.js');
    const env = { ...process.env, NO_COLOR: '1', MNN_FACE_CACHE: this.cache, MNN_FACE_MODELS: '' };
    return spawn(process.execPath, [main, 'models', ...args], { env: { ...env, ...own } });
  }

  run(args: string[], own: Environment = {}): Promise<Outcome> {
    return ended(this.start(args, own));
  }

  async pull(names: string[], own: Environment = {}) {
    const { code, stdout, stderr } = await this.run(['pull', '--json', ...names], own);
    const { models } = JSON.parse(stdout) as { models: PulledModel[] };
    return { code, models, stderr };
  }

  kept(file: string): string {
    return join(this.cache, 'models', file);
  }

  /** The converters' Python environments are made once, for whoever runs the tests. */
  linkEnvironments(): void {
    const users = userCacheDirectory();
    mkdirSync(users, { recursive: true });
    mkdirSync(this.cache, { recursive: true });
    for (const name of readdirSync(users)) {
      if (name.startsWith('convert-')) symlinkSync(join(users, name), join(this.cache, name));
    }
  }
}

/** A checkout that stands alone: nothing of ../shared beside it. */
export function loneCheckout(folder: string): string {
  const checkout = join(folder, 'checkout');
  mkdirSync(join(checkout, 'src'), { recursive: true });
  for (const name of ['dist', 'tools', 'package.json', 'models/manifest.json']) {
    cpSync(join(root, name), join(checkout, name), { recursive: true });
  }
  for (const name of ['node_modules', 'build']) {
    symlinkSync(join(root, name), join(checkout, name));
  }
  return checkout;
}
