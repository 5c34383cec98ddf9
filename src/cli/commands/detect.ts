import pc from 'picocolors';
import { rangeError } from '../../arguments.js';
import { mapInOrder } from '../../batch.js';
import { createFaces, type Faces } from '../../faces.js';
import { writeAnnotated } from '../../image/annotate.js';
import type { Detection } from '../../results.js';
import { EXIT, errorToJson, exitCodeOf, reportError, reportWarnings } from '../exit.js';
import { countFaces, facesTable } from '../format.js';
import { type CliOptions, toFacesOptions } from '../options.js';
import { startProgress } from '../progress.js';

type Outcome = { file: string; result: Detection } | { file: string; error: unknown };

/** Pictures under way at a time: enough to keep decoders and lanes busy. */
const CONCURRENCY = 8;

async function detectOne(faces: Faces, file: string): Promise<Outcome> {
  try {
    return { file, result: await faces.detect(file) };
  } catch (error) {
    return { file, error };
  }
}

function print(outcome: Outcome, json: boolean | undefined): void {
  if ('error' in outcome) {
    if (json)
      console.log(JSON.stringify({ file: outcome.file, error: errorToJson(outcome.error) }));
    reportError(outcome.error, `${outcome.file}: `);
    return;
  }
  const { file, result } = outcome;
  reportWarnings(result.warnings, `${file}: `);
  if (json) {
    console.log(JSON.stringify({ file, ...result }));
    return;
  }
  const { width, height, detector, faces } = result;
  console.log(
    `${pc.bold(file)}  ${countFaces(faces.length)}${pc.dim(`  ${width} x ${height}, ${detector}`)}`,
  );
  if (faces.length > 0) console.log(facesTable(faces));
}

/** `detect PICTURE...`: one JSON document, or one line each of many; a bad picture does not stop the rest. */
export async function detectCommand(files: string[], options: CliOptions): Promise<number> {
  if (options.annotate !== undefined && files.length > 1) {
    throw rangeError('--annotate', 'used with one picture', `${files.length} pictures`);
  }
  await using faces = createFaces(toFacesOptions(options));
  const progress = startProgress(files.length);
  let exit: number = EXIT.ok;
  try {
    for await (const outcome of mapInOrder(files, CONCURRENCY, (file) => detectOne(faces, file))) {
      progress.advance();
      if (!('error' in outcome) && options.annotate !== undefined) {
        const { file, result } = outcome;
        const pixels = await faces.decode(file);
        const annotation = { pixels, faces: result.faces, color: '#2ecc71' };
        await writeAnnotated(options.annotate, [annotation]);
      }
      print(outcome, options.json);
      if ('error' in outcome) exit = Math.max(exit, exitCodeOf(outcome.error));
    }
  } finally {
    progress.stop();
  }
  return exit;
}
