/** Finding faces where one look at the whole picture does not: turned, tightly cut, small in a large picture. */
import { addLandmarks, type LandmarkModel } from '../align/find-landmarks.js';
import { clipBox, detectFaces } from '../detect/detector.js';
import type { DetectedFace, ResolvedDetectOptions } from '../detect/types.js';
import type { Sessions } from '../models/sessions.js';
import type { Pixels } from '../native.js';
import { isCut, tilesOf } from './tiles.js';
import { MARGIN, SURELY_UPRIGHT, uprightnessOf } from './uprightness.js';
import {
  faceToPicture,
  type QuarterTurns,
  scaleOf,
  type View,
  viewOf,
  withBorder,
} from './view.js';

/** Which further looks are allowed. */
export interface ThoroughOptions {
  /** Turns the picture where no face, or only doubtful ones, stand upright. */
  upright: 'auto' | 'as-is';
  /** Puts a border around a picture without faces: one may fill it. */
  border: boolean;
  /** Looks at overlapping windows of a large picture too. */
  tiles: boolean;
}

/** Faces, and how the picture had to be turned. */
export interface Found {
  /** Best first, in pixels of the picture. With landmarks where the picture was turned. */
  faces: DetectedFace[];
  /** Degrees clockwise that bring the picture upright. */
  turned: 0 | 90 | 180 | 270;
}

/** Widths of the border tried, in shares of the sides: in that order they find the most. */
const BORDERS = [0.5, 1, 0.25];
/** Share of a side of the picture from which on a face fills it. */
const FILLED = 0.6;
/** Overlap (of the smaller box) above which two boxes of different windows are one face. */
const ONE_FACE = 0.5;

/** A look at the picture: the view and its faces, in pixels of the view. */
interface Look {
  view: View;
  faces: DetectedFace[];
  uprightness: number;
  bordered: boolean;
}

const asIs = (pixels: Pixels): View => ({ pixels, toPicture: [1, 0, 0, 0, 1, 0] });

async function detectIn(
  sessions: Sessions,
  view: View,
  options: ResolvedDetectOptions,
): Promise<DetectedFace[]> {
  const { minSize } = options;
  return await detectFaces(sessions, view.pixels, {
    ...options,
    maxFaces: Number.POSITIVE_INFINITY,
    clip: false,
    minSize: minSize === undefined ? undefined : minSize / scaleOf(view),
  });
}

async function look(
  sessions: Sessions,
  view: View,
  options: ResolvedDetectOptions,
  known?: DetectedFace[],
): Promise<Look> {
  const faces = known ?? (await detectIn(sessions, view, options));
  const uprightness = await uprightnessOf(sessions, view.pixels, faces);
  return { view, faces, uprightness, bordered: false };
}

function overlapOfSmaller(a: DetectedFace, b: DetectedFace): number {
  const width = Math.min(a.box.x + a.box.width, b.box.x + b.box.width) - Math.max(a.box.x, b.box.x);
  const height =
    Math.min(a.box.y + a.box.height, b.box.y + b.box.height) - Math.max(a.box.y, b.box.y);
  const smaller = Math.min(a.box.width * a.box.height, b.box.width * b.box.height);
  return width > 0 && height > 0 && smaller > 0 ? (width * height) / smaller : 0;
}

/** Adds the faces that windows show and the whole picture did not. */
async function withTiles(
  sessions: Sessions,
  pixels: Pixels,
  options: ResolvedDetectOptions,
  faces: DetectedFace[],
): Promise<DetectedFace[]> {
  const all = [...faces];
  // One after the other: memory stays that of one window.
  for (const part of tilesOf(pixels)) {
    const view = await viewOf(sessions, pixels, part);
    for (const face of await detectIn(sessions, view, options)) {
      const inPicture = faceToPicture(view, face);
      if (isCut(inPicture.box, part, pixels)) continue;
      if (all.every((other) => overlapOfSmaller(other, inPicture) < ONE_FACE)) all.push(inPicture);
    }
  }
  return all.sort((a, b) => b.score - a.score);
}

/** The first look with a border that finds something. */
async function lookWithBorder(
  sessions: Sessions,
  pixels: Pixels,
  options: ResolvedDetectOptions,
  turns: QuarterTurns,
): Promise<Look | undefined> {
  for (const share of BORDERS) {
    const view = await viewOf(sessions, pixels, withBorder(pixels, share), turns);
    const found = await look(sessions, view, options);
    if (found.faces.length > 0) return { ...found, bordered: true };
  }
  return undefined;
}

/** Whether a face takes up most of the picture. */
function isFilled({ faces, view: { pixels } }: Look): boolean {
  return faces.some(
    ({ box }) => box.width > FILLED * pixels.width || box.height > FILLED * pixels.height,
  );
}

/** The best of the four ways to hold the picture; the other three must be clearly better. */
async function lookTurned(
  sessions: Sessions,
  pixels: Pixels,
  options: ResolvedDetectOptions,
  border: boolean,
  upright: Look,
): Promise<{ look: Look; turns: QuarterTurns }> {
  let best: { look: Look; turns: QuarterTurns } = { look: upright, turns: 0 };
  const whole = { x: 0, y: 0, width: pixels.width, height: pixels.height };
  const filled = upright.bordered || isFilled(upright);
  const least = upright.uprightness + MARGIN[filled ? 'filled' : 'whole'];
  for (const turns of [1, 2, 3] as const) {
    let turned = await look(sessions, await viewOf(sessions, pixels, whole, turns), options);
    if (turned.faces.length === 0 && border) {
      turned = (await lookWithBorder(sessions, pixels, options, turns)) ?? turned;
    }
    const isBetter = turned.uprightness > least && turned.uprightness > best.look.uprightness;
    if (isBetter) best = { look: turned, turns };
  }
  return best;
}

/**
 * Finds faces, best first, with the further looks that the options allow. Each look takes the time of a
 * detection; there are at most 64 windows and 13 others, and none where the first finds faces that
 * surely stand upright (windows excepted).
 */
export async function findFaces(
  sessions: Sessions,
  pixels: Pixels,
  options: ResolvedDetectOptions,
  { upright, border, tiles }: ThoroughOptions,
  landmarks: LandmarkModel,
): Promise<Found> {
  if (upright === 'as-is' && !border && !tiles) {
    return { faces: await detectFaces(sessions, pixels, options), turned: 0 };
  }
  let first = await look(sessions, asIs(pixels), options);
  if (tiles) {
    const faces = await withTiles(sessions, pixels, options, first.faces);
    if (faces.length > first.faces.length) first = await look(sessions, first.view, options, faces);
  }
  if (first.faces.length === 0 && border) {
    first = (await lookWithBorder(sessions, pixels, options, 0)) ?? first;
  }
  let turns: QuarterTurns = 0;
  if (upright === 'auto' && first.uprightness < SURELY_UPRIGHT) {
    ({ look: first, turns } = await lookTurned(sessions, pixels, options, border, first));
  }
  const { view, faces: found } = first;
  // A face that lies on its side has no landmarks unless they are looked for where it stands.
  if (turns !== 0) await addLandmarks(sessions, view.pixels, found, landmarks);
  const faces = found.slice(0, options.maxFaces).map((face) => faceToPicture(view, face));
  if (options.clip) {
    for (const face of faces) face.box = clipBox(face.box, pixels.width, pixels.height);
  }
  return { faces, turned: (90 * turns) as Found['turned'] };
}
