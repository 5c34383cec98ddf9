/** A turned JPEG takes no second picture's memory, and gives the same pixels in bands. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';

const WIDTH = 6000;
const HEIGHT = 4000;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnn-face-rotated-'));
  const plain = await sharp({
    create: { width: WIDTH, height: HEIGHT, channels: 3, background: '#456789' },
  })
    .jpeg()
    .toBuffer();
  for (const orientation of [1, 6]) {
    const jpeg = await sharp(plain).withMetadata({ orientation }).jpeg().toBuffer();
    writeFileSync(join(folder, `${orientation}.jpg`), jpeg);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The process' greatest size in bytes, after one file was decoded. */
function peak(orientation: number): number {
  const source = `
    const { native } = require(${JSON.stringify(join(__dirname, '../native/addon.cjs'))});
    const bytes = require('node:fs').readFileSync(process.argv[1]);
    native.decodeJpeg(bytes, { maxPixels: 1e8, leastSide: 0 }).then(({ width, height }) => {
      console.log(JSON.stringify({ width, height, peak: process.resourceUsage().maxRSS * 1024 }));
    });`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['-e', source, join(folder, `${orientation}.jpg`)],
    { encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  const { width, height, peak } = JSON.parse(stdout);
  expect([width, height]).toEqual(orientation === 1 ? [WIDTH, HEIGHT] : [HEIGHT, WIDTH]);
  return peak;
}

test('its peak is that of an upright one', () => {
  const picture = WIDTH * HEIGHT * 3;
  const upright = peak(1);
  expect(upright).toBeGreaterThan(picture);
  expect(peak(6) - upright).toBeLessThan(picture / 3);
});
