// Gives the folder with libMNN.a and MNN's headers, building it first when it is not there yet.
//
//   node native/mnn/prefix.mjs [--target linux-arm64]     prints the folder
import { ensurePrefix, prefixKey as keyOf, printPrefix } from '../vendored-library.mjs';

const MNN = {
  name: 'mnn',
  title: 'MNN',
  version: '3.3.0',
  crate: 'mnn-sys',
  takes: 'about 10 minutes',
  needs: 'libclang',
  debianPackage: 'libclang-dev',
};

/** A hash of everything that shapes the library: versions, options, compiler, target. */
export const prefixKey = (target) => keyOf(MNN, target);

/** The folder with `lib/libMNN.a`, `include/` and `schema/` for this host or a cross target. */
export const ensureMnnPrefix = (target) => ensurePrefix(MNN, target);

await printPrefix(MNN, import.meta.url);
