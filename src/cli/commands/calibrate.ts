/** `calibrate DIR`: thresholds for the user's own people, one folder each. */
import { readdir, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import pc from 'picocolors';
import { mapInOrder } from '../../batch.js';
import { percent } from '../../calibrate/det-chart.js';
import {
  detCurve,
  type OperatingPoint,
  operatingPoints,
} from '../../calibrate/operating-points.js';
import { type KnownFace, pairDistances, type WorstPair } from '../../calibrate/pair-distances.js';
import { calibrationHtml, type PairPicture } from '../../calibrate/report-html.js';
import { MnnFaceError, messageOf } from '../../errors.js';
import { createFaces, type Faces } from '../../faces.js';
import { loadSharp } from '../../image/sharp.js';
import { EXIT } from '../exit.js';
import { table } from '../format.js';
import { type CliOptions, toFacesOptions } from '../options.js';
import { startProgress } from '../progress.js';

/** What `calibrate` is given. */
export interface CalibrateCliOptions extends CliOptions {
  html?: string;
  worst: number;
}

interface Portrait extends KnownFace {
  file: string;
}

const CONCURRENCY = 8;
const PICTURE = /\.(jpe?g|png|webp|tiff?|avif|gif)$/i;

interface PersonPicture {
  person: number;
  file: string;
}

async function peopleIn(folder: string): Promise<{ names: string[]; pictures: PersonPicture[] }> {
  const names: string[] = [];
  const pictures: PersonPicture[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const path = join(folder, name);
    // Followed: a link to a folder of pictures is a person too.
    if (!(await stat(path)).isDirectory()) continue;
    const files = (await readdir(path)).filter((file) => PICTURE.test(file)).sort();
    if (files.length === 0) continue;
    for (const file of files) pictures.push({ person: names.length, file: join(path, file) });
    names.push(name);
  }
  return { names, pictures };
}

/** The largest face of each picture; a picture that gives none is named and passed over. */
async function embedAll(
  faces: Faces,
  pictures: readonly PersonPicture[],
): Promise<{ found: Portrait[]; failed: { file: string; message: string }[] }> {
  const progress = startProgress(pictures.length);
  const found: Portrait[] = [];
  const failed: { file: string; message: string }[] = [];
  try {
    const work = async ({ person, file }: PersonPicture) => {
      try {
        const [face] = (await faces.embed(file, { faces: 'largest' })).faces;
        return { person, file, vector: face?.embedding };
      } catch (error) {
        return { file, message: messageOf(error) };
      }
    };
    for await (const result of mapInOrder(pictures, CONCURRENCY, work)) {
      progress.advance();
      if ('message' in result) failed.push({ file: result.file, message: result.message });
      else if (result.vector !== undefined) found.push({ ...result, vector: result.vector });
    }
  } finally {
    progress.stop();
  }
  return { found, failed };
}

async function cropJpeg(faces: Faces, file: string): Promise<Uint8Array> {
  const [face] = await faces.align(file, { faces: 'largest' });
  if (face === undefined) throw new MnnFaceError('ERR_INTERNAL', `${file} has lost its face.`);
  const { data, width, height } = face.crop;
  return await loadSharp()(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 85 })
    .toBuffer();
}

async function withPictures(
  faces: Faces,
  known: readonly Portrait[],
  pairs: readonly WorstPair[],
): Promise<PairPicture[]> {
  const shown: PairPicture[] = [];
  for (const { a, b, distance } of pairs) {
    const [left, right] = [known[a], known[b]];
    if (left === undefined || right === undefined) continue;
    const picture = async ({ file }: Portrait) => ({
      name: `${basename(join(file, '..'))}/${basename(file)}`,
      jpeg: await cropJpeg(faces, file),
    });
    shown.push({ distance, faces: [await picture(left), await picture(right)] });
  }
  return shown;
}

function printTable(points: readonly OperatingPoint[]): void {
  console.log(
    table(
      ['FAR', 'threshold', 'FAR here (95 %)', 'TAR (95 %)'],
      points.map(({ far, threshold, measuredFar, farInterval, tar, tarInterval }) => [
        percent(far),
        threshold.toFixed(3),
        `${percent(measuredFar)} (${farInterval.map(percent).join(' to ')})`,
        `${percent(tar)} (${tarInterval.map(percent).join(' to ')})`,
      ]),
    ),
  );
}

/** `calibrate DIR`: a table of thresholds, the worst pairs, and a report to look at. */
export async function calibrateCommand(
  folder: string,
  options: CalibrateCliOptions,
): Promise<number> {
  const { html, worst, ...rest } = options;
  const { names, pictures } = await peopleIn(folder);
  if (names.length < 2) {
    throw new MnnFaceError(
      'ERR_CALIBRATION',
      `${folder} holds ${names.length === 0 ? 'no folder' : 'only one folder'} with pictures. Thresholds need at least two people, one folder each, better hundreds.`,
    );
  }
  await using faces = createFaces(toFacesOptions(rest));
  const { found, failed } = await embedAll(faces, pictures);
  const pairs = await pairDistances(found, { worst });
  if (pairs.genuinePairs === 0 || pairs.impostorPairs === 0) {
    throw new MnnFaceError(
      'ERR_CALIBRATION',
      `${folder} gives ${pairs.genuinePairs} pairs of one person and ${pairs.impostorPairs} pairs of two; both are needed. Give several pictures a person.`,
    );
  }
  const points = operatingPoints(pairs);
  const { model } = faces.embedderOfGallery().make;
  if (html !== undefined) {
    const report = calibrationHtml({
      model,
      people: names.length,
      faces: found.length,
      genuinePairs: pairs.genuinePairs,
      impostorPairs: pairs.impostorPairs,
      points,
      curve: detCurve(pairs),
      nearestImpostors: await withPictures(faces, found, pairs.nearestImpostors),
      farthestGenuine: await withPictures(faces, found, pairs.farthestGenuine),
    });
    await writeFile(html, report);
  }
  const named = ({ a, b, distance }: WorstPair) => ({
    a: found[a]?.file,
    b: found[b]?.file,
    distance,
  });
  if (options.json) {
    const { genuinePairs, impostorPairs } = pairs;
    const nearestImpostors = pairs.nearestImpostors.map(named);
    const farthestGenuine = pairs.farthestGenuine.map(named);
    const counts = { people: names.length, faces: found.length, genuinePairs, impostorPairs };
    console.log(
      JSON.stringify({ model, ...counts, points, nearestImpostors, farthestGenuine, failed }),
    );
  } else {
    console.log(
      `${pc.bold(folder)}  ${found.length} faces of ${names.length} people, ${pairs.genuinePairs} pairs of one person, ${pairs.impostorPairs} of two${pc.dim(`  ${model}`)}`,
    );
    printTable(points);
    const [nearest] = pairs.nearestImpostors.map(named);
    if (nearest !== undefined) {
      console.log(
        pc.dim(
          `  two people most alike: ${nearest.a} and ${nearest.b}, ${nearest.distance.toFixed(3)}`,
        ),
      );
    }
    if (html !== undefined) console.log(pc.dim(`  ${html} shows the curve and the worst pairs`));
  }
  for (const { file, message } of failed)
    console.error(`${pc.yellow('passed over')} ${file}: ${message}`);
  return EXIT.ok;
}
