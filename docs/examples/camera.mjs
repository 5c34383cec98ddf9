// Who is at the door: a picture a second from the camera, compared with one known face.
//   node camera.mjs KNOWN.jpg [--once] [COMMAND …]
// The command prints a JPEG; default: the Raspberry Pi's camera by rpicam-still.
import { execFile } from 'node:child_process';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createFaces } from 'mnn-face';

const CAMERA = 'rpicam-still --nopreview --immediate --width 640 --height 480 --output -'.split(
  ' ',
);
const [known, ...rest] = process.argv.slice(2);
const once = rest[0] === '--once';
const given = once ? rest.slice(1) : rest;
const [command, ...args] = given.length > 0 ? given : CAMERA;

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort());

const faces = createFaces({ profile: 'lowMemory' });
const [person] = (await faces.embed(known, { faces: 'largest' })).faces;

async function look() {
  const { stdout: jpeg } = await promisify(execFile)(command, args, {
    encoding: 'buffer',
    maxBuffer: 1 << 26,
    signal: stop.signal,
  });
  // Cheap: one run of the detector. Most pictures of a door show nobody.
  const { faces: found } = await faces.detect(jpeg, { minSize: 40 });
  if (found.length === 0) return 'nobody';
  const { faces: embedded } = await faces.embed(jpeg, { minSize: 40 });
  const distances = embedded.map((face) => faces.distance(face, person));
  const nearest = Math.min(...distances);
  return `${nearest <= 0.6 ? 'known' : 'unknown'} (${found.length} faces, distance ${nearest.toFixed(3)})`;
}

try {
  do {
    console.log(await look());
    if (!once) await sleep(1000, undefined, { signal: stop.signal });
  } while (!once);
} catch (error) {
  if (!stop.signal.aborted) throw error;
} finally {
  await faces.close();
}
