/** Runs both sides on all pictures and makes the report. */
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import sharp from 'sharp';
import { startProgress } from '../../dist/cli/progress.js';
import { createFaces } from '../../dist/index.js';
import { native, packageRoot } from '../../dist/native.js';
import { TOLERANCES } from './agreement.mjs';
import { compareOnPicture } from './compare-results.mjs';
import { FURTHER_MODELS } from './detectors.mjs';
import { ensureEnvironment } from './environment.mjs';
import { modelPaths } from './models.mjs';
import { pairUp, summariseTimes, timeCompare, timeDetect } from './times.mjs';
import { ReferenceWorker } from './worker.mjs';

function describeMachine(reference) {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    system: `${os.type()} ${process.arch}`,
    ours: {
      mnnFace: version,
      node: process.versions.node,
      mnn: native().mnnVersion,
      sharp: sharp.versions.sharp,
    },
    reference,
  };
}

async function compareAll(sides, pictures, detectors, probes) {
  const progress = startProgress(pictures.length * detectors.length);
  const rows = [];
  try {
    for (const picture of pictures) {
      for (const detector of detectors) {
        rows.push(await compareOnPicture(sides, picture, detector, probes[detector]));
        progress.advance();
      }
    }
  } finally {
    progress.stop();
  }
  return rows;
}

/** Times of the pictures that both sides read, by detector. */
async function timeAll(sides, pictures, rows, detectors, repetitions) {
  const find = (row) => pictures.find(({ name }) => name === row.picture);
  const plan = detectors.flatMap((detector) => {
    const compared = rows.filter((row) => row.detector === detector && row.status === 'compared');
    const withFaces = compared.filter((row) => row.cosine !== null);
    return [
      ...compared.map((row) => ({ kind: 'detect', detector, pictures: [find(row)] })),
      ...pairUp(withFaces.map(find)).map((pair) => ({ kind: 'compare', detector, pictures: pair })),
    ];
  });
  const progress = startProgress(plan.length);
  try {
    const times = [];
    for (const { kind, detector, pictures: chosen } of plan) {
      const milliseconds =
        kind === 'detect'
          ? await timeDetect(sides, chosen[0], detector, repetitions)
          : await timeCompare(sides, chosen, detector, repetitions);
      times.push({ kind, detector, pictures: chosen.map(({ name }) => name), milliseconds });
      progress.advance();
    }
    return times;
  } finally {
    progress.stop();
  }
}

function summarise(rows, times, detectors) {
  const compared = rows.filter(({ status }) => status === 'compared');
  const extreme = (choose, values) => {
    const known = values.filter((value) => value !== null);
    return known.length === 0 ? null : choose(...known);
  };
  const timesOf = (kind, among) =>
    summariseTimes(
      times
        .filter((entry) => entry.kind === kind && among.includes(entry.detector))
        .map(({ milliseconds }) => milliseconds),
    );
  const differencesOf = (some) => ({
    corner: extreme(
      Math.max,
      some.map(({ difference }) => difference.corner),
    ),
    score: extreme(
      Math.max,
      some.map(({ difference }) => difference.score),
    ),
    cosine: extreme(
      Math.min,
      some.map(({ cosine }) => cosine),
    ),
  });
  return {
    agrees: rows.every(({ agrees }) => agrees !== false),
    compared: compared.length,
    disagreeing: rows.filter(({ agrees }) => agrees === false).length,
    notRun: rows.filter(({ status }) => status === 'not-run').length,
    readable: rows.filter(({ status }) => status !== 'unreadable').length,
    detectors: detectors.map((detector) => ({
      detector,
      ...differencesOf(compared.filter((row) => row.detector === detector)),
      detect: timesOf('detect', [detector]),
      compare: timesOf('compare', [detector]),
    })),
    all: {
      ...differencesOf(compared),
      detect: timesOf('detect', detectors),
      compare: timesOf('compare', detectors),
    },
  };
}

/**
 * @param options - pictures from `findPictures`, their folder, detectors, repetitions.
 * @throws UsageError when the Python side cannot be set up; MnnFaceError when a model is missing.
 */
export async function runReference({ pictures, folder, detectors, repetitions }) {
  const models = await modelPaths([...detectors, ...FURTHER_MODELS]);
  const worker = new ReferenceWorker(await ensureEnvironment(), models);
  sharp.concurrency(1);
  const faces = createFaces({ lanes: 1, threads: 1 });
  try {
    const sides = { faces, worker };
    const machine = describeMachine(await worker.call('versions'));
    const probes = {};
    for (const detector of detectors) {
      probes[detector] = await worker.call('probe', { model: detector });
    }
    const rows = await compareAll(sides, pictures, detectors, probes);
    const times = await timeAll(sides, pictures, rows, detectors, repetitions);
    return {
      folder,
      machine,
      settings: { repetitions, threads: 1, lanes: 1, tolerances: TOLERANCES },
      notRunnable: detectors
        .filter((detector) => !probes[detector].runs)
        .map((detector) => ({ detector, reason: probes[detector].reason })),
      summary: summarise(rows, times, detectors),
      rows,
      times,
    };
  } finally {
    await faces.close();
    await worker.close();
  }
}
