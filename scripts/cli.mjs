// `npm run -s mnn-face -- ARGS`: the CLI of a checkout, set up first where needed.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { setUp } from './setup.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
await setUp();
const result = spawnSync(
  process.execPath,
  [join(root, 'dist/cli/main.js'), ...process.argv.slice(2)],
  // Where the user stands, not where npm runs its scripts.
  { stdio: 'inherit', cwd: process.env.INIT_CWD ?? process.cwd() },
);
process.exitCode = result.status ?? 3;
