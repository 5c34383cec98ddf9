/** `gallery list`, `stats`, `remove`, `rename`, `forget`, `duplicates`, `cluster`, `reembed`, `upgrade`. */
import pc from 'picocolors';
import type { Duplicate, DuplicateEntry } from '../../../gallery/results.js';
import { EXIT } from '../../exit.js';
import { table } from '../../format.js';
import { type GalleryCliOptions, withGallery } from './open.js';

function show(json: boolean | undefined, value: unknown, text: string): void {
  console.log(json ? JSON.stringify(value) : text);
}

const date = (milliseconds: number) => new Date(milliseconds).toISOString().slice(0, 16);

export async function listSubjectsCommand(options: GalleryCliOptions): Promise<number> {
  const subjects = await withGallery(options, {}, (gallery) => gallery.subjects());
  const rows = subjects.map(({ subject, entries, firstEnrolledAt, lastEnrolledAt }) => [
    subject,
    String(entries),
    date(firstEnrolledAt),
    date(lastEnrolledAt),
  ]);
  show(options.json, subjects, table(['subject', 'entries', 'first', 'last'], rows));
  return EXIT.ok;
}

export async function statsCommand(options: GalleryCliOptions): Promise<number> {
  const stats = await withGallery(options, {}, (gallery) => gallery.stats());
  const { subjects, entries, bytes, make, kind, keepsCrops } = stats;
  show(
    options.json,
    stats,
    [
      `${pc.bold(`${subjects} subjects, ${entries} entries`)}  ${(bytes / 1e6).toFixed(1)} MB, ${kind}`,
      pc.dim(
        `  ${make.model} (${make.fingerprint}), ${make.dimension} values; ${keepsCrops ? 'keeps crops' : 'no crops'}`,
      ),
    ].join('\n'),
  );
  return EXIT.ok;
}

export async function removeCommand(
  subject: string,
  options: GalleryCliOptions & { entry?: number },
): Promise<number> {
  const { entry, ...rest } = options;
  const removed = await withGallery(rest, {}, (gallery) => gallery.remove(subject, entry));
  show(options.json, { subject, removed }, `${removed} entries of "${subject}" removed`);
  return removed > 0 ? EXIT.ok : EXIT.notVerified;
}

export async function renameCommand(
  from: string,
  to: string,
  options: GalleryCliOptions,
): Promise<number> {
  const renamed = await withGallery(options, {}, (gallery) => gallery.rename(from, to));
  show(options.json, { from, to, renamed }, `${renamed} entries of "${from}" are now "${to}"`);
  return renamed > 0 ? EXIT.ok : EXIT.notVerified;
}

export async function forgetCommand(subject: string, options: GalleryCliOptions): Promise<number> {
  const result = await withGallery(options, {}, (gallery) => gallery.forget(subject));
  show(
    options.json,
    result,
    `${result.entries} entries of "${result.subject}" removed and erased from the gallery's files. What is kept elsewhere is yours to delete: exports and copies, and caches of results (the file of --cache; in programs faces.clearCache()), which hold embeddings of the same pictures.`,
  );
  return result.entries > 0 ? EXIT.ok : EXIT.notVerified;
}

function side({ subject, entry, source }: DuplicateEntry): string {
  return `${subject} #${entry}${source === null ? '' : ` (${source})`}`;
}

function duplicateRow({ a, b, distance, sameContent }: Duplicate): string[] {
  return [distance.toFixed(4), sameContent ? 'same picture' : '', side(a), side(b)];
}

export async function duplicatesCommand(options: GalleryCliOptions): Promise<number> {
  const { threshold, far, ...rest } = options;
  const limits = {
    ...(threshold !== undefined && { threshold }),
    ...(far !== undefined && { far }),
  };
  const found = await withGallery(rest, {}, (gallery) => gallery.duplicates(limits));
  const text =
    found.length === 0
      ? 'no two subjects seem to be one person'
      : table(['distance', '', 'one', 'other'], found.map(duplicateRow));
  show(options.json, found, text);
  return EXIT.ok;
}

/** Pictures, or what is enrolled: who of them is one person. */
export async function clusterCommand(files: string[], options: GalleryCliOptions): Promise<number> {
  const { faces: which, threshold, far: _far, ...rest } = options;
  const call = {
    ...(threshold !== undefined && { threshold }),
    ...(which !== undefined && { faces: which }),
  };
  const names = [...files];
  const create = files.length > 0;
  const result = await withGallery(rest, { create }, async (gallery) => {
    if (files.length > 0) return await gallery.cluster(files, call);
    const vectors: Float32Array[] = [];
    for await (const { subject, id, embedding } of gallery.entries()) {
      names.push(`${subject} #${id}`);
      vectors.push(embedding);
    }
    return await gallery.cluster(vectors, call);
  });
  const faces = result.faces.map(({ index, ...face }) => ({ input: names[index], ...face }));
  const rows = [...faces]
    .sort((a, b) => a.cluster - b.cluster)
    .map(({ cluster, input }) => [String(cluster), input ?? '']);
  show(options.json, { clusters: result.clusters, faces }, table(['cluster', 'face'], rows));
  return EXIT.ok;
}

export async function reembedCommand(options: GalleryCliOptions): Promise<number> {
  const entries = await withGallery(options, { reembed: true }, (gallery) => gallery.reembed());
  show(options.json, { entries }, `${entries} entries embedded again`);
  return EXIT.ok;
}

export async function upgradeCommand(options: GalleryCliOptions): Promise<number> {
  const entries = await withGallery(options, { reembed: true }, (gallery) => gallery.upgrade());
  show(options.json, { entries }, `${entries} entries upgraded to embeddings of version 2`);
  return EXIT.ok;
}
