import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Where a step's tool writes what it says. */
export const logFile = (name) => join(root, 'build', 'log', `${name}.log`);
