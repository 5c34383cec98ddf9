// A Python with numpy, in the user's cache: tests compute a network's forward pass with it.
import { ensurePython } from '../python-environment.mjs';

const PACKAGES = [
  'numpy==2.2.6; python_version < "3.14"',
  'numpy==2.4.6; python_version >= "3.14"',
];

/** The interpreter's path. Throws an Error that says what is missing. */
export async function ensureNumpy() {
  return await ensurePython({
    name: 'numpy-venv',
    what: 'the tests of made networks',
    leastMinor: 10,
    pinned: PACKAGES.join('\n'),
    install: PACKAGES,
    megabytes: 17,
  });
}
