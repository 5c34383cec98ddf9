/** The profile for small computers: what it sets, and that options win over it. */
import { describe, expect, test } from 'vitest';
import { memoryStore } from '../../src/cache/memory-store.js';
import type { CacheStore } from '../../src/cache/store.js';
import { resolveDefaults } from '../../src/options.js';

describe('profile lowMemory', () => {
  test('one lane and the smaller detector', () => {
    const low = resolveDefaults({ profile: 'lowMemory' });
    expect(low.sessions.lanes).toBe(1);
    expect(low.forCall(undefined).detect.detector).toBe('slim-320');
    expect(low.forCall({ minSize: 20 }).detect.detector).toBe('slim-320');
    for (const normal of [resolveDefaults({}), resolveDefaults({ profile: 'normal' })]) {
      expect(normal.sessions.lanes).toBeUndefined();
      expect(normal.forCall(undefined).detect.detector).toBe('rfb-320');
    }
  });

  test('options win, those of the instance and those of a call; an undefined one is none', () => {
    const own = resolveDefaults({ profile: 'lowMemory', lanes: 3, detector: 'yunet' });
    expect(own.sessions.lanes).toBe(3);
    expect(own.forCall(undefined).detect.detector).toBe('yunet');
    expect(own.forCall({ detector: 'mtcnn' }).detect.detector).toBe('mtcnn');
    const low = resolveDefaults({ profile: 'lowMemory', ...({ detector: undefined } as object) });
    expect(low.forCall(undefined).detect.detector).toBe('slim-320');
  });

  test('its own cache is small; a store that is given stays as it is', async () => {
    const value = new Uint8Array(1024 * 1024);
    const codec = { kind: 'bytes', encode: () => value, decode: (bytes: Uint8Array) => bytes };
    /** How many of five are computed, of which the last was the first. */
    const fill = async (profile: 'lowMemory' | 'normal', cache: true | CacheStore) => {
      const { content } = resolveDefaults({ profile, cache }).caches;
      for (const key of ['a', 'b', 'c', 'd', 'a']) {
        await content.through(key, codec, undefined, async () => value);
      }
      return content.counts.misses;
    };
    expect(await fill('lowMemory', true)).toBe(5);
    expect(await fill('normal', true)).toBe(4);
    expect(await fill('lowMemory', memoryStore())).toBe(4);
  });
});
