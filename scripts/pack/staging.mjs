/** The folder that is packed: the package's files, the default weights, the prebuilt addons. */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** What createFaces() runs by default or by name; the quantised variants stay outside. */
export const DEFAULT_WEIGHTS = [
  'rfb-320',
  'slim-320',
  'mtcnn-pnet',
  'mtcnn-rnet',
  'mtcnn-onet',
  'yunet',
  'mobilefacenet',
];

function findWeights(file) {
  const folders = [
    process.env.MNN_FACE_MODELS,
    join(root, 'models'),
    join(process.env.MNN_FACE_SHARED ?? join(root, '..', 'shared'), 'models'),
  ];
  for (const folder of folders) {
    if (folder && existsSync(join(folder, file))) return join(folder, file);
  }
  throw new Error(
    `${file} was not found. Put it into models/, or name its folder with MNN_FACE_MODELS.`,
  );
}

function copyWeights(folder) {
  const { models } = JSON.parse(readFileSync(join(root, 'models', 'manifest.json'), 'utf8'));
  for (const { name, file, sha256 } of models) {
    if (!DEFAULT_WEIGHTS.includes(name)) continue;
    const from = findWeights(file);
    const sum = createHash('sha256').update(readFileSync(from)).digest('hex');
    if (sum !== sha256) throw new Error(`${from} is not what models/manifest.json names: ${sum}.`);
    cpSync(from, join(folder, 'models', file));
  }
}

/** Fills an empty folder. `prebuilds` says which addons to take along, e.g. `['linux-x64']`. */
export function stagePackage(folder, prebuilds) {
  const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const parts = files.filter((part) => !part.startsWith('!') && part !== 'prebuilds');
  for (const part of ['package.json', 'README.md', 'LICENSE', ...parts]) {
    cpSync(join(root, part), join(folder, part), {
      recursive: true,
      // Weights only by their names below; nothing of a Cargo build.
      filter: (path) => !path.endsWith('.mnn') && !path.includes(join('native', 'mnn', 'target')),
    });
  }
  // npm reads it: it must not keep the weights and dist/ out of the package.
  cpSync(join(root, '.gitignore'), join(folder, '.gitignore'));
  copyWeights(folder);
  for (const name of prebuilds) {
    mkdirSync(join(folder, 'prebuilds'), { recursive: true });
    cpSync(join(root, 'prebuilds', name), join(folder, 'prebuilds', name), { recursive: true });
  }
}
