/** What a gallery's methods give: plain data. */
import type { ExpectedFpir } from '../compare/fpir.js';
import type { DetectedFace, DetectorName } from '../detect/types.js';
import type { GalleryMake, Metadata } from './store.js';

/** What became of an enrolment. */
export interface Enrolled {
  subject: string;
  /** The id of the entry. */
  entry: number;
  /** False when the subject had this very picture already. */
  added: boolean;
}

/** A subject that is near a face: its nearest entry. */
export interface Candidate {
  subject: string;
  /** The id of the entry that is nearest. */
  entry: number;
  /** Cosine distance, 0 (the same) to 2. */
  distance: number;
  /** Cosine similarity, 1 - distance. */
  similarity: number;
  /** Where that entry's picture came from, and what was kept with it. */
  source: string | null;
  metadata: Metadata | null;
}

/** A face of a picture, and whose it is. */
export interface IdentifiedFace extends DetectedFace {
  /**
   * The nearest subject, if it is within the threshold for the face's quality, and no other face of the
   * picture is nearer to it; else null.
   */
  match: Candidate | null;
  /** Whether there is no match. */
  unknown: boolean;
  /** Whether the face is good enough to be told from others (`minQuality`). */
  reliable: boolean;
  /** Why there is no match though a subject may be near, in words; else null. */
  reason: string | null;
  /** The nearest subject, however far; null in an empty gallery. */
  nearest: Candidate | null;
  /** The nearest subjects, each once, nearest first. */
  candidates: Candidate[];
}

/** The result of `identify()`. */
export interface Identification {
  width: number;
  height: number;
  detector: DetectorName;
  /** The embedding model. */
  model: string;
  /** The largest distance of a match, for a face of full quality. */
  threshold: number;
  /** How often a stranger is taken for somebody; absent where `threshold` or `far` was given. */
  fpir?: ExpectedFpir;
  /** Empty where nobody is in the picture. */
  faces: IdentifiedFace[];
}

/** The result of a gallery's `verify()`. */
export interface SubjectVerification extends Candidate {
  /** Whether the face can be told from others and the distance is at most the `pairThreshold`. */
  verified: boolean;
  /** Whether the face is good enough to tell (`minQuality`). */
  reliable: boolean;
  /** Why it is not, in words. */
  reasons: string[];
  /** For a face of full quality. */
  threshold: number;
  /** The threshold applied. */
  pairThreshold: number;
  /** The face of the picture. */
  face: DetectedFace;
}

/** What `forget()` has done. */
export interface Forgotten {
  subject: string;
  /** Entries that were removed. */
  entries: number;
  /** Their bytes were overwritten or given back: they can no longer be read from the gallery's files. */
  erased: true;
}

/** One side of a pair of duplicates. */
export interface DuplicateEntry {
  subject: string;
  entry: number;
  source: string | null;
}

/** Two entries of different subjects that seem to be one person. */
export interface Duplicate {
  a: DuplicateEntry;
  b: DuplicateEntry;
  distance: number;
  /** The very same picture (or vector) under two names. */
  sameContent: boolean;
}

/** One face of `cluster()`. */
export interface ClusteredFace {
  /** The place of its picture or embedding in the input. */
  index: number;
  /** Where it is in the picture; absent for embeddings. */
  face?: DetectedFace;
  /** 0, 1, …, the largest cluster first; a face that is like no other is a cluster of its own. */
  cluster: number;
}

/** The result of `cluster()`. */
export interface Clusters {
  /** The number of clusters. */
  clusters: number;
  faces: ClusteredFace[];
}

/** What an import has read. */
export interface Imported {
  /** Entries read. */
  entries: number;
  /** Of them new; the others were there already. */
  added: number;
  /** New entries whose crops were left out, since this gallery keeps none; absent for none. */
  cropsLeftOut?: number;
  /**
   * Entries that the header promises and that did not come: the input was cut off, or they were
   * removed while it was exported. Absent for none.
   */
  missing?: number;
}

/** The first line of an export. */
export interface ExportHeader {
  format: 'mnn-face-gallery';
  version: 1;
  make: GalleryMake;
  /** Whether the lines may have crops. */
  keepsCrops?: boolean;
  /** How many lines with entries follow. */
  entries?: number;
}
