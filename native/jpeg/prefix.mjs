// Gives the folder with libturbojpeg.a and its headers, building it first when it is not there yet.
//
//   node native/jpeg/prefix.mjs [--target linux-arm64]     prints the folder
import { ensurePrefix, hasPrefix, printPrefix } from '../vendored-library.mjs';

const JPEG = {
  name: 'jpeg',
  title: 'libjpeg-turbo 3.1',
  version: '3.1',
  crate: 'turbojpeg-sys',
  sources: 'libjpeg-turbo',
  patches: [],
  definitions: {
    ENABLE_SHARED: 'OFF',
    ENABLE_STATIC: 'ON',
    // Without nasm it would silently be three times slower.
    REQUIRE_SIMD: 'ON',
  },
  cmakeTarget: 'turbojpeg-static',
  archive: { unix: 'libturbojpeg.a', windows: 'turbojpeg-static.lib' },
  // libjpeg's own interface too: TurboJPEG's gives no rows, and no more than one warning.
  headers: ['turbojpeg.h', 'jpeglib.h', 'jmorecfg.h', 'jerror.h']
    .map((name) => [`src/${name}`, `include/${name}`])
    .concat([['build/jconfig.h', 'include/jconfig.h']]),
  takes: 'half a minute',
  needs: 'cargo >= 1.85, cmake >= 3.18, a C compiler with make or ninja, and on x86 nasm',
};

/** The folder with `lib/libturbojpeg.a` and `include/` for this host or a cross target. */
export const ensureJpegPrefix = (target) => ensurePrefix(JPEG, target);

/** Whether it is built already, for this host. */
export const hasJpegPrefix = () => hasPrefix(JPEG);

await printPrefix(JPEG, import.meta.url);
