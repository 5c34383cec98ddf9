/** The first pass: what both sides find in each picture. It also warms everything up. */
import { cosine, differences, isWithinTolerance, larger, toBox, toCorners } from './agreement.mjs';
import { WorkerAnswerError } from './worker.mjs';

/** A result, or what is wrong with the picture. */
async function readOr(work, isPictureError) {
  try {
    return { value: await work };
  } catch (error) {
    if (!isPictureError(error)) throw error;
    return { problem: error.message };
  }
}

const oursIsUnreadable = ({ code }) =>
  code === 'ERR_IMAGE_DECODE' || code === 'ERR_IMAGE_TOO_LARGE';
const theirsIsUnreadable = (error) =>
  error instanceof WorkerAnswerError && error.kind === 'picture';

/** The least cosine of our embedding of the largest face with those of the reference. */
async function compareEmbeddings({ faces, worker }, path, detector) {
  const ours = await faces.embed(path, { detector, faces: 'largest' });
  const cosines = [];
  for (const mode of ['article', 'warm']) {
    const { embedding } = await worker.call('embed', { mode, picture: path, detector });
    cosines.push(cosine([...ours.faces[0].embedding], embedding));
  }
  return Math.min(...cosines);
}

/**
 * A row of the report: one picture, one detector.
 *
 * `status`: 'compared'; 'not-run' when the wheel cannot run the model; 'unreadable' when a side
 * cannot decode the picture. `agrees` is null where there is nothing to compare.
 */
export async function compareOnPicture(sides, { name, path }, detector, probe) {
  const { faces, worker } = sides;
  const row = {
    picture: name,
    detector,
    status: 'compared',
    note: null,
    width: null,
    height: null,
    faces: { ours: null, article: null, warm: null },
    difference: { corner: null, score: null },
    cosine: null,
    agrees: null,
    boxes: { ours: [], reference: [] },
  };
  const ours = await readOr(faces.detect(path, { detector }), oursIsUnreadable);
  if (ours.value) {
    row.width = ours.value.width;
    row.height = ours.value.height;
    row.faces.ours = ours.value.faces.length;
    row.boxes.ours = ours.value.faces.map(({ box, score }) => ({ box, score }));
  }
  if (!probe.runs) {
    return { ...row, status: 'not-run', note: 'the wheel cannot run this model' };
  }
  const call = (mode) =>
    readOr(worker.call('detect', { mode, picture: path, detector }), theirsIsUnreadable);
  const article = await call('article');
  const warm = await call('warm');
  if (!ours.value || !article.value || !warm.value) {
    const problems = [ours.problem, article.problem].filter((problem) => problem !== undefined);
    // Neither reads it: a bad file. Only one does: they disagree.
    const agrees = problems.length === 2 ? null : false;
    return { ...row, status: 'unreadable', note: problems.join('; '), agrees };
  }
  row.faces.article = article.value.faces.length;
  row.faces.warm = warm.value.faces.length;
  row.boxes.reference = article.value.faces.map(toBox);
  const own = ours.value.faces.map(toCorners);
  const [first, second] = [article, warm].map(({ value }) => differences(own, value.faces));
  row.difference = {
    corner: larger(first.corner, second.corner),
    score: larger(first.score, second.score),
  };
  if (Object.values(row.faces).every((count) => count > 0)) {
    row.cosine = await compareEmbeddings(sides, path, detector);
  }
  row.agrees =
    isWithinTolerance(row) &&
    row.width === article.value.width &&
    row.height === article.value.height;
  return row;
}
