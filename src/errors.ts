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
  | 'ERR_CALIBRATION'
  | 'ERR_LOW_QUALITY'
  /** A cache store failed in a way that could not be mended. */
  | 'ERR_CACHE'
  /** The call was aborted through its `AbortSignal`. */
  | 'ERR_ABORTED'
  /** A picture was not read or decoded within the time that the options allow. */
  | 'ERR_TIMEOUT'
  /** The object was closed. */
  | 'ERR_CLOSED'
  /** The native addon is not there or cannot be loaded. */
  | 'ERR_ADDON'
  /** The machine ran out of memory. */
  | 'ERR_OUT_OF_MEMORY'
  /** A mistake in mnn-face itself; please report it. */
  | 'ERR_INTERNAL';

/** What an `MnnFaceError` says besides its code and sentence. */
export interface ErrorDetails {
  cause?: unknown;
  count?: number;
  picture?: string;
  index?: number;
}

/** The one error class of this package: a sentence that says what to do, and a `code`. */
export class MnnFaceError extends Error {
  readonly code: MnnFaceErrorCode;
  /** With `ERR_MULTIPLE_FACES`: the number of faces. */
  readonly count?: number;
  /** The path of the picture that it is about, when that came from a file. */
  readonly picture?: string;
  /** In a batch: the place of the input that it is about, from 0. */
  readonly index?: number;
  /** The sentence, for any name of the picture. */
  readonly #sentence: (picture: string) => string;

  /**
   * @param message - The sentence; as a function, one about a picture, which is given the picture's
   * name. `name` is `'AbortError'` with `ERR_ABORTED`, as other libraries and Node say it, else
   * `'MnnFaceError'`.
   */
  constructor(
    code: MnnFaceErrorCode,
    message: string | ((picture: string) => string),
    details: ErrorDetails = {},
  ) {
    const { cause, count, picture, index } = details;
    const sentence = typeof message === 'string' ? () => message : message;
    super(sentence('the picture'), cause === undefined ? undefined : { cause });
    this.name = code === 'ERR_ABORTED' ? 'AbortError' : 'MnnFaceError';
    this.code = code;
    this.#sentence = sentence;
    if (count !== undefined) this.count = count;
    if (picture !== undefined) this.picture = picture;
    if (index !== undefined) this.index = index;
  }

  /** @internal The same error, of a picture of that name. */
  ofPicture(
    name: string,
    { picture, index }: Pick<ErrorDetails, 'picture' | 'index'>,
  ): MnnFaceError {
    const details: ErrorDetails = { cause: this.cause };
    if (this.count !== undefined) details.count = this.count;
    if (picture !== undefined) details.picture = picture;
    if (index !== undefined) details.index = index;
    const named = new MnnFaceError(this.code, this.#sentence(name), details);
    // Where it happened, not where it was named.
    if (this.stack !== undefined) {
      named.stack = this.stack.replace(this.message, () => named.message);
    }
    return named;
  }
}

const NATIVE_CODES: ReadonlySet<string> = new Set<MnnFaceErrorCode>([
  'ERR_MODEL_INVALID',
  'ERR_MODEL_UNSUPPORTED',
  'ERR_CLOSED',
  'ERR_ABORTED',
  'ERR_OUT_OF_MEMORY',
]);

/** The `code` of an error thrown by Node, by the addon or by a library, if it has one. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  // Not instanceof: an error may come from another realm.
  if (typeof error === 'object' && error !== null && 'message' in error) {
    if (typeof error.message === 'string') return error.message;
  }
  return String(error);
}

/** The longest piece of a caller's text that a message shows. */
const LONGEST_SHOWN = 200;

/** A caller's text as a message shows it: cut in the middle when it is long, without control characters. */
export function shown(text: string, most = LONGEST_SHOWN): string {
  const half = most >> 1;
  const cut =
    text.length <= most
      ? text
      : `${text.slice(0, half)}… (${text.length} characters) …${text.slice(-half >> 2)}`;
  return cut.replace(/\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
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
