// A file out of MNN_FACE_MIRROR: a folder, or an address that serves files by their name.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** The file's bytes; undefined when there is no mirror, or it does not have the file. */
export async function fromMirror(name, mirror = process.env.MNN_FACE_MIRROR) {
  if (!mirror) return undefined;
  try {
    if (/^https?:/i.test(mirror)) {
      const address = new URL(`${mirror.replace(/\/+$/, '')}/${encodeURIComponent(name)}`);
      const response = await fetch(address, { signal: AbortSignal.timeout(60_000) });
      return response.ok ? Buffer.from(await response.arrayBuffer()) : undefined;
    }
    return await readFile(join(/^file:/i.test(mirror) ? fileURLToPath(mirror) : mirror, name));
  } catch {
    return undefined;
  }
}
