/** Sets of defaults, by name. */

/** @internal */
export const PROFILES = ['normal', 'lowMemory'] as const;

/** A set of defaults for `createFaces()`. */
export type Profile = (typeof PROFILES)[number];

/** @internal What `cache: true` holds under `lowMemory`. */
export const LOW_MEMORY_CACHE_BYTES = 2 * 1024 * 1024;

/** @internal The defaults of a profile under the options that were given. */
export function applyProfile(
  profile: Profile,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return profile === 'lowMemory' ? { lanes: 1, detector: 'slim-320', ...given } : given;
}
