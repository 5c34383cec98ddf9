/** Tables and lines for people. */
import pc from 'picocolors';
import type { DetectedFace } from '../detect/types.js';

/** Columns padded to their widest cell; numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => (row[i] ?? '').length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell.padStart(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  return [pc.dim(line(head)), ...rows.map(line)].map((text) => `  ${text}`).join('\n');
}

/** A table of faces. */
export function facesTable(faces: readonly DetectedFace[]): string {
  return table(
    ['#', 'score', 'x', 'y', 'width', 'height'],
    faces.map(({ box, score }, i) => [
      String(i + 1),
      score.toFixed(3),
      ...[box.x, box.y, box.width, box.height].map((value) => value.toFixed(1)),
    ]),
  );
}

/** `1 face`, `3 faces`, `no face`. */
export function countFaces(count: number): string {
  if (count === 0) return 'no face';
  return count === 1 ? '1 face' : `${count} faces`;
}
