import pRetry from 'p-retry';
import { galleryError, mayPass, RETRY } from '../postgres/connection.js';

/** A worker has nothing better to do than to wait for its server: it does so for a minute. */
const PATIENT = { retries: 12, minTimeout: 100, factor: 2, maxTimeout: 10_000 };

/**
 * For statements that may be done twice: again, while the server is away.
 *
 * @internal
 */
export async function repeating<T>(work: () => Promise<T>, retry = RETRY): Promise<T> {
  return await pRetry(async () => {
    try {
      return await work();
    } catch (error) {
      throw mayPass(error) ? galleryError(error) : new pRetry.AbortError(galleryError(error));
    }
  }, retry);
}

/** @internal The same, for a minute. */
export async function repeatingPatiently<T>(work: () => Promise<T>): Promise<T> {
  return await repeating(work, PATIENT);
}

/**
 * The same for a statement whose every error may pass: one that the server cannot say to be lost is
 * tried some times only.
 *
 * @internal
 */
export async function repeatingAnything<T>(work: () => Promise<T>): Promise<T> {
  return await pRetry(async (attempt) => {
    try {
      return await work();
    } catch (error) {
      if (mayPass(error) || attempt <= RETRY.retries) throw galleryError(error);
      throw new pRetry.AbortError(galleryError(error));
    }
  }, PATIENT);
}
