// Brings the sources of a C++ library that a crate of the Rust registry carries. Cargo only fetches
// and checks them (Cargo.lock has their SHA-256): nothing of the crate is compiled by Rust, and its
// build script does not run.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runLogged, StepFailed } from './steps.mjs';

/** The crate's SHA-256 and version, as Cargo.lock pins them. */
export function pinnedCrate(directory, crate) {
  const lock = readFileSync(join(directory, 'Cargo.lock'), 'utf8');
  const entry = lock.split('[[package]]').find((text) => text.includes(`name = "${crate}"\n`));
  const value = (key) => new RegExp(`^${key} = "(.+)"$`, 'm').exec(entry ?? '')?.[1];
  return { version: value('version'), checksum: value('checksum') };
}

/** The folder with the crate's unpacked sources, in the user's Cargo folder. */
export async function crateSources(directory, crate, log) {
  // Which target does not matter, since nothing is compiled; one of them saves the others' crates.
  const args = ['--locked', '--format-version=1', '--filter-platform=x86_64-unknown-linux-gnu'];
  let answer;
  try {
    answer = await runLogged('cargo', ['metadata', ...args], { cwd: directory, log, answer: true });
  } catch (error) {
    if (!error.message.endsWith('was not found.')) throw error;
    throw new StepFailed(
      `cargo was not found: it fetches the sources, which are in the crate ${crate}. ` +
        'Install Rust >= 1.85 (Debian 13: apt-get install cargo; Debian 12: apt-get install cargo-web; else rustup), then run this again.',
      { cause: error },
    );
  }
  const { version } = pinnedCrate(directory, crate);
  const found = JSON.parse(answer).packages.find(
    (entry) => entry.name === crate && entry.version === version,
  );
  if (!found) throw new StepFailed(`cargo names no sources of ${crate} ${version}.`);
  return dirname(found.manifest_path);
}

/** A short hash of values that JSON can hold. */
export function hashOf(...values) {
  return createHash('sha256').update(JSON.stringify(values)).digest('hex').slice(0, 16);
}
