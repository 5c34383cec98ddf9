/** Pictures and options of the group "package": what registries' packages give. */
import { join } from 'node:path';
import { inject } from 'vitest';

/** The networks whose weights registries have. */
export const NETWORKS = { detector: 'mtcnn', embedder: 'mobilefacenet-192' } as const;

/** Three photographs of one person, one of another, and parts of faces. */
export type PictureName =
  | 'obama.jpg'
  | 'obama2.jpg'
  | 'obama3.jpg'
  | 'biden.jpg'
  | 'obama_partial_face.jpg'
  | 'obama_partial_face2.jpg'
  | '32bit.png';

/** For tests and hooks only: files are collected without data. */
export const picture = (name: PictureName): string => join(inject('pictures'), name);
