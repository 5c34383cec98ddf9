/** One picture of the HTML report: both sides' boxes over it, a tab and a table row per detector. */
import sharp from 'sharp';
import { formatCosine, formatDifference, NONE } from './format.mjs';
import { html } from './html.mjs';

const MOST_PIXELS_A_SIDE = 800;

/** A small JPEG as a data address; undefined for a file that is no picture. */
async function thumbnail(path) {
  try {
    const jpeg = await sharp(path, { autoOrient: true, ignoreIcc: true, failOn: 'error' })
      .resize(MOST_PIXELS_A_SIDE, MOST_PIXELS_A_SIDE, { fit: 'inside', withoutEnlargement: true })
      .removeAlpha()
      .toColourspace('srgb')
      .jpeg({ quality: 82 })
      .toBuffer();
    return `data:image/jpeg;base64,${jpeg.toString('base64')}`;
  } catch {
    return undefined;
  }
}

function rectangles(faces, side) {
  return faces.map(
    ({ box, score }) =>
      html`<rect class="${side}" x="${box.x}" y="${box.y}" width="${box.width}" height="${box.height}"><title>${side} ${score.toFixed(6)}</title></rect>`,
  );
}

function layer({ boxes }) {
  return html`<g>${rectangles(boxes.ours, 'ours')}${rectangles(boxes.reference, 'reference')}</g>`;
}

function state({ agrees }) {
  if (agrees === null) return html`<span class="soft">${NONE}</span>`;
  return agrees ? html`<span class="good">agrees</span>` : html`<span class="bad">differs</span>`;
}

function tableRow(row) {
  const head = html`<td>${row.detector}</td><td>${row.faces.ours ?? NONE}</td>`;
  if (row.note !== null) {
    return html`<tr>${head}<td class="note" colspan="4">${row.note}</td><td>${state(row)}</td></tr>`;
  }
  return html`<tr>${head}<td>${row.faces.article}</td><td>${formatDifference(row.difference.corner)}</td><td>${formatDifference(row.difference.score)}</td><td>${formatCosine(row.cosine)}</td><td>${state(row)}</td></tr>`;
}

/**
 * @param rows - Of one picture, one per detector.
 * @param index - Makes the names of the tabs differ between pictures.
 */
export async function pictureSection(path, rows, index) {
  const { picture, width, height } = rows.find((row) => row.width !== null) ?? rows[0];
  const image = width === null ? undefined : await thumbnail(path);
  const tabs = rows.map(
    ({ detector }, i) =>
      html`<input type="radio" name="picture-${index}" id="tab-${index}-${i}"${i === 0 ? ' checked' : ''}><label for="tab-${index}-${i}">${detector}</label>`,
  );
  const drawing =
    image === undefined
      ? ''
      : html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${picture} with the boxes of both sides"><image href="${image}" width="${width}" height="${height}" preserveAspectRatio="none"/>${rows.map(layer)}</svg>`;
  const size = width === null ? '' : `${width} x ${height}`;
  return html`<section class="picture"><h3>${picture} <small>${size}</small></h3>
${image === undefined ? '' : tabs}${drawing}
<div class="scroll"><table><tr><th>detector</th><th>faces here</th><th>there</th><th>corner px</th><th>score</th><th>cosine</th><th></th></tr>
${rows.map(tableRow)}</table></div></section>
`;
}
