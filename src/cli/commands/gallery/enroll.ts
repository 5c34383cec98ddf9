import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import pc from 'picocolors';
import { mapInOrder } from '../../../batch.js';
import { MnnFaceError, messageOf } from '../../../errors.js';
import { defaultGallery } from '../../../gallery/default-location.js';
import { isPostgres } from '../../../gallery/open-store.js';
import type { Enrolled } from '../../../gallery/results.js';
import { EXIT, errorToJson, exitCodeOf, reportError } from '../../exit.js';
import { startProgress } from '../../progress.js';
import { queueEnrolments } from '../queue.js';
import { type GalleryCliOptions, withGallery } from './open.js';

export interface EnrollCliOptions extends GalleryCliOptions {
  from?: string;
  keepCrops?: boolean;
  queue?: boolean;
}

interface Task {
  subject: string;
  file: string;
}

type Outcome = Task & ({ result: Enrolled } | { error: unknown });

/** Pictures under way at a time. */
const CONCURRENCY = 4;

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map(({ name }) => join(folder, name))
    .sort();
}

/** A folder for each subject, with their pictures in it. */
function tasksFrom(root: string): Task[] {
  try {
    const subjects = readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name)
      .sort();
    const tasks = subjects.flatMap((subject) =>
      filesIn(join(root, subject)).map((file) => ({ subject, file })),
    );
    if (tasks.length === 0) throw new Error('it has no folders with pictures in them');
    return tasks;
  } catch (error) {
    throw new MnnFaceError(
      'ERR_IMAGE_DECODE',
      `Cannot enrol from ${root}: ${messageOf(error)}. It should have a folder for each person, named as the person.`,
      { cause: error },
    );
  }
}

function tasksOf(name: string | undefined, files: string[], from: string | undefined): Task[] {
  if ((from === undefined) === (name === undefined) || (from === undefined && files.length === 0)) {
    throw new MnnFaceError(
      'ERR_GALLERY',
      'Give a name and its pictures, or --from with a folder of folders.',
    );
  }
  if (from !== undefined) return tasksFrom(from);
  return files.map((file) => ({ subject: name as string, file }));
}

/** `enroll --queue`: leaves the pictures to workers (`mnn-face worker`). */
async function queueTasks(
  tasks: readonly Task[],
  { gallery = defaultGallery(), json }: EnrollCliOptions,
): Promise<number> {
  if (!isPostgres(gallery)) {
    throw new MnnFaceError(
      'ERR_GALLERY',
      `A queue needs a gallery in PostgreSQL; this one is ${gallery}. Give --gallery postgres://…, or leave --queue away.`,
    );
  }
  // Workers may run in other folders.
  const jobs = tasks.map(({ subject, file }) => ({ subject, path: resolve(file) }));
  const queued = await queueEnrolments(gallery, jobs);
  if (json) console.log(JSON.stringify({ queued }));
  else console.log(`${queued} queued; mnn-face worker --gallery … enrols them`);
  return EXIT.ok;
}

/** Draws tasks until it is told to stop; those under way are finished. */
function* until(tasks: readonly Task[], stopped: () => boolean): Generator<Task> {
  for (const task of tasks) {
    if (stopped()) return;
    yield task;
  }
}

/** `enroll NAME PICTURE...` and `enroll --from DIR`: what is enrolled already is passed over. */
export async function enrollCommand(
  name: string | undefined,
  files: string[],
  options: EnrollCliOptions,
): Promise<number> {
  const { from, keepCrops = false, queue = false, faces: which = 'single', ...rest } = options;
  const tasks = tasksOf(name, files, from);
  if (queue) return await queueTasks(tasks, options);
  const selection = which === 'all' ? 'single' : which;
  let stopped = false;
  const stop = () => {
    // A second Ctrl-C ends at once, as it always does.
    stopped = true;
  };
  process.once('SIGINT', stop);
  const count = { added: 0, known: 0, failed: 0 };
  let exit: number = EXIT.ok;
  try {
    await withGallery(rest, { create: true, keepCrops }, async (gallery) => {
      const progress = startProgress(tasks.length);
      const enrol = async (task: Task): Promise<Outcome> => {
        try {
          const result = await gallery.enroll(task.subject, task.file, { faces: selection });
          return { ...task, result };
        } catch (error) {
          // One bad picture ends nothing; a gallery that fails ends all.
          const code = error instanceof MnnFaceError ? error.code : '';
          if (code === 'ERR_GALLERY' || code === 'ERR_CLOSED') throw error;
          return { ...task, error };
        }
      };
      try {
        for await (const outcome of mapInOrder(
          until(tasks, () => stopped),
          CONCURRENCY,
          enrol,
        )) {
          progress.advance();
          if ('error' in outcome) {
            count.failed++;
            exit = Math.max(exit, exitCodeOf(outcome.error));
          } else if (outcome.result.added) count.added++;
          else count.known++;
          print(outcome, options.json);
        }
      } finally {
        progress.stop();
      }
    });
  } finally {
    process.removeListener('SIGINT', stop);
  }
  const summary = `${count.added} enrolled, ${count.known} there already, ${count.failed} failed`;
  if (!options.json) console.log(summary);
  const done = count.added + count.known + count.failed;
  if (stopped && done < tasks.length) {
    console.error(
      `${pc.yellow('stopped')} after ${done} of ${tasks.length} pictures; all of them are kept. Run the same command again to go on.`,
    );
    return EXIT.interrupted;
  }
  return exit;
}

function print(outcome: Outcome, json: boolean | undefined): void {
  const { subject, file } = outcome;
  if ('error' in outcome) {
    if (json) console.log(JSON.stringify({ subject, file, error: errorToJson(outcome.error) }));
    reportError(outcome.error, `${file}: `);
    return;
  }
  const { entry, added } = outcome.result;
  if (json) console.log(JSON.stringify({ subject, file, entry, added }));
}
