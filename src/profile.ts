/** Sets of defaults, by name. */

/** A set of defaults for `createFaces()`. */
export type Profile = 'normal' | 'lowMemory';

/** @internal */
export const PROFILES = ['normal', 'lowMemory'] as const satisfies readonly Profile[];

/** @internal What `cache: true` holds under `lowMemory`. */
export const LOW_MEMORY_CACHE_BYTES = 2 * 1024 * 1024;

/** @internal The defaults of a profile under the options that were given. */
export function applyProfile(
  profile: Profile,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return profile === 'lowMemory' ? { lanes: 1, detector: 'slim-320', ...given } : given;
}
