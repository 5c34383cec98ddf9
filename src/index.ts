/**
 * Face detection and similarity on the original Ultra-Light MNN weights.
 *
 * @packageDocumentation
 */
export type { LandmarkModel } from './align/find-landmarks.js';
export type { Many } from './batch.js';
export type { CacheOptions, CacheStats } from './cache/caches.js';
export type { PictureHash } from './cache/hash.js';
export { memoryStore } from './cache/memory-store.js';
export { type SqliteStoreOptions, sqliteStore } from './cache/sqlite-store.js';
export type { CacheCounts, CacheStore } from './cache/store.js';
export { FaceSimilarity } from './compare/face-similarity.js';
export type { ExpectedFpir } from './compare/fpir.js';
export type { FaceSelection } from './compare/select-faces.js';
export {
  type Box,
  DETECTORS,
  type DetectedFace,
  type DetectOptions,
  type DetectorName,
  type FaceMeasures,
  type InputSize,
  type Landmarks,
  type Point,
} from './detect/types.js';
export { EMBEDDERS, type EmbeddingVersion } from './embed/embed-faces.js';
export { type Comparable, distance, type Embedding, similarity } from './embed/embedding.js';
export { type ErrorDetails, MnnFaceError, type MnnFaceErrorCode } from './errors.js';
export { createFaces, type Faces } from './faces.js';
export type { Gallery } from './gallery/gallery.js';
export type {
  ClusterOptions,
  DuplicatesOptions,
  EnrollOptions,
  EntriesOptions,
  GalleryOptions,
  GalleryVerifyOptions,
  IdentifyOptions,
  ProgressOptions,
  ThresholdOptions,
} from './gallery/gallery-options.js';
export { openGallery } from './gallery/open-gallery.js';
export {
  type PostgresGalleryStoreOptions,
  postgresGalleryStore,
} from './gallery/postgres/gallery-store.js';
export type { EnrollJob, EnrollJobOptions } from './gallery/queue/enroll-job.js';
export {
  type EnrollQueue,
  type EnrollQueueOptions,
  enrollQueue,
} from './gallery/queue/enroll-queue.js';
export { type RunWorkerOptions, runWorker } from './gallery/queue/enroll-worker.js';
export type { EnrollHandler, WorkCounts, WorkOptions } from './gallery/queue/work.js';
export type {
  Candidate,
  ClusteredFace,
  Clusters,
  Duplicate,
  DuplicateEntry,
  Enrolled,
  Forgotten,
  Identification,
  IdentifiedFace,
  Imported,
  SubjectVerification,
} from './gallery/results.js';
export { type SqliteGalleryOptions, sqliteGalleryStore } from './gallery/sqlite/gallery-store.js';
export type { VectorKind } from './gallery/sqlite/vector-matrix.js';
export type {
  AddedEntry,
  GalleryEntry,
  GalleryMake,
  GalleryStats,
  GalleryStore,
  Metadata,
  Neighbour,
  NewEntry,
  SubjectSummary,
} from './gallery/store.js';
export { FORMATS, type PictureFormat } from './image/format.js';
export type { Picture, RawPicture } from './image/picture.js';
export { type FaceCrop, listModels, type Model } from './models/manifest.js';
export type { FileSource, OnnxSource, PackageSource, Recipe, Source } from './models/sources.js';
export type { BatchOptions, CallOptions, FacesOptions } from './options.js';
export type { Profile } from './profile.js';
export type {
  AlignedFace,
  Comparison,
  ComparisonBase,
  CroppedFace,
  Detection,
  EmbeddedFace,
  MatrixComparison,
  Representation,
} from './results.js';
