/** Enrolment through the queue: `worker`, and what `enroll --queue` does. */
import type { Command } from 'commander';
import pc from 'picocolors';
import type { Many } from '../../batch.js';
import type { EnrollJob } from '../../gallery/queue/enroll-job.js';
import { enrollQueue } from '../../gallery/queue/enroll-queue.js';
import { runWorker } from '../../gallery/queue/enroll-worker.js';
import { EXIT, reportError } from '../exit.js';
import { type CliOptions, toFacesOptions, withEmbedOptions } from '../options.js';

type Run = (work: Promise<number>, json: boolean | undefined) => Promise<void>;

interface WorkerOptions extends CliOptions {
  gallery: string;
  untilEmpty?: boolean;
}

/** Puts pictures into the queue of a gallery in PostgreSQL. Gives how many. */
export async function queueEnrolments(
  gallery: string,
  jobs: Many<EnrollJob>,
  options: { expireSeconds?: number } = {},
): Promise<number> {
  const queue = enrollQueue({ connectionString: gallery, ...options });
  try {
    return await queue.send(jobs);
  } finally {
    await queue.close();
  }
}

/** A signal that fires at the first Ctrl-C or SIGTERM; the second one ends the process. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      if (!stop.signal.aborted) console.error(pc.dim('Finishing the pictures in hand …'));
      stop.abort();
    });
  }
  return stop.signal;
}

/** `worker`: enrols what is in the queue. */
export async function workerCommand(options: WorkerOptions): Promise<number> {
  const { gallery, untilEmpty = false, ...rest } = options;
  const counts = await runWorker({
    connectionString: gallery,
    facesOptions: toFacesOptions(rest),
    untilEmpty,
    signal: stopSignal(),
    onFailure: ({ subject, path }, error) => reportError(error, `${path ?? subject}: `),
  });
  if (options.json) {
    console.log(JSON.stringify(counts));
  } else {
    const { enrolled, present, failed } = counts;
    console.log(`${enrolled} enrolled, ${present} there already, ${failed} failed`);
  }
  return counts.failed === 0 ? EXIT.ok : EXIT.badInput;
}

/** Adds the commands of the queue. */
export function addQueueCommands(program: Command, run: Run): void {
  withEmbedOptions(
    program
      .command('worker')
      .description('enrol the pictures in the queue of a gallery in PostgreSQL')
      .requiredOption('--gallery <url>', 'the gallery, postgres://…'),
  )
    .option('--until-empty', 'end when the queue is empty')
    .action((options: WorkerOptions) => run(workerCommand(options), options.json));
}
