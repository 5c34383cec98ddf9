/** `enroll NAME PICTURE...` and `enroll --from DIR`. */
import pc from 'picocolors';
import { mapInOrder } from '../../../batch.js';
import { MnnFaceError } from '../../../errors.js';
import type { Enrolled } from '../../../gallery/results.js';
import { EXIT, errorToJson, exitCodeOf, reportError } from '../../exit.js';
import { startProgress } from '../../progress.js';
import { type GalleryCliOptions, withGallery } from './open.js';
import { type PassedOver, type People, peopleIn, type Task } from './pictures.js';
import { queueTasks } from './queue-enrolments.js';

export interface EnrollCliOptions extends GalleryCliOptions {
  from?: string;
  keepCrops?: boolean;
  queue?: boolean;
}

type Outcome = Task & ({ result: Enrolled } | { error: unknown });

/** Pictures under way at a time. */
const CONCURRENCY = 4;

function peopleOf(name: string | undefined, files: string[], from: string | undefined): People {
  if ((from === undefined) === (name === undefined) || (from === undefined && files.length === 0)) {
    throw new MnnFaceError(
      'ERR_GALLERY',
      'Give a name and its pictures, or --from with a folder of folders.',
    );
  }
  if (from !== undefined) return peopleIn(from);
  const tasks = files.map((file) => ({ subject: name as string, file }));
  return { tasks, passedOver: [], hidden: 0 };
}

/** Which face of a picture with several is whose: one of them at most. */
function checkFaces(faces: EnrollCliOptions['faces']): 'single' | 'largest' {
  if (faces !== 'all') return faces ?? 'single';
  throw new MnnFaceError(
    'ERR_GALLERY',
    'All faces of a picture cannot be of one person: enrol with --faces single (the default) or --faces largest.',
  );
}

/** Draws tasks until it is told to stop; those under way are finished. */
function* until(tasks: readonly Task[], stopped: () => boolean): Generator<Task> {
  for (const task of tasks) {
    if (stopped()) return;
    yield task;
  }
}

/** What is enrolled already is not enrolled again; what is passed over is named. */
export async function enrollCommand(
  name: string | undefined,
  files: string[],
  options: EnrollCliOptions,
): Promise<number> {
  const { from, keepCrops = false, queue = false, faces, ...rest } = options;
  const selection = checkFaces(faces);
  const people = peopleOf(name, files, from);
  for (const one of people.passedOver) printPassedOver(one, options.json);
  if (people.hidden > 0) {
    console.error(pc.dim(`not looked at: ${people.hidden} hidden (their names begin with a dot)`));
  }
  // Whoever reads the exit code must learn that somebody's picture was left out.
  const least = people.passedOver.length > 0 ? EXIT.badInput : EXIT.ok;
  if (queue) return Math.max(least, await queueTasks(people.tasks, options));
  const { tasks } = people;
  let stopped = false;
  const stop = () => {
    // A second Ctrl-C ends at once, as it always does.
    stopped = true;
  };
  process.once('SIGINT', stop);
  const count = { added: 0, known: 0, failed: 0 };
  let exit: number = least;
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
  if (!options.json) console.log(summaryOf(count, people));
  const done = count.added + count.known + count.failed;
  if (stopped && done < tasks.length) {
    console.error(
      `${pc.yellow('stopped')} after ${done} of ${tasks.length} pictures; all of them are kept. Run the same command again to go on.`,
    );
    return EXIT.interrupted;
  }
  return exit;
}

function summaryOf(
  { added, known, failed }: { added: number; known: number; failed: number },
  { passedOver }: People,
): string {
  const parts = [`${added} enrolled`, `${known} there already`, `${failed} failed`];
  if (passedOver.length > 0) parts.push(`${passedOver.length} passed over`);
  return parts.join(', ');
}

function printPassedOver({ path, reason }: PassedOver, json: boolean | undefined): void {
  if (json) console.log(JSON.stringify({ passedOver: path, reason }));
  console.error(`${pc.yellow('passed over')} ${path}: ${reason}`);
}

function print(outcome: Outcome, json: boolean | undefined): void {
  const { subject, file } = outcome;
  if ('error' in outcome) {
    const { error } = outcome;
    if (json) console.log(JSON.stringify({ subject, file, error: errorToJson(error) }));
    const isNamed = error instanceof Error && error.message.includes(file);
    reportError(error, isNamed ? '' : `${file}: `);
    return;
  }
  const { entry, added } = outcome.result;
  if (json) console.log(JSON.stringify({ subject, file, entry, added }));
}
