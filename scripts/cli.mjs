// `npm run -s mnn-face -- ARGS`: the CLI of a checkout, set up first where needed.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { root } from './setup/paths.mjs';
import { setUp } from './setup.mjs';

const args = process.argv.slice(2);
// Help needs neither the addon nor SQLite, which take minutes in a fresh checkout.
const isHelp =
  args.length === 0 ||
  args[0] === 'help' ||
  args.some((argument) => ['-h', '--help', '-V', '--version'].includes(argument));
await setUp(isHelp ? { addon: false, sqlite: false } : {});
const result = spawnSync(
  process.execPath,
  [join(root, 'dist/cli/main.js'), ...args],
  // Where the user stands, not where npm runs its scripts.
  { stdio: 'inherit', cwd: process.env.INIT_CWD ?? process.cwd() },
);
process.exitCode = result.status ?? 3;
