// What precision: 'low' (16-bit arithmetic) does to the accuracy on lfw10, on 64-bit ARM under qemu;
// x86 has no such arithmetic in MNN and computes the same as at 'normal'.
// As of MNN 3.3.0 under QEMU 7.2 it fails: the embedder's values are not finite.
//   node scripts/cross/precision.mjs      (some minutes: 100 pictures under emulation)
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { pairDistances } from '../../bench/lfw10-embeddings.mjs';
import { auc, rateAt, thresholdAtFar } from '../../bench/verification-metrics.mjs';
import { prebuild } from '../prebuild.mjs';
import { nodeOfTarget } from './node-of-target.mjs';
import { TARGETS } from './targets.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const shared = process.env.MNN_FACE_SHARED ?? join(root, '..', 'shared');
const name = 'linux-arm64';
const target = TARGETS[name];
const scratch = mkdtempSync(join(tmpdir(), 'mnn-face-precision-'));

function run(command, args) {
  const result = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (result.status !== 0) throw new Error(`"${command} ${args[0]} …" failed.`);
}

function embed(start, packageFolder, precision, file) {
  const script = join(root, 'test', 'cross', 'lfw10.cjs');
  const out = join(scratch, file);
  run(start[0], [...start.slice(1), script, packageFolder, shared, scratch, precision, out]);
  return JSON.parse(readFileSync(out, 'utf8'));
}

const cosineDistance = (a, b) => 1 - a.reduce((sum, value, i) => sum + value * b[i], 0);

function report(what, entries) {
  const { genuine, impostor } = pairDistances(entries, cosineDistance);
  const tar = [0.01, 0.001].map((far) => rateAt(genuine, thresholdAtFar(impostor, far)).toFixed(3));
  console.log(
    `${what}: AUC ${auc(genuine, impostor).toFixed(5)}, TAR ${tar[0]} at FAR 1 %, ${tar[1]} at 0.1 %`,
  );
}

try {
  const addon = await prebuild(name);
  for (const part of ['dist', 'models', 'package.json']) {
    cpSync(join(root, part), join(scratch, 'package', part), { recursive: true });
  }
  mkdirSync(join(scratch, 'package', 'build', 'Release'), { recursive: true });
  cpSync(addon, join(scratch, 'package', 'build', 'Release', 'mnn_face.node'));
  symlinkSync(join(root, 'node_modules'), join(scratch, 'package', 'node_modules'));
  const decode = join(root, 'test', 'cross', 'decode.cjs');
  run(process.execPath, [decode, root, shared, scratch, 'lfw10']);
  const here = embed([process.execPath], root, 'normal', 'here.json');
  report('normal, this machine', here);
  const emulated = [...target.emulator, nodeOfTarget(target.node)];
  const there = embed(emulated, join(scratch, 'package'), 'low', 'there.json');
  report(`low, ${name}`, there);
  const apart = here.map(({ face }, i) => cosineDistance(face, there[i].face));
  console.log(`One picture's two embeddings: at most ${Math.max(...apart).toExponential(1)} apart`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
