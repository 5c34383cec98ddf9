// Gives the folder with libMNN.a and MNN's headers, building it first when it is not there yet.
//
//   node native/mnn/prefix.mjs [--target linux-arm64]     prints the folder
import { ensurePrefix, hasPrefix, prefixKey as keyOf, printPrefix } from '../vendored-library.mjs';
import { LOG_HOOK } from './log-hook.mjs';

const MNN = {
  name: 'mnn',
  title: 'MNN 3.3.0',
  version: '3.3.0',
  crate: 'mnn-sys',
  sources: 'vendor',
  patches: [LOG_HOOK],
  // What options.cmake does not force: an addon needs the engine alone, as a static library.
  definitions: {
    MNN_BUILD_SHARED_LIBS: 'OFF',
    MNN_SEP_BUILD: 'OFF',
    MNN_BUILD_CONVERTER: 'OFF',
    MNN_BUILD_TOOLS: 'OFF',
    MNN_USE_THREAD_POOL: 'ON',
    MNN_OPENMP: 'OFF',
  },
  cmakeTarget: 'MNN',
  archive: { unix: 'libMNN.a', windows: 'MNN.lib' },
  // From the sources (or `build/`) to the prefix.
  headers: [
    ['include', 'include'],
    // The flatbuffers schema: the model check walks the graph before MNN does.
    ['schema/current', 'schema'],
    ['3rd_party/flatbuffers/include', 'include'],
  ],
  takes: 'about 5 minutes on 2 cores',
  needs: 'cargo >= 1.85, cmake >= 3.18 and a C++ compiler with make or ninja',
};

/** A hash of everything that shapes the library: versions, options, compiler, target. */
export const prefixKey = (target) => keyOf(MNN, target);

/** The folder with `lib/libMNN.a`, `include/` and `schema/` for this host or a cross target. */
export const ensureMnnPrefix = (target) => ensurePrefix(MNN, target);

/** Whether it is built already, for this host. */
export const hasMnnPrefix = () => hasPrefix(MNN);

await printPrefix(MNN, import.meta.url);
