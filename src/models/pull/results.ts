/** What a pull reports: to programs when it is done, to a person's progress bar meanwhile. */
import { codeOf, MnnFaceError, messageOf } from '../../errors.js';

/** A source that was tried and did not give the model. */
export interface SourceFailure {
  kind: 'file' | 'onnx' | 'package' | 'mirror';
  /** The address, the package or the path. */
  source: string;
  /** Of an address. */
  host: string | null;
  code: string;
  reason: string;
}

/** What became of one model. */
export interface PulledModel {
  name: string;
  file: string;
  /** SPDX identifier of the weights' licence. */
  license: string;
  /** The project that published them, and what they were trained on, where known. */
  project: string | null;
  trainedOn: string | null;
  status: 'present' | 'fetched' | 'converted' | 'failed';
  /** Where its file is; null when it failed. */
  path: string | null;
  sha256: string | null;
  bytes: number | null;
  /** Where it was fetched from; null when it was there already or failed. */
  source: string | null;
  /** The sources that failed, in order, also when a later one gave the model. */
  failures: SourceFailure[];
  error: { code: string; message: string } | null;
  /** Of weights whose SHA-256 the user accepted: what was fetched, and the file that remembers it. */
  accepted?: { file: string; sha256: string; rememberedIn: string };
}

/** What results say of a model, whatever became of it. */
export interface About {
  name: string;
  file: string;
  license: string;
  project: string | null;
  trainedOn?: string | undefined;
}

function aboutOf({ name, file, license, project, trainedOn }: About) {
  return { name, file, license, project, trainedOn: trainedOn ?? null };
}

/** The result of a model whose file is there. */
export function resultOf(
  about: About,
  file: { path: string; sha256: string; bytes: number },
  how: Pick<PulledModel, 'status' | 'source' | 'failures'> = {
    status: 'present',
    source: null,
    failures: [],
  },
): PulledModel {
  return { ...aboutOf(about), ...how, ...file, error: null };
}

/** The result of a model that could not be had. */
export function failedResult(
  about: About,
  error: unknown,
  failures: SourceFailure[] = [],
): PulledModel {
  const nothing = { path: null, sha256: null, bytes: null, source: null };
  const said = { code: codeOf(error) ?? 'ERR_INTERNAL', message: messageOf(error) };
  return { ...aboutOf(about), status: 'failed', ...nothing, failures, error: said };
}

/** A step of a pull, while it goes on. */
export interface PullProgress {
  model: string;
  /** `wait`: another process is at it; `say`: a line of the converter. */
  step: 'wait' | 'fetch' | 'convert' | 'say' | 'failed';
  /** The source, or the line. */
  text: string;
  /** With `fetch`: bytes so far, and in all where the server says so. */
  received?: number;
  total?: number | undefined;
}

/** A failure as the result lists it. */
export function failureOf(
  kind: SourceFailure['kind'],
  source: string,
  error: unknown,
): SourceFailure {
  const isAddress = /^https?:/.test(source);
  return {
    kind,
    source,
    host: isAddress ? new URL(source).host : null,
    code: codeOf(error) ?? 'ERR_INTERNAL',
    reason: messageOf(error),
  };
}

/** All that was tried, in one error. */
export function allFailed(
  what: string,
  failures: readonly SourceFailure[],
  advice: string,
): MnnFaceError {
  const code = failures.some((failure) => failure.code === 'ERR_MODEL_CHECKSUM')
    ? 'ERR_MODEL_CHECKSUM'
    : 'ERR_MODEL_MISSING';
  const list = failures.map(({ source, reason }) =>
    reason.includes(source) ? reason : `${source}: ${reason}`,
  );
  const tried = list.length === 0 ? 'it has no source' : list.join('; ').replace(/\.$/, '');
  return new MnnFaceError(code, `${what} could not be had: ${tried}. ${advice}`);
}
