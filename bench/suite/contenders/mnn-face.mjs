// This package, by its public functions only.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { config, cycle, lazy, serve } from '../serve.mjs';

const require = createRequire(import.meta.url);
const { createFaces } = require(config.root);
const { version } = JSON.parse(readFileSync(join(config.root, 'package.json'), 'utf8'));

const faces = createFaces();
const caching = lazy(() => createFaces({ cache: true }));
const [first, second] = config.pair;
const next = cycle(config.pictures);

// Decoded by sharp, as this package decodes what it is given as a file.
const decoded = lazy(async () => {
  const { data, info } = await require('sharp')(first)
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: 3 };
});

await serve(
  { 'mnn-face': version },
  {
    detect: {
      prepare: decoded,
      once: async () => ({ faces: (await faces.detect(await decoded())).faces.length }),
    },
    embed: {
      prepare: decoded,
      once: async () => {
        const found = await faces.embed(await decoded(), { faces: 'largest' });
        return { faces: found.faces.length };
      },
    },
    verify: {
      once: async () => ({
        distance: (await faces.verify(first, second, { faces: 'largest' })).distance,
      }),
    },
    cached: {
      once: async () => ({
        distance: (await caching().verify(first, second, { faces: 'largest' })).distance,
      }),
    },
    throughput: {
      many: async (count) => {
        let embedded = 0;
        for await (const { faces: found } of faces.embedAll(next(count), { faces: 'largest' })) {
          embedded += found.length;
        }
        return { faces: embedded };
      },
    },
  },
);
