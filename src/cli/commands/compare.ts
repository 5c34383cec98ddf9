import pc from 'picocolors';
import { createFaces } from '../../faces.js';
import { writeAnnotated } from '../../image/annotate.js';
import type { Comparison, MatrixComparison } from '../../results.js';
import { EXIT, reportWarnings } from '../exit.js';
import { type CliOptions, toFacesOptions } from '../options.js';

function heading({ verified, reliable }: Comparison | MatrixComparison): string {
  if (!reliable) return pc.yellow('cannot be told');
  return verified ? pc.green('same person') : pc.yellow('not the same person');
}

function verdict(result: Comparison | MatrixComparison): string {
  const sign = result.distance <= result.pairThreshold ? '<=' : '>';
  const threshold = Number(result.pairThreshold.toFixed(4));
  return [
    `${pc.bold(heading(result))}  distance ${result.distance.toFixed(4)} ${sign} threshold ${threshold}`,
    ...result.reasons.map((reason) => `  ${reason}`),
    pc.dim(
      `  cosine similarity ${result.similarity.toFixed(4)}, ${result.model}, ${result.detector}`,
    ),
  ].join('\n');
}

/** `compare A B`: exit 0 when verified, 1 when not. */
export async function compareCommand(a: string, b: string, options: CliOptions): Promise<number> {
  await using faces = createFaces(toFacesOptions(options));
  const result = await faces.compare(a, b);
  // Before anything is printed: a reader that closes the pipe must not change the verdict.
  const exit = result.verified ? EXIT.ok : EXIT.notVerified;
  process.exitCode = exit;
  reportWarnings(result.warnings);
  if (options.annotate !== undefined) {
    const color = result.verified ? '#2ecc71' : '#f39c12';
    const label = `${result.verified ? 'same' : 'not the same'}: ${result.distance.toFixed(3)}`;
    await writeAnnotated(
      options.annotate,
      await Promise.all(
        [a, b].map(async (picture, i) => ({
          pixels: await faces.decode(picture),
          color,
          label,
          faces: [result.faces[i as 0 | 1]].flat(),
        })),
      ),
    );
  }
  if (options.json) console.log(JSON.stringify(result));
  else console.log(verdict(result));
  if (options.annotate !== undefined && !options.json) {
    console.log(pc.dim(`  wrote ${options.annotate}`));
  }
  return exit;
}
