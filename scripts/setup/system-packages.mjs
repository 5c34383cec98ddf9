// System packages: installed by root on Debian; else one line that installs all that is missing.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import {
  HOW_TO_INSTALL,
  isNewEnough,
  LEAST_CARGO,
  missingFor,
  outputOf,
} from '../../native/requirements.mjs';
import { runLogged, StepFailed, step } from '../../native/steps.mjs';
import { logFile } from './paths.mjs';

const isDebian = () => outputOf('apt-get') !== undefined;

/** Whether this process may install packages itself: root on Debian. */
export const canInstall = () => process.getuid?.() === 0 && isDebian();

/** Debian 12's own cargo is too old; its `cargo-web` is new enough. */
function cargoPackage() {
  const policy = outputOf('apt-cache', ['policy', 'cargo']) ?? '';
  const candidate = /Candidate: (\d\S+)/.exec(policy)?.[1];
  if (candidate) return isNewEnough(candidate, LEAST_CARGO) ? 'cargo' : 'cargo-web';
  // No package lists yet.
  const release = readFileSync('/etc/os-release', 'utf8');
  return /^VERSION_CODENAME=bookworm$/m.test(release) ? 'cargo-web' : 'cargo';
}

const realNames = (packages) => [
  ...new Set(packages.map((name) => (name === 'cargo' ? cargoPackage() : name))),
];

async function installByApt(packages) {
  const log = logFile('apt');
  // Another apt may be at work: wait for it rather than fail.
  const apt = (...args) =>
    runLogged('apt-get', ['-y', '-o', 'DPkg::Lock::Timeout=300', ...args], {
      log,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  await step(`System packages: ${packages.join(', ')}`, async () => {
    await apt('update');
    await apt('install', '--no-install-recommends', ...realNames(packages));
  });
}

/** Installs Debian packages as root; else throws, with what to install in one line. */
export async function installPackages(packages, what = packages) {
  if (canInstall()) return installByApt(packages);
  const command = isDebian()
    ? `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${realNames(packages).join(' ')}`
    : (HOW_TO_INSTALL[process.platform] ?? HOW_TO_INSTALL.linux);
  throw new StepFailed(
    `mnn-face needs what is missing here: ${what.join(', ')}. Install it, then run this again:\n` +
      `  ${command}`,
  );
}

/** Installs all that `purposes` need and this machine has not. */
export async function installMissingFor(purposes) {
  const missing = missingFor(purposes);
  if (missing.length === 0) return;
  await installPackages(
    missing.map(({ debian }) => debian),
    missing.map(({ what }) => what),
  );
}

/** Installs the packages when a command is not there. */
export async function installMissing(command, packages) {
  if (outputOf(command) === undefined) await installPackages(packages, [command]);
}
