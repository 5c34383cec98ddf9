import pc from 'picocolors';
import { createFaces } from '../../faces.js';
import { EXIT, reportWarnings } from '../exit.js';
import { countFaces, facesTable } from '../format.js';
import { type CliOptions, toFacesOptions } from '../options.js';

/** `embed PICTURE`: the embeddings of its faces. */
export async function embedCommand(file: string, options: CliOptions): Promise<number> {
  await using faces = createFaces(toFacesOptions(options));
  const result = await faces.embed(file);
  reportWarnings(result.warnings, `${file}: `);
  if (options.json) {
    console.log(JSON.stringify({ file, ...result }));
    return EXIT.ok;
  }
  console.log(
    `${pc.bold(file)}  ${countFaces(result.faces.length)}${pc.dim(`  ${result.model}, ${result.fingerprint}`)}`,
  );
  console.log(facesTable(result.faces));
  for (const [i, { embedding }] of result.faces.entries()) {
    const some = Array.from(embedding.slice(0, 6), (value) => value.toFixed(4)).join(', ');
    console.log(pc.dim(`  #${i + 1}: ${embedding.length} values: ${some}, … (all with --json)`));
  }
  return EXIT.ok;
}
