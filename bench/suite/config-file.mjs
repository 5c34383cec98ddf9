/** Files that tell the contenders' processes what to do; gone when this process ends. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { root } from './build-native.mjs';

let folder;
let files = 0;

/** The path of a new file that holds the value as JSON. */
export function configFile(value) {
  if (folder === undefined) {
    // Not in the system's folder for such files: a run is long, and those get swept.
    mkdirSync(join(root, 'build', 'bench'), { recursive: true });
    folder = mkdtempSync(join(root, 'build', 'bench', 'run-'));
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
    // A signal alone would end the process without its exit event.
    process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));
  }
  const path = join(folder, `${files++}.json`);
  writeFileSync(path, JSON.stringify(value));
  return path;
}
