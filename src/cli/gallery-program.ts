/** The commands about galleries: enroll, identify, gallery. */
import { type Command, Option } from 'commander';
import { type EnrollCliOptions, enrollCommand } from './commands/gallery/enroll.js';
import { type IdentifyCliOptions, identifyCommand } from './commands/gallery/identify.js';
import {
  clusterCommand,
  duplicatesCommand,
  forgetCommand,
  listSubjectsCommand,
  reembedCommand,
  removeCommand,
  renameCommand,
  statsCommand,
  upgradeCommand,
} from './commands/gallery/manage.js';
import type { GalleryCliOptions } from './commands/gallery/open.js';
import { exportCommand, importGalleryCommand } from './commands/gallery/transfer.js';
import { number, withEmbedOptions } from './options.js';

type Run = (work: Promise<number>, json: boolean | undefined) => Promise<void>;

function withGalleryOption(command: Command): Command {
  return command.option(
    '--gallery <file>',
    "the gallery: a file, or a postgres:// URL (default: MNN_FACE_GALLERY, or a file with the user's data)",
  );
}

function withThreshold(command: Command): Command {
  return command
    .option('--threshold <distance>', 'largest distance of one person, 0 to 2', number)
    .option('--far <rate>', 'choose the threshold by a false accept rate, e.g. 0.001', number);
}

/** Commands that only look at or change what is kept. */
function manage(parent: Command, name: string, description: string): Command {
  return withGalleryOption(parent.command(name).description(description))
    .option('--json', 'print JSON')
    .option('--embedder <name>', 'embedding model of the gallery (default: mobilefacenet)')
    .option('--embedding-version <number>', 'version of its embeddings: 1 (default) or 2', number)
    .option('--models <dir>', 'folder with the model files');
}

function addGroup(program: Command, run: Run): void {
  const gallery = program.command('gallery').description('look at and change a gallery');
  manage(gallery, 'list', 'everybody, by name').action((options: GalleryCliOptions) =>
    run(listSubjectsCommand(options), options.json),
  );
  manage(gallery, 'stats', 'how much is in it, and of which model').action(
    (options: GalleryCliOptions) => run(statsCommand(options), options.json),
  );
  manage(gallery, 'remove', 'remove a subject, or one entry of it')
    .argument('<name>', 'the subject')
    .option('--entry <id>', 'only this entry', number)
    .action((name: string, options: GalleryCliOptions & { entry?: number }) =>
      run(removeCommand(name, options), options.json),
    );
  manage(gallery, 'rename', 'rename a subject, or merge it into another')
    .argument('<from>', 'the subject')
    .argument('<to>', 'its new name, or the one to merge into')
    .action((from: string, to: string, options: GalleryCliOptions) =>
      run(renameCommand(from, to, options), options.json),
    );
  manage(gallery, 'forget', 'remove a subject and erase it from the files')
    .argument('<name>', 'the subject')
    .action((name: string, options: GalleryCliOptions) =>
      run(forgetCommand(name, options), options.json),
    );
  manage(gallery, 'export', 'write everything as lines of JSON')
    .argument('[file]', 'the file to write (default: standard output)')
    .action((file: string | undefined, options: GalleryCliOptions) =>
      run(exportCommand(file, options), options.json),
    );
  manage(gallery, 'import', 'read what export has written; may be run again')
    .argument('<file>', 'the file, or - for standard input')
    .option('--keep-crops', 'a new gallery keeps crops')
    .action((file: string, options: GalleryCliOptions & { keepCrops?: boolean }) =>
      run(importGalleryCommand(file, options), options.json),
    );
  withThreshold(manage(gallery, 'duplicates', 'subjects that seem to be one person')).action(
    (options: GalleryCliOptions) => run(duplicatesCommand(options), options.json),
  );
  manage(
    gallery,
    'upgrade',
    'bring embeddings of version 1 to version 2; needs no pictures',
  ).action((options: GalleryCliOptions) => run(upgradeCommand(options), options.json));
  manage(gallery, 'reembed', 'bring a gallery with kept crops to another model').action(
    (options: GalleryCliOptions) => run(reembedCommand(options), options.json),
  );
  withGalleryOption(
    withEmbedOptions(
      gallery
        .command('cluster')
        .description('group faces by person: of pictures, or of what is enrolled')
        .argument('[pictures...]', 'picture files'),
    ),
  )
    .option('--threshold <distance>', 'largest mean distance within a cluster, 0 to 2', number)
    .action((files: string[], options: GalleryCliOptions) =>
      run(clusterCommand(files, options), options.json),
    );
}

/** Adds `enroll`, `identify` and `gallery …`. */
export function addGalleryCommands(program: Command, run: Run): void {
  withGalleryOption(
    withEmbedOptions(
      program
        .command('enroll')
        .description('add pictures of people to a gallery')
        .argument('[name]', 'who is in the pictures')
        .argument('[pictures...]', 'picture files'),
    ),
  )
    .option('--from <dir>', 'enrol a folder of folders: each named as the person in its pictures')
    .option('--keep-crops', 'a new gallery keeps the crops, for another model later (37 kB each)')
    .option('--queue', 'leave the work to workers (mnn-face worker); for galleries in PostgreSQL')
    .action((name: string | undefined, files: string[], options: EnrollCliOptions) =>
      run(enrollCommand(name, files, options), options.json),
    );
  withThreshold(
    withGalleryOption(
      withEmbedOptions(
        program
          .command('identify')
          .description('who is in pictures')
          .argument('<pictures...>', 'picture files'),
      ),
    ),
  )
    .option(
      '--fpir <rate>',
      'how often a stranger may be taken for somebody (default: 0.01)',
      number,
    )
    .option('--repeats', 'two faces of a picture may be one subject (mirrors, screens)')
    .addOption(new Option('--limit <number>', 'candidates per face (default: 5)').argParser(number))
    .action((files: string[], options: IdentifyCliOptions) =>
      run(identifyCommand(files, options), options.json),
    );
  addGroup(program, run);
}
