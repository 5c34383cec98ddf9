// Gives the folder with libturbojpeg.a and its header, building it first when it is not there yet.
//
//   node native/jpeg/prefix.mjs [--target linux-arm64]     prints the folder
import { ensurePrefix, printPrefix } from '../vendored-library.mjs';

const JPEG = {
  name: 'jpeg',
  title: 'libjpeg-turbo',
  version: '3.1',
  crate: 'turbojpeg-sys',
  takes: 'half a minute',
  needs: 'on x86 nasm',
  debianPackage: 'nasm',
};

/** The folder with `lib/libturbojpeg.a` and `include/` for this host or a cross target. */
export const ensureJpegPrefix = (target) => ensurePrefix(JPEG, target);

await printPrefix(JPEG, import.meta.url);
