/** The command line of `models`: options and help; the work is in commands/. */
import { type Command, Option } from 'commander';
import { PRESETS } from '../models/presets.js';
import { DEFAULT_MODELS } from '../models/pull/pull-models.js';
import { type ImportCliOptions, importCommand, listCommand } from './commands/models.js';
import { type FindCliOptions, pathCommand, verifyCommand } from './commands/models-find.js';
import { type PullCliOptions, pullCommand } from './commands/models-pull.js';
import { number, triple } from './options.js';

const PULL_HELP = `
Names are those of "models list"; mtcnn stands for its three networks. A download that was cut off goes on.
HTTP_PROXY, HTTPS_PROXY and NO_PROXY are heeded. MNN_FACE_MIRROR names one folder or http(s) address that has
every file by its name (models, and what they are made of) and stands in place of all addresses.`;

/** Runs a command and sets the exit code. */
type Run = (work: Promise<number>, json: boolean | undefined) => Promise<void>;

/** Adds `models` and its commands. */
export function addModelCommands(program: Command, run: Run): void {
  const models = program.command('models').description('the models of the package and your own');
  addPull(models, run);
  addFinding(models, run);
  addImport(models, run);
}

function addPull(models: Command, run: Run): void {
  models
    .command('pull')
    .description(
      'get models that are not on this machine: fetched, checked, converted where needed',
    )
    .argument('[names...]', `which (default: what compare needs: ${DEFAULT_MODELS.join(', ')})`)
    .option('--all', 'all models of the package')
    .option('--from <folder>', 'a folder that has the files, in place of all addresses')
    .option('--models <dir>', "folder to keep them in (default: the user's cache)")
    .option('--accept-unverified', 'take weights whose SHA-256 is not known to mnn-face')
    .option('--json', 'print JSON')
    .addHelpText('after', PULL_HELP)
    .action((names: string[], options: PullCliOptions) =>
      run(pullCommand(names, options), options.json),
    );
}

function addFinding(models: Command, run: Run): void {
  models
    .command('verify')
    .description(
      'check the SHA-256 of model files; exit 2 when one is wrong, or a named one missing',
    )
    .argument('[names...]', 'which (default: all)')
    .option('--models <dir>', 'folder with the model files')
    .option('--json', 'print JSON')
    .action((names: string[], options: FindCliOptions) =>
      run(verifyCommand(names, options), options.json),
    );
  models
    .command('path')
    .description("where a model's file is; without a name: the folder that models are kept in")
    .argument('[names...]', 'which')
    .option('--models <dir>', 'folder with the model files')
    .option('--json', 'print JSON')
    .action((names: string[], options: FindCliOptions) =>
      run(pathCommand(names, options), options.json),
    );
}

function addImport(models: Command, run: Run): void {
  models
    .command('list')
    .description('all models that are known')
    .option('--json', 'print JSON instead of a table')
    .option('--models <dir>', 'folder with the model files')
    .action((options: { json?: boolean; models?: string }) =>
      run(listCommand(options), options.json),
    );
  models
    .command('import')
    .description(
      'take in an embedding model of your own: .mnn, .onnx, or the .h5 of VGGFace SENet50',
    )
    .argument('<file>', 'the model')
    .requiredOption('--name <name>', 'what to call it')
    .addOption(
      new Option('--preset <preset>', 'how it wants its faces')
        .choices(Object.keys(PRESETS))
        .makeOptionMandatory(),
    )
    .option('--models <dir>', "folder to keep it in (default: the user's cache)")
    .option('--fp16', 'half-float weights: half the size')
    .option('--bn-epsilon <number>', 'of the batch norms of an .h5 that does not say it', number)
    .option('--license <spdx>', "the weights' licence")
    .option('--size <pixels>', 'side of its input', number)
    .option('--mean <m[,m,m]>', 'mean per channel', triple)
    .option('--scale <s[,s,s]>', 'scale per channel: value = (pixel - mean) * scale', triple)
    .addOption(new Option('--order <order>', 'of the channels').choices(['rgb', 'bgr']))
    .addOption(
      new Option('--crop <crop>', 'how a face is cut out').choices(['aligned', 'box', 'square']),
    )
    .addOption(
      new Option('--interpolation <kind>', 'how a box is resized').choices([
        'linear',
        'cubic',
        'area',
      ]),
    )
    .option('--threshold <distance>', 'largest distance of one person, 0 to 2', number)
    .option('--json', 'print JSON')
    .action((file: string, options: ImportCliOptions) =>
      run(importCommand(file, options), options.json),
    );
}
