/** Weights whose SHA-256 is not known to us: fetched with the user's word, then held to it. */
import { existsSync } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, MnnFaceError } from '../../errors.js';
import { type ImportOptions, importModel } from '../import-model.js';
import { parseModel, type UnverifiedModel } from '../manifest.js';
import { commandLine, fileIn } from '../model-files.js';
import { PRESETS } from '../presets.js';
import { userCacheDirectory } from '../user-cache.js';
import { entryIn } from '../user-models.js';
import { acceptedFile, acceptedHash, rememberHash } from './accepted.js';
import { MOST_BYTES } from './download.js';
import { shown } from './failure.js';
import { placesIn } from './mirror.js';
import { type Obtained, obtain } from './obtain.js';
import { type PullSetting, waitingFor } from './pull-model.js';
import { allFailed, failedResult, failureOf, type PulledModel, resultOf } from './results.js';
import { withLock } from './store.js';

/** An entry of an imported model is some hundred bytes. */
const MOST_BYTES_OF_ENTRY = 1 << 20;

interface Place {
  /** What is fetched, which is also its name in the list of what was accepted. */
  name: string;
  at: string | URL;
}

class UnverifiedPull {
  readonly #cache: string;

  constructor(
    private readonly model: UnverifiedModel,
    private readonly accept: boolean,
    private readonly setting: PullSetting,
  ) {
    this.#cache = userCacheDirectory(setting.environment);
  }

  /** The model made of what is at one place. */
  async from(place: Place): Promise<PulledModel> {
    const { model, setting } = this;
    const { name, preset, license, project, trainedOn } = model;
    const { file, sha256 } = await this.fetch(place);
    const options: ImportOptions = { file, name, preset: PRESETS[preset], license };
    const isModel = place.name.endsWith('.mnn');
    const weights = isModel ? await this.#identityBeside(place, sha256) : null;
    if (!isModel) this.#tell('convert', shown(place.at));
    const { model: made } = await importModel({
      ...options,
      project,
      trainedOn,
      directory: setting.directory,
      environment: setting.environment,
      signal: setting.signal,
      onLine: (line) => this.#tell('say', line),
      ...(weights === null ? {} : { weights }),
    });
    // Only now: bytes that are no weights must not be what is wanted from then on.
    await rememberHash(this.#cache, place.name, sha256);
    await rm(file, { force: true });
    const path = join(setting.directory, made.file);
    const about = { ...model, file: made.file };
    const kept = { path, sha256: made.sha256, bytes: made.bytes };
    const source = shown(place.at);
    const status = isModel ? 'fetched' : 'converted';
    const how: Pick<PulledModel, 'status' | 'source' | 'failures'> = {
      status,
      source,
      failures: [],
    };
    const accepted = { file: place.name, sha256, rememberedIn: acceptedFile(this.#cache) };
    return { ...resultOf(about, kept, how), accepted };
  }

  /** What is at one place, which is what was accepted before, if anything was. */
  async fetch(place: Place): Promise<Obtained> {
    const { downloads, signal, onProgress } = this.setting;
    const before = await acceptedHash(this.#cache, place.name);
    if (before === undefined && !this.accept) {
      throw new MnnFaceError(
        'ERR_MODEL_CHECKSUM',
        `${place.name} was not accepted before: add --accept-unverified to take it`,
      );
    }
    const text = shown(place.at);
    this.#tell('fetch', text);
    const onBytes = (received: number, total: number | undefined) =>
      onProgress({ model: this.model.name, step: 'fetch', text, received, total });
    const wanted = { sha256: before === undefined ? undefined : [before], maxBytes: MOST_BYTES };
    try {
      return await obtain(place.at, downloads, place.name, wanted, { signal, onBytes });
    } catch (error) {
      if (codeOf(error) !== 'ERR_MODEL_CHECKSUM' || before === undefined) throw error;
      throw new MnnFaceError(
        'ERR_MODEL_CHECKSUM',
        `${(error as Error).message}, which you accepted before. To accept other bytes, remove ${place.name} from ${acceptedFile(this.#cache)}`,
        { cause: error },
      );
    }
  }

  /** Of an .mnn in a mirror: the identity that its entry beside it records. */
  async #identityBeside({ at }: Place, sha256: string): Promise<string | null> {
    const beside =
      typeof at === 'string'
        ? at.replace(/\.mnn$/, '.json')
        : new URL(at.href.replace(/\.mnn(?=$|\?)/, '.json'));
    const { downloads, signal } = this.setting;
    const wanted = { sha256: undefined, maxBytes: MOST_BYTES_OF_ENTRY };
    const name = `${this.model.name}.json`;
    try {
      const { file } = await obtain(beside, downloads, name, wanted, { signal });
      const entry = parseModel(JSON.parse(await readFile(file, 'utf8')));
      await rm(file, { force: true });
      return entry.sha256 === sha256 ? (entry.weights ?? null) : null;
    } catch {
      return null; // no entry, or another model's: then the file is its own identity
    }
  }

  #tell(step: 'fetch' | 'convert' | 'say', text: string): void {
    this.setting.onProgress({ model: this.model.name, step, text });
  }
}

function placesOf(model: UnverifiedModel, { mirror }: PullSetting): Place[] {
  if (mirror === undefined) return [{ name: model.file, at: new URL(model.url) }];
  // The converted model first: it needs no Python.
  return [`${model.name}.mnn`, model.file].map((name) => {
    const places = placesIn(mirror, name);
    const there = places.find((place) => typeof place === 'string' && existsSync(place));
    return { name, at: there ?? (places[0] as string | URL) };
  });
}

async function imported(
  model: UnverifiedModel,
  { before, directory, after }: PullSetting,
): Promise<PulledModel | undefined> {
  for (const folder of [...before, directory, ...after]) {
    const entry = entryIn(folder, model.name);
    const found = entry === undefined ? undefined : await fileIn(folder, entry);
    if (entry === undefined || !found?.accepted) continue;
    const { size } = await stat(found.path);
    return resultOf({ ...model, file: entry.file }, { ...found, bytes: size });
  }
  return undefined;
}

/**
 * Gets weights that have no published SHA-256.
 *
 * @param accept - The user's word that he takes what the address gives. Once accepted, the same bytes
 * need no word, and others are refused.
 */
export async function pullUnverified(
  model: UnverifiedModel,
  accept: boolean,
  setting: PullSetting,
): Promise<PulledModel> {
  const there = await imported(model, setting);
  // A mirror that was named together with one's word is looked at even then.
  const looksAgain = accept && setting.mirror !== undefined;
  if (there !== undefined && !looksAgain) return there;
  const cache = userCacheDirectory(setting.environment);
  if (!accept && (await acceptedHash(cache, model.file)) === undefined) {
    return failedResult(
      model,
      new MnnFaceError(
        'ERR_MODEL_CHECKSUM',
        `The SHA-256 of ${model.file} is not known to mnn-face, so it cannot tell whether it gets the right bytes. ` +
          `To take what ${setting.mirror === undefined ? model.url : 'the mirror'} gives, run: ${commandLine()} models pull ${model.name} --accept-unverified. ` +
          `Training data: ${model.trainedOn}. ${model.note}`,
      ),
    );
  }
  const pull = new UnverifiedPull(model, accept, setting);
  const failures: PulledModel['failures'] = [];
  return await withLock(
    setting.downloads,
    model.file,
    waitingFor(model.name, setting),
    async () => {
      for (const place of placesOf(model, setting)) {
        try {
          if (there === undefined) return { ...(await pull.from(place)), failures };
          const { file } = await pull.fetch(place);
          await rm(file, { force: true });
          return there;
        } catch (error) {
          if (codeOf(error) === 'ERR_ABORTED') throw error;
          const kind = setting.mirror === undefined ? 'file' : 'mirror';
          failures.push(failureOf(kind, shown(place.at), error));
          setting.onProgress({
            model: model.name,
            step: 'failed',
            text: failures.at(-1)?.reason ?? '',
          });
        }
      }
      const advice = `Name a folder or address that has ${model.file} (--from FOLDER, or MNN_FACE_MIRROR). Training data: ${model.trainedOn}. ${model.note}`;
      return failedResult(
        model,
        allFailed(`The model "${model.name}"`, failures, advice),
        failures,
      );
    },
  );
}
