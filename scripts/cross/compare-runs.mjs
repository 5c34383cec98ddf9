/** Two runs of test/cross/pipeline.cjs, on two processors, against stated tolerances. */

function iou(a, b) {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  const both = Math.max(0, width) * Math.max(0, height);
  return both / (a.width * a.height + b.width * b.height - both);
}

const difference = (a, b) =>
  Math.max(...['x', 'y', 'width', 'height'].map((key) => Math.abs(a[key] - b[key])));

/** Float models: corners within 0.05 px. Quantised ones round differently: boxes overlap by 0.85. */
function compareDetector(name, here, there) {
  let worst = 0;
  let least = 1;
  let missing = 0;
  let count = 0;
  for (const [picture, faces] of Object.entries(here)) {
    for (const { box } of faces) {
      count++;
      const best = there[picture].reduce(
        (found, face) =>
          found === undefined || iou(face.box, box) > iou(found.box, box) ? face : found,
        undefined,
      );
      if (best === undefined || iou(best.box, box) < 0.5) missing++;
      else {
        worst = Math.max(worst, difference(best.box, box));
        least = Math.min(least, iou(best.box, box));
      }
    }
  }
  const quantised = name.includes('quant');
  const ok = quantised ? missing <= count * 0.02 && least >= 0.85 : missing === 0 && worst <= 0.05;
  const detail = `${count} faces, ${missing} missing, largest difference ${worst.toFixed(4)} px, least IoU ${least.toFixed(4)}`;
  return { what: name, ok, detail };
}

function cosineDistance(a, b) {
  return 1 - a.reduce((sum, value, i) => sum + value * b[i], 0);
}

/** @returns {{what: string, ok: boolean, detail: string}[]} */
export function compareRuns(here, there) {
  const checks = Object.keys(here.detectors).map((name) =>
    compareDetector(name, here.detectors[name], there.detectors[name]),
  );
  const names = Object.keys(here.embeddings);
  const largest = Math.max(
    ...names.map((n) => cosineDistance(here.embeddings[n], there.embeddings[n])),
  );
  checks.push({
    what: 'embeddings',
    ok: largest < 1e-4,
    detail: `largest distance ${largest.toExponential(1)}`,
  });
  for (const [i, a] of names.entries()) {
    for (const b of names.slice(i + 1)) {
      const distances = [here, there].map(({ embeddings }) =>
        cosineDistance(embeddings[a], embeddings[b]),
      );
      const ok = Math.abs(distances[0] - distances[1]) < 1e-4;
      checks.push({
        what: `${a} and ${b}`,
        ok,
        detail: distances.map((d) => d.toFixed(6)).join(' and '),
      });
    }
  }
  checks.push({
    what: 'resized pixels',
    ok: JSON.stringify(here.resized) === JSON.stringify(there.resized),
    detail: `${Object.keys(here.resized).length} pictures, SHA-256`,
  });
  return checks;
}
