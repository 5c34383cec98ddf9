/** Why a file could not be had: sentences that name the host, and never a password. */
import { codeOf, MnnFaceError, messageOf } from '../../errors.js';

/** An address as messages show it. */
export function shown(place: string | URL): string {
  if (typeof place === 'string') return place;
  const url = new URL(place);
  url.username = '';
  url.password = '';
  url.search = '';
  return url.href;
}

function rootOf(error: unknown): unknown {
  let root = error;
  // A failed fetch wraps what happened, now and then in several layers.
  for (let depth = 0; depth < 8; depth++) {
    if (typeof root !== 'object' || root === null || !('cause' in root) || !root.cause) break;
    root = root.cause;
  }
  // Both addresses of a host refused: each has its own error.
  if (root instanceof AggregateError && root.errors.length > 0) return root.errors[0];
  return root;
}

/** A request that failed, in one sentence. */
export function networkError(url: URL, proxy: string, error: unknown): MnnFaceError {
  const root = rootOf(error);
  const code = codeOf(root);
  const by = proxy === '' ? '' : ` by the proxy ${shown(new URL(proxy))}`;
  const message = messageOf(root);
  const said = code === undefined || message.includes(code) ? message : `${code}: ${message}`;
  return new MnnFaceError('ERR_MODEL_MISSING', `${url.host} did not answer${by} (${said})`, {
    cause: error,
  });
}

const NOT_WRITABLE = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOSPC', 'ENOENT'];

/** A folder that cannot be written to, in a sentence; anything else as it is. */
export function writeError(folder: string, error: unknown): unknown {
  const code = codeOf(error);
  if (error instanceof MnnFaceError || code === undefined || !NOT_WRITABLE.includes(code)) {
    return error;
  }
  return new MnnFaceError(
    'ERR_MODEL_MISSING',
    `The folder ${folder}, where models are kept, cannot be written to (${code}). Make it writable, or choose another: ` +
      'MNN_FACE_CACHE=FOLDER for all that is kept, or --models FOLDER for this file.',
    { cause: error },
  );
}
