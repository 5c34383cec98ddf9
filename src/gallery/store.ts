/** What a gallery keeps, and what a place to keep it must be able to do. */

/** What the vectors of a gallery were made with; vectors of another make cannot be compared. */
export interface GalleryMake {
  /** The embedding model's name. */
  model: string;
  /** Names the weights and the preprocessing, as in `Representation.fingerprint`. */
  fingerprint: string;
  /** Length of the vectors. */
  dimension: number;
}

/** Plain JSON of the user's own. */
export type Metadata = Readonly<Record<string, unknown>>;

/** A face to be kept. */
export interface NewEntry {
  subject: string;
  /** A unit vector. */
  embedding: Float32Array;
  /**
   * Names what was enrolled (SHA-256 of the picture's bytes, or of the vector): one subject has one
   * entry with it, however often it is enrolled.
   */
  contentHash: string;
  /** Where the picture came from: a file name, or null. */
  source: string | null;
  metadata: Metadata | null;
  /** The 112x112 RGB crop, where the gallery keeps crops; else null. */
  crop: Uint8Array | null;
  /** When it was enrolled first, in milliseconds since 1970; default: now. */
  enrolledAt?: number;
}

/** A face that is kept. */
export interface GalleryEntry extends NewEntry {
  /** Grows with each enrolment; never used again. */
  id: number;
  /** Milliseconds since 1970. */
  enrolledAt: number;
}

/** What became of a `NewEntry`: its id, and whether it is new or was there already. */
export interface AddedEntry {
  id: number;
  added: boolean;
}

/** A subject near a probe: its nearest entry. */
export interface Neighbour {
  subject: string;
  entry: number;
  /** Cosine distance, 0 to 2. */
  distance: number;
  source: string | null;
  metadata: Metadata | null;
}

export interface SubjectSummary {
  subject: string;
  entries: number;
  firstEnrolledAt: number;
  lastEnrolledAt: number;
}

export interface GalleryStats {
  kind: 'sqlite' | 'postgres';
  make: GalleryMake;
  subjects: number;
  entries: number;
  /** On disk. */
  bytes: number;
  keepsCrops: boolean;
}

/**
 * Keeps entries durably: SQLite in one file, or PostgreSQL with pgvector. All methods may run at the
 * same time, from several processes. They throw MnnFaceError `ERR_GALLERY` or `ERR_CLOSED`, and
 * TypeError or RangeError for a name that no subject can have. Names are taken in their normal form:
 * without blanks around them, and in Unicode's form NFC.
 */
export interface GalleryStore {
  /**
   * What the gallery was made with, before `open()`; undefined when it is new. A store without this
   * method cannot be brought to another model.
   */
  savedMake?(): Promise<GalleryMake | undefined>;
  /**
   * Must be awaited before anything else. A new store takes this make; one of another make is
   * refused with `ERR_GALLERY` and the way out.
   */
  open(make: GalleryMake, options: { keepCrops: boolean }): Promise<void>;
  /** Adds all or none; durable when it resolves. */
  add(entries: readonly NewEntry[]): Promise<AddedEntry[]>;
  /** The subject's entry of this content, if it has one: it need not be embedded again. */
  find(subject: string, contentHash: string): Promise<number | undefined>;
  /** The nearest subjects, each by its nearest entry, nearest first. */
  search(
    probe: Float32Array,
    options: { limit: number; signal?: AbortSignal },
  ): Promise<Neighbour[]>;
  /** The least distance to an entry of the subject; undefined when it has none. */
  distanceTo(subject: string, probe: Float32Array): Promise<Neighbour | undefined>;
  /** All entries in the order of their ids, after `afterId`; drawn in pages. */
  entries(options?: { afterId?: number; subject?: string }): AsyncIterable<GalleryEntry>;
  subjects(): Promise<SubjectSummary[]>;
  /** Gives the number of entries renamed; into an existing subject merges, equal contents once. */
  rename(from: string, to: string): Promise<number>;
  /** Gives the number of entries removed. */
  remove(subject: string, entry?: number): Promise<number>;
  /** Removes and makes unrecoverable: overwritten and given back to the file system. */
  forget(subject: string): Promise<number>;
  /** New vectors for old entries and the new make, in one transaction. */
  replaceEmbeddings(
    make: GalleryMake,
    vectors: AsyncIterable<{ id: number; embedding: Float32Array }>,
  ): Promise<number>;
  stats(): Promise<GalleryStats>;
  close(): Promise<void>;
}
