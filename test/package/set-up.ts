/** vitest's global set-up of the group "package": fetches weights and pictures, where they are not there yet. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TestProject } from 'vitest/node';

interface PackageData {
  ensurePackageData(): Promise<{ pictures: string; python: string }>;
}

export default async function setup(project: TestProject): Promise<void> {
  if (process.env.MNN_FACE_COUNT_ONLY === '1') return;
  const script = join(__dirname, '..', '..', 'scripts', 'test-data', 'package-data.mjs');
  const { ensurePackageData } = (await import(pathToFileURL(script).href)) as PackageData;
  const { pictures, python } = await ensurePackageData();
  project.provide('pictures', pictures);
  project.provide('python', python);
}

declare module 'vitest' {
  interface ProvidedContext {
    pictures: string;
    /** A Python that has numpy. */
    python: string;
  }
}
