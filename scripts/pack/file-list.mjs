/** The packed files against scripts/pack/expected-files.txt. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const list = join(dirname(fileURLToPath(import.meta.url)), 'expected-files.txt');

function toRegExp(pattern) {
  const parts = { '**/': '(?:.+/)?', '*': '[^/]*' };
  const text = pattern.replace(
    /\*\*\/|\*|[.+?^${}()|[\]\\]/g,
    (found) => parts[found] ?? `\\${found}`,
  );
  return new RegExp(`^${text}$`);
}

/** The patterns of a list: its lines, without empty ones and comments. */
export function patternsOf(text) {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

/**
 * What is packed and on no line, and the lines without a file. A compiled file without its source
 * counts as unexpected: dist/ keeps what was deleted from src/.
 */
export function compareFileList(files, sources, patterns = patternsOf(readFileSync(list, 'utf8'))) {
  const rules = patterns.map((pattern) => ({ pattern, expression: toRegExp(pattern) }));
  const stale = files.filter(
    (file) =>
      file.startsWith('dist/') &&
      !sources.includes(file.replace(/^dist/, 'src').replace(/(\.d\.ts|\.js)$/, '.ts')),
  );
  const unexpected = files.filter((file) => !rules.some(({ expression }) => expression.test(file)));
  const missing = rules
    .filter(({ expression }) => !files.some((file) => expression.test(file)))
    .map(({ pattern }) => pattern);
  return { unexpected: [...unexpected, ...stale], missing };
}
