import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** A folder that is not there: these groups must not find ../shared. */
const nowhere = join(import.meta.dirname, 'test', 'nowhere');
const withoutShared = { MNN_FACE_SHARED: nowhere, MNN_FACE_MODELS: '' };

interface Group {
  name: string;
  include: string[];
  env?: Record<string, string>;
  globalSetup?: string[];
}

// What each group needs, and what goes where: CONTRIBUTING.md.
const groups: Group[] = [
  { name: 'unit', include: ['test/unit/**/*.test.ts'], env: withoutShared },
  {
    name: 'package',
    include: ['test/package/**/*.test.ts'],
    env: withoutShared,
    globalSetup: ['test/package/set-up.ts'],
  },
  {
    name: 'golden',
    // A file outside of the groups' folders is run too, with all data there.
    include: ['test/{golden,models,native,process}/**/*.test.ts'],
    globalSetup: ['test/golden/set-up.ts'],
  },
  {
    name: 'system',
    include: ['test/system/**/*.test.ts'],
    globalSetup: ['test/golden/set-up.ts'],
  },
];

export default defineConfig({
  test: {
    // A process per file: the addon and its threads start fresh, and a crash names its file.
    pool: 'forks',
    // In milliseconds: what takes less is no line of the output.
    slowTestThreshold: 10_000,
    projects: groups.map((group) => ({
      extends: true,
      test: { ...group, testTimeout: 60_000, hookTimeout: 60_000 },
    })),
  },
});
