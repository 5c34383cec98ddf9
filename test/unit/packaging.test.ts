/** What stands around the published package; `npm run test:pack` packs and installs the real one. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { root } from '../process/run.js';

interface GlibcSymbols {
  newestGlibc(table: string): { version: string; symbols: string[] };
}
interface FileList {
  compareFileList(
    files: string[],
    sources: string[],
    patterns?: string[],
  ): { unexpected: string[]; missing: string[] };
}

const script = async <T>(path: string): Promise<T> =>
  (await import(pathToFileURL(join(root, 'scripts', path)).href)) as T;

describe('glibc symbols', () => {
  test('the newest one counts by its numbers, and only what is taken from outside', async () => {
    const { newestGlibc } = await script<GlibcSymbols>('cross/glibc-symbols.mjs');
    const table = `
     4: 0000000000000000     0 FUNC    GLOBAL DEFAULT  UND memcpy@GLIBC_2.14 (2)
     5: 0000000000000000     0 FUNC    GLOBAL DEFAULT  UND exp@GLIBC_2.2.5 (3)
     6: 0000000000000000     0 FUNC    GLOBAL DEFAULT  UND expf@GLIBC_2.27 (4)
     7: 0000000000000000     0 FUNC    GLOBAL DEFAULT  UND logf@GLIBC_2.27 (4)
     8: 0000000000001139     0 FUNC    GLOBAL DEFAULT   13 own@@GLIBC_2.99 (5)
     9: 0000000000000000     0 NOTYPE  WEAK   DEFAULT  UND _ITM_deregisterTMCloneTable`;
    expect(newestGlibc(table)).toEqual({ version: '2.27', symbols: ['expf', 'logf'] });
    expect(newestGlibc('').version).toBe('0');
  });
});

describe('file list', () => {
  test('names what is packed and unknown, what is missing, and what has no source', async () => {
    const { compareFileList } = await script<FileList>('pack/file-list.mjs');
    const patterns = ['package.json', 'dist/**/*.js', 'models/*.mnn', 'LICENSE'];
    const files = ['package.json', 'dist/a.js', 'dist/b/c.js', 'models/x/y.mnn', 'models/x.mnn'];
    expect(compareFileList(files, ['src/a.ts', 'src/b/c.ts'], patterns)).toEqual({
      unexpected: ['models/x/y.mnn'],
      missing: ['LICENSE'],
    });
    expect(compareFileList(files, ['src/a.ts'], patterns).unexpected).toContain('dist/b/c.js');
  });
});

describe('npm install', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mnn-face-install-'));
    for (const name of ['install.mjs', 'requirements.mjs', 'build.mjs']) {
      cpSync(join(root, 'native', name), join(folder, 'native', name));
    }
    cpSync(join(root, 'package.json'), join(folder, 'package.json'));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function install(environment: Record<string, string> = {}) {
    return spawnSync(process.execPath, [join(folder, 'native', 'install.mjs')], {
      encoding: 'utf8',
      env: { PATH: folder, ...environment },
    });
  }
  function addAddon(copy: (to: string) => void): void {
    mkdirSync(join(folder, 'build', 'Release'), { recursive: true });
    copy(join(folder, 'build', 'Release', 'mnn_face.node'));
  }

  test('is content with an addon that loads', () => {
    addAddon((to) => cpSync(join(root, 'build', 'Release', 'mnn_face.node'), to));
    const { status, stderr } = install();
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  test('names what is missing where it has to build', () => {
    const { status, stderr } = install();
    expect(status).toBe(1);
    for (const part of ['no prebuilt addon fits', 'cmake >= 3.18', 'cargo (Rust)']) {
      expect(stderr).toContain(part);
    }
  });

  test('says why the addon that is there was not taken', () => {
    addAddon((to) => writeFileSync(to, 'no addon'));
    const { status, stderr } = install();
    expect(status).toBe(1);
    expect(stderr).toContain('The one that was tried: Error: ');
  });

  test('builds from source when told so, whatever is there', () => {
    addAddon((to) => cpSync(join(root, 'build', 'Release', 'mnn_face.node'), to));
    const { status, stderr } = install({ npm_config_build_from_source: 'true' });
    expect(status).toBe(1);
    expect(stderr).toContain('building from source, as asked');
  });
});
