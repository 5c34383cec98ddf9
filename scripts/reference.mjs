// `npm run reference [-- FOLDER]`: the Python reference and this package on the same pictures, side
// by side: do they find the same faces, and which is faster.
// Exit codes: 0 they agree, 1 they do not, 2 bad use or input, 3 internal error.
import { writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { REFERENCE_DETECTORS } from './reference/detectors.mjs';
import { findPictures } from './reference/find-pictures.mjs';
import { UsageError } from './reference/usage-error.mjs';
import { setUp } from './setup.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const shared = process.env.MNN_FACE_SHARED ?? join(root, '..', 'shared');

const USAGE = `Usage: npm run reference [-- FOLDER] [options]

Runs the Python reference and this package on the pictures of a folder and its sub-folders
(default: ../shared/images) and prints how far their results and times are apart.

  --detectors a,b      of ${REFERENCE_DETECTORS.join(', ')}
  --repetitions N      timed calls of each kind, 1 to 1000 (default: 5)
  --json               print one JSON document instead of tables
  --html FILE          also write a report with both boxes drawn
  --help               print this

Exit codes: 0 the two sides agree, 1 they do not, 2 bad use or input, 3 internal error.`;

function parseDetectors(text) {
  const names = [...new Set(text.split(',').map((name) => name.trim()))];
  const unknown = names.find((name) => !REFERENCE_DETECTORS.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(
      `--detectors: "${unknown}" is none of ${REFERENCE_DETECTORS.join(', ')}, which the reference has.`,
    );
  }
  return names;
}

function parseRepetitions(text) {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > 1000) {
    throw new UsageError(`--repetitions must be a whole number from 1 to 1000, not "${text}".`);
  }
  return count;
}

function parse(args) {
  let parsed;
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: {
        detectors: { type: 'string', default: REFERENCE_DETECTORS.join(',') },
        repetitions: { type: 'string', default: '5' },
        json: { type: 'boolean', default: false },
        html: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error.message);
  }
  const { values, positionals } = parsed;
  if (positionals.length > 1) throw new UsageError('Name one folder.');
  // Where the user stands, not where npm runs its scripts.
  const from = process.env.INIT_CWD ?? process.cwd();
  return {
    ...values,
    folder: positionals[0] ? resolve(from, positionals[0]) : join(shared, 'images'),
    html: values.html && resolve(from, values.html),
    detectors: parseDetectors(values.detectors),
    repetitions: parseRepetitions(values.repetitions),
  };
}

async function main() {
  const options = parse(process.argv.slice(2));
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const pictures = findPictures(options.folder);
  await setUp();
  // Only now are the npm packages and dist/ certain to be there.
  const { runReference } = await import('./reference/run.mjs');
  const report = await runReference({ ...options, pictures });
  if (options.json) console.log(JSON.stringify(report, null, 2));
  else {
    const { reportToText } = await import('./reference/text-report.mjs');
    console.log(reportToText(report));
  }
  if (options.html) {
    const { reportToHtml } = await import('./reference/html-report.mjs');
    writeFileSync(options.html, await reportToHtml(report));
    console.error(`Report: ${options.html}`);
  }
  if (report.summary.readable === 0) {
    throw new UsageError(`No picture of ${options.folder} could be read by both sides.`);
  }
  return report.summary.agrees ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  const bad = error instanceof UsageError;
  console.error(bad ? `${error.message}\n(npm run reference -- --help shows all options)` : error);
  process.exitCode = bad ? 2 : 3;
}
