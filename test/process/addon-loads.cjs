// The prebuilt addon of this machine loads, and a C++ exception comes out of it as an error.
//   node test/process/addon-loads.cjs
const { readdirSync } = require('node:fs');
const { join } = require('node:path');

const folder = join(__dirname, '..', '..', 'prebuilds', `${process.platform}-${process.arch}`);
const addons = readdirSync(folder);
if (addons.length !== 1) throw new Error(`One addon was expected: ${addons.join(', ')}`);
const addon = require(join(folder, addons[0]));
addon.inspect(Buffer.from('this is no model')).then(
  () => {
    throw new Error('Sixteen bytes of text were taken for a model.');
  },
  (error) => {
    if (error.code !== 'ERR_MODEL_INVALID') throw error;
    console.log(`${addons[0]}: MNN ${addon.mnnVersion}, loads and refuses`);
  },
);
