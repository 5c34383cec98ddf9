// Identification on lfw10 (10 people x 10 pictures) through a gallery in a file.
//   node bench/gallery-lfw10.mjs [--json] [--far 0.001]
// Rank 1: one picture of each person is enrolled, the other 90 are identified; each of the 10
// pictures has its turn: 900 identifications.
// Strangers: 5 people are enrolled by one picture each, all pictures of the other 5 are identified;
// all 252 choices of 5 people and all 10 of the picture: 126,000 identifications. (They are counted
// from the candidates of the galleries above: a gallery of fewer people has the same distances.)
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setUp } from '../scripts/setup.mjs';

await setUp();
const { createFaces, openGallery } = await import('../dist/index.js');
const { sharedDirectory } = await import('./lfw10-embeddings.mjs');

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, far: { type: 'string', default: '0.001' } },
});
const far = Number(values.far);
const root = join(sharedDirectory, 'lfw10');
const people = readdirSync(root).sort();
const pictures = people.map((person) =>
  readdirSync(join(root, person))
    .sort()
    .map((name) => join(root, person, name)),
);
// Each picture is embedded once, and then comes from the cache.
const faces = createFaces({ cache: true });
const call = { faces: 'largest' };

/** All pictures against a gallery with picture `k` of each person. */
async function identifyAll(folder, k) {
  const gallery = await openGallery({ file: join(folder, `${k}.db`), faces });
  for (const [i, person] of people.entries()) await gallery.enroll(person, pictures[i][k], call);
  const found = [];
  for (const [i, person] of people.entries()) {
    for (const [j, file] of pictures[i].entries()) {
      const result = await gallery.identify(file, { ...call, far, limit: people.length });
      const distances = new Map(
        result.faces[0].candidates.map(({ subject, distance }) => [subject, distance]),
      );
      found.push({
        person,
        enrolled: j === k,
        nearest: result.faces[0].nearest.subject,
        distances,
        threshold: result.threshold,
      });
    }
  }
  await gallery.close();
  return found;
}

function* choices(items, count) {
  if (count === 0) yield [];
  else
    for (const [i, item] of items.entries())
      for (const rest of choices(items.slice(i + 1), count - 1)) yield [item, ...rest];
}

const count = { probes: 0, right: 0, strangers: 0, unknown: 0, known: 0, matched: 0 };
let threshold;
const folder = mkdtempSync(join(tmpdir(), 'mnn-face-bench-'));
try {
  for (let k = 0; k < 10; k++) {
    const found = await identifyAll(folder, k);
    for (const probe of found) {
      threshold = probe.threshold;
      if (probe.enrolled) continue;
      count.probes++;
      if (probe.nearest === probe.person) count.right++;
    }
    for (const enrolled of choices(people, 5)) {
      for (const { person, enrolled: same, distances } of found) {
        const [nearest, distance] = enrolled
          .map((name) => [name, distances.get(name)])
          .reduce((a, b) => (b[1] < a[1] ? b : a));
        if (!enrolled.includes(person)) {
          count.strangers++;
          if (distance > threshold) count.unknown++;
        } else if (!same) {
          count.known++;
          if (nearest === person && distance <= threshold) count.matched++;
        }
      }
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
  await faces.close();
}
const result = {
  rank1: count.right / count.probes,
  identifications: count.probes,
  far,
  threshold,
  strangersUnknown: count.unknown / count.strangers,
  strangers: count.strangers,
  knownMatched: count.matched / count.known,
};
if (values.json) console.log(JSON.stringify(result));
else {
  const percent = (value) => `${(100 * value).toFixed(2)} %`;
  console.log(`rank 1: ${percent(result.rank1)} of ${result.identifications} identifications`);
  console.log(
    `at far ${far} (distance <= ${threshold}): strangers answered unknown ${percent(result.strangersUnknown)} of ${result.strangers}, enrolled people matched ${percent(result.knownMatched)}`,
  );
}
