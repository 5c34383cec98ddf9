/** A gallery: who is known, and who of them is in a picture. */
import { abortable } from '../abort.js';
import { allSettled } from '../all-settled.js';
import {
  checkBoolean,
  checkInteger,
  checkNumber,
  checkSignal,
  checkString,
  rangeError,
} from '../arguments.js';
import { checkMany, type Many } from '../batch.js';
import { type ExpectedFpir, thresholdForFpir } from '../compare/fpir.js';
import { judge } from '../compare/judge.js';
import type { DetectedFace } from '../detect/types.js';
import type { Comparable } from '../embed/embedding.js';
import { MnnFaceError } from '../errors.js';
import type { Faces } from '../faces.js';
import { type Picture, watchStream } from '../image/picture.js';
import type { Model } from '../models/manifest.js';
import type { CallOptions } from '../options.js';
import type { EmbeddedFace } from '../results.js';
import { assignSubjects, type NearFace } from './assign.js';
import { clusterFaces } from './clusters.js';
import { findDuplicates } from './duplicates.js';
import {
  checkFingerprint,
  checkMetadata,
  checkQuality,
  cropOne,
  embedOne,
  hashOfVector,
  isComparable,
  ofPicture,
  readPicture,
  unitVector,
  withoutEmbedding,
} from './enrolment.js';
import {
  type ClusterOptions,
  checkMethodOptions,
  type DuplicatesOptions,
  type EnrollOptions,
  type EntriesOptions,
  type GalleryVerifyOptions,
  type IdentifyOptions,
  type ProgressOptions,
  type ThresholdOptions,
  thresholdOf,
} from './gallery-options.js';
import { checkMake, sameMake } from './make.js';
import { reembedAll } from './reembed.js';
import type {
  Candidate,
  Clusters,
  Duplicate,
  Enrolled,
  Forgotten,
  Identification,
  Imported,
  SubjectVerification,
} from './results.js';
import type {
  GalleryEntry,
  GalleryMake,
  GalleryStats,
  GalleryStore,
  Neighbour,
  NewEntry,
  SubjectSummary,
} from './store.js';
import { checkSubject } from './subject.js';
import { exportLines, importLines } from './transfer.js';
import { upgradeAll } from './upgrade.js';

const DEFAULT_LIMIT = 5;
const MOST_LIMIT = 1000;
/** How much nearer the faces of a cluster must be, on average, than the two of a pair. */
const DEFAULT_FPIR = 0.01;
const ENROLLED: DetectedFace = { box: { x: 0, y: 0, width: 0, height: 0 }, score: 1, quality: 1 };
const CLUSTER_MARGIN = 0.04;

function toCandidate({ subject, entry, distance, source, metadata }: Neighbour): Candidate {
  return { subject, entry, distance, similarity: 1 - distance, source, metadata };
}

/** Known faces by name, kept durably. Make one with `openGallery()`. */
export class Gallery {
  readonly #faces: Faces;
  readonly #store: GalleryStore;
  readonly #model: Model;
  readonly #minQuality: number;
  readonly #make: GalleryMake;
  readonly #threshold: ThresholdOptions;
  #kept: GalleryMake;
  #keepsCrops: boolean | undefined;

  /** @internal */
  constructor(faces: Faces, store: GalleryStore, kept: GalleryMake, threshold: ThresholdOptions) {
    const { model, make, minQuality } = faces.embedderOfGallery();
    this.#faces = faces;
    this.#store = store;
    this.#model = model;
    this.#minQuality = minQuality;
    this.#make = make;
    this.#kept = kept;
    this.#threshold = threshold;
  }

  /**
   * Adds a picture (of exactly one face, unless `faces: 'largest'`) or an embedding to a subject,
   * who may have many. It is durable when the promise resolves. The same picture again is no error
   * and not embedded again.
   *
   * @throws As `Faces.embed()`, and MnnFaceError `ERR_MULTIPLE_FACES`, `ERR_EMBEDDING_MISMATCH`,
   * `ERR_GALLERY`.
   */
  async enroll(
    subject: string,
    input: Picture | Comparable,
    options: EnrollOptions = {},
  ): Promise<Enrolled> {
    watchStream(input);
    const name = checkSubject('subject', subject);
    const { metadata, source, ...call } = checkMethodOptions('enroll', options);
    const own = {
      subject: name,
      metadata: checkMetadata(metadata),
      source: source === undefined ? null : checkString('source', source),
    };
    this.#checkComparable();
    if (isComparable(input)) {
      const embedding = unitVector(input, this.#make);
      return await this.#add({
        ...own,
        embedding,
        contentHash: hashOfVector(embedding),
        crop: null,
      });
    }
    const { picture, contentHash, source: file } = await readPicture(this.#faces, input, call);
    const known = await this.#store.find(name, contentHash);
    if (known !== undefined) return { subject: name, entry: known, added: false };
    this.#keepsCrops ??= (await this.#store.stats()).keepsCrops;
    const [face, crop] = await ofPicture(
      file,
      allSettled([
        embedOne(this.#faces, picture, call, this.#make),
        this.#keepsCrops ? cropOne(this.#faces, picture, call) : null,
      ]),
    );
    const { minQuality = this.#minQuality } = call;
    await ofPicture(file, (async () => checkQuality(face, minQuality))());
    const embedding = unitVector(face, this.#make);
    return await this.#add({ ...own, source: own.source ?? file, embedding, contentHash, crop });
  }

  /**
   * Who is in a picture: for each face the subjects that are nearest to it, each by its nearest
   * entry, and the match, if one is within the threshold.
   *
   * @throws As `Faces.embed()`, and MnnFaceError `ERR_GALLERY`.
   */
  async identify(picture: Picture, options: IdentifyOptions = {}): Promise<Identification> {
    watchStream(picture);
    const {
      limit = DEFAULT_LIMIT,
      fpir,
      repeats = false,
      ...call
    } = checkMethodOptions('identify', options);
    checkInteger('limit', limit, 1, MOST_LIMIT);
    checkBoolean('repeats', repeats);
    const limits = await this.#limitsOf(call, fpir);
    this.#checkComparable();
    const found = await this.#embedAny(picture, call);
    const work = allSettled(found.faces.map((face) => this.#near(face, limit, call.signal)));
    const near = await abortable(work, call.signal);
    const { minQuality = this.#minQuality } = call;
    const criterion = { threshold: limits.threshold, minQuality, repeats };
    const { width, height, detector, model } = found;
    return {
      width,
      height,
      detector,
      model,
      ...limits,
      faces: assignSubjects(near, criterion),
    };
  }

  /**
   * Whether a picture shows this subject.
   *
   * @throws As `Faces.verify()`, and MnnFaceError `ERR_GALLERY` when there is no such subject.
   */
  async verify(
    subject: string,
    picture: Picture,
    options: GalleryVerifyOptions = {},
  ): Promise<SubjectVerification> {
    watchStream(picture);
    const name = checkSubject('subject', subject);
    const threshold = this.#thresholdOf(checkMethodOptions('verify', options));
    this.#checkComparable();
    const face = await embedOne(this.#faces, picture, options, this.#make);
    const nearest = await this.#store.distanceTo(name, unitVector(face, this.#make));
    if (nearest === undefined) throw noSubject(name);
    const { minQuality = this.#minQuality } = options;
    // What is enrolled was good enough; of the two faces the better one counts.
    const verdict = judge(face, ENROLLED, nearest.distance, { threshold, minQuality });
    return {
      ...verdict,
      threshold,
      ...toCandidate(nearest),
      face: withoutEmbedding(face),
    };
  }

  /** Removes a subject, or one entry of it; gives the number of entries removed. */
  async remove(subject: string, entry?: number): Promise<number> {
    const name = checkSubject('subject', subject);
    if (entry !== undefined) checkInteger('entry', entry, 1, Number.MAX_SAFE_INTEGER);
    return await this.#store.remove(name, entry);
  }

  /**
   * Gives a subject another name; into an existing one merges, equal pictures once. Gives the
   * number of entries concerned.
   */
  async rename(from: string, to: string): Promise<number> {
    return await this.#store.rename(checkSubject('from', from), checkSubject('to', to));
  }

  /**
   * Removes a subject so that nothing of it can be read in the gallery's files any more: what it
   * took is overwritten and given back. Takes longer than `remove()`.
   *
   * It does not reach what is not the gallery's: copies, backups and exports, jobs in a queue, and
   * caches of results (`createFaces({ cache })`), which hold faces and embeddings of the same
   * pictures by their content. `Faces.forget()` reaches those of a picture, `Faces.clearCache()` all.
   *
   * @throws MnnFaceError `ERR_GALLERY` when the files could not be cleaned; then try again.
   */
  async forget(subject: string): Promise<Forgotten> {
    const name = checkSubject('subject', subject);
    return { subject: name, entries: await this.#store.forget(name), erased: true };
  }

  /** Everybody, by name. */
  async subjects(): Promise<SubjectSummary[]> {
    return await this.#store.subjects();
  }

  /** All entries, or a subject's, in the order in which they were enrolled. */
  entries(options: EntriesOptions = {}): AsyncIterable<GalleryEntry> {
    const { subject } = checkMethodOptions('entries', options);
    return this.#store.entries(
      subject === undefined ? {} : { subject: checkSubject('subject', subject) },
    );
  }

  async stats(): Promise<GalleryStats> {
    return await this.#store.stats();
  }

  /** All entries as lines of JSON, the first one a header; `import()` reads them. */
  export(): AsyncGenerator<string, void, void> {
    return exportLines(this.#store, this.#kept);
  }

  /**
   * Reads what `export()` has written, in chunks of any size. Entries that are there already are
   * left alone, so an import that broke off can be run again.
   *
   * @throws MnnFaceError `ERR_GALLERY` for another model, or with the number of a line that is
   * not usable.
   */
  async import(lines: Many<string | Uint8Array>, options: ProgressOptions = {}): Promise<Imported> {
    // It may fail before the first line is asked for.
    watchStream(lines);
    checkMany('lines', lines);
    const { onProgress } = checkMethodOptions('import', options);
    return await importLines(this.#store, this.#kept, lines, onProgress);
  }

  /**
   * Entries of different subjects that seem to be one person, nearest first: pairs within the
   * threshold, and the same picture under two names. A search per entry.
   */
  async duplicates(options: DuplicatesOptions = {}): Promise<Duplicate[]> {
    const { signal, ...limits } = checkMethodOptions('duplicates', options);
    const threshold = this.#thresholdOf(limits);
    this.#checkComparable();
    return await findDuplicates(this.#store, threshold, checkSignal(signal));
  }

  /**
   * Groups faces by person, without names: those of pictures, or embeddings. Nothing is enrolled.
   * Average linkage: unlike DBSCAN it does not chain people who look alike. Two faces of one picture are
   * never in one cluster. 100,000 faces take some minutes, in a thread of its own.
   */
  async cluster(
    inputs: Many<Picture | Comparable>,
    options: ClusterOptions = {},
  ): Promise<Clusters> {
    checkMany('inputs', inputs);
    const call = checkMethodOptions('cluster', options);
    const given = call.threshold !== undefined || call.far !== undefined;
    const threshold = this.#thresholdOf(call) - (given ? 0 : CLUSTER_MARGIN);
    return await clusterFaces(this.#faces, this.#make, inputs, call, threshold);
  }

  /**
   * Embeds all kept crops again with the model of this gallery's `faces`: how a gallery comes to
   * another model (see `GalleryOptions.reembed`). All vectors change at once, or none.
   *
   * @returns The number of entries.
   * @throws MnnFaceError `ERR_GALLERY` when an entry has no crop, or the store cannot do it.
   */
  async reembed(options: ProgressOptions = {}): Promise<number> {
    const { onProgress } = checkMethodOptions('reembed', options);
    const count = await reembedAll(this.#store, this.#faces, this.#make, onProgress);
    this.#kept = this.#make;
    return count;
  }

  /**
   * Brings a gallery of version 1 embeddings to version 2: vectors are projected exactly, without
   * pictures (see `FacesOptions.embeddingVersion`). Open it with `reembed: true`.
   *
   * @returns The number of entries.
   * @throws MnnFaceError `ERR_GALLERY` when it is of another model or not of version 1.
   */
  async upgrade(options: ProgressOptions = {}): Promise<number> {
    const { onProgress } = checkMethodOptions('upgrade', options);
    if (sameMake(this.#kept, this.#make)) return 0;
    const done = await upgradeAll(this.#store, this.#model, this.#kept, this.#make, onProgress);
    this.#kept = this.#make;
    return done;
  }

  /** Closes the store. The `faces` stay open: they are their maker's to close. */
  async close(): Promise<void> {
    await this.#store.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #thresholdOf(own: ThresholdOptions): number {
    return thresholdOf(this.#model, own, this.#threshold);
  }

  #checkComparable(): void {
    checkMake('The gallery', this.#kept, this.#make);
  }

  async #add(entry: NewEntry): Promise<Enrolled> {
    const [added] = await this.#store.add([entry]);
    if (added === undefined) throw new MnnFaceError('ERR_INTERNAL', 'The store gave no entry.');
    return { subject: entry.subject, entry: added.id, added: added.added };
  }

  /** The threshold of a call: as given, else by the rate per stranger. */
  async #limitsOf(
    call: ThresholdOptions,
    asked: number | undefined,
  ): Promise<{ threshold: number; fpir?: ExpectedFpir }> {
    const given = { ...this.#threshold, ...call };
    const isGiven = given.threshold !== undefined || given.far !== undefined;
    if (asked !== undefined) {
      checkNumber('fpir', asked, 1e-9, 1);
      if (call.threshold !== undefined || call.far !== undefined) {
        throw rangeError('fpir', 'absent where threshold or far is given', asked);
      }
    }
    if (asked === undefined && (isGiven || this.#model.operatingPoints === undefined)) {
      return { threshold: this.#thresholdOf(call) };
    }
    const { entries } = await this.#store.stats();
    return thresholdForFpir(this.#model, asked ?? DEFAULT_FPIR, entries);
  }

  /** `Faces.embed()`, for which an empty room is no error. */
  async #embedAny(picture: Picture, call: CallOptions) {
    try {
      return await this.#faces.embed(picture, call);
    } catch (error) {
      if (!(error instanceof MnnFaceError) || error.code !== 'ERR_NO_FACE') throw error;
      const { width, height, detector } = await this.#faces.detect(picture, call);
      return { width, height, detector, model: this.#model.name, faces: [] };
    }
  }

  async #near(
    face: EmbeddedFace,
    limit: number,
    signal: AbortSignal | undefined,
  ): Promise<NearFace> {
    checkFingerprint(face.fingerprint, this.#make);
    const near = await this.#store.search(unitVector(face, this.#make), {
      limit,
      ...(signal && { signal }),
    });
    const candidates = near.map(toCandidate);
    return { ...withoutEmbedding(face), nearest: candidates[0] ?? null, candidates };
  }
}

function noSubject(name: string): MnnFaceError {
  return new MnnFaceError('ERR_GALLERY', `The gallery has no subject "${name}".`);
}
