/** What the user once accepted without a published SHA-256: the same bytes are wanted from then on. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { codeOf, MnnFaceError, messageOf } from '../../errors.js';
import { Sha256 } from '../sources.js';
import { writeError } from './failure.js';

const Schema = v.record(v.string(), Sha256);

/** The file that remembers, in the user's cache: `{ "FILE": "SHA-256" }`. */
export function acceptedFile(cache: string): string {
  return join(cache, 'accepted-weights.json');
}

async function readAll(path: string): Promise<Record<string, string>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return {};
    throw new MnnFaceError('ERR_MODEL_MISSING', `Cannot read ${path}: ${messageOf(error)}`);
  }
  try {
    return v.parse(Schema, JSON.parse(text));
  } catch (error) {
    // What was accepted is not known any more: never a reason to accept anything else.
    throw new MnnFaceError(
      'ERR_MODEL_CHECKSUM',
      `${path}, which remembers the weights that you accepted, is damaged: ${messageOf(error)}. Put it right, or remove it to accept them anew.`,
    );
  }
}

/** The SHA-256 that was accepted of that file, if any. */
export async function acceptedHash(cache: string, file: string): Promise<string | undefined> {
  const all = await readAll(acceptedFile(cache));
  return Object.hasOwn(all, file) ? all[file] : undefined;
}

/** Remembers it. The caller holds the lock of the file's name. */
export async function rememberHash(cache: string, file: string, sha256: string): Promise<void> {
  const path = acceptedFile(cache);
  const all = { ...(await readAll(path)), [file]: sha256 };
  const partial = `${path}.${process.pid}`;
  try {
    await writeFile(partial, `${JSON.stringify(all, null, 2)}\n`);
    await rename(partial, path);
  } catch (error) {
    throw writeError(cache, error);
  } finally {
    await rm(partial, { force: true });
  }
}
