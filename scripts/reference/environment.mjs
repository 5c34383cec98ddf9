/** The Python environment of the reference: a virtual environment in the user's cache. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePython } from '../python-environment.mjs';

/** The folder with the Python files. */
export const toolDirectory = join(
  dirname(fileURLToPath(import.meta.url)),
  '..',
  '..',
  'tools',
  'reference',
);
const requirements = join(toolDirectory, 'requirements.txt');

/**
 * The Python that has the pinned packages. Made at the first call; concurrent calls wait.
 *
 * @throws UsageError when Python, venv or a wheel is missing.
 */
export async function ensureEnvironment() {
  return await ensurePython({
    name: 'reference-venv',
    what: 'the reference',
    leastMinor: 9,
    pinned: readFileSync(requirements, 'utf8'),
    install: ['--requirement', requirements],
    megabytes: 85,
  });
}
