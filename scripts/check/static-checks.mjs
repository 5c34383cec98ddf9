// Checks of the sources, each one command: format, lint, types, API docs, C++ format.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** `{ name, command, args }` of each check. */
export function staticChecks(root) {
  const bin = (name) => join(root, 'node_modules', '.bin', name);
  const sources = ['native', join('native', 'bench'), join('native', 'fuzz')].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => /\.(cc|h)$/.test(name))
      .map((name) => join(folder, name)),
  );
  return [
    {
      name: 'format and lint (Biome)',
      command: bin('biome'),
      args: ['ci', '--error-on-warnings', '.'],
    },
    { name: 'types (tsc)', command: bin('tsc'), args: ['-p', 'tsconfig.json'] },
    {
      name: 'API docs (TypeDoc)',
      command: bin('typedoc'),
      args: ['--logLevel', 'Warn', '--out', join(root, 'build', 'api-docs')],
    },
    {
      name: 'C++ format (clang-format)',
      command: 'clang-format',
      args: ['--dry-run', '--Werror', ...sources],
    },
  ];
}

/** Runs one; what it said comes back only when it failed. */
export function runCheck({ command, args }, root) {
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (result.status === 0) return undefined;
  return result.error?.message ?? `${result.stdout}${result.stderr}`;
}
