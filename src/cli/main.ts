#!/usr/bin/env node
/** The command line: parses, runs one command, sets the exit code. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { packageRoot } from '../native.js';
import { type CalibrateCliOptions, calibrateCommand } from './commands/calibrate.js';
import { compareCommand } from './commands/compare.js';
import { detectCommand } from './commands/detect.js';
import { embedCommand } from './commands/embed.js';
import { addQueueCommands } from './commands/queue.js';
import { EXIT, errorToJson, exitCodeOf, reportError } from './exit.js';
import { addGalleryCommands } from './gallery-program.js';
import { addModelCommands } from './models-program.js';
import { type CliOptions, number, withDetectOptions, withEmbedOptions } from './options.js';

function version(): string {
  const text = readFileSync(join(packageRoot, 'package.json'), 'utf8');
  return String((JSON.parse(text) as { version?: unknown }).version);
}

type Run = (work: Promise<number>, json: boolean | undefined) => Promise<void>;

function makeProgram(run: Run) {
  const program = new Command('mnn-face')
    .description('Finds and compares faces on the original Ultra-Light MNN weights.')
    .version(version())
    .showHelpAfterError('(mnn-face --help shows all options)')
    .addHelpText(
      'after',
      '\nExit codes: 0 done or verified, 1 not verified or no match, 2 bad use or input, 3 internal error.',
    );
  withEmbedOptions(
    program
      .command('compare')
      .alias('verify')
      .description('whether two pictures show the same person')
      .argument('<a>', 'a picture')
      .argument('<b>', 'another picture'),
  )
    .option('--threshold <distance>', 'largest distance of one person, 0 to 2', number)
    .option('--far <rate>', 'choose the threshold by a false accept rate, e.g. 0.001', number)
    .option('--annotate <file>', 'write both pictures with the faces marked')
    .action((a: string, b: string, options: CliOptions) =>
      run(compareCommand(a, b, options), options.json),
    );
  withDetectOptions(
    program
      .command('detect')
      .description('find the faces of pictures')
      .argument('<pictures...>', 'picture files'),
  )
    .option('--annotate <file>', 'write the picture with the faces marked')
    .action((files: string[], options: CliOptions) =>
      run(detectCommand(files, options), options.json),
    );
  withEmbedOptions(
    program
      .command('embed')
      .description('the embeddings of the faces of a picture')
      .argument('<picture>', 'a picture'),
  ).action((file: string, options: CliOptions) => run(embedCommand(file, options), options.json));
  withEmbedOptions(
    program
      .command('calibrate')
      .description('thresholds for your own people: a folder that holds one folder a person')
      .argument('<folder>', 'the folder of people'),
  )
    .option('--html <file>', 'write a report: the curve, the thresholds, the worst pairs')
    .option('--worst <count>', 'worst pairs of each kind to name', number, 20)
    .action((folder: string, options: CalibrateCliOptions) =>
      run(calibrateCommand(folder, options), options.json),
    );
  addModelCommands(program, run);
  addQueueCommands(program, run);
  addGalleryCommands(program, run);
  return program;
}

async function main(): Promise<void> {
  const program = makeProgram(async (work, json) => {
    try {
      process.exitCode = await work;
    } catch (error) {
      if (json) console.log(JSON.stringify({ error: errorToJson(error) }));
      reportError(error);
      process.exitCode = exitCodeOf(error);
    }
  });
  program.exitOverride();
  for (const command of program.commands.flatMap((c) => [c, ...c.commands])) {
    command
      .exitOverride()
      .showHelpAfterError(`(mnn-face ${command.name()} --help shows all options)`);
  }
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Commander has printed it; help and version are no errors.
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.badInput;
  }
}

// `mnn-face detect … | head` closes the pipe early; that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
  process.exit(EXIT.internal);
});

main().catch((error: unknown) => {
  reportError(error);
  process.exitCode = EXIT.internal;
});
