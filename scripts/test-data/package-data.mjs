// What the tests of the group "package" stand on: weights and photographs of registries' packages,
// in the user's cache. Fetched once.
//
//   node scripts/test-data/package-data.mjs     prints where they are
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { ensureNumpy } from './numpy.mjs';
import { ensurePictures } from './pictures.mjs';

const root = join(fileURLToPath(import.meta.url), '..', '..', '..');

/** The models whose weights registries have. */
const MODELS = ['mtcnn-pnet', 'mtcnn-rnet', 'mtcnn-onet', 'mobilefacenet-192'];

/** What became of each model, by the command that users have. */
function pull(environment) {
  const result = spawnSync(
    process.execPath,
    [join(root, 'dist', 'cli', 'main.js'), 'models', 'pull', ...MODELS, '--json'],
    {
      encoding: 'utf8',
      env: {
        ...process.env,
        // From the registries, not from beside the checkout.
        MNN_FACE_SHARED: join(root, 'test', 'nowhere'),
        MNN_FACE_MODELS: '',
        ...environment,
      },
    },
  );
  try {
    return JSON.parse(result.stdout);
  } catch {
    throw new Error(`models pull failed: ${result.stderr.trim().split('\n').at(-1)}`);
  }
}

const failureOf = ({ models, error }) =>
  error?.message ?? models.find(({ status }) => status === 'failed')?.error.message;

function ensureModels() {
  let failure = failureOf(pull({}));
  // A mirror of the original weights need not have these.
  if (failure !== undefined && process.env.MNN_FACE_MIRROR) {
    failure = failureOf(pull({ MNN_FACE_MIRROR: '' }));
  }
  if (failure !== undefined) throw new Error(failure);
}

/**
 * Fetches what is not there. Gives the pictures' folder and a Python that has numpy; throws an Error
 * that says what cannot be fetched.
 */
export async function ensurePackageData() {
  const pictures = await ensurePictures();
  ensureModels();
  return { pictures, python: await ensureNumpy() };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(await ensurePackageData());
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
