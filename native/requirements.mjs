// What a build from source needs and this machine has not; in words for the one who installs.
import { spawnSync } from 'node:child_process';
import process from 'node:process';

/** Cargo fetches the sources; it must read the manifest of mnn-sys. */
export const LEAST_CARGO = [1, 85];

/** A command's stdout; undefined where it fails or is not there. */
export function outputOf(command, args = ['--version']) {
  const result = spawnSync(command, args, { encoding: 'utf8' });
  return result.status === 0 ? result.stdout : undefined;
}

/** Whether the first version in a text is at least `least`, [major, minor]. */
export function isNewEnough(text, least) {
  const found = /(\d+)\.(\d+)/
    .exec(text ?? '')
    ?.slice(1)
    .map(Number);
  if (found === undefined) return false;
  return found[0] > least[0] || (found[0] === least[0] && found[1] >= least[1]);
}

const isWindows = process.platform === 'win32';
/** The interpreter that makes virtual environments and, for node-gyp, writes makefiles. */
const python = process.env.MNN_FACE_PYTHON || (isWindows ? 'python' : 'python3');

/**
 * What can be needed: `what` in words, `debian` its package there.
 * @typedef {{ what: string, debian: string, isThere(): boolean }} Requirement
 */
const CMAKE = {
  what: 'cmake >= 3.18',
  debian: 'cmake',
  isThere: () => isNewEnough(outputOf('cmake'), [3, 18]),
};
const CARGO = {
  what: `cargo (Rust) >= ${LEAST_CARGO.join('.')}`,
  debian: 'cargo',
  isThere: () => isNewEnough(outputOf('cargo'), LEAST_CARGO),
};
const COMPILER = {
  what: 'a C++17 compiler',
  debian: 'g++',
  // On Windows CMake finds Visual Studio, which is on no path.
  isThere: () => isWindows || outputOf(process.env.CXX ?? 'c++') !== undefined,
};
const MAKE = {
  what: 'make',
  debian: 'make',
  isThere: () => isWindows || outputOf('make') !== undefined,
};
const NASM = {
  // For libjpeg-turbo's SIMD; ARM's needs none.
  what: 'nasm',
  debian: 'nasm',
  isThere: () => process.arch !== 'x64' || outputOf('nasm') !== undefined,
};
const PYTHON = {
  what: 'python3',
  debian: 'python3',
  isThere: () => outputOf(python) !== undefined,
};
const PYTHON_VENV = {
  what: 'python3 with venv',
  debian: 'python3-venv',
  isThere: () => outputOf(python, ['-c', 'import venv, ensurepip']) !== undefined,
};
const CLANG_FORMAT = {
  what: 'clang-format',
  debian: 'clang-format',
  isThere: () => outputOf('clang-format') !== undefined,
};

/** By what is to be done. */
const REQUIREMENTS = {
  addon: [CMAKE, COMPILER, MAKE],
  libraries: [CMAKE, COMPILER, MAKE, CARGO, NASM],
  sqlite: [COMPILER, MAKE, PYTHON],
  checks: [CLANG_FORMAT, PYTHON_VENV],
  weights: [PYTHON_VENV],
};

/** What is missing to do all of `purposes` (keys of REQUIREMENTS). */
export function missingFor(purposes) {
  const needed = new Set(purposes.flatMap((purpose) => REQUIREMENTS[purpose]));
  return [...needed].filter((requirement) => !requirement.isThere());
}

/** The tools that a build of everything lacks, e.g. `cmake >= 3.18`; empty when all are there. */
export function missingRequirements() {
  return missingFor(['addon', 'libraries']).map(({ what }) => what);
}

/** How to get what is missing. */
export const HOW_TO_INSTALL = {
  linux:
    'Debian 13: sudo apt-get install cmake g++ make nasm cargo. Debian 12: cargo-web in place of cargo. Ubuntu, Raspberry Pi OS: the same, and Rust from rustup where the package is older. Fedora: sudo dnf install cmake gcc-c++ make nasm cargo.',
  darwin: 'macOS: xcode-select --install, then brew install cmake nasm rust.',
  win32: 'Windows: Visual Studio Build Tools with C++, CMake, NASM, and Rust from rustup.',
};
