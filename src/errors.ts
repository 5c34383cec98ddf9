/** What an `MnnFaceError` is about; stable, for programs to branch on. */
export type MnnFaceErrorCode =
  /** No face was found where one is needed. */
  | 'ERR_NO_FACE'
  /** More than one face where exactly one is needed; `count` says how many. */
  | 'ERR_MULTIPLE_FACES'
  /** The picture is missing, empty, damaged or of an unknown format. */
  | 'ERR_IMAGE_DECODE'
  /** The picture has more pixels (or bytes) than the limit allows. */
  | 'ERR_IMAGE_TOO_LARGE'
  /** A picture could not be written. */
  | 'ERR_IMAGE_WRITE'
  /** A model file was found nowhere and could not be fetched. */
  | 'ERR_MODEL_MISSING'
  /** A model file is not the one that the manifest names. */
  | 'ERR_MODEL_CHECKSUM'
  /** A model file is broken, hostile, or has other inputs or outputs than it should. */
  | 'ERR_MODEL_INVALID'
  /** A model is well-formed but cannot be run here. */
  | 'ERR_MODEL_UNSUPPORTED'
  /** Two embeddings of different models were compared. */
  | 'ERR_EMBEDDING_MISMATCH'
  /** A gallery refused or failed. */
  | 'ERR_GALLERY'
  /** A cache store failed in a way that could not be mended. */
  | 'ERR_CACHE'
  /** The call was aborted through its `AbortSignal`. */
  | 'ERR_ABORTED'
  /** The object was closed. */
  | 'ERR_CLOSED'
  /** The native addon is not there or cannot be loaded. */
  | 'ERR_ADDON'
  /** The machine ran out of memory. */
  | 'ERR_OUT_OF_MEMORY'
  /** A mistake in mnn-face itself; please report it. */
  | 'ERR_INTERNAL';

/** The one error class of this package: a sentence that says what to do, and a `code`. */
export class MnnFaceError extends Error {
  readonly code: MnnFaceErrorCode;
  /** With `ERR_MULTIPLE_FACES`: the number of faces. */
  readonly count?: number;

  constructor(
    code: MnnFaceErrorCode,
    message: string,
    options: { cause?: unknown; count?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'MnnFaceError';
    this.code = code;
    if (options.count !== undefined) this.count = options.count;
  }
}

const NATIVE_CODES: ReadonlySet<string> = new Set<MnnFaceErrorCode>([
  'ERR_MODEL_INVALID',
  'ERR_MODEL_UNSUPPORTED',
  'ERR_CLOSED',
  'ERR_OUT_OF_MEMORY',
]);

/** The `code` of an error thrown by Node, by the addon or by a library, if it has one. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Turns what the addon threw into an `MnnFaceError`; `context` names the model or the step. */
export function fromNative(error: unknown, context: string): MnnFaceError {
  if (error instanceof MnnFaceError) return error;
  const code = codeOf(error);
  return new MnnFaceError(
    code !== undefined && NATIVE_CODES.has(code) ? (code as MnnFaceErrorCode) : 'ERR_INTERNAL',
    `${context}: ${messageOf(error)}`,
    { cause: error },
  );
}
