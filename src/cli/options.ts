/** Command-line options, and how they become the library's. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { sqliteStore } from '../cache/sqlite-store.js';
import { DETECTORS, type InputSize } from '../detect/types.js';
import type { FacesOptions } from '../options.js';

/** Parses a number strictly; commander shows the message. */
export function number(value: string): number {
  const parsed = Number(value);
  if (value.trim() === '' || Number.isNaN(parsed)) throw new InvalidArgumentError('Not a number.');
  return parsed;
}

function inputSize(value: string): InputSize {
  const match = /^(\d{1,5})x(\d{1,5})$/.exec(value);
  if (match === null) throw new InvalidArgumentError('Write it as WIDTHxHEIGHT, e.g. 640x480.');
  return { width: Number(match[1]), height: Number(match[2]) };
}

/** Names with commas; the library checks them. */
function list(value: string): string[] {
  return value.split(',').map((name) => name.trim());
}

/** Three numbers with commas, or one for all channels. */
export function triple(value: string): [number, number, number] {
  const parts = value.split(',').map(number);
  const [first, second = first, third = first] = parts;
  if (first === undefined || second === undefined || third === undefined || parts.length > 3) {
    throw new InvalidArgumentError('Give one number, or three with commas.');
  }
  return [first, second, third];
}

/** What commander collects: the library's options, some in a form for the command line. */
export interface CliOptions
  extends Omit<FacesOptions, 'cache' | 'landmarks' | 'precision' | 'profile'> {
  json?: boolean;
  landmarks?: 'onet' | 'yunet' | 'none';
  cache?: string;
  annotate?: string;
  lowMemory?: boolean;
}

/** Adds the options that all commands which read pictures have. */
export function withDetectOptions(command: Command): Command {
  return command
    .option('--json', 'print JSON instead of a table')
    .option('--models <dir>', 'folder with the model files')
    .addOption(
      new Option('--detector <name>', 'face detector (default: rfb-320)').choices(DETECTORS),
    )
    .option('--score-threshold <number>', 'least score of a face, 0 to 1 (default: 0.7)', number)
    .option('--iou-threshold <number>', 'overlap above which one box goes (default: 0.3)', number)
    .addOption(
      new Option('--nms <kind>', 'keep the best box, or blend them (default: hard)').choices([
        'hard',
        'blend',
      ]),
    )
    .option('--max-faces <number>', 'at most this many, the best ones', number)
    .option('--min-size <pixels>', 'leave out smaller faces', number)
    .option('--input-size <WxH>', "the network's input (default: 320x240)", inputSize)
    .option('--clip', "let boxes end at the picture's border")
    .addOption(
      new Option('--landmarks <model>', 'which network gives the five points').choices([
        'onet',
        'yunet',
        'none',
      ]),
    )
    .option('--max-pixels <number>', 'refuse larger pictures (default: 100 million)', number)
    .option('--max-bytes <number>', 'refuse larger files (default: 256 MiB)', number)
    .option('--formats <list>', 'decode only these, e.g. jpeg,png (default: no SVG, no PDF)', list)
    .addOption(
      new Option(
        '--decode-errors <what>',
        'damaged JPEGs: refuse them, or read what imread reads',
      ).choices(['fail', 'warn']),
    )
    .addOption(
      new Option('--decode <size>', 'decode large JPEGs smaller: faster, not bit-exact').choices([
        'full',
        'reduced',
      ]),
    )
    .addOption(
      new Option(
        '--mode <mode>',
        'thorough: also turned, tightly cut and small faces (default: exact, as the reference)',
      ).choices(['exact', 'thorough']),
    )
    .addOption(
      new Option('--upright <how>', 'auto: turn pictures in which no face stands upright').choices([
        'auto',
        'as-is',
      ]),
    )
    .option('--border', 'look again with a border where no face was found')
    .option('--tiles', 'look at windows of a large picture, for small faces')
    .option('--quality', "add each face's quality, and what lowers it")
    .option('--cache <file>', 'keep results in this SQLite file')
    .option('--lanes <number>', 'runs of one model at a time (default: cores, at most 4)', number)
    .option('--threads <number>', 'threads within one run (default: 1)', number)
    .option('--low-memory', 'for small computers: one lane and slim-320, unless told otherwise');
}

/** Adds the options of commands that embed. */
export function withEmbedOptions(command: Command): Command {
  return withDetectOptions(command)
    .option(
      '--embedder <name>',
      'embedding model: mobilefacenet (default), mobilefacenet-192, or an imported one',
    )
    .option(
      '--min-quality <number>',
      'faces of less quality are not told apart, 0 (off, the default) to 1; 0.25 is good',
      number,
    )
    .option(
      '--embedding-version <number>',
      'version of the embeddings: 1 (default), or 2, which tells poor faces apart better',
      number,
    )
    .addOption(
      new Option('--faces <which>', 'what to do with several faces in a picture').choices([
        'single',
        'largest',
        'all',
      ]),
    );
}

/** The library's options of a command line. */
export function toFacesOptions(options: CliOptions): FacesOptions {
  const { json: _json, annotate: _annotate, landmarks, cache, lowMemory, ...rest } = options;
  const own: FacesOptions = rest;
  if (lowMemory) own.profile = 'lowMemory';
  if (landmarks !== undefined) own.landmarks = landmarks === 'none' ? false : landmarks;
  if (cache !== undefined) own.cache = sqliteStore({ file: cache });
  return own;
}
