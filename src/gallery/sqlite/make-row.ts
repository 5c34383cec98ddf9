import type Database from 'better-sqlite3';
import type { GalleryMake } from '../store.js';
import { statement } from './statements.js';

/** @internal What the file was made with, and how often all its vectors were replaced. */
export interface KeptMake extends GalleryMake {
  keepsCrops: boolean;
  generation: number;
}

/** @internal */
export function readMake(database: Database.Database): KeptMake | undefined {
  const row = statement<[], GalleryMake & { keepsCrops: number; generation: number }>(
    database,
    'SELECT model, fingerprint, dimension, keeps_crops AS keepsCrops, generation FROM make',
  ).get();
  return row === undefined ? undefined : { ...row, keepsCrops: row.keepsCrops !== 0 };
}

/** @internal */
export function writeMake(database: Database.Database, make: KeptMake): void {
  statement<[string, string, number, number, number]>(
    database,
    'INSERT OR REPLACE INTO make (one, model, fingerprint, dimension, keeps_crops, generation) VALUES (1, ?, ?, ?, ?, ?)',
  ).run(make.model, make.fingerprint, make.dimension, make.keepsCrops ? 1 : 0, make.generation);
}
