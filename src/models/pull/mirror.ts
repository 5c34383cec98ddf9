/** A mirror: one folder or address that serves every file by its name, in place of all sources. */
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MnnFaceError } from '../../errors.js';

/** A folder, e.g. another machine's cache, or an http(s) address. */
export type Mirror = { kind: 'folder'; path: string } | { kind: 'address'; url: URL };

function folder(path: string, said: string): Mirror {
  let isFolder = false;
  try {
    isFolder = statSync(path).isDirectory();
  } catch {
    // not there, or not readable: the same for us
  }
  if (isFolder) return { kind: 'folder', path };
  throw new MnnFaceError(
    'ERR_MODEL_MISSING',
    `${said} names the folder ${path}, which is not there. Give a folder of model files or an http(s) address.`,
  );
}

/**
 * The mirror that is asked for: `from`, else `MNN_FACE_MIRROR`.
 *
 * @throws MnnFaceError `ERR_MODEL_MISSING` when it is no folder and no address.
 */
export function mirrorOf(
  from: string | undefined,
  environment: NodeJS.ProcessEnv,
): Mirror | undefined {
  const value = from || environment.MNN_FACE_MIRROR;
  if (!value) return undefined;
  const said = from ? '--from' : 'MNN_FACE_MIRROR';
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return folder(resolve(value), said);
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return { kind: 'address', url };
  if (url?.protocol === 'file:' && url.host === '') return folder(fileURLToPath(url), said);
  throw new MnnFaceError(
    'ERR_MODEL_MISSING',
    `${said} is ${JSON.stringify(value.slice(0, 200))}, which is no folder and no http, https or file address.`,
  );
}

/** Where a mirror may have a file. A folder may be a whole cache, with its models in `models`. */
export function placesIn(mirror: Mirror, name: string): (string | URL)[] {
  if (mirror.kind === 'folder') {
    return [join(mirror.path, name), join(mirror.path, 'models', name)];
  }
  const url = new URL(mirror.url);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${encodeURIComponent(name)}`;
  return [url];
}
