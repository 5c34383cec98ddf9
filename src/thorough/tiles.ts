/** Overlapping windows over a large picture, so that small faces become large enough to be found. */
import type { Pixels } from '../native.js';
import type { Part } from './view.js';

/** Sides of a window in pixels, at least: smaller faces than such a window shows can be told from nobody. */
const LEAST_WIDTH = 640;
const LEAST_HEIGHT = 480;
/** Share of a window that the next one shows too: a face on the edge of one is whole in the other. */
const OVERLAP = 0.25;
/** Windows along each side, at most: 64 in all bound the time for any picture. */
const MOST_ALONG = 8;

/** Starts of windows of one size that cover `length`, evenly spread. */
function starts(length: number, window: number): number[] {
  if (length <= window) return [0];
  const count = Math.ceil((length - window) / (window * (1 - OVERLAP))) + 1;
  return Array.from({ length: count }, (_, i) => (i * (length - window)) / (count - 1));
}

/** Length of windows of which at most MOST_ALONG cover `length`. */
function windowFor(length: number, least: number): number {
  return Math.min(length, Math.max(least, length / (MOST_ALONG * (1 - OVERLAP) + OVERLAP)));
}

/** The windows; none where the picture is no larger than one. */
export function tilesOf({ width, height }: Pixels): Part[] {
  const across = windowFor(width, LEAST_WIDTH);
  const down = windowFor(height, LEAST_HEIGHT);
  if (across >= width && down >= height) return [];
  return starts(height, down).flatMap((y) =>
    starts(width, across).map((x) => ({ x, y, width: across, height: down })),
  );
}

/** Whether a box of a window touches an edge of it that is no edge of the picture: it may be half a face. */
export function isCut(
  box: { x: number; y: number; width: number; height: number },
  part: Part,
  { width, height }: Pixels,
): boolean {
  const margin = 2;
  return (
    (part.x > 0 && box.x < part.x + margin) ||
    (part.y > 0 && box.y < part.y + margin) ||
    (part.x + part.width < width && box.x + box.width > part.x + part.width - margin) ||
    (part.y + part.height < height && box.y + box.height > part.y + part.height - margin)
  );
}
