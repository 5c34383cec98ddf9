import pc from 'picocolors';
import { mapInOrder } from '../../../batch.js';
import type { Identification, IdentifiedFace } from '../../../gallery/results.js';
import { EXIT, errorToJson, exitCodeOf, reportError } from '../../exit.js';
import { countFaces, table } from '../../format.js';
import { startProgress } from '../../progress.js';
import { type GalleryCliOptions, withGallery } from './open.js';

export interface IdentifyCliOptions extends GalleryCliOptions {
  limit?: number;
  fpir?: number;
  repeats?: boolean;
}

type Outcome = { file: string; result: Identification } | { file: string; error: unknown };

const CONCURRENCY = 8;

function row({ box, match, nearest, reason }: IdentifiedFace, i: number): string[] {
  const at = [box.x, box.y, box.width, box.height].map((value) => value.toFixed(0)).join(' ');
  const distance = nearest === null ? '' : nearest.distance.toFixed(4);
  const close = nearest === null || match !== null ? '' : `nearest: ${nearest.subject}`;
  const why = [close, reason ?? ''].filter((text) => text !== '').join('; ');
  return [String(i + 1), at, distance, match?.subject ?? 'unknown', why];
}

function print(outcome: Outcome, json: boolean | undefined): void {
  const { file } = outcome;
  if ('error' in outcome) {
    if (json) console.log(JSON.stringify({ file, error: errorToJson(outcome.error) }));
    reportError(outcome.error, `${file}: `);
    return;
  }
  const { result } = outcome;
  if (json) {
    console.log(JSON.stringify({ file, ...result }));
    return;
  }
  console.log(
    `${pc.bold(file)}  ${countFaces(result.faces.length)}${pc.dim(`  threshold ${result.threshold}, ${result.model}`)}`,
  );
  if (result.faces.length > 0)
    console.log(table(['#', 'box', 'distance', 'who', ''], result.faces.map(row)));
}

/** `identify PICTURE...`: exit 0 when every face has a match, 1 when one has none. */
export async function identifyCommand(
  files: string[],
  options: IdentifyCliOptions,
): Promise<number> {
  const { limit, fpir, repeats, threshold, far, faces: which, ...rest } = options;
  const call = {
    ...(fpir !== undefined && { fpir }),
    ...(repeats !== undefined && { repeats }),
    ...(limit !== undefined && { limit }),
    ...(threshold !== undefined && { threshold }),
    ...(far !== undefined && { far }),
    ...(which !== undefined && { faces: which }),
  };
  let exit: number = EXIT.ok;
  await withGallery(rest, {}, async (gallery) => {
    const progress = startProgress(files.length);
    const identify = async (file: string): Promise<Outcome> => {
      try {
        return { file, result: await gallery.identify(file, call) };
      } catch (error) {
        return { file, error };
      }
    };
    try {
      for await (const outcome of mapInOrder(files, CONCURRENCY, identify)) {
        progress.advance();
        const own =
          'error' in outcome
            ? exitCodeOf(outcome.error)
            : outcome.result.faces.some(({ unknown }) => unknown)
              ? EXIT.notVerified
              : EXIT.ok;
        exit = Math.max(exit, own);
        // Before anything is printed: a reader that closes the pipe must not change the outcome.
        process.exitCode = exit;
        print(outcome, options.json);
      }
    } finally {
      progress.stop();
    }
  });
  return exit;
}
