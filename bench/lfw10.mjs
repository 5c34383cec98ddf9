// Accuracy on lfw10 through the public API: AUC, and TAR at FAR 1 % and 0.1 %.
//   node bench/lfw10.mjs [--json] [--detector NAME] [--landmarks onet|yunet|none]
import { parseArgs } from 'node:util';
import { setUp } from '../scripts/setup.mjs';

await setUp();
const { createFaces, distance } = await import('../dist/index.js');
const { embedLfw10, pairDistances } = await import('./lfw10-embeddings.mjs');
const { auc, rateAt, thresholdAtFar } = await import('./verification-metrics.mjs');

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    detector: { type: 'string' },
    landmarks: { type: 'string' },
  },
});
const faces = createFaces({
  ...(values.detector && { detector: values.detector }),
  ...(values.landmarks && { landmarks: values.landmarks === 'none' ? false : values.landmarks }),
});
const entries = await embedLfw10(faces);
await faces.close();
const { genuine, impostor } = pairDistances(entries, distance);
const at = (far) => {
  const threshold = thresholdAtFar(impostor, far);
  return { far, threshold, tar: rateAt(genuine, threshold) };
};
const result = {
  pictures: entries.length,
  genuine: genuine.length,
  impostor: impostor.length,
  auc: auc(genuine, impostor),
  operatingPoints: [0.01, 0.001, 0.0001].map(at),
};
if (values.json) {
  console.log(JSON.stringify(result));
} else {
  console.log(
    `lfw10: ${result.pictures} pictures, ${result.genuine} genuine and ${result.impostor} impostor pairs`,
  );
  console.log(`AUC ${result.auc.toFixed(6)}`);
  for (const { far, tar, threshold } of result.operatingPoints) {
    console.log(
      `TAR at FAR ${(far * 100).toFixed(2)} %: ${tar.toFixed(4)}  (distance <= ${threshold.toFixed(4)})`,
    );
  }
}
