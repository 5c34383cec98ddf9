/** The command line of `npm run bench`. */
import { resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { UsageError } from '../../scripts/reference/usage-error.mjs';

export const USAGE = `Usage: npm run bench [-- options]

Measures this package and others on the same pictures, in one run, turn by turn, each pinned to the
same core, and prints medians with their spread and what the package promises.

  --quick            a few runs of each: shows that it works, not how fast it is
  --only a,b         of the contenders that --list shows
  --list             print the contenders
  --json FILE        also write all figures, every sample included
  --html FILE        also write a report with charts
  --markdown FILE    also write a results page
  --help             print this

Exit codes: 0 measured (a missed target is no error), 2 bad use or input, 3 internal error.`;

/** How much is measured. A latency task has rounds × batch samples of each contender. */
const FULL = {
  quick: false,
  warmUp: 20,
  rounds: 20,
  batch: 5,
  coldStarts: 10,
  pictures: 500,
  throughputRounds: 10,
  throughputWarmUp: 20,
};
const QUICK = {
  quick: true,
  warmUp: 2,
  rounds: 3,
  batch: 2,
  coldStarts: 2,
  pictures: 20,
  throughputRounds: 2,
  throughputWarmUp: 2,
};

function parse(args) {
  try {
    return parseArgs({
      args,
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string' },
        list: { type: 'boolean', default: false },
        json: { type: 'string' },
        html: { type: 'string' },
        markdown: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error.message);
  }
}

/** @param known - The contenders' ids. */
export function readOptions(args, known) {
  const values = parse(args);
  const only = values.only?.split(',').map((id) => id.trim()) ?? known;
  const unknown = only.find((id) => !known.includes(id));
  if (unknown !== undefined) {
    throw new UsageError(`--only: "${unknown}" is none of ${known.join(', ')}.`);
  }
  // Where the user stands, not where npm runs its scripts.
  const from = process.env.INIT_CWD ?? process.cwd();
  const file = (name) => values[name] && resolve(from, values[name]);
  return {
    help: values.help,
    list: values.list,
    only,
    settings: values.quick ? QUICK : FULL,
    json: file('json'),
    html: file('html'),
    markdown: file('markdown'),
  };
}
