/** The pictures of a folder of people: a folder for each person, named as the person. */
import { readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { codeOf, MnnFaceError, messageOf } from '../../../errors.js';

/** A picture and whose it is. */
export interface Task {
  subject: string;
  file: string;
}

/** What was found and is not enrolled, and why. */
export interface PassedOver {
  path: string;
  reason: string;
}

/** What a folder of people holds. */
export interface People {
  tasks: Task[];
  passedOver: PassedOver[];
  /** Files and folders whose names begin with a dot: not looked at. */
  hidden: number;
}

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (code === 'ENOENT') return 'a link to what is not there';
  if (code === 'ELOOP') return 'a link that leads to itself';
  return `it cannot be read: ${messageOf(error)}`;
}

/** Walks the folders; links are followed, each folder once on the way to a picture. */
class Walk {
  readonly people: People = { tasks: [], passedOver: [], hidden: 0 };

  /** Those in the root are people's folders; what is loose there belongs to nobody. */
  root(folder: string): void {
    const above = [realpathSync(folder)];
    this.#each(folder, (path, stats) => {
      if (!stats.isDirectory()) {
        this.#passOver(path, "it lies beside the folders of people, so it is nobody's");
        return;
      }
      const before = this.people.tasks.length;
      this.#person(path, basename(path), above);
      if (this.people.tasks.length === before) this.#passOver(path, 'no picture is in it');
    });
  }

  /** Also the folders within a person's folder are that person's. */
  #person(folder: string, subject: string, above: readonly string[]): void {
    const real = realpathSync(folder);
    if (above.includes(real)) {
      this.#passOver(folder, 'a link back to a folder that it is in');
      return;
    }
    this.#each(folder, (path, stats) => {
      if (stats.isDirectory()) this.#person(path, subject, [...above, real]);
      else if (stats.isFile()) this.people.tasks.push({ subject, file: path });
      else this.#passOver(path, 'it is no regular file');
    });
  }

  #each(folder: string, visit: (path: string, stats: Stats) => void): void {
    for (const name of readdirSync(folder).sort()) {
      const path = join(folder, name);
      if (name.startsWith('.')) {
        this.people.hidden++;
        continue;
      }
      try {
        visit(path, statSync(path));
      } catch (error) {
        this.#passOver(path, reasonOf(error));
      }
    }
  }

  #passOver(path: string, reason: string): void {
    this.people.passedOver.push({ path, reason });
  }
}

/**
 * @throws MnnFaceError `ERR_IMAGE_DECODE` when the folder cannot be read or has no pictures of anybody.
 */
export function peopleIn(root: string): People {
  const layout = 'It should have a folder for each person, named as the person.';
  let people: People;
  try {
    const walk = new Walk();
    walk.root(root);
    people = walk.people;
  } catch (error) {
    throw new MnnFaceError(
      'ERR_IMAGE_DECODE',
      `Cannot enrol from ${root}: ${codeOf(error) === 'ENOENT' ? 'there is no such folder' : messageOf(error)}. ${layout}`,
      { cause: error },
    );
  }
  if (people.tasks.length === 0) {
    const [first] = people.passedOver;
    const example = first === undefined ? '' : ` (${first.path}: ${first.reason})`;
    throw new MnnFaceError(
      'ERR_IMAGE_DECODE',
      `Cannot enrol from ${root}: it has no folders with pictures in them${example}. ${layout}`,
    );
  }
  return people;
}
