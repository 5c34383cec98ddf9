/** Draws boxes and landmarks on pictures. */
import type { DetectedFace } from '../detect/types.js';
import { MnnFaceError, messageOf } from '../errors.js';
import type { Pixels } from '../native.js';
import { loadSharp } from './sharp.js';

/** A picture with the faces to mark on it. */
export interface Annotation {
  pixels: Pixels;
  faces: readonly DetectedFace[];
  /** CSS colour of the boxes. */
  color: string;
  /** Drawn above the first box. */
  label?: string;
}

/** Height of the panels of an annotated picture, in pixels. */
const PANEL_HEIGHT = 480;
/** Panoramas are drawn smaller than that. */
const MOST_PANEL_WIDTH = 1920;

function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

function overlay({ faces, color, label }: Annotation, width: number, scale: number): Buffer {
  const shapes = faces.map(({ box, landmarks, score }, i) => {
    const x = box.x * scale;
    const y = box.y * scale;
    const text = escapeXml(i === 0 && label !== undefined ? label : score.toFixed(2));
    const points = (landmarks ?? []).map(
      ([px, py]) =>
        `<circle cx="${px * scale}" cy="${py * scale}" r="3" fill="#fff" stroke="${color}"/>`,
    );
    return [
      `<rect x="${x}" y="${y}" width="${box.width * scale}" height="${box.height * scale}" rx="4" fill="none" stroke="${color}" stroke-width="3"/>`,
      `<text x="${x}" y="${Math.max(16, y - 6)}" font-family="sans-serif" font-size="16" font-weight="bold" fill="${color}" stroke="#000" stroke-width="3" paint-order="stroke">${text}</text>`,
      ...points,
    ].join('');
  });
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${PANEL_HEIGHT}">${shapes.join('')}</svg>`,
  );
}

async function drawPanel(annotation: Annotation): Promise<{ data: Buffer; width: number }> {
  const { pixels } = annotation;
  const scale = Math.min(PANEL_HEIGHT / pixels.height, MOST_PANEL_WIDTH / pixels.width);
  const width = Math.max(1, Math.round(pixels.width * scale));
  const data = await loadSharp()(pixels.data, {
    raw: { width: pixels.width, height: pixels.height, channels: 3 },
  })
    .resize(width, Math.max(1, Math.round(pixels.height * scale)), { fit: 'fill' })
    .extend({ bottom: PANEL_HEIGHT - Math.max(1, Math.round(pixels.height * scale)) })
    .composite([{ input: overlay(annotation, width, scale), left: 0, top: 0 }])
    .png()
    .toBuffer();
  return { data, width };
}

/**
 * Writes the pictures side by side, their faces marked, as PNG or JPEG by the file's ending.
 *
 * @throws MnnFaceError `ERR_IMAGE_WRITE`
 */
export async function writeAnnotated(
  file: string,
  annotations: readonly Annotation[],
): Promise<void> {
  const panels = await Promise.all(annotations.map(drawPanel));
  const width = panels.reduce((sum, panel) => sum + panel.width, 0);
  let left = 0;
  const parts = panels.map((panel) => {
    const part = { input: panel.data, left, top: 0 };
    left += panel.width;
    return part;
  });
  try {
    await loadSharp()({
      create: { width, height: PANEL_HEIGHT, channels: 3, background: '#000' },
    })
      .composite(parts)
      .toFile(file);
  } catch (error) {
    throw new MnnFaceError(
      'ERR_IMAGE_WRITE',
      `Cannot write the annotated picture ${file}: ${messageOf(error).split('\n')[0]}`,
      { cause: error },
    );
  }
}
