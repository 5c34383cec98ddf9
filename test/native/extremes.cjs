// Geometry at its extremes, for the sanitizers: node extremes.cjs
const assert = require('node:assert');
const { native } = require('./addon.cjs');

const picture = { data: new Uint8Array(40 * 30 * 3).fill(200), width: 40, height: 30 };
const warp = (regions) =>
  native.resample({
    picture,
    geometry: 'warp',
    regions: Float64Array.from(regions),
    width: 16,
    height: 16,
  });

async function main() {
  const large = [1e300, -1e300, 1e18, 4e9, -4e9, 2.2e9, 1e-300, 0];
  for (const a of large) {
    for (const b of large) {
      await warp([a, b, a, b, a, b]);
      await warp([1, 0, a, 0, 1, b]);
      await warp([a, 0, 0, 0, b, 0]);
    }
  }
  // A column that is all of the picture: its sum passes 31 bits.
  const height = 9_000_000;
  const column = { data: native.hold(new Uint8Array(3 * height).fill(255)), width: 1, height };
  for (const geometry of ['area', 'linear', 'cubic']) {
    const job = {
      picture: column,
      geometry,
      regions: Float64Array.of(0, 0, 1, height),
      width: 1,
      height: 1,
    };
    assert.deepStrictEqual([...(await native.resample(job))], [255, 255, 255], geometry);
  }
  for (const geometry of ['area', 'linear', 'cubic']) {
    for (const [width, to] of [
      [1, 4096],
      [40, 1],
      [39, 40],
    ]) {
      const regions = Float64Array.of(40 - width, 29, width, 1);
      const data = await native.resample({ picture, geometry, regions, width: to, height: to });
      assert(data.every((value) => value === 200));
    }
  }
}

main().then(
  () => console.log('done'),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
);
